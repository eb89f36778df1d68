/* SPDX-License-Identifier: MIT
 *
 * An object for any kernel, as a bundle may have it: damaged or made to do harm, it is filled in or refused.
 */
#include "lib/bytes.h"
#include "lib/check.h"
#include "relocate/relocate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *object = exact_copy(data, size);
	struct lt_relocation relocation;
	lt_error err = { 0 };

	if (lt_is_relocatable(object, size)) {
		int code = lt_relocate(object, size, &relocation, &err);

		FUZZ_CHECK(code <= 0 && (!code || *err.message), "a failure without a reason");
		for (uint32_t i = 0; i < relocation.count; i++)
			FUZZ_CHECK(*relocation.open[i], "left open without a reason");
		lt_relocation_release(&relocation);
	}
	lt_error_clear(&err);
	free(object);
	return 0;
}

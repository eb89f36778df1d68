/* SPDX-License-Identifier: MIT
 *
 * Mangled names. The first byte tells how much room there is for what they become.
 */
#include "luatrace.h"
#include "lib/bytes.h"
#include "lib/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, data + size };
	unsigned room = below(&in, 4) ? 4096 : 1 + below(&in, 64);
	size_t left = (size_t)(in.end - in.at);
	char *name = malloc(left + 1), *shown = malloc(room);
	uint32_t length;

	memcpy(name, in.at, left);
	name[left] = '\0';
	length = lt_demangle(name, shown, room);
	FUZZ_CHECK(length < room && strlen(shown) == length, "%u characters of %u", length, room);
	free(name);
	free(shown);
	return 0;
}

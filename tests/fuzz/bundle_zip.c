/* SPDX-License-Identifier: MIT
 *
 * An archive whose digest is right: what is in it is listed and read, or refused.
 */
#include "bundle/zip.h"
#include "lib/bytes.h"
#include "lib/check.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *archive = exact_copy(data, size);
	struct zip_entry *entries;
	lt_error err = { 0 };
	uint32_t count;
	int code = zip_list(archive, size, &entries, &count, &err), got;

	FUZZ_CHECK(code <= 0 && (!code || *err.message), "a failure without a reason");
	for (uint32_t i = 0; !code && i < count; i++) {
		lt_blob blob;

		FUZZ_CHECK(entries[i].name[0] != '/' && !strstr(entries[i].name, ".."), "it climbs");
		FUZZ_CHECK(!i || strcmp(entries[i - 1].name, entries[i].name) < 0, "not sorted, or twice");
		got = zip_read(archive, size, &entries[i], &blob, &err);
		FUZZ_CHECK(got || blob.size == entries[i].size, "another size");
		lt_blob_free(&blob);
	}
	zip_list_free(entries, count);
	lt_error_clear(&err);
	free(archive);
	return 0;
}

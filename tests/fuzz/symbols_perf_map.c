/* SPDX-License-Identifier: MIT
 *
 * /tmp/perf-PID.map, which the traced program writes.
 */
#include "symbols/root.h"

/* lt_perf_map_read() opens a file by its path; here that is the input's. */
static int open_input(int root, const char *path, uid_t owner);
#define lt_root_open_own_file open_input
#include "../../host/symbols/perf_map.c"
#undef lt_root_open_own_file
#include "lib/check.h"
#include <sys/mman.h>

static int input = -1;

static int open_input(int root, const char *path, uid_t owner)
{
	(void)root;
	(void)path;
	(void)owner;
	lseek(input, 0, SEEK_SET);
	return dup(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lt_perf_map *map = NULL;
	lt_function function;
	uint64_t sum = 0;

	input = memfd_create("input", MFD_CLOEXEC);
	FUZZ_CHECK(input >= 0 && write(input, data, size) == (ssize_t)size, "no memory file");
	FUZZ_CHECK(!lt_perf_map_read(-1, "", 0, &map), "not read");
	for (uint32_t i = 0; i < map->count; i++) {
		const struct entry *e = &map->entries[i];

		FUZZ_CHECK(!i || e[-1].start < e->start, "not sorted");
		FUZZ_CHECK(!lt_perf_map_find(map, e->start, &function), "its own start is not found");
		sum += strlen(function.name);
		FUZZ_CHECK(function.address + function.offset == e->start, "another place");
	}
	lt_perf_map_find(map, sum, &function);
	lt_perf_map_free(map);
	close(input);
	return 0;
}

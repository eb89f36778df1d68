/* SPDX-License-Identifier: MIT
 *
 * What the system says of itself: after a first byte ld.so.cache, /proc/kallsyms or /proc/PID/maps.
 */
#include <fcntl.h>

/* lt_maps_each() opens a process's file; here that is the input's. */
static int open_input(const char *path, int flags);
#define open(path, flags) open_input(path, flags)
#include "../../host/symbols/maps.c"
#undef open
#include "symbols/ksyms.h"
#include "symbols/ldcache.h"
#include "lib/bytes.h"
#include "lib/check.h"
#include <sys/mman.h>

static int input = -1;
static uint64_t sum;	/* so that what is read is read */

static int open_input(const char *path, int flags)
{
	(void)path;
	(void)flags;
	return dup(input);
}

static int each_entry(void *arg, const char *name, const char *path, bool special)
{
	(void)arg;
	sum += strlen(name) + strlen(path) + special;
	return 0;
}

static int each_mapping(void *arg, const lt_mapping *mapping)
{
	(void)arg;
	sum += strlen(mapping->path);
	FUZZ_CHECK(mapping->start < mapping->end, "a mapping of no size");
	return 0;
}

static void look_up_symbols(void)
{
	lt_symbol symbol;
	lt_similar similar;
	char path[64], near[600];
	lt_error err = { 0 };
	lt_ksyms *ksyms;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", input);
	if (!lt_ksyms_load(path, &ksyms, &err)) {
		for (uint32_t i = 0; i < ksyms->count; i++) {
			uint64_t address = ksyms->entries[i].address;
			char *name = strdup(ksyms->names + ksyms->entries[i].name);

			FUZZ_CHECK(!i || !ksyms->visible || ksyms->entries[i - 1].address <= address, "not sorted");
			if (!lt_ksyms_find(ksyms, address, &symbol))
				sum += strlen(symbol.name) + strlen(symbol.module);
			lt_ksyms_find(ksyms, address + i, &symbol);
			lt_ksyms_address(ksyms, name, &address);
			free(name);
		}
		lt_similar_start(&similar, "vfs_read");
		lt_ksyms_offer(ksyms, &similar);
		lt_similar_list(&similar, near, sizeof(near));
		lt_ksyms_free(ksyms);
	}
	lt_error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, data + size };
	unsigned which = below(&in, 3);
	void *bytes = exact_copy(in.at, in.end - in.at);

	if (!which) {
		lt_ldcache_each(bytes, in.end - in.at, each_entry, NULL);
	} else {
		input = memfd_create("input", MFD_CLOEXEC);
		FUZZ_CHECK(input >= 0 && write(input, bytes, in.end - in.at) == in.end - in.at, "no memory file");
		lseek(input, 0, SEEK_SET);
		if (which == 1)
			look_up_symbols();
		else
			lt_maps_each(1, each_mapping, NULL);
		close(input);
	}
	free(bytes);
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * map_read.lua as a C program: what the kernel's batches cost by themselves.
 *   map_read ENTRIES TIMES
 */
#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROOM = 4096 };

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Every key and value, added up. */
static uint64_t read_all(int map)
{
	static uint32_t keys[ROOM];
	static uint64_t values[ROOM];
	uint32_t tokens[2], count;
	uint64_t sum = 0;
	int code = 0;

	for (unsigned int turn = 0; !code; turn++) {
		count = ROOM;
		code = bpf_map_lookup_batch(map, turn ? &tokens[turn & 1] : NULL, &tokens[~turn & 1], keys, values, &count,
					    NULL);
		if (code && code != -2)	/* ENOENT: the last one */
			die("bpf_map_lookup_batch");
		for (uint32_t i = 0; i < count; i++)
			sum += keys[i] + values[i];
	}
	return sum;
}

int main(int argc, char **argv)
{
	uint32_t entries = argc == 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	unsigned long times = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	uint64_t least = UINT64_MAX, sum = 0;
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "counts", sizeof(uint32_t), sizeof(uint64_t), entries, NULL);

	if (map < 0)
		die("bpf_map_create");
	for (uint32_t key = 1; key <= entries; key++) {
		uint64_t value = key;

		if (bpf_map_update_elem(map, &key, &value, BPF_ANY))
			die("bpf_map_update_elem");
	}
	for (unsigned long i = 0; i < times; i++) {
		uint64_t start = now(), took;

		sum = read_all(map);
		took = now() - start;
		least = took < least ? took : least;
	}
	printf("%" PRIu64 " %" PRIu64 "\n", least, sum);
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * Reading a whole hash by a program in the kernel: host/bpf/hash_walk.c.
 */
#include "../error.h"
#include "../luatrace.h"
#include "../bpf/hash_walk.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Before 6.2 a map's value can be no larger. */
enum { COPY_LIMIT = 4 << 20 };

struct copy {
	void *data;
	size_t size;
};

struct lt_hash_walk {
	struct bpf_object *object;
	int program;
	struct copy keys, values;
};

__asm__(".section .rodata\n"
	".balign 8\n"
	"hash_walk_object:\n"
	".incbin \"" LT_HASH_WALK_OBJECT "\"\n"
	"hash_walk_object_end:\n"
	".previous\n");
extern const char hash_walk_object[], hash_walk_object_end[];

/* A power of two, as the kernel makes as many buckets. */
static uint32_t bucket_mask(uint32_t max_entries)
{
	uint32_t mask = 0;

	while (mask < max_entries - 1)
		mask = mask * 2 + 1;
	return mask;
}

static int map_copy(struct bpf_map *map, struct copy *copy, size_t size)
{
	void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);

	if (data == MAP_FAILED)
		return -errno;
	*copy = (struct copy){ data, size };
	return 0;
}

static int load(lt_hash_walk *walk, int fd, const struct hash_walk *sizes)
{
	size_t key_bytes = (size_t)sizes->key_size * sizes->room;
	size_t value_bytes = (size_t)sizes->value_size * sizes->room;
	struct bpf_map *keys = bpf_object__find_map_by_name(walk->object, "keys");
	struct bpf_map *values = bpf_object__find_map_by_name(walk->object, "values");
	struct bpf_map *constants = bpf_object__find_map_by_name(walk->object, ".rodata");
	int code = bpf_map__reuse_fd(bpf_object__find_map_by_name(walk->object, "subject"), fd);

	if (!code)
		code = bpf_map__set_value_size(keys, (uint32_t)key_bytes);
	if (!code)
		code = bpf_map__set_value_size(values, (uint32_t)value_bytes);
	if (!code)
		code = bpf_map__set_initial_value(constants, sizes, sizeof(*sizes));
	if (!code)
		code = bpf_object__load(walk->object);
	if (!code)
		code = map_copy(keys, &walk->keys, key_bytes);
	if (!code)
		code = map_copy(values, &walk->values, value_bytes);
	walk->program = bpf_program__fd(bpf_object__find_program_by_name(walk->object, "walk_hash"));
	return code;
}

lt_hash_walk *lt_hash_walk_open(int fd, uint32_t key_size, uint32_t value_size, uint32_t max_entries)
{
	const struct hash_walk sizes = { key_size, value_size, max_entries, bucket_mask(max_entries) };
	size_t object_size = (uintptr_t)hash_walk_object_end - (uintptr_t)hash_walk_object;
	lt_hash_walk *walk;
	int code;

	if (!max_entries || (uint64_t)key_size * max_entries > COPY_LIMIT || (uint64_t)value_size * max_entries > COPY_LIMIT)
		return NULL;
	walk = calloc(1, sizeof(*walk));
	if (!walk)
		return NULL;
	walk->object = bpf_object__open_mem(hash_walk_object, object_size, NULL);
	code = walk->object ? load(walk, fd, &sizes) : -errno;
	if (code) {
		lt_verbose(1, "a hash is read in batches: the program that would copy it: %s", strerror(-code));
		lt_hash_walk_free(walk);
		return NULL;
	}
	return walk;
}

int32_t lt_hash_walk_run(lt_hash_walk *walk, const void **keys, const void **values)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int code = bpf_prog_test_run_opts(walk->program, &run);

	*keys = walk->keys.data;
	*values = walk->values.data;
	return code ? code : (int)run.retval < 0 ? -EAGAIN : (int)run.retval;
}

void lt_hash_walk_free(lt_hash_walk *walk)
{
	if (!walk)
		return;
	if (walk->keys.data)
		munmap(walk->keys.data, walk->keys.size);
	if (walk->values.data)
		munmap(walk->values.data, walk->values.size);
	bpf_object__close(walk->object);
	free(walk);
}

/* SPDX-License-Identifier: MIT
 *
 * Global variables of the text, read and written in place: their maps can be mapped (5.5).
 */
#include "object.h"
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Looks a variable up in the sections that BTF lists: which one, and where in it. */
static const char *find_variable(const struct btf *btf, const char *name, size_t size, uint32_t *offset)
{
	uint32_t count = btf ? btf__type_cnt(btf) : 0;

	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *section = btf__type_by_id(btf, id);
		const struct btf_var_secinfo *vars;

		if (!btf_is_datasec(section))
			continue;
		vars = btf_var_secinfos(section);
		for (uint32_t i = 0; i < btf_vlen(section); i++) {
			const struct btf_type *var = btf__type_by_id(btf, vars[i].type);

			if (vars[i].size != size || strcmp(btf__name_by_offset(btf, var->name_off), name))
				continue;
			*offset = vars[i].offset;
			return btf__name_by_offset(btf, section->name_off);
		}
	}
	return NULL;
}

bool lt_section_is_constant(const char *section)
{
	return !strncmp(section, ".rodata", 7);
}

static int map_memory(struct lt_map *map)
{
	int access = PROT_READ | (lt_section_is_constant(map->name) ? 0 : PROT_WRITE);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (map->value_size + page - 1) / page * page;
	void *memory;

	if (map->memory)
		return 0;
	memory = mmap(NULL, size, access, MAP_SHARED, map->fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	map->memory = memory;
	map->memory_size = size;
	return 0;
}

void *lt_object_global(lt_object *object, const char *name, size_t size)
{
	uint32_t offset;
	const char *section = find_variable(object->btf, name, size, &offset);
	struct lt_map *map = section ? lt_object_map_named(object, section) : NULL;

	if (!map || map->fd < 0 || (uint64_t)offset + size > map->value_size || map_memory(map))
		return NULL;
	return (char *)map->memory + offset;
}

void *lt_object_section(lt_object *object, const char *section, lt_error *err)
{
	struct lt_map *map = lt_object_map_named(object, section);
	int code = !map || !map->internal ? -ENOENT : map->fd < 0 ? -EINVAL : map_memory(map);

	if (!code)
		return map->memory;
	lt_fail(err, code, "section %s: its memory can't be mapped: %s", section, strerror(-code));
	return NULL;
}

static struct bpf_map *opened_map(const lt_object *object, const struct lt_map *map)
{
	const struct lt_map *at = object->maps;
	struct bpf_map *each;

	bpf_object__for_each_map(each, object->opened)
		if (at++ == map)
			return each;
	return NULL;
}

int lt_object_set_constant(lt_object *object, const char *section, uint64_t offset, const void *data, uint64_t size,
			   lt_error *err)
{
	struct lt_map *map = lt_object_map_named(object, section);
	struct bpf_map *opened = map && object->opened ? opened_map(object, map) : NULL;
	size_t whole = 0;
	const void *initial = opened ? bpf_map__initial_value(opened, &whole) : NULL;

	if (!initial || object->loaded || offset > whole || size > whole - offset)
		return lt_fail(err, -EINVAL, "section %s: nothing can be set in it", section);
	if (!map->initial) {
		map->initial = malloc(whole);
		if (!map->initial)
			return lt_fail(err, -ENOMEM, "section %s: %s", section, strerror(ENOMEM));
		memcpy(map->initial, initial, whole);
	}
	memcpy((char *)map->initial + offset, data, size);
	return 0;
}

int lt_map_initialize(const struct lt_map *map, struct bpf_map *opened)
{
	if (!map->initial)
		return 0;
	return bpf_map__set_initial_value(opened, map->initial, bpf_map__value_size(opened)) ? -errno : 0;
}

void lt_map_unmap(struct lt_map *map)
{
	if (map->memory)
		munmap(map->memory, map->memory_size);
	map->memory = NULL;
}

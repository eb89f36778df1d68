/* SPDX-License-Identifier: MIT
 *
 * Global variables of the text, read and written in place: their maps can be mapped (5.5).
 */
#include "object.h"
#include <bpf/btf.h>
#include <errno.h>
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

static int map_memory(struct lt_map *map)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (map->value_size + page - 1) / page * page;
	void *memory;

	if (map->memory)
		return 0;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map->fd, 0);
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

void lt_map_unmap(struct lt_map *map)
{
	if (map->memory)
		munmap(map->memory, map->memory_size);
	map->memory = NULL;
}

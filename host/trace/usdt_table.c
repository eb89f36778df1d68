/* SPDX-License-Identifier: MIT */
#include "usdt_table.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As struct __lt_usdt_argument of bpf/dialect/usdt.h has it. */
enum { FLAG_BASE = 1, FLAG_INDEX = 2, FLAG_MEMORY = 4, FLAG_SIGNED = 8, FLAG_UNREADABLE = 16 };

struct entry {
	int64_t offset;
	uint16_t base, index;
	uint8_t flags, scale, size, shift;
};
_Static_assert(sizeof(struct entry) == 16, "the layout that the BPF side reads");

/* What the map holds. Entries stay when a probe is detached: a run of its program may still be reading them. */
struct lt_usdt_table {
	uint32_t used, room;
	struct entry entries[];
};

static struct entry entry_of(const lt_usdt_argument *argument)
{
	if (argument->unreadable)
		return (struct entry){ .flags = FLAG_UNREADABLE };
	return (struct entry){
		.offset = argument->offset,
		.base = argument->base,
		.index = argument->index,
		.flags = (uint8_t)((argument->has_base ? FLAG_BASE : 0) | (argument->has_index ? FLAG_INDEX : 0) |
				   (argument->memory ? FLAG_MEMORY : 0) | (argument->is_signed ? FLAG_SIGNED : 0)),
		.scale = argument->scale,
		.size = argument->size,
		.shift = (uint8_t)(64 - 8 * argument->size),
	};
}

static uint32_t find_run(const struct lt_usdt_table *table, const struct entry *run, uint32_t count)
{
	for (uint32_t at = 0; at + count <= table->used; at++)
		if (!memcmp(&table->entries[at], run, count * sizeof(*run)))
			return at;
	return table->used;
}

static struct lt_usdt_table *table_of(lt_object *object, const struct lt_map *map)
{
	if (object->usdt)
		return object->usdt;
	object->usdt = calloc(1, sizeof(*object->usdt) + map->max_entries * sizeof(struct entry));
	if (object->usdt)
		object->usdt->room = map->max_entries;
	return object->usdt;
}

int lt_usdt_table_add(lt_object *object, const lt_usdt_argument *arguments, uint32_t count, uint64_t *cookie)
{
	const struct lt_map *map = lt_object_map_named(object, "__lt_usdt");
	struct entry run[LT_USDT_ARGUMENTS];
	struct lt_usdt_table *table;
	uint32_t first;

	*cookie = 0;
	if (!map || !count)
		return 0;
	if (map->value_size != sizeof(struct entry))
		return -EINVAL;
	table = table_of(object, map);
	if (!table)
		return -ENOMEM;
	if (count > LT_USDT_ARGUMENTS)
		count = LT_USDT_ARGUMENTS;
	for (uint32_t i = 0; i < count; i++)
		run[i] = entry_of(&arguments[i]);
	first = find_run(table, run, count);
	if (first == table->used) {
		if (count > table->room - table->used)
			return -ENOSPC;
		for (uint32_t i = 0; i < count; i++) {
			uint32_t key = first + i;
			int code = bpf_map_update_elem(map->fd, &key, &run[i], 0);

			if (code)
				return code;
		}
		memcpy(&table->entries[first], run, count * sizeof(*run));
		table->used += count;
	}
	*cookie = (uint64_t)count << 32 | first;
	return 0;
}

void lt_usdt_table_free(struct lt_usdt_table *table)
{
	free(table);
}

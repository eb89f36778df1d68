/* SPDX-License-Identifier: MIT
 *
 * Scratch of programs whose locals do not fit on the stack: made by luatrace-cc (host/cc/lower/scratch.c), which also
 * says what an entry holds.
 */
#include "object.h"
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DROPPED_AT = 8 };

static const struct lt_map *scratch_of(const lt_object *object, const char *program)
{
	char name[300];
	int index;

	snprintf(name, sizeof(name), "__lt_scratch_%s", program);
	index = lt_object_find_map(object, name);
	return index < 0 ? NULL : &object->maps[index];
}

uint64_t lt_program_dropped(const lt_object *object, const char *program)
{
	const struct lt_map *map = scratch_of(object, program);
	uint64_t dropped = 0, each;
	uint32_t first = 0;
	size_t stride;
	char *values;

	if (!map || map->fd < 0)
		return 0;
	stride = (map->value_size + 7) / 8 * 8;
	values = malloc(stride * lt_cpu_possible());
	if (values && !bpf_map_lookup_elem(map->fd, &first, values))
		for (int cpu = 0; cpu < lt_cpu_possible(); cpu++) {
			memcpy(&each, values + cpu * stride + DROPPED_AT, sizeof(each));
			dropped += each;
		}
	free(values);
	return dropped;
}

/* SPDX-License-Identifier: MIT
 *
 * Opening and closing outputs, sweeps, and what was lost.
 */
#include "output.h"
#include "near.h"
#include "wait.h"
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_LATENCY_MS = 50 };

static uint64_t read_slot(const struct lt_output *output, uint32_t slot)
{
	return __atomic_load_n(&output->lost[slot * LT_LOST_STRIDE], __ATOMIC_RELAXED);
}

void lt_output_lost_from_now(struct lt_output *output, uint32_t slot)
{
	if (output->lost)
		output->lost_before[slot] = read_slot(output, slot);
}

static const struct lt_output_ops *ops_for(uint32_t map_type)
{
	switch (map_type) {
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return &lt_perf_output_ops;
	case BPF_MAP_TYPE_RINGBUF:
		return &lt_ring_buffer_ops;
	default:
		return NULL;
	}
}

static int unknown_output(const lt_object *object, const char *name, lt_error *err)
{
	char names[LT_NEAR_SIZE];
	lt_similar similar;

	lt_similar_start(&similar, name);
	for (uint32_t i = 0; i < object->map_count; i++)
		if (ops_for(object->maps[i].type) && !object->maps[i].internal)
			lt_similar_offer(&similar, object->maps[i].name, strlen(object->maps[i].name));
	lt_near_write(&similar, names, sizeof(names));
	return lt_fail(err, -ENOENT, "output '%s': the text has no such map%s", name, names);
}

static int check_map(const lt_object *object, const char *name, const struct lt_map *map, lt_error *err)
{
	if (!map)
		return unknown_output(object, name, err);
	if (!ops_for(map->type))
		return lt_fail(err, -EINVAL, "output '%s': that map is no output; BPF_PERF_OUTPUT and "
			       "BPF_RINGBUF_OUTPUT are",
			       name);
	if (map->fd < 0)
		return lt_fail(err, -EINVAL, "output '%s': its object is not loaded", name);
	for (const struct lt_output *open = object->outputs; open; open = open->next)
		if (open->map == map)
			return lt_fail(err, -EBUSY, "output '%s': it is open already", name);
	return 0;
}

int lt_output_open(lt_object *object, const char *name, const lt_output_opts *opts, lt_output **out, lt_error *err)
{
	static const lt_output_opts defaults;
	const struct lt_map *map = lt_object_map_named(object, name);
	int code = check_map(object, name, map, err);
	struct lt_output *output;
	char variable[256];

	*out = NULL;
	if (code)
		return code;
	if (!opts)
		opts = &defaults;
	output = calloc(1, sizeof(*output));
	if (!output)
		return lt_fail(err, -ENOMEM, "output '%s': out of memory", name);
	output->object = object;
	output->map = map;
	output->ops = ops_for(map->type);
	output->latency_ms = opts->latency_ms ? opts->latency_ms : DEFAULT_LATENCY_MS;
	snprintf(variable, sizeof(variable), "__lt_lost_%s", name);
	output->lost = lt_object_global(object, variable, sizeof(uint64_t) * LT_LOST_STRIDE * LT_LOST_SLOTS);
	output->lost_slots = (uint32_t)lt_cpu_possible() < LT_LOST_SLOTS ? (uint32_t)lt_cpu_possible() : LT_LOST_SLOTS;
	for (uint32_t slot = 0; slot < output->lost_slots; slot++)
		lt_output_lost_from_now(output, slot);

	output->next = object->outputs;
	object->outputs = output;
	lt_wait_add(output);
	code = output->ops->open(output, opts, err);
	if (code) {
		lt_output_close(output);
		return code;
	}
	*out = output;
	return 0;
}

void lt_output_close(lt_output *output)
{
	struct lt_output **at;

	if (!output)
		return;
	for (at = &output->object->outputs; *at && *at != output; at = &(*at)->next)
		;
	if (*at)
		*at = output->next;
	output->ops->close(output);
	lt_wait_remove(output);
	free(output);
}

void lt_outputs_free(lt_object *object)
{
	while (object->outputs)
		lt_output_close(object->outputs);
}

int lt_output_next(lt_output *output, lt_batch *batch, int32_t all)
{
	if (!output->sweeping)
		output->ops->begin_sweep(output);
	batch->next = 0;
	batch->count = output->ops->fill(output, batch, all != 0);
	output->sweeping = batch->count > 0;
	if (output->sweeping)
		lt_wait_had_record();
	return batch->count;
}

uint64_t lt_output_lost(lt_output *output)
{
	uint64_t counted = 0, kernel = output->ops->lost(output);

	for (uint32_t slot = 0; output->lost && slot < output->lost_slots; slot++)
		counted += read_slot(output, slot) - output->lost_before[slot];
	return counted > kernel ? counted : kernel;
}

/* "__lt_record_NAME" or, for a further record type of it, "__lt_record_NAME__1": but with a map called "NAME__1" that
 * is the first of its own. */
static bool is_record_of(const lt_object *object, const char *variable, const char *map)
{
	static const char prefix[] = "__lt_record_";
	size_t length = strlen(map);
	const char *rest;

	if (strncmp(variable, prefix, sizeof(prefix) - 1) || strncmp(variable + sizeof(prefix) - 1, map, length))
		return false;
	rest = variable + sizeof(prefix) - 1 + length;
	if (!*rest)
		return true;
	if (strncmp(rest, "__", 2) || !rest[2] || rest[2 + strspn(rest + 2, "0123456789")])
		return false;
	return lt_object_find_map(object, variable + sizeof(prefix) - 1) < 0;
}

/* The struct that a pointer variable points to, whatever names lie between; 0 if it is none. */
static uint32_t pointed_struct(const struct btf *btf, const struct btf_type *var)
{
	const struct btf_type *type = btf__type_by_id(btf, var->type);
	uint32_t id;

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_ptr(type))
		return 0;
	id = type->type;
	type = btf__type_by_id(btf, id);
	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		id = type->type;
		type = btf__type_by_id(btf, id);
	}
	return type && (btf_is_struct(type) || btf_is_union(type)) ? id : 0;
}

uint32_t lt_output_record_type(const lt_object *object, const char *name)
{
	uint32_t count = object->btf ? btf__type_cnt(object->btf) : 0, found = 0;

	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(object->btf, id);
		uint32_t record;

		if (!btf_is_var(type) || !is_record_of(object, btf__name_by_offset(object->btf, type->name_off), name))
			continue;
		record = pointed_struct(object->btf, type);
		if (!record || (found && found != record))
			return 0;
		found = record;
	}
	return found;
}

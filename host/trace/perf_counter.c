/* SPDX-License-Identifier: MIT
 *
 * Counters of perf events in a BPF_PERF_ARRAY, for programs to read: one for each CPU, at that CPU's index. The map
 * holds them from then on; they end when it is closed.
 */
#include "cpus.h"
#include "object.h"
#include "perf_names.h"
#include "perf_open.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int put(const struct lt_map *map, struct perf_event_attr *attr, int32_t pid, int32_t cpu, lt_error *err)
{
	char name[LT_PERF_NAME_SIZE], subject[LT_PERF_NAME_SIZE + 128];
	int fd = lt_perf_open(attr, pid, cpu), code;

	lt_perf_name(attr->type, attr->config, name, sizeof(name));
	snprintf(subject, sizeof(subject), "map '%s': event '%s'", map->name, name);
	if (fd < 0)
		return lt_perf_refused(subject, attr->type, pid, fd, err);
	code = bpf_map_update_elem(map->fd, &cpu, &fd, BPF_ANY) ? -errno : 0;
	close(fd);
	if (code == -E2BIG)
		return lt_fail(err, code, "map '%s': it has no entry for CPU %d: BPF_PERF_ARRAY(%s, %d) has", map->name, cpu,
			       map->name, cpu + 1);
	return code ? lt_fail(err, code, "%s: can't be put into the map: %s", subject, strerror(-code)) : 0;
}

int lt_map_open_counters(lt_object *object, const char *name, uint32_t type, uint64_t config, int32_t pid,
			 lt_error *err)
{
	const struct lt_map *map = lt_object_map_named(object, name);
	struct perf_event_attr attr = { .type = type, .config = config };
	int32_t *cpus;
	int count, code = 0;

	if (!map || map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return lt_fail(err, -EINVAL, "map '%s': it is no BPF_PERF_ARRAY", name);
	count = lt_cpus_online(&cpus);
	if (count < 0)
		return lt_fail(err, count, "map '%s': can't read the list of CPUs: %s", name, strerror(-count));
	for (int i = 0; i < count && !code; i++)
		code = put(map, &attr, pid, cpus[i], err);
	if (code)
		for (int i = 0; i < count; i++)
			bpf_map_delete_elem(map->fd, &cpus[i]);
	free(cpus);
	return code ? code : count;
}

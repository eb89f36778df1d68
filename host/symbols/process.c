/* SPDX-License-Identifier: MIT
 *
 * Symbols of a process. Its maps are read when it is opened; the files behind them when an address first asks for
 * them, through whichever way still leads to the same file.
 */
#include "maps.h"
#include "process.h"
#include "root.h"
#include "../error.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t lt_process_start_time(int32_t pid)
{
	char text[1024], *p;
	unsigned long long time = 0;
	ssize_t n;
	int fd;

	snprintf(text, sizeof(text), "/proc/%d/stat", pid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* Field 22; the command, which may hold anything, ends at the last parenthesis as field 2. */
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
			 &time) != 1)
		return 0;
	return time;
}

/* Whose JIT map it is, and by which number: the last of NSpid, that of its own PID namespace, and the second of Uid,
 * the one in force. */
static void read_status(lt_process *process)
{
	int32_t inner = process->pid;
	char text[4096], *line, *at;
	ssize_t n = -1;
	int fd;

	snprintf(text, sizeof(text), "/proc/%d/status", process->pid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	process->owner = geteuid();
	line = strstr(text, "\nUid:");
	if (line)
		sscanf(line, "\nUid: %*u %u", &process->owner);
	line = strstr(text, "\nNSpid:");
	at = line ? line + strcspn(line + 1, "\n") + 1 : NULL;
	while (at && at > line && at[-1] >= '0' && at[-1] <= '9')
		at--;
	if (at)
		sscanf(at, "%" SCNd32, &inner);
	snprintf(process->perf_map_path, sizeof(process->perf_map_path), "/tmp/perf-%d.map", inner);
}

/* ---- reading the maps ---------------------------------------------------------------------------------------- */

struct reading {
	lt_process *process;
	struct lt_process_mapping *list;
	uint32_t count, room;
};

static int find_file(lt_process *process, const lt_mapping *m, uint32_t *index)
{
	struct lt_process_file *file;

	/* A file's mappings come together, and after a refresh in the same order: the last ones first. */
	for (uint32_t i = process->file_count; i-- > 0;) {
		file = &process->files[i];
		if (file->inode != m->inode || file->dev != m->dev || file->deleted != m->deleted ||
		    strcmp(file->path, m->path))
			continue;
		file->start = m->start;
		file->end = m->end;
		*index = i;
		return 0;
	}
	file = lt_process_new_file(process, m->path);
	if (!file)
		return -ENOMEM;
	file->deleted = m->deleted;
	file->dev = m->dev;
	file->inode = m->inode;
	file->start = m->start;
	file->end = m->end;
	*index = process->file_count - 1;
	return 0;
}

static int add_mapping(void *arg, const lt_mapping *m)
{
	struct reading *reading = arg;
	struct lt_process_mapping *added;
	uint32_t file;
	int ret;

	if (!m->executable || (!m->inode && strcmp(m->path, "[vdso]")))
		return 0;
	ret = find_file(reading->process, m, &file);
	if (ret)
		return ret;
	if (reading->count == reading->room) {
		uint32_t room = reading->room ? reading->room * 2 : 16;
		struct lt_process_mapping *list = realloc(reading->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		reading->list = list;
		reading->room = room;
	}
	added = &reading->list[reading->count++];
	*added = (struct lt_process_mapping){ .start = m->start, .end = m->end, .offset = m->offset, .file = file };
	return 0;
}

int lt_process_refresh(lt_process *process)
{
	struct reading reading = { .process = process };
	uint64_t started = lt_process_start_time(process->pid);
	int ret = started ? -ESTALE : -ESRCH;

	process->perf_map_checked = false;
	/* A dead process's maps are empty, another one's with the same pid are wrong: keep what there is. */
	if (started && started == process->start_time)
		ret = lt_maps_each(process->pid, add_mapping, &reading);
	if (!ret && !reading.count)
		ret = -ESRCH;
	if (ret) {
		free(reading.list);
		return ret;
	}
	free(process->mappings);
	process->mappings = reading.list;
	process->mapping_count = reading.count;
	for (uint32_t i = 0; i < process->file_count; i++)
		process->files[i].tried = process->files[i].functions;
	return 0;
}

int lt_process_open(int32_t pid, lt_process **out, lt_error *err)
{
	lt_process *process;
	int ret;

	*out = NULL;
	if (pid < 0)
		return lt_fail(err, -EINVAL, "process %d: not a process id", pid);
	process = calloc(1, sizeof(*process));
	if (!process)
		return lt_fail(err, -ENOMEM, "process %d: out of memory", pid);
	process->pid = pid;
	process->root = -1;
	if (!pid) {
		*out = process;
		return 0;
	}
	process->start_time = lt_process_start_time(pid);
	ret = process->start_time ? lt_process_refresh(process) : -ESRCH;
	if (ret) {
		lt_process_free(process);
		if (ret == -ESRCH)
			return lt_fail(err, ret, "process %d: no such process, or a thread of the kernel's", pid);
		if (ret == -EACCES || ret == -EPERM)
			return lt_fail(err, ret, "process %d: not allowed to read its maps; run as its user, as root or "
				       "with CAP_SYS_PTRACE", pid);
		return lt_fail(err, ret, "process %d: cannot read its maps: %s", pid, strerror(-ret));
	}
	process->root = lt_root_open(pid);
	read_status(process);
	*out = process;
	return 0;
}

void lt_process_free(lt_process *process)
{
	if (!process)
		return;
	for (uint32_t i = 0; i < process->file_count; i++) {
		free(process->files[i].path);
		lt_functions_put(process->files[i].functions);
	}
	if (process->root >= 0)
		close(process->root);
	lt_perf_map_free(process->perf_map);
	free(process->files);
	free(process->mappings);
	free(process);
}

/* ---- looking up ---------------------------------------------------------------------------------------------- */

static const struct lt_process_mapping *mapping_of(const lt_process *process, uint64_t address)
{
	uint32_t low = 0, high = process->mapping_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (process->mappings[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == process->mapping_count || address < process->mappings[low].start)
		return NULL;
	return &process->mappings[low];
}

static void fill(const lt_function *function, const char *module, lt_symbol *out)
{
	out->name = function->name;
	out->module = module;
	out->address = function->name ? function->address : 0;
	out->offset = function->name ? function->offset : function->address;
	out->id = function->id;
}

static int jit_symbol(lt_process *process, uint64_t address, lt_symbol *out)
{
	lt_function function;

	lt_process_read_perf_map(process);
	if (!process->perf_map || lt_perf_map_find(process->perf_map, address, &function))
		return -ERANGE;
	fill(&function, process->perf_map_path, out);
	return 0;
}

int lt_process_symbol(lt_process *process, uint64_t address, lt_symbol *out)
{
	const struct lt_process_mapping *mapping = mapping_of(process, address);
	lt_function function = { 0 };
	struct lt_process_file *file;
	uint64_t place;
	int ret;

	memset(out, 0, sizeof(*out));
	if (!mapping)
		return jit_symbol(process, address, out);
	file = &process->files[mapping->file];
	lt_process_read_file(process, file);
	/* Some JITs keep their code in a memory file. */
	if (!file->functions && !jit_symbol(process, address, out))
		return 0;
	place = address - mapping->start + mapping->offset;
	ret = file->functions ? lt_functions_find(file->functions, place, &function) : -ERANGE;
	/* Where even the file's segments are unknown, the file offset is the best that can be said. */
	if (ret == -ERANGE)
		function.address = place;
	fill(&function, file->path, out);
	return ret ? -ENOENT : 0;
}

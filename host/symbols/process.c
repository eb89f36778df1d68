/* SPDX-License-Identifier: MIT
 *
 * Symbols of a process. Its maps are read when it is opened; the files behind them when an address first asks for
 * them, through whichever way still leads to the same file.
 */
#include "functions.h"
#include "maps.h"
#include "root.h"
#include "../error.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

struct file {
	char *path;		/* as /proc/PID/maps has it; "[vdso]" */
	bool deleted;
	dev_t dev;
	uint64_t inode;
	uint64_t start, end;	/* one of its mappings */
	bool tried;
	lt_functions *functions; /* NULL: not read yet, or not to be had */
};

struct mapping {
	uint64_t start, end, offset;
	uint32_t file;
};

struct lt_process {
	int32_t pid;
	uint64_t start_time;	/* tells it from a later process with the same pid */
	int root;		/* its root directory if it is not ours, else -1 */
	struct mapping *mappings; /* executable ones, by address */
	uint32_t mapping_count;
	struct file *files;	/* only ever added to: names given out belong to them */
	uint32_t file_count, file_room;
};

static uint64_t start_time(int32_t pid)
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

/* ---- reading the maps ---------------------------------------------------------------------------------------- */

struct reading {
	lt_process *process;
	struct mapping *list;
	uint32_t count, room;
};

static int find_file(lt_process *process, const lt_mapping *m, uint32_t *index)
{
	struct file *file;

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
	if (process->file_count == process->file_room) {
		uint32_t room = process->file_room ? process->file_room * 2 : 16;
		struct file *files = realloc(process->files, room * sizeof(*files));

		if (!files)
			return -ENOMEM;
		process->files = files;
		process->file_room = room;
	}
	file = &process->files[process->file_count];
	*file = (struct file){ .path = strdup(m->path), .deleted = m->deleted, .dev = m->dev, .inode = m->inode,
			       .start = m->start, .end = m->end };
	if (!file->path)
		return -ENOMEM;
	*index = process->file_count++;
	return 0;
}

static int add_mapping(void *arg, const lt_mapping *m)
{
	struct reading *reading = arg;
	struct mapping *added;
	uint32_t file;
	int ret;

	if (!m->executable || (!m->inode && strcmp(m->path, "[vdso]")))
		return 0;
	ret = find_file(reading->process, m, &file);
	if (ret)
		return ret;
	if (reading->count == reading->room) {
		uint32_t room = reading->room ? reading->room * 2 : 16;
		struct mapping *list = realloc(reading->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		reading->list = list;
		reading->room = room;
	}
	added = &reading->list[reading->count++];
	*added = (struct mapping){ .start = m->start, .end = m->end, .offset = m->offset, .file = file };
	return 0;
}

int lt_process_refresh(lt_process *process)
{
	struct reading reading = { .process = process };
	int ret = -ESRCH;

	/* A dead process's maps are empty, another one's with the same pid are wrong: keep what there is. */
	if (start_time(process->pid) == process->start_time)
		ret = lt_maps_each(process->pid, add_mapping, &reading);
	if (!ret && !reading.count && process->mapping_count)
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
	if (pid <= 0)
		return lt_fail(err, -EINVAL, "process %d: not a process id", pid);
	process = calloc(1, sizeof(*process));
	if (!process)
		return lt_fail(err, -ENOMEM, "process %d: out of memory", pid);
	process->pid = pid;
	process->root = -1;
	process->start_time = start_time(pid);
	ret = process->start_time ? lt_process_refresh(process) : -ESRCH;
	if (ret) {
		lt_process_free(process);
		if (ret == -ESRCH)
			return lt_fail(err, ret, "process %d: no such process", pid);
		if (ret == -EACCES || ret == -EPERM)
			return lt_fail(err, ret, "process %d: not allowed to read its maps; run as its user, as root or "
				       "with CAP_SYS_PTRACE", pid);
		return lt_fail(err, ret, "process %d: cannot read its maps: %s", pid, strerror(-ret));
	}
	process->root = lt_root_open(pid);
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
	free(process->files);
	free(process->mappings);
	free(process);
}

/* ---- reading the files --------------------------------------------------------------------------------------- */

/* By the mapping itself: right in every namespace and for deleted files, but only while the process lives, and only
 * for root. The address range may have become another file's. */
static int open_mapped(const lt_process *process, const struct file *file)
{
	char link[96], target[PATH_MAX];
	size_t length = strlen(file->path);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, process->pid, file->start, file->end);
	n = readlink(link, target, sizeof(target));
	if (n < (ssize_t)length || memcmp(target, file->path, length) ||
	    (target[length] != ' ' && (size_t)n != length))
		return -ENOENT;
	return lt_root_open_file(-1, link);
}

static int open_file(const lt_process *process, const struct file *file)
{
	int fd = open_mapped(process, file);

	if (fd >= 0 || file->deleted)
		return fd;
	return lt_root_open_mapped(process->root, file->path, file->dev, file->inode);
}

/* The vDSO is in no file. It is the kernel's, the same for all processes of one word size, so ours will do for one
 * that has ended; a 32-bit process has it below 4 GiB. */
static int read_vdso(const lt_process *process, struct file *file)
{
	uint64_t size = file->end - file->start, ours = getauxval(AT_SYSINFO_EHDR);
	char path[64], *image;
	int fd, ret = -ENOENT;

	if (size > 1 << 20)
		return -ENOEXEC;
	image = malloc(size);
	if (!image)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/%d/mem", process->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && pread(fd, image, size, (off_t)file->start) == (ssize_t)size)
		ret = lt_functions_get_image(image, size, &file->functions);
	if (fd >= 0)
		close(fd);
	if (ret && ours && (file->start > UINT32_MAX) == (ours > UINT32_MAX)) {
		snprintf(path, sizeof(path), "/proc/self/mem");
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && pread(fd, image, size, (off_t)ours) == (ssize_t)size)
			ret = lt_functions_get_image(image, size, &file->functions);
		if (fd >= 0)
			close(fd);
	}
	free(image);
	return ret;
}

static void read_file(const lt_process *process, struct file *file)
{
	int fd;

	file->tried = true;
	if (!file->inode) {
		read_vdso(process, file);
		return;
	}
	fd = open_file(process, file);
	if (fd < 0) {
		lt_verbose(1, "process %d: no symbols of %s: %s", process->pid, file->path, strerror(-fd));
		return;
	}
	lt_functions_get(fd, process->root, &file->functions);
	close(fd);
}

/* ---- looking up ---------------------------------------------------------------------------------------------- */

int lt_process_symbol(lt_process *process, uint64_t address, lt_symbol *out)
{
	uint32_t low = 0, high = process->mapping_count;
	const struct mapping *mapping;
	lt_function function = { 0 };
	struct file *file;
	uint64_t place;
	int ret = -ENOENT;

	memset(out, 0, sizeof(*out));
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (process->mappings[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == process->mapping_count || address < process->mappings[low].start)
		return -ENOENT;
	mapping = &process->mappings[low];
	file = &process->files[mapping->file];
	if (!file->tried)
		read_file(process, file);
	place = address - mapping->start + mapping->offset;
	if (file->functions)
		ret = lt_functions_find(file->functions, place, &function);
	/* Where even the file's segments are unknown, the file offset is the best that can be said. */
	if (!file->functions || ret == -ERANGE)
		function.address = place;
	out->name = function.name;
	out->module = file->path;
	out->address = function.name ? function.address : 0;
	out->offset = function.name ? function.offset : function.address;
	out->id = function.id;
	return ret ? -ENOENT : 0;
}

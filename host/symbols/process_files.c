/* SPDX-License-Identifier: MIT
 *
 * The files that a process has mapped, and its JIT's map: opened through whichever way still leads to the same file.
 */
#include "process.h"
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
#include <sys/stat.h>
#include <unistd.h>

struct lt_process_file *lt_process_new_file(lt_process *process, const char *path)
{
	struct lt_process_file *file;

	if (process->file_count == process->file_room) {
		uint32_t room = process->file_room ? process->file_room * 2 : 16;
		struct lt_process_file *files = realloc(process->files, room * sizeof(*files));

		if (!files)
			return NULL;
		process->files = files;
		process->file_room = room;
	}
	file = &process->files[process->file_count];
	*file = (struct lt_process_file){ .path = strdup(path) };
	if (!file->path)
		return NULL;
	process->file_count++;
	return file;
}

/* By the mapping itself: right in every namespace and for deleted files, but only while the process lives, and only
 * for root. The address range may have become another file's. */
static int open_mapped(const lt_process *process, const struct lt_process_file *file)
{
	char link[96], target[PATH_MAX];
	size_t length = strlen(file->path);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, process->pid, file->start, file->end);
	n = readlink(link, target, sizeof(target));
	if (n < (ssize_t)length || memcmp(target, file->path, length) ||
	    ((size_t)n != length && target[length] != ' '))
		return -ENOENT;
	return lt_root_open_file(-1, link);
}

static int open_file(const lt_process *process, const struct lt_process_file *file)
{
	int fd = open_mapped(process, file);

	if (fd >= 0 || file->deleted)
		return fd;
	return lt_root_open_mapped(process->root, file->path, file->dev, file->inode);
}

/* The vDSO is in no file. It is the kernel's, the same for all processes of one word size, so ours will do for one
 * that has ended; a 32-bit process has it below 4 GiB. */
static int read_vdso(const lt_process *process, struct lt_process_file *file)
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

void lt_process_read_file(const lt_process *process, struct lt_process_file *file)
{
	int fd;

	if (file->tried)
		return;
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

void lt_process_read_perf_map(lt_process *process)
{
	int ret;

	if (process->perf_map_checked)
		return;
	process->perf_map_checked = true;
	ret = process->pid ? lt_perf_map_read(process->root, process->perf_map_path, process->owner, &process->perf_map)
			   : -ENOENT;
	if (ret && ret != -ENOENT)
		lt_verbose(1, "process %d: its map of JIT code, %s, is not read: %s", process->pid, process->perf_map_path,
			   ret == -ELOOP ? "it is a symbolic link" : ret == -EPERM ? "it belongs to somebody else"
										   : strerror(-ret));
}

void lt_process_keep(lt_process *process)
{
	for (uint32_t i = 0; i < process->file_count; i++)
		if (process->files[i].deleted)
			lt_process_read_file(process, &process->files[i]);
	lt_process_read_perf_map(process);
}

/* ---- by build id ----------------------------------------------------------------------------------------------- */

static const lt_build_id *build_id_of(const lt_process *process, struct lt_process_file *file)
{
	lt_elf elf;
	int fd;

	if (file->id_tried || !file->inode)
		return &file->id;
	file->id_tried = true;
	fd = open_file(process, file);
	if (fd < 0)
		return &file->id;
	if (!lt_elf_open(&elf, fd)) {
		file->id = lt_elf_build_id(&elf);
		lt_elf_close(&elf);
	}
	close(fd);
	return &file->id;
}

int lt_process_add_file(lt_process *process, const char *path, lt_error *err)
{
	struct lt_process_file *file;
	struct stat st;
	lt_elf elf;
	int fd = lt_elf_open_path(path), ret;

	if (fd < 0)
		return lt_fail(err, fd, "module '%s': %s", path,
			       fd == -ENOEXEC ? "not an ELF program or shared library" : strerror(-fd));
	ret = fstat(fd, &st) ? -errno : lt_elf_open(&elf, fd);
	close(fd);
	if (ret)
		return lt_fail(err, ret, "module '%s': not an ELF program or shared library, or a damaged one", path);
	lt_elf_close(&elf);
	file = lt_process_new_file(process, path);
	if (!file)
		return lt_fail(err, -ENOMEM, "module '%s': out of memory", path);
	file->dev = st.st_dev;
	file->inode = st.st_ino;
	return 0;
}

int lt_process_build_id_symbol(lt_process *process, const uint8_t *id, uint64_t offset, lt_symbol *out)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < process->file_count; i++) {
		struct lt_process_file *file = &process->files[i];
		const lt_build_id *own = build_id_of(process, file);
		lt_function function = { 0 };

		if (!own->size || memcmp(own->bytes, id, LT_BUILD_ID_MAX) != 0)
			continue;
		lt_process_read_file(process, file);
		out->module = file->path;
		if (!file->functions || lt_functions_find(file->functions, offset, &function))
			return -ENOENT;
		out->name = function.name;
		out->address = function.address;
		out->offset = function.offset;
		out->id = function.id;
		return 0;
	}
	return -ERANGE;
}

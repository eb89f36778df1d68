/* SPDX-License-Identifier: MIT */
#include "elf_file.h"
#include "build_id.h"
#include "root.h"
#include "../error.h"
#include <errno.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char debug_directory[] = "/usr/lib/debug";

struct debuglink {
	char name[NAME_MAX + 1];	/* without a directory; "" for none */
	uint32_t checksum;
};

struct wanted {
	struct stat st;
	lt_build_id id;
	struct debuglink link;
	char directory[PATH_MAX];	/* of the file, or "" */
};

static bool has_symtab(lt_elf *elf)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf->handle, section))) {
		GElf_Shdr shdr;

		if (gelf_getshdr(section, &shdr) && shdr.sh_type == SHT_SYMTAB && shdr.sh_size)
			return true;
	}
	return false;
}

/* .gnu_debuglink: a name, padded to four bytes, and a checksum. */
static bool read_debuglink(Elf_Data *data, struct debuglink *link)
{
	size_t length, at;

	if (!data || !data->d_buf || data->d_size < 8)
		return false;
	length = strnlen(data->d_buf, data->d_size);
	at = (length + 4) & ~(size_t)3;
	if (!length || length > NAME_MAX || at > data->d_size - 4 || memchr(data->d_buf, '/', length))
		return false;
	memcpy(link->name, data->d_buf, length + 1);
	memcpy(&link->checksum, (const char *)data->d_buf + at, 4);
	return true;
}

static void find_debuglink(lt_elf *elf, struct debuglink *link)
{
	Elf_Scn *section = NULL;
	size_t names;

	link->name[0] = '\0';
	if (elf_getshdrstrndx(elf->handle, &names))
		return;
	while ((section = elf_nextscn(elf->handle, section))) {
		const char *name;
		GElf_Shdr shdr;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type != SHT_PROGBITS || shdr.sh_size > 2 * NAME_MAX)
			continue;
		name = elf_strptr(elf->handle, names, shdr.sh_name);
		if (name && !strcmp(name, ".gnu_debuglink") && read_debuglink(elf_rawdata(section, NULL), link))
			return;
	}
}

/* The CRC-32 of zlib and Ethernet, of a whole file. */
static int checksum(int fd, uint32_t *out)
{
	uint32_t table[256], crc = UINT32_MAX;
	unsigned char buffer[65536];
	off_t at = 0;
	ssize_t n;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	while ((n = pread(fd, buffer, sizeof(buffer), at)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			crc = crc >> 8 ^ table[(crc ^ buffer[i]) & 255];
		at += n;
	}
	*out = ~crc;
	return n < 0 ? -errno : 0;
}

/* Only what was made of the same program will do, else its symbols are wrong without a word. */
static bool belongs(const struct wanted *wanted, lt_elf *candidate, int fd)
{
	lt_build_id id = lt_elf_build_id(candidate);
	uint32_t sum;

	if (wanted->id.size && id.size)
		return lt_build_id_same(&wanted->id, &id);
	return *wanted->link.name && !checksum(fd, &sum) && sum == wanted->link.checksum;
}

static int try_file(const struct wanted *wanted, int root, const char *path, lt_elf *debug)
{
	int fd = lt_root_open_file(root, path), ret;
	struct stat st;

	if (fd < 0)
		return fd;
	ret = -ENOENT;
	/* A link may lead back to the file itself. */
	if (!fstat(fd, &st) && (st.st_dev != wanted->st.st_dev || st.st_ino != wanted->st.st_ino))
		ret = lt_elf_open(debug, fd);
	if (!ret && has_symtab(debug) && belongs(wanted, debug, fd))
		return fd;
	if (!ret)
		lt_elf_close(debug);
	close(fd);
	return -ENOENT;
}

static int try_build_id(const struct wanted *wanted, int root, lt_elf *debug)
{
	char path[sizeof(debug_directory) + 64];
	int at;

	if (wanted->id.size < 2)
		return -ENOENT;
	at = snprintf(path, sizeof(path), "%s/.build-id/%02x/", debug_directory, wanted->id.bytes[0]);
	for (int i = 1; i < wanted->id.size; i++)
		at += snprintf(path + at, sizeof(path) - (size_t)at, "%02x", wanted->id.bytes[i]);
	snprintf(path + at, sizeof(path) - (size_t)at, ".debug");
	return try_file(wanted, root, path, debug);
}

static int try_debuglink(const struct wanted *wanted, int root, lt_elf *debug)
{
	const char *before[] = { "", "", debug_directory }, *between[] = { "", "/.debug", "" };
	char path[2 * PATH_MAX];
	int fd = -ENOENT;

	for (int i = 0; i < 3 && fd < 0 && *wanted->link.name && *wanted->directory; i++) {
		snprintf(path, sizeof(path), "%s%s%s/%s", before[i], wanted->directory, between[i], wanted->link.name);
		fd = try_file(wanted, root, path, debug);
	}
	return fd;
}

/* The directory of an open file, by the path it has in its own mount namespace. */
static void find_directory(int fd, char *directory)
{
	char link[64], *slash;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, directory, PATH_MAX - 1);
	directory[n > 0 ? n : 0] = '\0';
	slash = strrchr(directory, '/');
	if (slash && directory[0] == '/')
		*slash = '\0';
	else
		directory[0] = '\0';
}

static int find_debug_file(lt_elf *elf, int fd, int root, lt_elf *debug)
{
	struct wanted wanted = { .id = lt_elf_build_id(elf) };
	int found;

	find_debuglink(elf, &wanted.link);
	if ((!wanted.id.size && !*wanted.link.name) || fstat(fd, &wanted.st))
		return -ENOENT;
	find_directory(fd, wanted.directory);
	found = try_build_id(&wanted, root, debug);
	if (found < 0)
		found = try_debuglink(&wanted, root, debug);
	/* A container seldom has them, its host may. */
	if (found < 0 && root >= 0)
		found = try_build_id(&wanted, -1, debug);
	if (found < 0 && root >= 0)
		found = try_debuglink(&wanted, -1, debug);
	return found;
}

int lt_elf_file_open(lt_elf_file *file, int fd, int root)
{
	int ret = lt_elf_open(&file->elf, fd);

	file->fd = file->debug_fd = -1;
	if (!ret && !has_symtab(&file->elf))
		file->debug_fd = find_debug_file(&file->elf, fd, root, &file->debug);
	return ret;
}

static int fail_to_open(const char *kind, const char *path, int code, lt_error *err)
{
	switch (code) {
	case -ENOENT:
	case -ENOTDIR:
		return lt_fail(err, -ENOENT, "%s '%s': no such file", kind, path);
	case -EISDIR:
		return lt_fail(err, code, "%s '%s': is a directory", kind, path);
	case -ENOEXEC:
		return lt_fail(err, code, "%s '%s': not an ELF program or shared library, or a damaged one", kind, path);
	default:
		return lt_fail(err, code, "%s '%s': %s", kind, path, strerror(-code));
	}
}

int lt_elf_file_open_path(lt_elf_file *file, const char *kind, const char *path, lt_error *err)
{
	int fd = lt_elf_open_path(path), root, ret;

	if (fd < 0)
		return fail_to_open(kind, path, fd, err);
	root = lt_root_open_of(path);
	ret = lt_elf_file_open(file, fd, root);
	if (root >= 0)
		close(root);
	if (ret) {
		close(fd);
		return fail_to_open(kind, path, ret, err);
	}
	file->fd = fd;
	return 0;
}

void lt_elf_file_close(lt_elf_file *file)
{
	if (file->debug_fd >= 0) {
		lt_elf_close(&file->debug);
		close(file->debug_fd);
		file->debug_fd = -1;
	}
	lt_elf_close(&file->elf);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

int lt_elf_file_each_symbol(lt_elf_file *file, lt_elf_each_fn *each, void *arg)
{
	int ret = lt_elf_each_symbol(&file->elf, each, arg);

	return ret || file->debug_fd < 0 ? ret : lt_elf_each_symbol(&file->debug, each, arg);
}

/* SPDX-License-Identifier: MIT
 *
 * BTF of modules: the running kernel's loaded ones, or files that go with the types of another kernel.
 */
#include "module_btf.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const char directory[] = "/sys/kernel/btf", kernel[] = "vmlinux", suffix[] = ".btf";

static int is_module(const struct dirent *entry)
{
	return *entry->d_name != '.' && strcmp(entry->d_name, kernel);
}

/* Bytes, not a locale's order: which module wins must not depend on who asks. */
static int by_name(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

/* The module that a file is of: its last part without ".btf". */
static const char *name_of(const char *path, int *length)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	*length = (int)strlen(name);
	if (*length > (int)strlen(suffix) && !strcmp(name + *length - strlen(suffix), suffix))
		*length -= (int)strlen(suffix);
	return name;
}

int lt_module_btf_list(const lt_compile_opts *opts)
{
	int fd = memfd_create("luatrace", MFD_CLOEXEC), count = 0, length;
	struct dirent **entries = NULL;

	if (fd < 0)
		return -errno;
	for (uint32_t i = 0; opts->btf_path && i < opts->module_btf_count; i++) {
		const char *name = name_of(opts->module_btf_paths[i], &length);

		dprintf(fd, "%.*s\n", length, name);
	}
	if (!opts->btf_path)
		count = scandir(directory, &entries, is_module, by_name);
	for (int i = 0; i < count; i++) {
		dprintf(fd, "%s\n", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return fd;
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int lt_module_btf_open(const lt_compile_opts *opts, const char *name)
{
	char path[512];
	int length;

	for (uint32_t i = 0; opts->btf_path && i < opts->module_btf_count; i++) {
		const char *own = name_of(opts->module_btf_paths[i], &length);

		if (!strncmp(own, name, length) && !name[length])
			return open_file(opts->module_btf_paths[i]);
	}
	if (opts->btf_path || snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return -ENOENT;
	return open_file(path);
}

/* SPDX-License-Identifier: MIT
 *
 * Which file a library's or a program's short name means.
 */
#include "symbols.h"
#include "ldcache.h"
#include "maps.h"
#include "root.h"
#include "../error.h"
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char cache_path[] = "/etc/ld.so.cache";
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const char *const directories[] = {
#if defined(__x86_64__)
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
#elif defined(__aarch64__)
	"/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
#endif
	"/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib",
};

struct search {
	const char *kind, *name;
	int32_t pid;		/* -1: none */
	int root;		/* see root.h */
	unsigned char machine[sizeof(Elf64_Ehdr)]; /* the ELF header of a program that would load the library */
	lt_similar similar;
	char best[PATH_MAX];	/* the best file so far, as the process sees it */
	char best_name[NAME_MAX + 1];
	bool best_special;
	bool mapped;		/* best is a path for us already */
	bool programs;		/* among the mapped files, look for a program */
};

/* Reads an ELF header; false if it is none. */
static bool read_header(int fd, unsigned char *header)
{
	return pread(fd, header, sizeof(Elf64_Ehdr), 0) == sizeof(Elf64_Ehdr) && !memcmp(header, ELFMAG, SELFMAG);
}

/* A file for another machine, or a linker script with a library's name, is not what the process would load. */
static bool is_usable(const struct search *search, int fd)
{
	const size_t at = offsetof(Elf64_Ehdr, e_machine);
	unsigned char header[sizeof(Elf64_Ehdr)];

	return read_header(fd, header) && header[EI_CLASS] == search->machine[EI_CLASS] &&
	       header[EI_DATA] == search->machine[EI_DATA] && !memcmp(header + at, search->machine + at, 2);
}

static bool is_usable_path(const struct search *search, const char *path)
{
	int fd = lt_root_open_file(search->root, path);
	bool usable;

	if (fd < 0)
		return false;
	usable = is_usable(search, fd);
	close(fd);
	return usable;
}

/* Does a library's file name mean `name`: "ssl" and "libssl" libssl.so, libssl.so.3, libssl-3.so; "libssl.so.3" and
 * "libssl.so" themselves (and longer versions)? */
static bool is_library(const char *file, const char *name)
{
	size_t length = strlen(name);

	if (!strcmp(file, name))
		return true;
	if (strncmp(name, "lib", 3)) {
		if (strncmp(file, "lib", 3))
			return false;
		file += 3;
	}
	if (strncmp(file, name, length))
		return false;
	file += length;
	if (strstr(name, ".so"))
		return !*file || *file == '.';
	if (*file == '-') {
		size_t digits = strspn(file + 1, "0123456789.");

		if (!digits)
			return false;
		/* The span took the dot of ".so" too. */
		file += digits;
	}
	return !strncmp(file, ".so", 3) && (!file[3] || file[3] == '.');
}

/* The plain name beats one for special processors, then the higher version wins. */
static void consider(struct search *search, const char *file, const char *path, bool special)
{
	if (*search->best) {
		if (special != search->best_special ? special : strverscmp(file, search->best_name) <= 0)
			return;
	}
	if (strlen(file) > NAME_MAX || strlen(path) >= sizeof(search->best) || !is_usable_path(search, path))
		return;
	strcpy(search->best, path);
	strcpy(search->best_name, file);
	search->best_special = special;
}

/* Offers the short name of a library, for the message. */
static void offer(struct search *search, const char *file)
{
	const char *end = strstr(file, ".so");

	if (!end)
		return;
	if (!strncmp(file, "lib", 3) && strncmp(search->name, "lib", 3))
		file += 3;
	if (file < end)
		lt_similar_offer(&search->similar, file, (size_t)(end - file));
}

/* ---- where to look ------------------------------------------------------------------------------------------- */

static int in_mapping(void *arg, const lt_mapping *m)
{
	struct search *search = arg;
	size_t length = strlen(search->name);
	const char *file = strrchr(m->path, '/');
	int fd, n;

	if (!m->inode || !file++)
		return 0;
	/* "python3" is the program python3.11 too. */
	if (search->programs ? strncmp(file, search->name, length) || file[length + strspn(file + length, "0123456789.")]
			     : !is_library(file, search->name))
		return 0;
	n = snprintf(search->best, sizeof(search->best), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, search->pid,
		     m->start, m->end);
	if (m->deleted && n > 0 && !access(search->best, R_OK)) {
		search->mapped = true;
		return 1;
	}
	search->best[0] = '\0';
	if (m->deleted || strlen(m->path) >= sizeof(search->best))
		return 0;
	fd = lt_root_open_mapped(search->root, m->path, m->dev, m->inode);
	if (fd < 0)
		return 0;
	close(fd);
	strcpy(search->best, m->path);
	return 1;
}

static int in_cache_entry(void *arg, const char *name, const char *path, bool special)
{
	struct search *search = arg;

	if (is_library(name, search->name))
		consider(search, name, path, special);
	else
		offer(search, name);
	return 0;
}

static void in_cache(struct search *search)
{
	int fd = lt_root_open_file(search->root, cache_path);
	struct stat st;
	char *data;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size > 0 && st.st_size < 64 << 20 && (data = malloc((size_t)st.st_size))) {
		ssize_t n = pread(fd, data, (size_t)st.st_size, 0);

		if (n > 0)
			lt_ldcache_each(data, (size_t)n, in_cache_entry, search);
		free(data);
	}
	close(fd);
}

static void in_directory(struct search *search, const char *directory)
{
	int fd = lt_root_open_directory(search->root, directory);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	char path[PATH_MAX];

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (!is_library(entry->d_name, search->name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		consider(search, entry->d_name, path, false);
	}
	closedir(dir);
}

static const char *program_path(const struct search *search)
{
	const char *path = search->root < 0 ? getenv("PATH") : NULL;

	return path && *path ? path : default_path;
}

static void in_path(struct search *search)
{
	const char *list = program_path(search);
	char path[PATH_MAX];

	while (*list && !*search->best) {
		int length = (int)strcspn(list, ":");

		if (length && snprintf(path, sizeof(path), "%.*s/%s", length, list, search->name) < PATH_MAX)
			consider(search, search->name, path, false);
		list += length;
		list += *list == ':';
	}
}

/* ---- the whole ----------------------------------------------------------------------------------------------- */

static int not_found(const struct search *search, lt_error *err)
{
	char near[256], tried[512] = "", mapped[64] = "";
	bool is_near = lt_similar_list(&search->similar, near, sizeof(near));
	size_t used = 0;

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]) && used < sizeof(tried); i++)
		used += (size_t)snprintf(tried + used, sizeof(tried) - used, ", %s", directories[i]);
	if (search->pid >= 0)
		snprintf(mapped, sizeof(mapped), "files mapped by process %d, ", search->pid);
	return lt_fail(err, -ENOENT, "%s '%s': no such library or program; tried %s%s%s and, as a program, PATH (%s)%s%s",
		       search->kind, search->name, mapped, cache_path, tried, program_path(search),
		       is_near ? "; similar: " : "; give a path instead", is_near ? near : "");
}

/* A path is taken as it is, once it is known to be there. */
static int by_path(const struct search *search, char *path, size_t size, lt_error *err)
{
	bool outside = search->root < 0 || *search->name != '/';
	int ret = lt_root_path(outside ? -1 : search->root, search->pid, search->name, path, size);

	if ((ret == -ENOENT || ret == -ENOTDIR) && !outside)
		return lt_fail(err, -ENOENT, "%s '%s': no such file in the mount namespace of process %d",
			       search->kind, search->name, search->pid);
	if (ret == -ENOENT || ret == -ENOTDIR)
		return lt_fail(err, -ENOENT, "%s '%s': no such file", search->kind, search->name);
	return ret ? lt_fail(err, ret, "%s '%s': %s", search->kind, search->name, strerror(-ret)) : 0;
}

static int by_name(struct search *search, char *path, size_t size, lt_error *err)
{
	int ret = 0;

	lt_similar_start(&search->similar, search->name);
	if (search->pid >= 0)
		ret = lt_maps_each(search->pid, in_mapping, search);
	search->programs = true;
	if (search->pid >= 0 && !ret)
		ret = lt_maps_each(search->pid, in_mapping, search);
	if (ret < 0)
		return lt_fail(err, ret, "%s '%s': cannot read the maps of process %d: %s%s", search->kind,
			       search->name, search->pid, strerror(-ret),
			       ret == -EACCES || ret == -EPERM ? "; its owner may, and root with CAP_SYS_PTRACE" : "");
	if (!*search->best)
		in_cache(search);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]) && !*search->best; i++)
		in_directory(search, directories[i]);
	if (!*search->best)
		in_path(search);
	if (!*search->best)
		return not_found(search, err);
	ret = lt_root_path(search->mapped ? -1 : search->root, search->pid, search->best, path, size);
	/* After a mere chroot the maps show paths as we see them. */
	if (ret == -ENOENT && search->root >= 0)
		ret = lt_root_path(-1, search->pid, search->best, path, size);
	return ret ? lt_fail(err, ret, "%s '%s': found as '%s', but cannot reach it: %s", search->kind, search->name,
			     search->best, strerror(-ret)) : 0;
}

/* The program whose libraries are looked for: the process's own, else this one. */
static void read_machine(struct search *search)
{
	char exe[64] = "/proc/self/exe";
	int fd;

	if (search->pid >= 0)
		snprintf(exe, sizeof(exe), "/proc/%d/exe", search->pid);
	fd = lt_root_open_file(-1, exe);
	if (fd < 0)
		fd = lt_root_open_file(-1, "/proc/self/exe");
	if (fd < 0)
		return;
	read_header(fd, search->machine);
	close(fd);
}

int lt_find_library(const char *kind, const char *name, int32_t pid, char *path, size_t size, lt_error *err)
{
	struct search *search;
	int ret;

	if (!*name || (strlen(name) > NAME_MAX && !strchr(name, '/')))
		return lt_fail(err, -EINVAL, "%s '%.64s': not a name of a library or program", kind, name);
	if (pid >= 0) {
		char proc[32];

		snprintf(proc, sizeof(proc), "/proc/%d", pid ? pid : getpid());
		if (access(proc, F_OK))
			return lt_fail(err, -ESRCH, "%s '%s': no process %d", kind, name, pid);
	}
	search = calloc(1, sizeof(*search));
	if (!search)
		return lt_fail(err, -ENOMEM, "%s '%s': out of memory", kind, name);
	search->kind = kind;
	search->name = name;
	search->pid = pid ? pid : getpid();
	search->root = pid > 0 ? lt_root_open(pid) : -1;
	if (strchr(name, '/')) {
		ret = by_path(search, path, size, err);
	} else {
		read_machine(search);
		ret = by_name(search, path, size, err);
	}
	if (search->root >= 0)
		close(search->root);
	free(search);
	return ret;
}

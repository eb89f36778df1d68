/* SPDX-License-Identifier: MIT */
#include "tracefs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

static bool is_tracefs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == TRACEFS_MAGIC;
}

const char *lt_tracefs(lt_error *err)
{
	int code;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (is_tracefs(places[i]))
			return places[i];
	if (!mount("tracefs", places[0], "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) {
		lt_verbose(1, "tracefs was not mounted; mounted it at %s", places[0]);
		return places[0];
	}
	code = -errno;
	if (code == -EPERM || code == -EACCES)
		lt_fail(err, code, "tracefs: not mounted, and this process may not mount it; as root: mount -t "
			"tracefs tracefs %s",
			places[0]);
	else if (code == -ENODEV || code == -ENOENT)
		lt_fail(err, code, "tracefs: this kernel has none (CONFIG_FTRACE is off)");
	else
		lt_fail(err, code, "tracefs: not mounted, and mounting it at %s failed: %s", places[0],
			strerror(-code));
	return NULL;
}

/* A file of a tracepoint. The names come from a script: they must not walk out of the directory. */
static int open_file(const char *category, const char *event, const char *file)
{
	const char *tracefs = lt_tracefs(NULL);
	char path[512];
	int fd;

	if (!tracefs)
		return -ENODEV;
	if (!*category || !*event || strchr(category, '/') || strchr(event, '/') || !strcmp(category, "..") ||
	    !strcmp(event, ".."))
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/events/%s/%s/%s", tracefs, category, event, file) >= (int)sizeof(path))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int lt_tracepoint_id(const char *category, const char *event)
{
	char text[32];
	ssize_t length;
	int fd = open_file(category, event, "id"), code;

	if (fd < 0)
		return fd;
	length = read(fd, text, sizeof(text) - 1);
	code = length < 0 ? -errno : -EIO;
	close(fd);
	if (length <= 0)
		return code;
	text[length] = '\0';
	return atoi(text);
}

int lt_tracepoint_format(const char *category, const char *event)
{
	const char *merged = lt_tracepoint_merged(category, event);
	int fd = open_file(category, event, "format");

	return fd == -ENOENT && merged ? open_file(category, merged, "format") : fd;
}

bool lt_tracepoint_exists(const char *category, const char *event)
{
	int id = lt_tracepoint_id(category, event);

	/* Listed, though its number may not be read without privilege. */
	return id >= 0 || id == -EACCES || id == -EPERM;
}

const char *lt_tracepoint_merged(const char *category, const char *event)
{
	if (strcmp(category, "kmem"))
		return NULL;
	if (!strcmp(event, "kmalloc_node"))	/* 6.2 */
		return "kmalloc";
	return strcmp(event, "kmem_cache_alloc_node") ? NULL : "kmem_cache_alloc";
}

static int each_event(int events, const char *category, int (*each)(void *arg, const char *category, const char *event),
		      void *arg)
{
	int fd = openat(events, category, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!code && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_type != DT_REG)
			code = each(arg, category, entry->d_name);
	closedir(dir);
	return code;
}

int lt_tracepoint_each(int (*each)(void *arg, const char *category, const char *event), void *arg, lt_error *err)
{
	const char *tracefs = lt_tracefs(err);
	char path[64];
	struct dirent *entry;
	int code = 0;
	DIR *dir;

	if (!tracefs)
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/events", tracefs);
	dir = opendir(path);
	if (!dir)
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	while (!code && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			code = each_event(dirfd(dir), entry->d_name, each, arg);
	closedir(dir);
	return code;
}

struct offer {
	lt_similar *similar;
	bool bare;
};

static int offer_event(void *arg, const char *category, const char *event)
{
	const struct offer *offer = arg;
	char name[512];

	/* Syscall tracepoints are not raw tracepoints: none of them helps where bare names are wanted. */
	if (offer->bare && !strcmp(category, "syscalls"))
		return 0;
	snprintf(name, sizeof(name), "%s%s%s", offer->bare ? "" : category, offer->bare ? "" : ":", event);
	lt_similar_offer(offer->similar, name, strlen(name));
	return 0;
}

void lt_tracepoint_offer(lt_similar *similar, bool bare)
{
	struct offer offer = { similar, bare };

	lt_tracepoint_each(offer_event, &offer, NULL);
}

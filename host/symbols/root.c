/* SPDX-License-Identifier: MIT */
#include "root.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* linux/magic.h does not name both everywhere. */
#define OVERLAY_MAGIC 0x794c7630
#define BTRFS_MAGIC 0x9123683e

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int lt_root_open(int32_t pid)
{
	char path[64];
	struct stat theirs, ours;
	bool same;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	if (stat(path, &theirs) || stat("/proc/self/ns/mnt", &ours))
		return -1;
	same = same_file(&theirs, &ours);
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	if (same && (stat(path, &theirs) || stat("/", &ours) || same_file(&theirs, &ours)))
		return -1;
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int lt_root_open_of(const char *path)
{
	static const char link[] = "root/";
	int length = 0;
	char root[64];
	int32_t pid;

	if (sscanf(path, "/proc/%" SCNd32 "/%n", &pid, &length) != 1 || !length || strncmp(path + length, link, strlen(link)))
		return -1;
	length += (int)strlen(link);
	if (length >= (int)sizeof(root))
		return -1;
	snprintf(root, sizeof(root), "%.*s", length, path);
	return open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int open_in(int root, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT };
	int fd;

	if (root < 0) {
		fd = open(path, flags | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	/* -EAGAIN: something was renamed on the way. */
	for (int i = 0; i < 8; i++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && errno == ENOSYS) {
		/* Before 5.6. A link with an absolute target leads out of the root; whoever maps files compares inodes. */
		path += strspn(path, "/");
		fd = openat(root, *path ? path : ".", flags | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

static int open_regular(int root, const char *path, int flags, struct stat *st)
{
	/* A FIFO or a device put there instead of a file must not hold us up. */
	int fd = open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags);

	if (fd >= 0 && (fstat(fd, st) || !S_ISREG(st->st_mode))) {
		close(fd);
		return S_ISDIR(st->st_mode) ? -EISDIR : -ENOEXEC;
	}
	return fd;
}

int lt_root_open_file(int root, const char *path)
{
	struct stat st;

	return open_regular(root, path, 0, &st);
}

int lt_root_open_own_file(int root, const char *path, uid_t owner)
{
	struct stat st;
	int fd = open_regular(root, path, O_NOFOLLOW, &st);

	if (fd < 0 || !st.st_uid || st.st_uid == owner)
		return fd;
	close(fd);
	return -EPERM;
}

/* Is the open file the one that is mapped as (dev, inode)? Maps show the numbers of the file system that holds the
 * bytes: an overlay's own are others, and so is the device of a btrfs subvolume. There a weaker answer must do, where
 * the path is known to be looked up as the process itself would. */
static bool is_mapped(int fd, dev_t dev, uint64_t inode, bool same_view)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st))
		return false;
	if (st.st_dev == dev && st.st_ino == inode)
		return true;
	if (!same_view || fstatfs(fd, &fs))
		return false;
	if ((uint64_t)fs.f_type == BTRFS_MAGIC)
		return st.st_ino == inode;
	return (uint64_t)fs.f_type == OVERLAY_MAGIC;
}

int lt_root_open_mapped(int root, const char *path, dev_t dev, uint64_t inode)
{
	int fd = lt_root_open_file(root, path);

	if (fd >= 0 && is_mapped(fd, dev, inode, true))
		return fd;
	if (fd >= 0)
		close(fd);
	if (root < 0)
		return fd < 0 ? fd : -ESTALE;
	/* After a mere chroot the maps show paths as we see them, not as the process does. */
	fd = lt_root_open_file(-1, path);
	if (fd < 0 || is_mapped(fd, dev, inode, false))
		return fd;
	close(fd);
	return -ESTALE;
}

int lt_root_open_directory(int root, const char *path)
{
	return open_in(root, path, O_RDONLY | O_DIRECTORY);
}

/* Writes prefix and inner to path if that names the file of `st`. */
static int try_path(const char *prefix, const char *inner, const struct stat *st, char *path, size_t size)
{
	struct stat there;
	int n = snprintf(path, size, "%s%s", prefix, inner);

	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	if (stat(path, &there))
		return -errno;
	return same_file(&there, st) ? 0 : -ESTALE;
}

int lt_root_path(int root, int32_t pid, const char *inner, char *path, size_t size)
{
	char prefix[64] = "", link[64], real[PATH_MAX];
	struct stat st;
	ssize_t n;
	int fd, ret;

	fd = open_in(root, inner, O_PATH);
	if (fd < 0)
		return fd;
	if (root >= 0)
		snprintf(prefix, sizeof(prefix), "/proc/%d/root%s", pid, *inner == '/' ? "" : "/");
	ret = fstat(fd, &st) ? -errno : try_path(prefix, inner, &st, path, size);
	/* Seen from outside, a link with an absolute target leads to our files: use what it leads to inside. After a
	 * mere chroot the kernel tells that as a path of ours. */
	if (root >= 0 && (ret == -ENOENT || ret == -ESTALE)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, real, sizeof(real) - 1);
		real[n > 0 ? n : 0] = '\0';
		ret = try_path(prefix, real, &st, path, size);
		if (ret == -ENOENT || ret == -ESTALE)
			ret = try_path("", real, &st, path, size);
	}
	close(fd);
	return ret;
}

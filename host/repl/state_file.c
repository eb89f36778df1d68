/* SPDX-License-Identifier: MIT
 *
 * Files of the user's own: what was typed may name what nobody else is to know.
 */
#include "../error.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 16 << 20 };

static int path_of(char path[PATH_MAX], const char *name, lt_error *err)
{
	const char *base = secure_getenv("XDG_STATE_HOME"), *below = "";
	int length;

	if (!base || *base != '/') {
		base = secure_getenv("HOME");
		below = "/.local/state";
	}
	if (!base || *base != '/')
		return lt_fail(err, -EINVAL, "%s: neither XDG_STATE_HOME nor HOME says where it is", name);
	length = snprintf(path, PATH_MAX, "%s%s/luatrace/%s", base, below, name);
	return length < PATH_MAX ? 0 : lt_fail(err, -ENAMETOOLONG, "%s: its path is too long", name);
}

static int make_folders(const char *path, lt_error *err)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdir(part, 0700) && errno != EEXIST)
			return lt_fail(err, -errno, "%s: %s", part, strerror(errno));
	}
	return 0;
}

static int check(int fd, const char *path, lt_error *err)
{
	struct stat info;

	if (fstat(fd, &info))
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (info.st_uid != geteuid())
		return lt_fail(err, -EPERM, "%s: not used, for it is another user's", path);
	if (S_ISDIR(info.st_mode))
		return 0;
	if (!S_ISREG(info.st_mode))
		return lt_fail(err, -EPERM, "%s: not used, for it is no file", path);
	if (info.st_mode & 077 && fchmod(fd, 0600))
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* A descriptor of what is this user's own; -ENOENT without a message where there is none and none is to be made. */
static int open_own(int folder, const char *name, int how, const char *path, lt_error *err)
{
	int fd = openat(folder, name, how | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600), code;
	struct stat info;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0) {
		bool is_link = (errno == ELOOP || errno == ENOTDIR) &&
			       !fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) && S_ISLNK(info.st_mode);

		return lt_fail(err, -errno, "%s: %s", path, is_link ? "not used, for it is a link" : strerror(errno));
	}
	code = check(fd, path, err);
	if (!code)
		return fd;
	close(fd);
	return code;
}

/* The same of the file, which is `path` then. In a directory of another user's it would be a name of theirs for what
 * we do: root may have their HOME. */
static int open_file(const char *name, int how, char path[PATH_MAX], lt_error *err)
{
	int code = path_of(path, name, err), folder, fd;
	char above[PATH_MAX];

	if (code)
		return code;
	snprintf(above, sizeof(above), "%.*s", (int)(strrchr(path, '/') - path), path);
	folder = open_own(AT_FDCWD, above, O_RDONLY | O_DIRECTORY, above, err);
	if (folder == -ENOENT && how & O_CREAT) {
		code = make_folders(path, err);
		if (code)
			return code;
		folder = open_own(AT_FDCWD, above, O_RDONLY | O_DIRECTORY, above, err);
	}
	if (folder < 0)
		return folder;
	fd = open_own(folder, name, how, path, err);
	close(folder);
	return fd;
}

static int read_file(int fd, const char *path, lt_blob *out, lt_error *err)
{
	struct stat info;
	ssize_t got = 0;

	if (fstat(fd, &info))
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (info.st_size > FILE_MAX)
		return lt_fail(err, -EFBIG, "%s: not used, for it is larger than %d MiB", path, FILE_MAX >> 20);
	out->data = malloc((size_t)info.st_size + 1);
	if (!out->data)
		return lt_fail(err, -ENOMEM, "%s: out of memory", path);
	while (out->size < (uint64_t)info.st_size) {
		got = read(fd, (char *)out->data + out->size, (size_t)info.st_size - out->size);
		if (got <= 0)
			break;
		out->size += (uint64_t)got;
	}
	return got < 0 ? lt_fail(err, -errno, "%s: %s", path, strerror(errno)) : 0;
}

int lt_state_read(const char *name, lt_blob *out, lt_error *err)
{
	char path[PATH_MAX];
	int fd, code;

	*out = (lt_blob){ 0 };
	fd = open_file(name, O_RDONLY, path, err);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	code = read_file(fd, path, out, err);
	close(fd);
	if (code)
		lt_blob_free(out);
	return code;
}

int lt_state_write(const char *name, const void *data, uint64_t size, int32_t whole, lt_error *err)
{
	char path[PATH_MAX];
	const char *at = data;
	off_t before;
	int fd = open_file(name, O_WRONLY | O_CREAT | O_APPEND, path, err), code = 0;

	if (fd < 0)
		return fd == -ENOENT ? lt_fail(err, fd, "%s: %s", path, strerror(ENOENT)) : fd;
	/* two at once: each piece is whole; where files can't be locked, short ones are so anyway */
	flock(fd, LOCK_EX);
	before = lseek(fd, 0, SEEK_END);
	if (before < 0 || (whole && ftruncate(fd, 0)))
		code = -errno;
	while (!code && size) {
		ssize_t done = write(fd, at, size);

		if (done < 0) {
			code = errno == EINTR ? 0 : -errno;
			continue;
		}
		at += done;
		size -= (uint64_t)done;
	}
	/* a part of a line would be another one with the next */
	if (code && !whole && before >= 0 && ftruncate(fd, before))
		code = -errno;
	close(fd);
	return code ? lt_fail(err, code, "%s: %s", path, strerror(-code)) : 0;
}

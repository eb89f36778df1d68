/* SPDX-License-Identifier: MIT */
#include "whole_file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t count = write(fd, data, size);

		if (count < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		data += count;
		size -= (size_t)count;
	}
	return 0;
}

/* A device or a pipe: there is nothing to replace. */
static int write_through(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd < 0)
		return -errno;
	rc = write_all(fd, data, size);
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

/* Written beside `path` and renamed. `mode`: of the file that was there, 0 if there was none. */
static int write_replacing(const char *path, const void *data, size_t size, mode_t mode)
{
	char *draft = NULL;
	mode_t mask;
	int fd, rc;

	if (asprintf(&draft, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	mask = umask(0);
	umask(mask);
	rc = write_all(fd, data, size);
	if (!rc && fchmod(fd, mode ? mode : 0666 & ~mask))
		rc = -errno;
	if (close(fd) && !rc)
		rc = -errno;
	if (!rc && rename(draft, path))
		rc = -errno;
	if (rc)
		unlink(draft);
out:
	free(draft);
	return rc;
}

int lt_whole_file_write(const char *path, const void *data, size_t size)
{
	struct stat info;
	char *real;
	int rc;

	if (stat(path, &info))
		return errno == ENOENT ? write_replacing(path, data, size, 0) : -errno;
	if (S_ISDIR(info.st_mode))
		return -EISDIR;
	if (!S_ISREG(info.st_mode))
		return write_through(path, data, size);
	real = realpath(path, NULL);	/* a link goes on pointing at its file */
	if (!real)
		return -errno;
	rc = write_replacing(real, data, size, info.st_mode & 07777);
	free(real);
	return rc;
}

/* SPDX-License-Identifier: MIT
 *
 * Whether what lies at a path is this user's or root's alone to change: what others can change is their code.
 */
#include "luatrace.h"
#include "error.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a directory with the sticky bit (/tmp) others can add entries, and not exchange ours. */
static int check_one(const char *path, bool is_last, lt_error *err)
{
	struct stat info;
	mode_t others = S_IWOTH;

	if (stat(path, &info))
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (info.st_uid && info.st_uid != geteuid())
		return lt_fail(err, -EPERM, "%s belongs to user %u", path, info.st_uid);
	/* many a user's files are their own group's; root's programs are nobody's but root's */
	if (!geteuid() && info.st_gid)
		others |= S_IWGRP;
	if ((info.st_mode & others) && (is_last || !(info.st_mode & S_ISVTX)))
		return lt_fail(err, -EPERM, "others may change %s (mode %03o); chmod go-w", path, info.st_mode & 0777);
	return 0;
}

int lt_path_real(const char *path, char out[LT_PATH_SIZE])
{
	return realpath(path, out) ? 0 : -errno;
}

int lt_path_trusted(const char *path, lt_error *err)
{
	char real[LT_PATH_SIZE];
	int failed;

	if (!realpath(path, real))
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	failed = check_one("/", false, err);
	for (char *slash = real; !failed && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		failed = check_one(real, false, err);
		*slash = '/';
	}
	return failed ? failed : check_one(real, true, err);
}

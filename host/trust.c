/* SPDX-License-Identifier: MIT
 *
 * Whether what lies at a path is this user's or root's alone to change: what others can change is their code.
 */
#include "luatrace.h"
#include "error.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS = 40 };	/* the kernel's own limit */

/* In a directory with the sticky bit (/tmp) others can add entries, and not exchange ours. A link has no mode. */
static int check_one(const char *path, const struct stat *info, bool is_last, lt_error *err)
{
	mode_t others = S_IWOTH;

	if (info->st_uid && info->st_uid != geteuid())
		return lt_fail(err, -EPERM, "%s belongs to user %u", path, info->st_uid);
	if (S_ISLNK(info->st_mode))
		return 0;
	/* many a user's files are their own group's; root's programs are nobody's but root's */
	if (!geteuid() && info->st_gid)
		others |= S_IWGRP;
	if ((info->st_mode & others) && (is_last || !(info->st_mode & S_ISVTX)))
		return lt_fail(err, -EPERM, "others may change %s (mode %03o); chmod go-w", path, info->st_mode & 0777);
	return 0;
}

static int check_path(const char *path, bool is_last, struct stat *info, lt_error *err)
{
	if (lstat(path, info))
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	return check_one(path, info, is_last, err);
}

/* The path that goes on with `rest` where the link `done` leads. */
static int follow(const char *done, const char *rest, char whole[LT_PATH_SIZE], lt_error *err)
{
	char target[LT_PATH_SIZE];
	ssize_t length = readlink(done, target, sizeof(target) - 1);

	if (length < 0)
		return lt_fail(err, -errno, "%s: %s", done, strerror(errno));
	target[length] = '\0';
	if (snprintf(whole, LT_PATH_SIZE, "%s/%s", target, rest) >= LT_PATH_SIZE)
		return lt_fail(err, -ENAMETOOLONG, "%s: %s", done, strerror(ENAMETOOLONG));
	return 0;
}

/* Each directory and each link on the way from the root: who can change one of them can change where it leads, now or
 * when it is opened. `done` is what has been gone, without links, and `left` what has not. */
static int walk(char start[LT_PATH_SIZE], lt_error *err)
{
	char done[LT_PATH_SIZE] = "", whole[LT_PATH_SIZE], *left = start, *name;
	struct stat info;
	int failed = check_path("/", false, &info, err);

	for (int links = 0; !failed && (name = strsep(&left, "/"));) {
		size_t parent = strlen(done);

		if (!strcmp(name, "..") && parent)
			*strrchr(done, '/') = '\0';
		if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (parent + strlen(name) + 2 > sizeof(done))
			return lt_fail(err, -ENAMETOOLONG, "%s: %s", done, strerror(ENAMETOOLONG));
		sprintf(done + parent, "/%s", name);
		failed = check_path(done, false, &info, err);
		if (failed || !S_ISLNK(info.st_mode))
			continue;
		if (links++ == LINKS)
			return lt_fail(err, -ELOOP, "%s: %s", done, strerror(ELOOP));
		failed = follow(done, left ? left : "", whole, err);
		left = strcpy(start, whole);
		done[*left == '/' ? 0 : parent] = '\0';
	}
	return failed ? failed : check_path(*done ? done : "/", true, &info, err);
}

int lt_path_real(const char *path, char out[LT_PATH_SIZE])
{
	return realpath(path, out) ? 0 : -errno;
}

int lt_path_trusted(const char *path, lt_error *err)
{
	char whole[LT_PATH_SIZE], *here = *path == '/' ? NULL : getcwd(NULL, 0);
	int length = snprintf(whole, sizeof(whole), "%s/%s", here ? here : "", path);

	if (*path != '/' && !here)
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	free(here);
	if (length >= (int)sizeof(whole))
		return lt_fail(err, -ENAMETOOLONG, "%s: %s", path, strerror(ENAMETOOLONG));
	return walk(whole, err);
}

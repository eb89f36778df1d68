/* SPDX-License-Identifier: MIT
 *
 * What a directory holds, for the completion of file names.
 */
#include "../error.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Also through links, and where the file system does not say. */
static bool is_directory(int fd, const struct dirent *entry)
{
	struct stat info;

	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return entry->d_type == DT_DIR;
	return !fstatat(fd, entry->d_name, &info, 0) && S_ISDIR(info.st_mode);
}

int lt_directory_list(const char *path, lt_blob *out, lt_error *err)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	FILE *names;
	char *data = NULL;
	size_t size = 0;
	int count = 0;

	*out = (lt_blob){ 0 };
	if (!directory)
		return lt_fail(err, -errno, "%s: %s", path, strerror(errno));
	names = open_memstream(&data, &size);
	while (names && (entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || strchr(entry->d_name, '\n'))
			continue;
		fprintf(names, "%s%s\n", entry->d_name, is_directory(dirfd(directory), entry) ? "/" : "");
		count++;
	}
	closedir(directory);
	if (!names || fclose(names)) {
		free(data);
		return lt_fail(err, -ENOMEM, "%s: out of memory", path);
	}
	out->data = data;
	out->size = size;
	return count;
}

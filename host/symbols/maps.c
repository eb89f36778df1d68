/* SPDX-License-Identifier: MIT */
#include "maps.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char deleted[] = " (deleted)";

/* Whole and at once: the map may change between two reads. */
static int read_text(int32_t pid, char **out)
{
	size_t size = 0, room = 16384;
	char path[64], *text;
	int fd, ret = 0;

	*out = NULL;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	text = malloc(room);
	while (text) {
		ssize_t n = read(fd, text + size, room - size - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ret = -errno;
		if (n <= 0)
			break;
		size += (size_t)n;
		if (room - size < 4096) {
			char *larger = realloc(text, room *= 2);

			if (!larger)
				free(text);
			text = larger;
		}
	}
	close(fd);
	if (!text)
		return -ENOMEM;
	text[size] = '\0';
	*out = text;
	return ret;
}

/* "START-END PERMS OFFSET MAJOR:MINOR INODE   PATH"; the path may hold spaces. */
static bool parse(char *line, lt_mapping *mapping)
{
	unsigned int major_number, minor_number;
	char permissions[5];
	size_t length;
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 "%n", &mapping->start, &mapping->end,
		   permissions, &mapping->offset, &major_number, &minor_number, &mapping->inode, &path) != 7)
		return false;
	line += path;
	line += strspn(line, " ");
	mapping->dev = makedev(major_number, minor_number);
	mapping->executable = strchr(permissions, 'x');
	length = strlen(line);
	mapping->deleted = length >= sizeof(deleted) && !strcmp(line + length - (sizeof(deleted) - 1), deleted);
	if (mapping->deleted)
		line[length - (sizeof(deleted) - 1)] = '\0';
	mapping->path = line;
	return mapping->start < mapping->end;
}

int lt_maps_each(int32_t pid, lt_maps_fn *each, void *arg)
{
	char *text, *line, *rest;
	int ret = read_text(pid, &text);

	rest = text;
	while (!ret && rest && *rest) {
		lt_mapping mapping;

		line = strsep(&rest, "\n");
		if (parse(line, &mapping))
			ret = each(arg, &mapping);
	}
	free(text);
	return ret;
}

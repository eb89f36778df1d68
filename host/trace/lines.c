/* SPDX-License-Identifier: MIT */
#include "lines.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static int take(struct lt_lines *lines, size_t length, size_t newline, const char **line)
{
	char *start = lines->buffer + lines->start;

	start[length] = '\0';
	lines->start += length + newline;
	*line = start;
	return (int)length;
}

int lt_lines_take(struct lt_lines *lines, const char **line)
{
	size_t length = lines->end - lines->start;
	char *start = lines->buffer + lines->start, *newline = memchr(start, '\n', length);

	if (newline)
		return take(lines, (size_t)(newline - start), 1, line);
	return length == LT_LINES_ROOM ? take(lines, length, 0, line) : -EAGAIN;
}

int lt_lines_take_last(struct lt_lines *lines, const char **line)
{
	size_t length = lines->end - lines->start;

	return length ? take(lines, length, 0, line) : -ENODATA;
}

int lt_lines_read(struct lt_lines *lines)
{
	ssize_t got;

	memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
	lines->end -= lines->start;
	lines->start = 0;
	got = read(lines->fd, lines->buffer + lines->end, LT_LINES_ROOM - lines->end);
	if (got < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	lines->end += (size_t)got;
	return (int)got;
}

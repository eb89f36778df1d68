/* SPDX-License-Identifier: MIT
 *
 * Lines of a descriptor, read only when it has something.
 */
#ifndef LT_TRACE_LINES_H
#define LT_TRACE_LINES_H
#include <stddef.h>

enum { LT_LINES_ROOM = 1 << 16 };

struct lt_lines {
	int fd;
	size_t start, end;	/* what was read and not yet handed out */
	char buffer[LT_LINES_ROOM + 1];
};

/* The next complete line without its newline, or LT_LINES_ROOM bytes of one that is longer: its length, or -EAGAIN. It
 * is NUL-terminated and valid until the next call. */
int lt_lines_take(struct lt_lines *lines, const char **line);
/* What is left when nothing follows: the same of a last line without a newline, -ENODATA when there is none. */
int lt_lines_take_last(struct lt_lines *lines, const char **line);
/* Reads more, once: bytes read, 0 at the end, -EAGAIN, -errno. After lt_lines_take() said -EAGAIN. */
int lt_lines_read(struct lt_lines *lines);
#endif

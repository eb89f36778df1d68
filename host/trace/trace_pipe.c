/* SPDX-License-Identifier: MIT
 *
 * trace_pipe: what bpf_trace_printk() writes, of every program on the machine, line by line.
 */
#include "tracefs.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* poll(2) here wakes when half of the kernel's buffer is full (buffer_percent), which may be never. */
enum { SLICE_MS = 20, ROOM = 1 << 16 };

struct lt_trace_pipe {
	int fd;
	size_t start, end;	/* what was read and not yet handed out */
	char buffer[ROOM + 1];
};

int lt_trace_pipe_open(lt_trace_pipe **out, lt_error *err)
{
	const char *tracefs = lt_tracefs(err);
	char path[64];
	lt_trace_pipe *pipe;
	int code;

	*out = NULL;
	if (!tracefs)
		return err && err->code ? err->code : -ENODEV;
	pipe = malloc(sizeof(*pipe));
	if (!pipe)
		return lt_fail(err, -ENOMEM, "trace_pipe: out of memory");
	pipe->start = pipe->end = 0;
	snprintf(path, sizeof(path), "%s/trace_pipe", tracefs);
	pipe->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (pipe->fd >= 0) {
		*out = pipe;
		return 0;
	}
	code = -errno;
	free(pipe);
	if (code == -EBUSY)
		return lt_fail(err, code, "trace_pipe: another process is reading it, and only one can");
	return lt_fail(err, code, "trace_pipe: %s: %s", path, strerror(-code));
}

void lt_trace_pipe_free(lt_trace_pipe *pipe)
{
	if (!pipe)
		return;
	close(pipe->fd);
	free(pipe);
}

/* The next complete line of the buffer, or all of it when it is full without one: its length, -EAGAIN. Empty lines
 * are passed over: a length of 0 would say that none came. */
static int take_line(lt_trace_pipe *pipe, const char **line)
{
	char *start, *newline;
	size_t length;

	while (pipe->start < pipe->end && pipe->buffer[pipe->start] == '\n')
		pipe->start++;
	start = pipe->buffer + pipe->start;
	length = pipe->end - pipe->start;
	newline = memchr(start, '\n', length);
	if (!newline && length < ROOM)
		return -EAGAIN;
	if (newline) {
		length = (size_t)(newline - start);
		pipe->start += length + 1;
	} else {
		pipe->start += length;
	}
	start[length] = '\0';
	*line = start;
	return (int)length;
}

/* Bytes read, 0 when there are none, -errno. */
static int read_more(lt_trace_pipe *pipe)
{
	ssize_t got;

	memmove(pipe->buffer, pipe->buffer + pipe->start, pipe->end - pipe->start);
	pipe->end -= pipe->start;
	pipe->start = 0;
	got = read(pipe->fd, pipe->buffer + pipe->end, ROOM - pipe->end);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	pipe->end += (size_t)got;
	return (int)got;
}

int lt_trace_pipe_readline(lt_trace_pipe *pipe, int32_t timeout_ms, const char **line)
{
	uint64_t start = lt_now(), timeout = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000000;

	*line = NULL;
	for (;;) {
		struct pollfd readable = { .fd = pipe->fd, .events = POLLIN };
		uint64_t passed, left;
		int code = lt_interrupted() ? -EINTR : take_line(pipe, line);

		if (code == -EAGAIN)
			code = read_more(pipe);
		else
			return code;
		if (code < 0)
			return code;
		if (code > 0)
			continue;
		passed = lt_now() - start;
		if (passed >= timeout)
			return 0;
		left = (timeout - passed) / 1000000;
		poll(&readable, 1, left < SLICE_MS ? (int)left + 1 : SLICE_MS);
	}
}

/* SPDX-License-Identifier: MIT
 *
 * trace_pipe: what bpf_trace_printk() writes, of every program on the machine, line by line.
 */
#include "lines.h"
#include "tracefs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lt_trace_pipe {
	struct lt_lines lines;
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
	pipe->lines.start = pipe->lines.end = 0;
	snprintf(path, sizeof(path), "%s/trace_pipe", tracefs);
	pipe->lines.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (pipe->lines.fd >= 0) {
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
	close(pipe->lines.fd);
	free(pipe);
}

int lt_trace_pipe_readline(lt_trace_pipe *pipe, const char **line)
{
	*line = NULL;
	for (;;) {
		int code = lt_lines_take(&pipe->lines, line);

		/* Empty lines are passed over: a length of 0 would say that none came. */
		if (!code)
			continue;
		if (code != -EAGAIN)
			return code;
		code = lt_lines_read(&pipe->lines);
		if (code <= 0)
			return code == -EAGAIN ? 0 : code;
	}
}

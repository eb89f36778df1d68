/* SPDX-License-Identifier: MIT
 *
 * Standard input, line by line, beside everything else that is waited for. The descriptor is shared with whoever
 * started this process, so it is not made non-blocking: it is read when it has something, once.
 */
#include "lines.h"
#include "wait.h"
#include "../error.h"
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct lt_input {
	bool watched;	/* else it is a file, which can be read at any time and which epoll does not take */
	bool ended;
	struct lt_lines lines;
};

int lt_input_open(lt_input **out, lt_error *err)
{
	lt_input *input = malloc(sizeof(*input));
	int code;

	*out = NULL;
	if (!input)
		return lt_fail(err, -ENOMEM, "standard input: out of memory");
	input->lines.fd = STDIN_FILENO;
	input->lines.start = input->lines.end = 0;
	input->ended = false;
	code = lt_wait_add_fd(STDIN_FILENO, EPOLLIN);
	input->watched = !code;
	if (code && code != -EPERM) {
		free(input);
		return lt_fail(err, code, "standard input: %s", strerror(-code));
	}
	*out = input;
	return input->watched ? 1 : 0;
}

static int read_if_ready(lt_input *input)
{
	struct pollfd ready = { .fd = input->lines.fd, .events = POLLIN };

	if (!input->watched || poll(&ready, 1, 0) > 0)
		return lt_lines_read(&input->lines);
	return -EAGAIN;
}

static void unwatch(lt_input *input)
{
	if (input->watched)
		lt_wait_remove_fd(STDIN_FILENO);
	input->watched = false;
}

int lt_input_line(lt_input *input, const char **line)
{
	for (;;) {
		int code = lt_lines_take(&input->lines, line);

		if (code != -EAGAIN)
			return code;
		if (input->ended)
			return lt_lines_take_last(&input->lines, line);
		code = read_if_ready(input);
		if (code < 0)
			return code;
		if (!code) {
			input->ended = true;
			unwatch(input);
		}
	}
}

void lt_input_free(lt_input *input)
{
	if (!input)
		return;
	unwatch(input);
	free(input);
}

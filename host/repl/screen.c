/* SPDX-License-Identifier: MIT
 *
 * Both streams of the C library are exchanged for ones that write here, so that print, io.write and our own messages
 * are all met. A person can't read as fast as programs print: while a line is edited, so many lines a second are shown.
 */
#include "screen.h"
#include "editor.h"
#include "../luatrace.h"
#include "../stdout.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_MAX = 1 << 20, LINE_MAX_SIZE = 1 << 20 };
#define SECOND_NS 1000000000ull

struct text {
	char *bytes;
	size_t size, room;
};

static struct {
	int32_t limit;			/* lines a second, -1: all */
	uint64_t second;		/* when the one at hand began */
	int32_t shown;			/* lines in it */
	uint64_t held, held_said;	/* since lt_screen_release(); those that were told of */
	struct text out;		/* to be shown */
	struct text kept;		/* of what was held back, the last lines */
	struct text part[2];		/* of each stream: a line whose end has not come */
	struct text block;		/* lt_screen_block()'s */
} screen = { .limit = LT_SCREEN_LINES };

static void add(struct text *text, const char *bytes, size_t size)
{
	if (!size)
		return;
	if (text->size + size > text->room) {
		size_t room = (text->size + size) * 2;
		char *grown = realloc(text->bytes, room);

		if (!grown)
			return;
		text->bytes = grown;
		text->room = room;
	}
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

int lt_terminal_write(int fd, const char *bytes, size_t size)
{
	while (size) {
		struct pollfd room = { .fd = fd, .events = POLLOUT };
		ssize_t done = write(fd, bytes, size);

		/* another program on the terminal may have made it one that does not block */
		if (done < 0 && errno == EAGAIN)
			poll(&room, 1, -1);
		if (done < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (done < 0)
			return -errno;
		bytes += done;
		size -= (size_t)done;
	}
	return 0;
}

static void hide_block(void)
{
	char up[32];
	int rows = 0;

	for (size_t i = 0; i < screen.block.size; i++)
		rows += screen.block.bytes[i] == '\n';
	if (rows)
		lt_terminal_write(STDOUT_FILENO, up, (size_t)snprintf(up, sizeof(up), "\r\033[%dA\033[J", rows));
}

static void show_block(void)
{
	lt_terminal_write(STDOUT_FILENO, screen.block.bytes, screen.block.size);
}

void lt_screen_block(const char *text, uint64_t size)
{
	fflush(stdout);
	hide_block();
	screen.block.size = 0;
	if (size) {
		add(&screen.block, text, size);
		if (text[size - 1] != '\n')
			add(&screen.block, "\n", 1);
	}
	show_block();
}

/* Writes what is in `out`, above the line or the block. */
static int write_out(int fd)
{
	int code;

	if (!screen.out.size)
		return 0;
	lt_editor_hide();
	hide_block();
	code = lt_terminal_write(fd, screen.out.bytes, screen.out.size);
	show_block();
	lt_editor_show();
	screen.out.size = 0;
	return code;
}

static void keep(const char *line, size_t size)
{
	screen.held++;
	add(&screen.kept, line, size);
	if (screen.kept.size > KEPT_MAX) {
		/* the older half goes */
		const char *middle = memchr(screen.kept.bytes + screen.kept.size / 2, '\n', screen.kept.size / 2);
		size_t gone = middle ? (size_t)(middle + 1 - screen.kept.bytes) : screen.kept.size;

		memmove(screen.kept.bytes, screen.kept.bytes + gone, screen.kept.size - gone);
		screen.kept.size -= gone;
	}
}

static void take_line(const char *line, size_t size, uint64_t now)
{
	if (now - screen.second >= SECOND_NS) {
		screen.second = now;
		screen.shown = 0;
	}
	if (screen.limit < 0 || screen.shown < screen.limit) {
		screen.shown++;
		add(&screen.out, line, size);
	} else {
		keep(line, size);
	}
}

static int write_above(int fd, struct text *part, const char *bytes, size_t size)
{
	uint64_t now = lt_now();

	while (size) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end ? (size_t)(end + 1 - bytes) : size;

		if (end && !part->size) {
			take_line(bytes, length, now);
		} else {
			add(part, bytes, length);
			if (!end && part->size > LINE_MAX_SIZE)
				add(part, "\n", 1);
			if (end || part->size > LINE_MAX_SIZE) {
				take_line(part->bytes, part->size, now);
				part->size = 0;
			}
		}
		bytes += length;
		size -= length;
	}
	return write_out(fd);
}

static ssize_t write_stream(void *cookie, const char *bytes, size_t size)
{
	int fd = (int)(intptr_t)cookie, code;
	struct text *part = &screen.part[fd == STDERR_FILENO];

	if (lt_editor_is_shown() || screen.block.size) {
		code = write_above(fd, part, bytes, size);
	} else {
		code = part->size ? lt_terminal_write(fd, part->bytes, part->size) : 0;
		part->size = 0;
		if (!code)
			code = lt_terminal_write(fd, bytes, size);
	}
	if (!code)
		return (ssize_t)size;
	errno = -code;
	return 0;
}

void lt_screen_limit(int32_t lines)
{
	screen.limit = lines;
	screen.shown = 0;
}

uint64_t lt_screen_release(void)
{
	uint64_t held = screen.held;

	add(&screen.out, screen.kept.bytes, screen.kept.size);
	screen.kept.size = 0;
	screen.held = screen.held_said = 0;
	write_out(STDOUT_FILENO);
	return held;
}

static void say_held(void)
{
	char line[128];
	int length = snprintf(line, sizeof(line),
			      "... %llu lines more (:rate shows more a second, :pause none, :resume the last)\n",
			      (unsigned long long)(screen.held - screen.held_said));

	add(&screen.out, line, (size_t)length);
	write_out(STDOUT_FILENO);
}

int32_t lt_screen_tick(void)
{
	uint64_t now = lt_now(), passed = now - screen.second;

	if (screen.held == screen.held_said)
		return -1;
	if (passed < SECOND_NS)
		return (int32_t)((SECOND_NS - passed) / 1000000) + 1;
	if (screen.limit)	/* who asked for none knows */
		say_held();
	screen.held_said = screen.held;
	return -1;
}

void lt_screen_finish(void)
{
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		struct text *part = &screen.part[i];

		if (part->size)
			add(part, "\n", 1);
		lt_terminal_write(i ? STDERR_FILENO : STDOUT_FILENO, part->bytes, part->size);
		part->size = 0;
	}
	if (screen.held != screen.held_said)
		say_held();
	screen.held_said = screen.held;
}

int lt_screen_install(void)
{
	static const cookie_io_functions_t functions = { .write = write_stream };
	FILE *out = isatty(STDOUT_FILENO) ? fopencookie((void *)(intptr_t)STDOUT_FILENO, "w", functions) : NULL;
	FILE *err = isatty(STDERR_FILENO) ? fopencookie((void *)(intptr_t)STDERR_FILENO, "w", functions) : NULL;

	if ((!out && isatty(STDOUT_FILENO)) || (!err && isatty(STDERR_FILENO)))
		return -ENOMEM;
	if (out) {
		stdout = out;
		lt_stdout_prepare();
	}
	if (err) {
		stderr = err;
		setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "notes.h"
#include <stdio.h>

static void add(struct notes *notes, const char *kind, const char *format, va_list args)
{
	char line[1024];

	vsnprintf(line, sizeof(line), format, args);
	text_printf(&notes->lines, "%s: %s\n", kind, line);
}

void notes_note(struct notes *notes, const char *format, ...)
{
	va_list args;

	if (!notes->verbose)
		return;
	va_start(args, format);
	add(notes, "note", format, args);
	va_end(args);
}

void notes_always(struct notes *notes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(notes, "note", format, args);
	va_end(args);
}

void notes_warn(struct notes *notes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(notes, "warning", format, args);
	va_end(args);
}

void notes_clear(struct notes *notes)
{
	text_free(&notes->lines);
}

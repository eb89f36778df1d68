/* SPDX-License-Identifier: MIT */
#include "message.h"
#include "harmless.h"
#include "luatrace.h"
#include <stdlib.h>
#include <string.h>

#define PLAIN "\033[0m"
#define BOLD "\033[0;1m"
#define CARET "\033[0;1;32m"

static const struct { const char *word, *colour; } severities[] = {
	{ "error: ", "\033[0;1;31m" }, { "fatal error: ", "\033[0;1;31m" }, { "warning: ", "\033[0;1;35m" },
	{ "note: ", "\033[0;1;36m" },
};

static void put_harmless(FILE *out, const char *text, size_t size)
{
	char made[LT_ESCAPED_SIZE * 256];
	size_t made_size;

	for (size_t at = 0, length; at < size; at += length) {
		length = size - at;
		if (length > sizeof(made) / LT_ESCAPED_SIZE) {
			/* not in the middle of a character */
			length = sizeof(made) / LT_ESCAPED_SIZE;
			while (length > 1 && (text[at + length] & 0xc0) == 0x80)
				length--;
		}
		made_size = lt_harmless(made, text + at, length, true);
		fwrite(made, 1, made_size, out);
	}
}

/* Where "error: " or its like stands, at the line's beginning or behind ": ". */
static const char *find_severity(const char *line, size_t size, size_t *which)
{
	for (const char *at = line; at < line + size; at++) {
		if (at != line && (at - line < 2 || at[-1] != ' ' || at[-2] != ':'))
			continue;
		for (size_t i = 0; i < sizeof(severities) / sizeof(*severities); i++) {
			size_t length = strlen(severities[i].word);

			if ((size_t)(line + size - at) >= length && !memcmp(at, severities[i].word, length)) {
				*which = i;
				return at;
			}
		}
	}
	return NULL;
}

/* The line below an excerpt: "      |    ^~~~"; clang 16 writes no bar. */
static const char *find_caret(const char *line, size_t size)
{
	size_t at = 0, end;

	while (at < size && line[at] == ' ')
		at++;
	if (at && at + 1 < size && line[at] == '|')
		return line + at + 1;
	for (end = at; end < size && strchr("^~ ", line[end]) && line[end]; end++)
		;
	return at < size && end == size ? line + at : NULL;
}

static void paint_line(FILE *out, const char *line, size_t size)
{
	const char *end = line + size, *part;
	size_t which;

	if ((part = find_severity(line, size, &which))) {
		const char *words = part + strlen(severities[which].word);

		fputs(BOLD, out);
		put_harmless(out, line, part - line);
		fputs(severities[which].colour, out);
		put_harmless(out, part, words - part);
		fputs(*severities[which].word == 'n' ? PLAIN : BOLD, out);
		put_harmless(out, words, end - words);
		fputs(PLAIN, out);
	} else if ((part = find_caret(line, size))) {
		put_harmless(out, line, part - line);
		fputs(CARET, out);
		put_harmless(out, part, end - part);
		fputs(PLAIN, out);
	} else {
		put_harmless(out, line, size);
	}
}

static bool has_colours(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no_color && *no_color) && term && strcmp(term, "dumb");
}

void lt_text_put(FILE *stream, const char *text, size_t size, bool paint)
{
	char *made = NULL;
	size_t made_size, length;
	FILE *out = lt_is_terminal(fileno(stream)) ? open_memstream(&made, &made_size) : NULL;

	if (!out) {
		fwrite(text, 1, size, stream);
		return;
	}
	paint = paint && has_colours();
	for (const char *end = text + size; text < end; text += length) {
		const char *newline = memchr(text, '\n', end - text);

		length = newline ? newline - text : end - text;
		if (paint)
			paint_line(out, text, length);
		else
			put_harmless(out, text, length);
		if (newline) {
			fputc('\n', out);
			length++;
		}
	}
	/* in one piece: stderr has no buffer */
	if (!fclose(out))
		fwrite(made, 1, made_size, stream);
	free(made);
}

void lt_message_write(const char *text, uint64_t size)
{
	fflush(stdout);
	lt_text_put(stderr, text, size, true);
}

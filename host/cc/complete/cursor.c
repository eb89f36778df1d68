/* SPDX-License-Identifier: MIT */
#include "cursor.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

struct walk {
	const char *text;
	size_t at, size;
	size_t item;		/* where what stands outside of all brackets begins */
	unsigned depth;		/* of brackets, whatever their kind: in broken text they rarely match */
	bool line_start;
	bool in_directive;
	struct cursor found;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool starts(const struct walk *walk, const char *with)
{
	size_t length = strlen(with);

	return walk->size - walk->at >= length && !memcmp(walk->text + walk->at, with, length);
}

/* False if the text ends in it. */
static bool skip_comment(struct walk *walk)
{
	const char *from = walk->text + walk->at, *end = walk->text + walk->size, *close;

	if (from[1] == '/') {
		close = memchr(from, '\n', end - from);
		walk->at = close ? (size_t)(close - walk->text) : walk->size;
		return close;
	}
	close = memmem(from + 2, end - from - 2, "*/", 2);
	walk->at = close ? (size_t)(close + 2 - walk->text) : walk->size;
	return close;
}

/* A string or a character ends with its line, whether it was closed or not. False if the text ends in it. */
static bool skip_quoted(struct walk *walk)
{
	char quote = walk->text[walk->at++];

	for (; walk->at < walk->size; walk->at++) {
		char c = walk->text[walk->at];

		if (c == '\\') {
			walk->at++;
		} else if (c == quote || c == '\n') {
			walk->at += c == quote;
			return true;
		}
	}
	walk->at = walk->size;
	return false;
}

/* "#include <PATH", the path not closed before the text ends. */
static bool in_header_name(struct walk *walk)
{
	static const char include[] = "include";
	const char *at = walk->text + walk->at + 1, *end = walk->text + walk->size;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if ((size_t)(end - at) < strlen(include) || memcmp(at, include, strlen(include)))
		return false;
	for (at += strlen(include); at < end && (*at == ' ' || *at == '\t'); at++)
		;
	if (at == end || (*at != '<' && *at != '"'))
		return false;
	if (memchr(at + 1, *at == '<' ? '>' : '"', end - at - 1) || memchr(at, '\n', end - at))
		return false;
	walk->found.place = CURSOR_HEADER;
	walk->found.word = at + 1 - walk->text;
	return true;
}

static void step_punctuation(struct walk *walk)
{
	char c = walk->text[walk->at++];

	if (strchr("([{", c))
		walk->depth++;
	else if (strchr(")]}", c) && walk->depth)
		walk->depth--;
	if (!walk->depth && (c == ';' || c == '}'))
		walk->item = walk->at;
}

/* Words and numbers alike. */
static void step_word(struct walk *walk)
{
	size_t from = walk->at;

	if (walk->depth && walk->text[from - 1] == '\n' && !walk->in_directive) {
		walk->found.lost = walk->item;
		walk->found.restart = from;
	}
	while (walk->at < walk->size && is_word(walk->text[walk->at]))
		walk->at++;
	if (walk->at < walk->size)
		return;
	walk->found.word = from;
	if (isdigit((unsigned char)walk->text[from]))
		walk->found.place = CURSOR_NOWHERE;
}

static void step_line(struct walk *walk)
{
	bool goes_on = walk->at && walk->text[walk->at - 1] == '\\';

	walk->at++;
	walk->line_start = true;
	if (!walk->in_directive || goes_on)
		return;
	walk->in_directive = false;
	if (!walk->depth)
		walk->item = walk->at;
}

/* False where the rest is nowhere, or a header's name. */
static bool step(struct walk *walk)
{
	char c = walk->text[walk->at];
	bool line_start = walk->line_start;

	if (starts(walk, "/*") || starts(walk, "//"))
		return skip_comment(walk);
	if (c == '\n') {
		step_line(walk);
		return true;
	}
	walk->line_start = line_start && isspace((unsigned char)c);
	if (c == '#' && line_start) {
		walk->in_directive = true;
		if (in_header_name(walk))
			return false;
	}
	if (c == '"' || c == '\'')
		return skip_quoted(walk);
	if (is_word(c))
		step_word(walk);
	else
		step_punctuation(walk);
	return true;
}

struct cursor cursor_find(const char *text, size_t size)
{
	struct walk walk = {
		.text = text, .size = size, .line_start = true, .found = { .place = CURSOR_CODE, .word = size },
	};

	while (walk.at < walk.size)
		if (!step(&walk)) {
			if (walk.found.place == CURSOR_CODE)
				walk.found = (struct cursor){ .place = CURSOR_NOWHERE, .word = size };
			break;
		}
	return walk.found;
}

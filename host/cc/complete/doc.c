/* SPDX-License-Identifier: MIT */
#include "doc.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "NAME(" as a word of its own, or NULL. */
static const char *find_call(const char *text, size_t size, const char *name)
{
	size_t length = strlen(name);
	const char *at = text, *end = text + size;

	while (length && (at = memmem(at, end - at, name, length))) {
		if ((at == text || !is_word(at[-1])) && end - at > (ptrdiff_t)length && at[length] == '(')
			return at;
		at += length;
	}
	return NULL;
}

/* The text of a comment without its signs, its lines as one. Titles, which have rulers, are about no name. */
static void add_comment(const char *at, const char *end, struct text *doc)
{
	struct text words = { 0 };

	while (at < end) {
		const char *line_end = memchr(at, '\n', end - at);

		line_end = line_end ? line_end : end;
		while (at < line_end && (is_blank(*at) || *at == '*' || *at == '/'))
			at++;
		while (at < line_end) {
			const char *word = at;

			while (at < line_end && !is_blank(*at))
				at++;
			if (words.size && at > word)
				text_add(&words, " ");
			text_append(&words, word, at - word);
			while (at < line_end && is_blank(*at))
				at++;
		}
		at = line_end + 1;
	}
	if (words.size && !strstr(words.data, "----") && !strstr(words.data, "SPDX-"))
		text_append(doc, words.data, words.size);
	text_free(&words);
}

/* Of several names: what is said from this one on. */
static void add_comment_about(const char *at, const char *end, const char *name, bool must_name, struct text *doc)
{
	const char *call = find_call(at, end - at, name);

	if (call && !memmem(at, end - at, "----", 4))
		at = call;
	if (call || !must_name)
		add_comment(at, end, doc);
}

static const char *line_begin(const char *file, const char *at)
{
	while (at > file && at[-1] != '\n')
		at--;
	return at;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

static bool begins(const char *at, const char *end, const char *with)
{
	return end - at >= (ptrdiff_t)strlen(with) && !memcmp(at, with, strlen(with));
}

/* `line` begins the line of the definition. What stands above it may be other definitions of a group that one comment
 * is about; it then has to have this one's name. */
static void add_above(const char *file, const char *line, const char *name, struct text *doc)
{
	bool grouped = false;

	while (line > file) {
		const char *above_end = line - 1, *above = line_begin(file, above_end);
		const char *first = skip_blanks(above, above_end), *last = above_end;

		while (last > above && is_blank(last[-1]))
			last--;
		if (begins(first, above_end, "//")) {
			const char *end = above_end;

			while (above > file && begins(skip_blanks(line_begin(file, above - 1), above), above, "//"))
				above = line_begin(file, above - 1);
			add_comment_about(above, end, name, grouped, doc);
			return;
		}
		if (last - above >= 2 && !memcmp(last - 2, "*/", 2)) {
			const char *open = last - 2;

			while (open > file && !begins(open, last, "/*"))
				open--;
			/* one behind code is that code's */
			if (skip_blanks(line_begin(file, open), open) == open)
				add_comment_about(open, last - 2, name, grouped, doc);
			return;
		}
		if (!begins(first, above_end, "#define") && (last == above || last[-1] != '\\'))
			return;
		grouped = true;
		line = above;
	}
}

static void add_behind(const char *at, const char *end, struct text *doc)
{
	const char *line_end = memchr(at, '\n', end - at), *open, *close;

	line_end = line_end ? line_end : end;
	open = memmem(at, line_end - at, "/*", 2);
	if (open) {
		close = memmem(open + 2, end - open - 2, "*/", 2);
		/* ahead of more code it is about that */
		if (close && (skip_blanks(close + 2, end) == end || *skip_blanks(close + 2, end) == '\n'))
			add_comment(open, close, doc);
		return;
	}
	open = memmem(at, line_end - at, "//", 2);
	if (open)
		add_comment(open, line_end, doc);
}

void doc_of_definition(const char *file, size_t size, size_t at, const char *name, struct text *doc)
{
	if (at > size)
		return;
	add_above(file, line_begin(file, file + at), name, doc);
	if (!doc->size)
		add_behind(file + at, file + size, doc);
}

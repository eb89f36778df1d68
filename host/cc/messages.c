/* SPDX-License-Identifier: MIT
 *
 * clang's messages, made fit for who wrote the text. The dialect is macros, so clang explains each error by how they
 * expand, and often says a second time what follows from the first; neither is the text's own.
 */
#include "messages.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One message: "FILE:LINE:COLUMN: error: WORDS" and the lines of excerpt below it. */
struct message {
	const char *begin, *end;	/* all of its lines */
	const char *place_end;		/* behind "FILE:LINE" */
	const char *words;		/* behind "error: " */
	const char *words_end;
	const char *severity;
};

static const char *const severities[] = { "error: ", "warning: ", "note: ", "fatal error: ", "remark: " };

static const char *line_end(const char *at)
{
	return at + strcspn(at, "\n");
}

static const char *next_line(const char *at)
{
	const char *end = line_end(at);

	return *end ? end + 1 : end;
}

static bool starts(const char *at, const char *prefix)
{
	return !strncmp(at, prefix, strlen(prefix));
}

static bool contains(const char *from, const char *end, const char *words)
{
	return memmem(from, end - from, words, strlen(words));
}

/* Whether a message begins at `at`; excerpts begin with spaces and have no such words behind a place. */
static bool parse_head(const char *at, struct message *message)
{
	const char *end = line_end(at), *colon = at;

	if (isspace((unsigned char)*at))
		return false;
	while ((colon = memchr(colon, ':', end - colon))) {
		const char *digits = colon + 1, *column = digits + strspn(digits, "0123456789");

		colon++;
		if (column == digits || *column != ':')
			continue;
		message->place_end = column;
		column++;
		column += strspn(column, "0123456789");
		column += *column == ':';
		column += *column == ' ';
		for (size_t i = 0; i < sizeof(severities) / sizeof(*severities); i++)
			if (starts(column, severities[i])) {
				message->severity = severities[i];
				message->words = column + strlen(severities[i]);
				message->words_end = end;
				return true;
			}
	}
	return false;
}

/* "2 warnings and 1 error generated." counts what is left out too, and nobody counts. */
static bool is_summary(const char *at)
{
	const char *end = line_end(at);

	return isdigit((unsigned char)*at) && end - at > 11 && !memcmp(end - 11, " generated.", 11);
}

static bool is_note(const struct message *message)
{
	return starts(message->severity, "note");
}

static bool is_ours(const struct message *message)
{
	return starts(message->begin, "/luatrace/");
}

/* What clang says of C where the dialect's users need another word. */
static const struct { const char *macro, *clang, *ours; } meanings[] = {
	{ "bpf_trace_printk", "array initializer must be an initializer list",
	  "bpf_trace_printk: the format must be a string literal" },
	{ "perf_submit", "indirection requires pointer operand", "perf_submit: the record is passed by its address: &NAME" },
	{ "ringbuf_output", "indirection requires pointer operand",
	  "ringbuf_output: the record is passed by its address: &NAME" },
	{ "ringbuf_submit", "indirection requires pointer operand",
	  "ringbuf_submit: takes the pointer that ringbuf_reserve gave" },
};

/* Where the notes of our headers' macros are searched: up to the next message that is no note. */
static const char *meaning(const struct message *message, const char *notes, const char *notes_end)
{
	char expanded[64];

	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		snprintf(expanded, sizeof(expanded), "expanded from macro '%s'", meanings[i].macro);
		if (contains(message->words, message->words_end, meanings[i].clang) &&
		    contains(notes, notes_end, expanded))
			return meanings[i].ours;
	}
	return NULL;
}

/* 'KEY *' (aka 'unsigned int *'), KEY being a name of the dialect's own: only what it stands for. */
static const char *skip_own_type(const char *at, const char *end)
{
	static const char *const own[] = { "'__lt_key_", "'__lt_leaf_" };

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		const char *quote;

		if (!starts(at, own[i]))
			continue;
		quote = memchr(at + 1, '\'', end - at - 1);
		if (quote && starts(quote, "' (aka '"))
			return quote + strlen("' (aka ");
	}
	return NULL;
}

static void add_words(struct text *out, const char *at, const char *end)
{
	static const char c99[] = "; ISO C99 and later do not support implicit function declarations";
	static const char assertion[] = "static assertion failed due to requirement '";
	const char *aka = NULL;

	if (starts(at, assertion)) {
		const char *words = memmem(at, end - at, "': ", 3);

		at = words ? words + 3 : at;
	}
	while (at < end) {
		const char *instead = skip_own_type(at, end);

		if (instead) {
			at = aka = instead;
			/* the opening quote of what it stands for */
			text_append(out, at++, 1);
		} else if (aka && starts(at, "')")) {
			text_append(out, at, 1);
			at += 2;
			aka = NULL;
		} else if (starts(at, c99)) {
			at += strlen(c99);
		} else {
			text_append(out, at++, 1);
		}
	}
}

/* "#define NAME(a, b) …" in a note's excerpt: how the macro is called. */
static void add_usage(struct text *out, const struct message *error, const struct message *note)
{
	const char *define = memmem(note->begin, note->end - note->begin, "#define ", 8), *open, *close;

	if (!define)
		return;
	define += 8;
	open = memchr(define, '(', note->end - define);
	close = open ? memchr(open, ')', note->end - open) : NULL;
	if (!close)
		return;
	text_append(out, error->begin, error->words - strlen(error->severity) - error->begin);
	text_printf(out, "note: %.*s takes %.*s\n", (int)(open - define), define, (int)(close + 1 - open), open);
}

struct tidying {
	struct text *out;
	struct message last;	/* the last one that is no note */
	bool last_is_dialect;	/* it comes of a macro of ours */
	bool skip_notes;
};

static bool same_line(const struct message *a, const struct message *b)
{
	return a->begin && a->place_end - a->begin == b->place_end - b->begin &&
	       !memcmp(a->begin, b->begin, b->place_end - b->begin);
}

/* A consequence of the message before: of the same call of a macro of ours. */
static bool is_echo(const struct tidying *t, const struct message *message, bool is_dialect)
{
	static const char arguments[] = "provided to function-like macro invocation";

	if (!same_line(&t->last, message) || starts(message->severity, "warning"))
		return false;
	return (t->last_is_dialect && is_dialect) || (contains(t->last.words, t->last.words_end, arguments) &&
						      starts(message->words, "no member named '"));
}

static void tidy_message(struct tidying *t, const struct message *message, const char *notes_end)
{
	bool is_dialect = contains(message->end, notes_end, "/luatrace/bpf/dialect/");
	const char *ours = meaning(message, message->end, notes_end);

	t->skip_notes = is_echo(t, message, is_dialect);
	if (t->skip_notes)
		return;
	t->last = *message;
	t->last_is_dialect = is_dialect;
	text_append(t->out, message->begin, message->words - message->begin);
	if (ours)
		text_add(t->out, ours);
	else
		add_words(t->out, message->words, message->words_end);
	text_append(t->out, message->words_end, message->end - message->words_end);
}

static void tidy_note(struct tidying *t, const struct message *note)
{
	if (t->skip_notes)
		return;
	if (!is_ours(note))
		text_append(t->out, note->begin, note->end - note->begin);
	else if (t->last.begin && contains(note->words, note->words_end, "defined here"))
		add_usage(t->out, &t->last, note);
}

/* The end of the notes that follow a message. */
static const char *find_notes_end(const char *at)
{
	struct message next;

	while (*at && !(parse_head(at, &next) && !is_note(&next)))
		at = next_line(at);
	return at;
}

static const char *find_message_end(const char *at)
{
	struct message next;

	do
		at = next_line(at);
	while (*at && !parse_head(at, &next) && !is_summary(at) && !starts(at, "In file included from "));
	return at;
}

void messages_tidy(const char *raw, struct text *out)
{
	struct tidying t = { .out = out };
	const char *at = raw, *next;

	text_add(out, "");
	for (; *at; at = next) {
		struct message message = { .begin = at };

		if (!parse_head(at, &message)) {
			next = next_line(at);
			/* our headers are included ahead of the text, from nowhere that a person knows */
			if (!is_summary(at) && !starts(at, "In file included from <built-in>"))
				text_append(out, at, next - at);
			continue;
		}
		message.end = next = find_message_end(at);
		if (is_note(&message))
			tidy_note(&t, &message);
		else
			tidy_message(&t, &message, find_notes_end(next));
	}
}

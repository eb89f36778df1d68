/* SPDX-License-Identifier: MIT */
#include "candidates.h"
#include "compile_protocol.h"
#include <string.h>

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* The compiler's and the dialect's own, shown only to who asks for them. */
static bool is_internal(const struct candidates *candidates, const char *name)
{
	static const char *const marks[] = { "__builtin_", "__lt_", "__LT_" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (begins(name, marks[i]))
			return candidates->word_length < strlen(marks[i]);
	return false;
}

bool candidates_want(const struct candidates *candidates, enum candidate_kind kind, const char *name)
{
	if (!begins(name, candidates->word) || is_internal(candidates, name) || names_find(&candidates->seen, name))
		return false;
	/* members of that look are the kernel's: __sk_common */
	return *name != '_' || kind == CANDIDATE_MEMBER || *candidates->word == '_';
}

void candidates_add(struct candidates *candidates, const struct candidate *candidate)
{
	if (!candidates_want(candidates, candidate->kind, candidate->insert))
		return;
	names_add(&candidates->seen, candidate->insert, strlen(candidate->insert), 0);
	if (candidates->count == candidates->room) {
		candidates->room = 2 * candidates->room + 64;
		candidates->items = reallocate(candidates->items, candidates->room * sizeof(*candidates->items));
	}
	candidates->items[candidates->count++] = (struct candidate){
		.kind = candidate->kind,
		.priority = candidate->priority,
		.insert = copy_string(candidate->insert, strlen(candidate->insert)),
		.display = copy_string(candidate->display, strlen(candidate->display)),
		.doc = candidate->doc ? copy_string(candidate->doc, strlen(candidate->doc)) : NULL,
	};
}

static int compare(const void *left, const void *right, void *context)
{
	const struct candidate *a = left, *b = right;
	const struct candidates *candidates = context;
	bool a_whole = !strcmp(a->insert, candidates->word), b_whole = !strcmp(b->insert, candidates->word);

	if (a_whole != b_whole)
		return a_whole ? -1 : 1;
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if ((*a->insert == '_') != (*b->insert == '_'))
		return *a->insert == '_' ? 1 : -1;
	return strcmp(a->insert, b->insert);
}

/* Of at most `most` bytes, none of which is a control character: it stays a field of a line. */
static void add_field(struct text *out, const char *field, size_t most, char end)
{
	size_t length = strnlen(field, most), from = out->size;

	/* no part of a character */
	while (length && field[length] && ((unsigned char)field[length] & 0xc0) == 0x80)
		length--;
	text_append(out, field, length);
	for (size_t i = from; i < out->size; i++)
		if ((unsigned char)out->data[i] < ' ' || out->data[i] == 0x7f)
			out->data[i] = ' ';
	text_append(out, &end, 1);
}

void candidates_write(struct candidates *candidates, struct text *out)
{
	static const char *const kinds[] = {
		[CANDIDATE_VARIABLE] = "variable", [CANDIDATE_MEMBER] = "member", [CANDIDATE_METHOD] = "method",
		[CANDIDATE_FUNCTION] = "function", [CANDIDATE_MACRO] = "macro", [CANDIDATE_TYPE] = "type",
		[CANDIDATE_ENUMERATOR] = "enumerator", [CANDIDATE_KEYWORD] = "keyword", [CANDIDATE_HEADER] = "header",
	};

	text_printf(out, "%zu\t%zu\n", candidates->word_length, candidates->count);
	if (candidates->count)
		qsort_r(candidates->items, candidates->count, sizeof(*candidates->items), compare, candidates);
	for (size_t i = 0; i < candidates->count && i < LT_CC_CANDIDATES_MAX; i++) {
		const struct candidate *item = &candidates->items[i];

		add_field(out, kinds[item->kind], LT_CC_FIELD_MAX, '\t');
		add_field(out, item->insert, LT_CC_FIELD_MAX, '\t');
		add_field(out, item->display, LT_CC_FIELD_MAX, '\t');
		add_field(out, item->doc ? item->doc : "", LT_CC_FIELD_MAX, '\n');
	}
}

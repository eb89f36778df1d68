/* SPDX-License-Identifier: MIT */
#include "complete.h"
#include "attempt.h"
#include "candidates.h"
#include "clang.h"
#include "cursor.h"
#include "headers.h"
#include "known.h"
#include <string.h>

static void add_headers(struct candidates *candidates)
{
	static const char place[] = "include/";

	for (const struct header *header = headers; header->path; header++)
		if (!strncmp(header->path, place, strlen(place))) {
			const char *path = header->path + strlen(place);

			candidates_add(candidates, &(struct candidate){ CANDIDATE_HEADER, 0, path, path, NULL });
		}
}

/* A struct that the text has no name of, as what a helper returns: the slice is to have its members. */
static bool want_struct(struct source *source, const char *tag)
{
	struct name *name;

	if (!*tag)
		return false;
	name = names_add(&source->names, tag, strlen(tag), 0);
	if (name->flags & (NAME_TAG | NAME_TAG_DEFINED))
		return false;
	name->flags |= NAME_TAG;
	return true;
}

static void ask_clang(struct source *source, struct kernel_btf *btf, const struct clang_job *job,
		      struct frontend_completion *completion)
{
	for (int try = 1;; try++) {
		struct text generated = { 0 }, messages = { 0 };
		struct clang_job this_job = *job;
		bool again;

		attempt_generate(source, btf, &generated);
		this_job.generated = &generated;
		completion->tag[0] = '\0';
		completion->incomplete = false;
		clang_complete(&this_job, completion, &messages);
		again = completion->incomplete && want_struct(source, completion->tag);
		if (!again && !completion->candidates->count && messages.data)
			again = attempt_learn(source, btf, messages.data);
		text_free(&generated);
		text_free(&messages);
		if (!again || try == ATTEMPT_MOST)
			return;
	}
}

/* What is not closed swallows all that follows it. Lines stay what they are. */
static bool leave_out_unclosed(struct source *source, const struct cursor *cursor)
{
	for (size_t i = cursor->lost; i < cursor->restart; i++)
		if (source->text[i] != '\n')
			source->text[i] = ' ';
	return cursor->restart;
}

static void complete_code(struct source *source, const struct cursor *cursor, char **cflags, int cflag_count,
			  struct candidates *candidates)
{
	const struct clang_job job = { .source = source, .cflags = cflags, .cflag_count = cflag_count, .complete = true };
	struct frontend_completion completion = { .candidates = candidates };
	struct kernel_btf btf = { 0 };

	source_scan(source, cflags, cflag_count);
	ask_clang(source, &btf, &job, &completion);
	if (!candidates->count && leave_out_unclosed(source, cursor))
		ask_clang(source, &btf, &job, &completion);
	if (completion.place == FRONTEND_PLACE_MEMBER)
		known_add_members(candidates, &btf, completion.tag);
	else if (completion.place != FRONTEND_PLACE_OTHER)
		known_add(candidates, &btf, completion.place);
}

void complete(struct source *source, size_t at, char **cflags, int cflag_count, struct text *out)
{
	struct candidates candidates = { 0 };
	struct cursor cursor;

	source->size = at < source->size ? at : source->size;
	cursor = cursor_find(source->text, source->size);
	candidates.word_length = source->size - cursor.word;
	candidates.word = copy_string(source->text + cursor.word, candidates.word_length);
	source->size = cursor.word;
	source->text[source->size] = '\0';
	if (cursor.place == CURSOR_HEADER)
		add_headers(&candidates);
	if (cursor.place == CURSOR_CODE)
		complete_code(source, &cursor, cflags, cflag_count, &candidates);
	candidates_write(&candidates, out);
}

/* SPDX-License-Identifier: MIT */
#include "drift.h"
#include "memory.h"
#include <string.h>

static bool is(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && !memcmp(word, text, length);
}

/* The slice must have what the alias leads through. */
static void want(struct names *names, const struct alias *alias)
{
	const char *at = alias->now;

	if (!alias->name) {
		names_add(names, at, strlen(at), NAME_TAG);
		return;
	}
	while (*at) {
		size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

		if (length)
			names_add(names, at, length, NAME_MEMBER);
		at += length ? length : 1;
	}
}

static bool apply(struct drift *drift, struct names *names, const struct alias *alias)
{
	for (uint32_t i = 0; i < drift->applied_count; i++)
		if (drift->applied[i] == alias)
			return false;
	if (drift->applied_count == sizeof(drift->applied) / sizeof(*drift->applied))
		return false;
	drift->applied[drift->applied_count++] = alias;
	want(names, alias);
	return true;
}

/* `member` NULL: the struct itself is missing. */
static bool learn(struct drift *drift, const struct kernel_btf *btf, struct names *names, const char *tag,
		  size_t tag_length, const char *member, size_t member_length)
{
	char *copy = copy_string(tag, tag_length);
	const struct name *own = names_find(names, copy);

	free(copy);
	if (own && own->flags & NAME_TAG_DEFINED)
		return false;
	for (const struct alias *alias = drift_table; alias->tag; alias++) {
		if (!is(tag, tag_length, alias->tag) || !member != !alias->name ||
		    (member && !is(member, member_length, alias->name)))
			continue;
		if (!drift_exists(btf, alias))
			continue;
		if (drift->portable && alias->name && strstr(alias->now, "->")) {
			drift->behind = alias;
			return false;
		}
		return apply(drift, names, alias);
	}
	return false;
}

/* What stands in quotes at or behind `at`, without "struct ". NULL if there is nothing before `end`. */
static const char *quoted(const char *at, const char *end, size_t *length)
{
	static const char keyword[] = "struct ";
	const char *close;

	at = memchr(at, '\'', end - at);
	close = at ? memchr(at + 1, '\'', end - at - 1) : NULL;
	if (!close)
		return NULL;
	at++;
	if ((size_t)(close - at) > strlen(keyword) && !strncmp(at, keyword, strlen(keyword)))
		at += strlen(keyword);
	*length = close - at;
	return at;
}

bool drift_learn(struct drift *drift, const struct kernel_btf *btf, struct names *names, const char *messages)
{
	static const char no_member[] = "error: no member named ", in[] = " in ";
	bool news = false;

	for (const char *line = messages; line; line = strchr(line, '\n')) {
		const char *end, *found, *member, *tag;
		size_t member_length, tag_length;

		line += *line == '\n';
		end = strchrnul(line, '\n');
		found = memmem(line, end - line, no_member, strlen(no_member));
		if (found) {
			member = quoted(found, end, &member_length);
			found = member ? memmem(member, end - member, in, strlen(in)) : NULL;
			tag = found ? quoted(found, end, &tag_length) : NULL;
			if (tag)
				news |= learn(drift, btf, names, tag, tag_length, member, member_length);
			continue;
		}
		found = memmem(line, end - line, "error: ", strlen("error: "));
		found = found ? memmem(found, end - found, "incomplete ", strlen("incomplete ")) : NULL;
		tag = found ? quoted(found, end, &tag_length) : NULL;
		if (tag)
			news |= learn(drift, btf, names, tag, tag_length, NULL, 0);
	}
	return news;
}

void drift_print_macros(const struct drift *drift, struct text *out)
{
	for (uint32_t i = 0; i < drift->applied_count; i++) {
		const struct alias *alias = drift->applied[i];

		if (!alias->name)
			text_printf(out, "#define %s %s\n", alias->tag, alias->now);
	}
}

void drift_report(const struct drift *drift, struct notes *notes)
{
	for (uint32_t i = 0; i < drift->applied_count; i++) {
		const struct alias *alias = drift->applied[i];

		if (!alias->name)
			notes_note(notes, "struct %s: this kernel has it as struct %s", alias->tag, alias->now);
		else if (strchr(alias->now, '='))
			notes_note(notes, "%s.%s: this kernel has it as members of %s: %s", alias->tag, alias->name, alias->tag,
				   alias->now);
		else
			notes_note(notes, "%s.%s: this kernel has it as %s.%s", alias->tag, alias->name, alias->tag, alias->now);
	}
}

void drift_explain(const struct drift *drift, struct notes *notes)
{
	if (drift->behind)
		notes_always(notes, "%s.%s: this kernel has it as %s.%s; what any kernel is to load finds members by their names: "
			     "write that", drift->behind->tag, drift->behind->name, drift->behind->tag, drift->behind->now);
}

/* SPDX-License-Identifier: MIT
 *
 * Learning from clang's errors what a lexical scan cannot see: names that it missed or took too much of.
 */
#include "library.h"
#include "source.h"
#include <ctype.h>
#include <string.h>

static bool set_flags(struct source *source, const char *name, size_t length, uint32_t flags, uint32_t without)
{
	struct name *found = names_add(&source->names, name, length, 0);
	uint32_t now = (found->flags | flags) & ~without;
	bool news = now != found->flags;

	found->flags = now;
	return news;
}

/* "struct tracepoint__CATEGORY__EVENT": of the text's own macros, which the scan did not see through. */
static bool learn_tracepoint(struct source *source, const char *tag, size_t length)
{
	static const char prefix[] = "tracepoint__";
	const char *category = tag + strlen(prefix), *event;
	size_t before;

	if (length <= strlen(prefix) || strncmp(tag, prefix, strlen(prefix)))
		return false;
	event = strstr(category, "__");
	if (!event || event + 2 >= tag + length)
		return false;
	before = source->tracepoints.count;
	source_add_tracepoint(source, category, event - category, event + 2, tag + length - event - 2);
	return source->tracepoints.count > before;
}

/* Not there in the kernel: a module may have it. */
static bool learn_missing(struct source *source, const char *name, size_t length, uint32_t flags, uint32_t without)
{
	bool news = set_flags(source, name, length, flags, without);
	char *copy = copy_string(name, length);

	news = modules_learn(&source->modules, copy, flags) || news;
	free(copy);
	return news;
}

/* `missing`: NAME_PLAIN (perhaps NAME_CALLED) or NAME_MEMBER, what the text uses it as; 0 for a name that is there
 * twice. */
static bool learn_quoted(struct source *source, const char *quoted, size_t length, uint32_t missing)
{
	static const char *const tags[] = { "struct ", "union ", "enum " };

	for (size_t i = 0; i < 3; i++) {
		size_t skip = strlen(tags[i]);

		if (length > skip && !strncmp(quoted, tags[i], skip)) {
			quoted += skip;
			length -= skip;
			if (missing && learn_tracepoint(source, quoted, length))
				return true;
			if (missing)
				return learn_missing(source, quoted, length, i == 2 ? NAME_ENUM_TAG : NAME_TAG, NAME_TAG_DEFINED);
			return set_flags(source, quoted, length, NAME_TAG_DEFINED, 0);
		}
	}
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)quoted[i]) && quoted[i] != '_')
			return false;
	/* perhaps of a struct that has not been followed */
	if (missing == NAME_MEMBER)
		return set_flags(source, quoted, length, NAME_MEMBER, 0);
	if (missing)
		return learn_missing(source, quoted, length, missing, NAME_DEFINED | NAME_MACRO | NAME_LOCAL);
	return set_flags(source, quoted, length, NAME_DEFINED | NAME_TAG_DEFINED | NAME_TWICE, 0);
}

/* "…/generated.h:LINE:COLUMN: note: expanded from macro 'NAME'" below an error: the text means something else by the
 * name than the kernel's headers do. One in capitals must have broken the syntax. */
static bool learn_refused(struct source *source, const char *line, const char *end, bool syntax)
{
	static const char note[] = "expanded from macro '";
	const char *name = memmem(line, end - line, note, strlen(note)), *close;
	char text[128];
	size_t length;

	if (!name || !memmem(line, name - line, "/generated.h:", strlen("/generated.h:")))
		return false;
	name += strlen(note);
	close = memchr(name, '\'', end - name);
	length = close ? (size_t)(close - name) : sizeof(text);
	if (length >= sizeof(text))
		return false;
	memcpy(text, name, length);
	text[length] = '\0';
	return library_may_refuse(text, syntax) && set_flags(source, text, length, NAME_REFUSED, 0);
}

/* "   13 | char comm[TASK_COMM_LEN];" below an error: an enumerator whose value may have been wanted there and then,
 * and not when the object is loaded. */
static bool learn_fixed(struct source *source, const char *line, const char *end)
{
	const char *bar = memchr(line, '|', end - line);
	bool news = false;

	if (!bar || strspn(line, " 0123456789") != (size_t)(bar - line))
		return false;
	for (const char *at = bar; at < end; ) {
		size_t length = 0;
		struct name *name;
		char *word;

		while (at + length < end && (isalnum((unsigned char)at[length]) || at[length] == '_'))
			length++;
		word = copy_string(at, length);
		name = length ? names_find(&source->names, word) : NULL;
		if (name && name->flags & NAME_IN_BTF && !(name->flags & NAME_FIXED)) {
			name->flags |= NAME_FIXED;
			news = true;
		}
		free(word);
		at += length + 1;
	}
	return news;
}

bool source_learn(struct source *source, const char *messages)
{
	static const struct { const char *text; uint32_t missing; } errors[] = {
		{ "unknown type name '", NAME_PLAIN },
		{ "use of undeclared identifier '", NAME_PLAIN | NAME_CALLED },
		{ "incomplete definition of type '", NAME_PLAIN },
		{ "incomplete type '", NAME_PLAIN },
		{ "call to undeclared function '", NAME_PLAIN | NAME_CALLED },
		{ "no member named '", NAME_MEMBER },
		{ "redefinition of enumerator '", 0 },
		{ "redefinition of '", 0 },
		{ "declaration of '", 0 },
	};
	bool news = false, in_error = false, syntax = false;

	for (const char *line = messages; line; line = strchr(line, '\n')) {
		const char *error, *end;

		line += *line == '\n';
		end = strchrnul(line, '\n');
		error = memmem(line, end - line, "error: ", strlen("error: "));
		in_error = error || (in_error && !memmem(line, end - line, "warning: ", strlen("warning: ")));
		if (error)
			syntax = memmem(error, end - error, "expected ", strlen("expected "));
		if (in_error && learn_refused(source, line, end, syntax))
			news = true;
		if (in_error && source->config.facts.portable && learn_fixed(source, line, end))
			news = true;
		for (size_t i = 0; error && i < sizeof(errors) / sizeof(*errors); i++) {
			const char *found = memmem(error, end - error, errors[i].text, strlen(errors[i].text));
			const char *name = found ? found + strlen(errors[i].text) : NULL, *close;

			close = name ? memchr(name, '\'', end - name) : NULL;
			if (close && learn_quoted(source, name, close - name, errors[i].missing)) {
				news = true;
				break;
			}
		}
	}
	return news;
}

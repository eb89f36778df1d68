/* SPDX-License-Identifier: MIT */
#include "list.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Names are anyone's, and a target is a line. */
static void put_name(FILE *out, const char *name)
{
	size_t size = strlen(name);
	char *escaped = malloc(4 * size + 1);

	if (escaped)
		fwrite(escaped, 1, lt_text_escape(escaped, name, size), out);
	free(escaped);
}

bool lt_listing_put_of(struct lt_listing *listing, const char *file, const char *name)
{
	if (!lt_pattern_matches(&listing->pattern, name))
		return false;
	fprintf(listing->out, "%s:", listing->kind);
	if (file) {
		put_name(listing->out, file);
		fputc(':', listing->out);
	}
	put_name(listing->out, name);
	fputc('\n', listing->out);
	listing->count++;
	return true;
}

bool lt_listing_put(struct lt_listing *listing, const char *target)
{
	return lt_listing_put_of(listing, NULL, target);
}

void lt_listing_detail(struct lt_listing *listing, const char *format, ...)
{
	va_list args;

	if (!listing->details)
		return;
	fputs("    ", listing->out);
	va_start(args, format);
	vfprintf(listing->out, format, args);
	va_end(args);
	fputc('\n', listing->out);
}

/* Whether the word before `colon` is one of a kind, or a pattern of kinds: "sched:sched_switch" begins with none. */
static bool says_kind(const char *text, const char *colon)
{
	char word[64];

	snprintf(word, sizeof(word), "%.*s", (int)(colon - text), text);
	for (uint32_t i = 0; lt_kind_name(i); i++)
		if (!fnmatch(word, lt_kind_name(i), 0))
			return true;
	return false;
}

/* What a pattern means for one kind: its target's pattern, or NULL when the kind is not meant. `named` when it is by
 * its own name. "KIND:TARGET", both shell patterns; without a kind, what the target holds. */
static const char *target_for(const struct lt_probe_ops *ops, const char *text, char *room, size_t size, bool *named)
{
	const char *colon = strchr(text, ':');
	bool meant;

	*named = false;
	if (!colon || !says_kind(text, colon)) {
		snprintf(room, size, strpbrk(text, "*?[") ? "%s" : "*%s*", text);
		return room;
	}
	snprintf(room, size, "%.*s", (int)(colon - text), text);
	*named = !strcmp(room, ops->name);
	meant = *named || !fnmatch(room, ops->name, 0);
	return !meant ? NULL : colon[1] ? colon + 1 : "*";
}

static int list_kind(const struct lt_probe_ops *ops, const char *text, struct lt_listing *listing, lt_error *err)
{
	char room[512];
	lt_error reason = { 0 };
	bool named;
	int code;

	listing->kind = ops->name;
	listing->target = target_for(ops, text, room, sizeof(room), &named);
	/* What returns is listed by what is entered, unless asked for; what a file has, of a named file. */
	if (!listing->target || (ops->list_named && !named))
		return 0;
	code = ops->supported(ops, &reason);
	if (!code)
		code = lt_pattern_compile(&listing->pattern, listing->target, LT_PATTERN_GLOB, ops->name, &reason);
	if (!code) {
		code = ops->list(ops, listing, &reason);
		lt_pattern_free(&listing->pattern);
	}
	/* With a pattern of kinds, those that this kernel lacks have nothing to list. */
	if (code && named)
		lt_fail(err, code, "%s", reason.message);
	lt_error_clear(&reason);
	return named ? code : 0;
}

int lt_probe_list(const char *pattern, int32_t details, lt_blob *out, lt_error *err)
{
	struct lt_listing listing = { .details = details };
	const struct lt_probe_ops *ops;
	char *data = NULL;
	size_t size = 0;
	int code = 0;

	*out = (lt_blob){ 0 };
	listing.out = open_memstream(&data, &size);
	if (!listing.out)
		return lt_fail(err, -ENOMEM, "probes: out of memory");
	for (uint32_t i = 0; !code && lt_kind_name(i); i++) {
		ops = lt_probe_ops_named(lt_kind_name(i));
		code = ops->list ? list_kind(ops, pattern, &listing, err) : 0;
	}
	lt_list_btf_free(listing.btf);
	if (fclose(listing.out) && !code)
		code = lt_fail(err, -ENOMEM, "probes: out of memory");
	if (code) {
		free(data);
		return code;
	}
	*out = (lt_blob){ data, size };
	return (int)listing.count;
}

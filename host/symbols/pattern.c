/* SPDX-License-Identifier: MIT */
#include "pattern.h"
#include "../error.h"
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Python's classes, which POSIX has not: as a set of their own, and within one. */
static bool put_class(FILE *out, char letter, bool within)
{
	static const struct {
		char letter;
		const char *members;
		bool inverted;
	} classes[] = {
		{ 'd', "0-9", false }, { 'D', "0-9", true },
		{ 'w', "A-Za-z0-9_", false }, { 'W', "A-Za-z0-9_", true },
		{ 's', "[:space:]", false }, { 'S', "[:space:]", true },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (classes[i].letter != letter || (within && classes[i].inverted))
			continue;
		fprintf(out, within ? "%s" : classes[i].inverted ? "[^%s]" : "[%s]", classes[i].members);
		return true;
	}
	return false;
}

/* A set, from its bracket on, to where it ends. In POSIX a backslash within one is a backslash, and what it is to make
 * plain is written as a collating symbol. */
static const char *put_set(FILE *out, const char *at)
{
	const char *first = at + 1;

	fputc(*at++, out);
	if (*at == '^') {
		fputc(*at++, out);
		first++;
	}
	while (*at && (*at != ']' || at == first)) {
		if (*at == '\\' && at[1]) {
			at++;
			if (strchr("]-^[", *at))
				fprintf(out, "[.%c.]", *at);
			else if (!put_class(out, *at, true))
				fputc(*at, out);
		} else {
			fputc(*at, out);
		}
		at++;
	}
	if (*at)
		fputc(*at++, out);
	return at;
}

/* From what Python writes to POSIX extended. Names are matched from their start, and `whole` to their end. */
static char *translate(const char *at, bool whole)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("^(", out);
	while (*at) {
		if (*at == '[') {
			at = put_set(out, at);
		} else if (!strncmp(at, "(?:", 3)) {
			fputc('(', out);
			at += 3;
		} else if (*at == '\\' && at[1]) {
			if (!put_class(out, at[1], false))
				fprintf(out, "\\%c", at[1]);
			at += 2;
		} else {
			fputc(*at++, out);
		}
	}
	fputs(whole ? ")$" : ")", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* The characters that stand for themselves at the start, but the last one where something may make it optional, as no
 * character of a shell pattern does. */
static void find_prefix(struct lt_pattern *pattern, const char *text)
{
	size_t length = 0;

	if (strchr(text, '|'))
		return;
	if (pattern->form != LT_PATTERN_GLOB && *text == '^')
		text++;
	while (length < sizeof(pattern->prefix) && (isalnum((unsigned char)text[length]) || text[length] == '_'))
		length++;
	if (pattern->form != LT_PATTERN_GLOB && length && text[length] && strchr("*?{", text[length]))
		length--;
	memcpy(pattern->prefix, text, length);
	pattern->prefix_length = length;
}

/* Why regcomp() refused `text`, in Python's terms where those differ. */
static void find_reason(int code, const regex_t *regex, const char *text, char *out, size_t size)
{
	const char *group = strstr(text, "(?");

	while (group && group[2] == ':')
		group = strstr(group + 1, "(?");
	if (group)
		snprintf(out, size, "of the groups (?...) only (?:...) is known here, not %.3s", group);
	else
		regerror(code, regex, out, size);
}

int32_t lt_pattern_form(int32_t form, const char *text)
{
	return form == LT_PATTERN_NONE && strpbrk(text, "*?[") ? LT_PATTERN_GLOB : form;
}

int lt_pattern_compile(struct lt_pattern *pattern, const char *text, int32_t form, const char *subject, lt_error *err)
{
	char *posix, reason[128];
	int code;

	*pattern = (struct lt_pattern){ .form = form };
	find_prefix(pattern, text);
	if (form == LT_PATTERN_GLOB) {
		pattern->text = strdup(text);
		return pattern->text ? 0 : lt_fail(err, -ENOMEM, "%s: out of memory", subject);
	}
	posix = translate(text, form == LT_PATTERN_REGEX);
	if (!posix)
		return lt_fail(err, -ENOMEM, "%s: out of memory", subject);
	code = regcomp(&pattern->regex, posix, REG_EXTENDED | REG_NOSUB);
	free(posix);
	if (!code)
		return 0;
	find_reason(code, &pattern->regex, text, reason, sizeof(reason));
	return lt_fail(err, -EINVAL, "%s: not a regular expression: %s", subject, reason);
}

bool lt_pattern_matches(const struct lt_pattern *pattern, const char *name)
{
	if (strncmp(name, pattern->prefix, pattern->prefix_length))
		return false;
	if (pattern->form == LT_PATTERN_GLOB)
		return !fnmatch(pattern->text, name, 0);
	return !regexec(&pattern->regex, name, 0, NULL, 0);
}

void lt_pattern_free(struct lt_pattern *pattern)
{
	free(pattern->text);
	if (pattern->form != LT_PATTERN_GLOB)
		regfree(&pattern->regex);
}

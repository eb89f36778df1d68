/* SPDX-License-Identifier: MIT
 *
 * Which of many names are meant: a shell pattern, or a regular expression as scripts for bcc write them.
 */
#ifndef LT_PATTERN_H
#define LT_PATTERN_H
#include "../luatrace.h"
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct lt_pattern {
	int32_t form;		/* LT_PATTERN_* */
	char *text;		/* of a shell pattern */
	regex_t regex;
	char prefix[64];	/* what each name begins with: cheaper to look at than the expression */
	size_t prefix_length;
};

/* `form`, or LT_PATTERN_GLOB for what was said to be a name and has *, ? or [ in it: no name in the kernel does. */
int32_t lt_pattern_form(int32_t form, const char *text);
/* -EINVAL with a message that begins with `subject`: not a regular expression. */
int lt_pattern_compile(struct lt_pattern *pattern, const char *text, int32_t form, const char *subject, lt_error *err);
bool lt_pattern_matches(const struct lt_pattern *pattern, const char *name);
void lt_pattern_free(struct lt_pattern *pattern);

#endif

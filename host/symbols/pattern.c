/* SPDX-License-Identifier: MIT */
#include "pattern.h"
#include "../error.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* POSIX has no \d, which patterns for bcc use. */
static char *translate(const char *pattern, bool whole)
{
	size_t size;
	char *out = NULL;
	FILE *file = open_memstream(&out, &size);

	if (!file)
		return NULL;
	fputs("^(", file);
	for (; *pattern; pattern++) {
		if (pattern[0] == '\\' && pattern[1] == 'd') {
			fputs("[0-9]", file);
			pattern++;
		} else {
			fputc(*pattern, file);
			if (pattern[0] == '\\' && pattern[1])
				fputc(*++pattern, file);
		}
	}
	fputs(whole ? ")$" : ")", file);
	fclose(file);
	return out;
}

int lt_pattern_compile(regex_t *regex, const char *what, const char *pattern, bool whole, lt_error *err)
{
	char *posix = translate(pattern, whole), reason[128];
	int code;

	if (!posix)
		return lt_fail(err, -ENOMEM, "%s '%s': out of memory", what, pattern);
	code = regcomp(regex, posix, REG_EXTENDED | REG_NOSUB);
	free(posix);
	if (!code)
		return 0;
	regerror(code, regex, reason, sizeof(reason));
	return lt_fail(err, -EINVAL, "%s '%s': not a regular expression: %s", what, pattern, reason);
}

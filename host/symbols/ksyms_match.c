/* SPDX-License-Identifier: MIT
 *
 * Kernel functions by a regular expression.
 */
#include "../error.h"
#include "ksyms.h"
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* POSIX has no \d, which patterns for bcc use; the whole name has to match. */
static char *translate(const char *pattern)
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
	fputs(")$", file);
	fclose(file);
	return out;
}

/* Beside its function, it has the parts that are hardly ever run, and no event of its own. */
static bool is_cold(const char *name)
{
	const char *cold = strstr(name, ".cold");

	return cold && (!cold[5] || cold[5] == '.');
}

int lt_ksyms_match(const lt_ksyms *ksyms, const char *pattern, lt_blob *out, lt_error *err)
{
	char *posix = translate(pattern), *data = NULL, reason[128];
	size_t size = 0;
	FILE *file;
	regex_t regex;
	int code, count = 0;

	if (!posix)
		return lt_fail(err, -ENOMEM, "functions '%s': out of memory", pattern);
	code = regcomp(&regex, posix, REG_EXTENDED | REG_NOSUB);
	free(posix);
	if (code) {
		regerror(code, &regex, reason, sizeof(reason));
		return lt_fail(err, -EINVAL, "functions '%s': not a regular expression: %s", pattern, reason);
	}
	file = open_memstream(&data, &size);
	for (uint32_t i = 0; file && i < ksyms->count; i++) {
		const char *name = ksyms->names + ksyms->entries[i].name;

		if (lt_ksyms_is_function(&ksyms->entries[i]) && !is_cold(name) && !regexec(&regex, name, 0, NULL, 0))
			count += fprintf(file, "%s\n", name) > 0;
	}
	regfree(&regex);
	if (!file || fclose(file))
		return lt_fail(err, -ENOMEM, "functions '%s': out of memory", pattern);
	*out = (lt_blob){ data, size };
	return count;
}

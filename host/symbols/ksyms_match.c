/* SPDX-License-Identifier: MIT
 *
 * Kernel functions by a regular expression.
 */
#include "../error.h"
#include "ksyms.h"
#include "pattern.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Beside its function, it has the parts that are hardly ever run, and no event of its own. */
static bool is_cold(const char *name)
{
	const char *cold = strstr(name, ".cold");

	return cold && (!cold[5] || cold[5] == '.');
}

int lt_ksyms_match(const lt_ksyms *ksyms, const char *pattern, lt_blob *out, lt_error *err)
{
	char *data = NULL;
	size_t size = 0;
	FILE *file;
	regex_t regex;
	int count = 0, ret = lt_pattern_compile(&regex, "functions", pattern, true, err);

	if (ret)
		return ret;
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

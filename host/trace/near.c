/* SPDX-License-Identifier: MIT */
#include "near.h"
#include "../symbols/symbols.h"
#include <stdio.h>

void lt_near_write(const lt_similar *similar, char *out, size_t size)
{
	char names[LT_NEAR_SIZE - 16];

	*out = '\0';
	if (lt_similar_list(similar, names, sizeof(names)))
		snprintf(out, size, "; similar: %s", names);
}

void lt_near_function(const char *name, char *out, size_t size)
{
	char names[LT_NEAR_SIZE - 16] = "";

	*out = '\0';
	lt_ksym_similar(name, names, sizeof(names));
	if (names[0])
		snprintf(out, size, "; similar: %s", names);
}

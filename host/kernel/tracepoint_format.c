/* SPDX-License-Identifier: MIT */
#include "tracepoint_format.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool tracepoint_field_parse(const char *line, size_t length, struct tracepoint_field *field)
{
	char copy[512];

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, line, length);
	copy[length] = '\0';
	return sscanf(copy, " field:%255[^;]; offset:%u; size:%u; signed:%d", field->declaration, &field->offset,
		      &field->size, &field->is_signed) == 4 && field->size <= 65536 && field->offset <= 65536;
}

bool tracepoint_field_split(char *declaration, char **name, unsigned *elements)
{
	char *bracket = strrchr(declaration, '['), *end, *at;

	*elements = 0;
	if (bracket && bracket > declaration && bracket[-1] != ' ' && strchr(bracket, ']') &&
	    !strchr(bracket, ']')[1]) {
		/* sizes may be expressions (`__SCHED_X+1`): the caller divides by the size of one element */
		*elements = 1;
		*bracket = '\0';
	}
	end = declaration + strlen(declaration);
	while (end > declaration && isspace((unsigned char)end[-1]))
		*--end = '\0';
	for (at = end; at > declaration && (isalnum((unsigned char)at[-1]) || at[-1] == '_'); at--)
		;
	if (at == end || isdigit((unsigned char)*at) || at == declaration)
		return false;
	*name = at;
	return true;
}

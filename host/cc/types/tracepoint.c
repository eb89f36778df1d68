/* SPDX-License-Identifier: MIT */
#include "tracepoint.h"
#include "kernel/tracepoint_format.h"
#include "text/relocatable.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *scalar(unsigned size, int is_signed)
{
	switch (size) {
	case 1: return is_signed ? "signed char" : "unsigned char";
	case 2: return is_signed ? "short" : "unsigned short";
	case 4: return is_signed ? "int" : "unsigned int";
	case 8: return is_signed ? "long long" : "unsigned long long";
	default: return NULL;
	}
}

/* The type of a pointer field is kept, its pointee must be a word or `struct word`. */
static bool plain_pointer(const char *type)
{
	for (; *type; type++)
		if (!isalnum((unsigned char)*type) && !strchr("_ *", *type))
			return false;
	return true;
}

static void print_field(struct tracepoint_field *field, struct names *names, struct text *out)
{
	char *type = field->declaration, *name;
	unsigned elements, element = 1;
	const char *word;

	while (isspace((unsigned char)*type))
		type++;
	if (!tracepoint_field_split(type, &name, &elements)) {
		text_printf(out, "\tchar __lt_at%u[%u];\n", field->offset, field->size);
		return;
	}
	if (!strncmp(type, "__data_loc ", 11)) {
		text_printf(out, "\tint data_loc_%s;\n", name);
		return;
	}
	/* counts from its own end, not from the record's start: another name, so that the two are not mixed up */
	if (!strncmp(type, "__rel_loc ", 10)) {
		text_printf(out, "\tint rel_loc_%s;\n", name);
		return;
	}
	if (!elements && field->size == 8 && name > type && strchr(type, '*') && strchr(type, '*') < name) {
		char *copy = copy_string(type, name - type);

		if (plain_pointer(copy))
			text_printf(out, "\t%s%s;\n", copy, name);
		else
			text_printf(out, "\tvoid *%s;\n", name);
		scan_text(names, copy, strlen(copy), NULL);
		free(copy);
		return;
	}
	if (!elements && scalar(field->size, field->is_signed)) {
		text_printf(out, "\t%s %s;\n", scalar(field->size, field->is_signed), name);
		return;
	}
	/* arrays: the element's size by the usual words, else bytes */
	word = type;
	if (strstr(word, "long") || strstr(word, "64") || strstr(word, "*") || strstr(word, "size_t"))
		element = 8;
	else if (strstr(word, "16") || strstr(word, "short"))
		element = 2;
	else if (strstr(word, "int") || strstr(word, "32") || strstr(word, "unsigned "))
		element = 4;
	if (strstr(word, "char") || strstr(word, "8") || field->size % element)
		element = 1;
	if (element == 1)
		text_printf(out, "\t%s %s[%u];\n", strstr(word, "char") ? "char" : "unsigned char", name, field->size);
	else
		text_printf(out, "\t%s %s[%u];\n", scalar(element, field->is_signed), name, field->size / element);
}

const char *tracepoint_print(const char *category, const char *event, const char *format, size_t size,
			     struct names *names, bool portable, struct text *out)
{
	const char *at = format, *end = format + size;
	unsigned position = 8;
	int fields = 0;

	/* aligned(8): plain packed makes byte loads, which 6.1's verifier refuses for data_loc arithmetic */
	text_printf(out, "struct tracepoint__%s__%s {\n\tunsigned long long __do_not_use__;\n", category, event);
	while (at < end) {
		const char *line_end = memchr(at, '\n', end - at);
		struct tracepoint_field field;

		if (!line_end)
			line_end = end;
		if (tracepoint_field_parse(at, line_end - at, &field)) {
			fields++;
			/* the first 8 bytes are the common fields, which programs may not read */
			if (field.offset >= 8) {
				if (field.offset < position)
					return "its fields overlap";
				if (field.offset > position)
					text_printf(out, "\tchar __lt_pad%u[%u];\n", position, field.offset - position);
				position = field.offset + field.size;
				print_field(&field, names, out);
			}
		}
		at = line_end + 1;
	}
	text_printf(out, "} __attribute__((packed, aligned(8)))%s;\n", portable ? RELOCATABLE : "");
	return fields ? NULL : "it has no fields";
}

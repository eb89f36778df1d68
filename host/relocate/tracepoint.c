/* SPDX-License-Identifier: MIT */
#include "target.h"
#include "../kernel/portable.h"
#include "../kernel/tracepoint_format.h"
#include "../trace/tracefs.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A page is the most that the kernel writes of one. */
enum { FORMAT_MOST = 1 << 16 };

bool is_tracepoint(const struct spec *spec)
{
	return spec->root_kind == BTF_KIND_STRUCT && spec->root_length > strlen(LT_TRACEPOINT_STRUCT) &&
	       !strncmp(spec->root, LT_TRACEPOINT_STRUCT, strlen(LT_TRACEPOINT_STRUCT));
}

static char *read_format(const char *category, const char *event)
{
	char *text = malloc(FORMAT_MOST + 1);
	int fd = lt_tracepoint_format(category, event);
	size_t size = 0;
	ssize_t got = 1;

	while (text && fd >= 0 && size < FORMAT_MOST && got > 0) {
		got = read(fd, text + size, FORMAT_MOST - size);
		size += got > 0 ? got : 0;
	}
	if (fd >= 0)
		close(fd);
	if (text)
		text[size] = '\0';
	if (fd >= 0 && got >= 0)
		return text;
	free(text);
	return NULL;
}

static bool is_field(struct tracepoint_field *field, const struct step *member)
{
	static const struct { const char *mark, *prefix; } forms[] = {
		{ "__data_loc ", LT_TRACEPOINT_DATA }, { "__rel_loc ", LT_TRACEPOINT_RELATIVE }, { "", "" },
	};
	char *declaration = field->declaration + strspn(field->declaration, " \t"), *name;
	unsigned elements;

	if (!tracepoint_field_split(declaration, &name, &elements))
		return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		size_t prefix = strlen(forms[i].prefix);

		if (!strncmp(declaration, forms[i].mark, strlen(forms[i].mark)))
			return member->length == prefix + strlen(name) && !memcmp(member->name, forms[i].prefix, prefix) &&
			       !memcmp(member->name + prefix, name, strlen(name));
	}
	return false;
}

static bool find_field(const char *format, const struct step *member, struct place *place)
{
	for (const char *at = format, *end; *at; at = *end ? end + 1 : end) {
		struct tracepoint_field field;

		end = strchrnul(at, '\n');
		if (!tracepoint_field_parse(at, end - at, &field) || !is_field(&field, member))
			continue;
		*place = (struct place){ .bits = field.offset * 8ull, .size = field.size, .is_signed = field.is_signed };
		return true;
	}
	return false;
}

/* Of the struct that luatrace-cc makes of it. */
static uint64_t whole_size(const char *format)
{
	uint64_t end = 8;

	for (const char *at = format, *stop; *at; at = *stop ? stop + 1 : stop) {
		struct tracepoint_field field;

		stop = strchrnul(at, '\n');
		if (tracepoint_field_parse(at, stop - at, &field) && field.offset + field.size > end)
			end = field.offset + field.size;
	}
	return (end + 7) / 8 * 8;
}

bool tracepoint_place(struct target *target, const struct spec *spec, struct place *place, char *why, size_t size)
{
	const char *name = spec->root + strlen(LT_TRACEPOINT_STRUCT), *parted = strstr(name, "__");
	size_t length = spec->root_length - strlen(LT_TRACEPOINT_STRUCT);
	char category[128], event[128];

	if (!parted || parted + 2 > name + length || length >= sizeof(category) || (spec->count && !spec->steps[0].name)) {
		snprintf(why, size, "it is no tracepoint's");
		return false;
	}
	snprintf(category, sizeof(category), "%.*s", (int)(parted - name), name);
	snprintf(event, sizeof(event), "%.*s", (int)(name + length - parted - 2), parted + 2);
	if (strncmp(target->format_of, name, length) || target->format_of[length]) {
		free(target->format);
		target->format = read_format(category, event);
		snprintf(target->format_of, sizeof(target->format_of), "%.*s", (int)length, name);
	}
	if (!target->format) {
		snprintf(why, size, "this kernel has no tracepoint %s:%s", category, event);
		return false;
	}
	if (!spec->count) {
		*place = (struct place){ .size = whole_size(target->format), .shape = SHAPE_STRUCT };
		return true;
	}
	if (!find_field(target->format, &spec->steps[0], place)) {
		snprintf(why, size, "tracepoint %s:%s has no field '%.*s' in this kernel", category, event,
			 (int)spec->steps[0].length, spec->steps[0].name);
		return false;
	}
	/* an element of an array lies as far into it as where the object was made */
	place->bits += spec->bits - spec->steps[0].bits;
	if (spec->count > 1)
		place->size = spec->size;
	return true;
}

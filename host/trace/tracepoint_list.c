/* SPDX-License-Identifier: MIT */
#include "tracepoint_list.h"
#include "tracefs.h"
#include "../symbols/pattern.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
	struct lt_tracepoint_list *list;
	struct lt_pattern pattern;
};

static int add(void *arg, const char *category, const char *event)
{
	struct search *search = arg;
	struct lt_tracepoint_list *list = search->list;
	char name[512];

	snprintf(name, sizeof(name), "%s:%s", category, event);
	if (!lt_pattern_matches(&search->pattern, name))
		return 0;
	if (list->count == list->room) {
		uint32_t room = list->room ? list->room * 2 : 64;
		char **names = realloc(list->names, room * sizeof(*names));

		if (!names)
			return -ENOMEM;
		list->names = names;
		list->room = room;
	}
	list->names[list->count] = strdup(name);
	return list->names[list->count] ? list->count++, 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int lt_tracepoint_list(struct lt_tracepoint_list *list, const char *pattern, int32_t form, const char *subject,
		       lt_error *err)
{
	struct search search = { .list = list };
	int code = lt_pattern_compile(&search.pattern, pattern, form, subject, err);

	*list = (struct lt_tracepoint_list){ 0 };
	if (code)
		return code;
	code = lt_tracepoint_each(add, &search, err);
	lt_pattern_free(&search.pattern);
	if (code == -ENOMEM)
		lt_fail(err, code, "%s: out of memory", subject);
	if (code)
		lt_tracepoint_list_free(list);
	else if (list->count)
		qsort(list->names, list->count, sizeof(*list->names), by_name);
	return code;
}

void lt_tracepoint_list_free(struct lt_tracepoint_list *list)
{
	while (list->count)
		free(list->names[--list->count]);
	free(list->names);
	*list = (struct lt_tracepoint_list){ 0 };
}

int lt_tracepoints(const char *pattern, int32_t form, lt_blob *out, lt_error *err)
{
	struct lt_tracepoint_list list;
	char subject[300], *data = NULL;
	size_t size = 0;
	FILE *file;
	int code;

	*out = (lt_blob){ 0 };
	snprintf(subject, sizeof(subject), "tracepoints '%.250s'", pattern);
	code = lt_tracepoint_list(&list, pattern, form, subject, err);
	if (code)
		return code;
	file = open_memstream(&data, &size);
	for (uint32_t i = 0; file && i < list.count; i++)
		fprintf(file, "%s\n", list.names[i]);
	code = (int)list.count;
	lt_tracepoint_list_free(&list);
	if (!file || fclose(file))
		return lt_fail(err, -ENOMEM, "%s: out of memory", subject);
	*out = (lt_blob){ data, size };
	return code;
}

/* SPDX-License-Identifier: MIT */
#include "list.h"
#include "tracefs.h"
#include "tracepoint_list.h"
#include <errno.h>
#include <string.h>

/* Lines are "	field:char * name;	offset:8;	size:8;	signed:0;", or with an array's size behind the name. */
static void write_fields(struct lt_listing *listing, const char *name)
{
	const char *tracefs = lt_tracefs(NULL), *colon = strchr(name, ':');
	char path[512], line[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/events/%.*s/%s/format", tracefs ? tracefs : "", (int)(colon - name), name, colon + 1);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *field = strstr(line, "field:");

		if (!field || strstr(field, " common_"))
			continue;
		field += 6;
		field[strcspn(field, ";")] = '\0';
		lt_listing_detail(listing, "%s", field);
	}
	if (file)
		fclose(file);
}

int lt_list_tracepoints(const struct lt_probe_ops *ops, struct lt_listing *listing, lt_error *err)
{
	struct lt_tracepoint_list list;
	int code = lt_tracepoint_list(&list, listing->target, listing->pattern.form, ops->name, err);

	for (uint32_t i = 0; !code && i < list.count; i++)
		if (lt_listing_put(listing, list.names[i]) && listing->details)
			write_fields(listing, list.names[i]);
	if (!code)
		lt_tracepoint_list_free(&list);
	return code;
}

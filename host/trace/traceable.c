/* SPDX-License-Identifier: MIT */
#include "traceable.h"
#include "tracefs.h"
#include "../symbols/symbols.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A whole file of tracefs, whose size no call tells, with a NUL behind it. */
static int read_whole(const char *path, char **out)
{
	size_t size = 0, room = 1 << 20;
	char *text = malloc(room);
	ssize_t got = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC), code;

	if (fd < 0) {
		code = -errno;
		free(text);
		return code;
	}
	while (text && (got = read(fd, text + size, room - size - 1)) > 0) {
		char *larger;

		size += (size_t)got;
		if (room - size > 65536)
			continue;
		room *= 2;
		larger = realloc(text, room);
		if (!larger)
			free(text);
		text = larger;
	}
	code = !text ? -ENOMEM : got < 0 ? -errno : 0;
	close(fd);
	if (code) {
		free(text);
		return code;
	}
	text[size] = '\0';
	*out = text;
	return 0;
}

static int add(void *arg, const char *name, uint64_t address)
{
	struct lt_traceable *out = arg;

	if (out->count == out->room) {
		uint32_t room = out->room ? out->room * 2 : 256;
		const char **names = realloc(out->names, room * sizeof(*names));
		uint64_t *addresses;

		if (!names)
			return -ENOMEM;
		out->names = names;
		addresses = realloc(out->addresses, room * sizeof(*addresses));
		if (!addresses)
			return -ENOMEM;
		out->addresses = addresses;
		out->room = room;
	}
	out->addresses[out->count] = address;
	out->names[out->count++] = name;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names alone don't tell which of several functions is meant. */
static void drop_ambiguous(struct lt_traceable *out)
{
	uint32_t kept = 0;

	qsort(out->names, out->count, sizeof(*out->names), by_name);
	for (uint32_t i = 0; i < out->count;) {
		uint32_t same = 1;

		while (i + same < out->count && !strcmp(out->names[i], out->names[i + same]))
			same++;
		if (same == 1)
			out->names[kept++] = out->names[i];
		else
			out->ambiguous++;
		i += same;
	}
	out->count = kept;
}

void lt_traceable_merge_aliases(struct lt_traceable *functions)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; functions->addresses && i < functions->count; i++) {
		if (kept && functions->addresses[kept - 1] == functions->addresses[i])
			continue;
		functions->names[kept] = functions->names[i];
		functions->addresses[kept++] = functions->addresses[i];
	}
	if (functions->addresses)
		functions->count = kept;
}

int lt_traceable_find(const struct lt_pattern *pattern, struct lt_traceable *out, lt_error *err)
{
	int code;

	*out = (struct lt_traceable){ 0 };
	code = lt_ksym_match(pattern, add, out, err);
	if (code == -ENOMEM)
		lt_fail(err, code, "functions of the kernel: out of memory");
	if (code) {
		lt_traceable_free(out);
	} else if (out->count && !out->addresses[out->count - 1]) {
		free(out->addresses);
		out->addresses = NULL;
		drop_ambiguous(out);
	}
	return code;
}

/* ---- what ftrace lists -------------------------------------------------------------------------------------- */

/* ftrace's place in a function may be behind a landing pad and a few words that the compiler left free. */
enum { SITE_WITHIN = 16 };

/* What ftrace's list says: places and, where the kernel's list has none, names, of which a function has but one there.
 * Both sorted. */
struct list {
	char *text;
	const char **names;
	uint32_t name_count;
	uint64_t *sites;
	uint32_t site_count;
};

static int by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static uint32_t count_lines(const char *text)
{
	uint32_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* Lines are "ADDRESS NAME" or "ADDRESS NAME [MODULE]", or the same without the address. */
static int parse(struct list *list, bool with_address)
{
	uint32_t lines = count_lines(list->text);
	char *rest = NULL;

	list->sites = malloc((lines + 1) * sizeof(*list->sites));
	list->names = malloc((lines + 1) * sizeof(*list->names));
	if (!list->sites || !list->names)
		return -ENOMEM;
	for (char *line = strtok_r(list->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		uint64_t *site = &list->sites[list->site_count];

		if (with_address) {
			*site = strtoull(line, NULL, 16);
			list->site_count++;
			continue;
		}
		line[strcspn(line, " \t")] = '\0';
		list->names[list->name_count++] = line;
		/* The list has one name of each function, which may be another than the one that matched. */
		list->site_count += !lt_ksym_address(line, site, NULL);
	}
	qsort(list->sites, list->site_count, sizeof(*list->sites), by_number);
	qsort(list->names, list->name_count, sizeof(*list->names), by_name);
	return 0;
}

static int read_list(struct list *list)
{
	const char *tracefs = lt_tracefs(NULL);
	char path[128];
	int code;

	*list = (struct list){ 0 };
	if (!tracefs)
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/available_filter_functions_addrs", tracefs);	/* 6.5 */
	if (!read_whole(path, &list->text))
		return parse(list, true);
	snprintf(path, sizeof(path), "%s/available_filter_functions", tracefs);
	code = read_whole(path, &list->text);
	return code ? code : parse(list, false);
}

static bool has_site(const struct list *list, uint64_t address)
{
	uint32_t low = 0, high = list->site_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (list->sites[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->site_count && list->sites[low] - address < SITE_WITHIN;
}

static bool is_listed(const struct list *list, const struct lt_traceable *functions, uint32_t index)
{
	return (functions->addresses && has_site(list, functions->addresses[index])) ||
	       bsearch(&functions->names[index], list->names, list->name_count, sizeof(*list->names), by_name);
}

/* Read once for the process, as the kernel's symbols are. */
static struct list ftrace;
static bool is_read;

bool lt_traceable_is_known(void)
{
	return is_read;
}

int lt_traceable_filter(struct lt_traceable *functions)
{
	uint32_t kept = 0;
	int code = is_read ? 0 : read_list(&ftrace);

	if (code) {
		free(ftrace.text);
		free(ftrace.names);
		free(ftrace.sites);
		return code;
	}
	is_read = true;
	for (uint32_t i = 0; i < functions->count; i++) {
		if (!is_listed(&ftrace, functions, i))
			continue;
		functions->names[kept] = functions->names[i];
		if (functions->addresses)
			functions->addresses[kept] = functions->addresses[i];
		kept++;
	}
	functions->count = kept;
	return 0;
}

void lt_traceable_free(struct lt_traceable *functions)
{
	free(functions->names);
	free(functions->addresses);
	*functions = (struct lt_traceable){ 0 };
}

static int write_names(const struct lt_traceable *functions, lt_blob *out)
{
	char *data = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&data, &size);
	int count = 0;

	if (!file)
		return -ENOMEM;
	if (functions->count)
		qsort(functions->names, functions->count, sizeof(*functions->names), by_name);
	for (uint32_t i = 0; i < functions->count; i++)
		if (!i || strcmp(functions->names[i - 1], functions->names[i]))
			count += fprintf(file, "%s\n", functions->names[i]) > 0;
	if (fclose(file))
		return -ENOMEM;
	*out = (lt_blob){ data, size };
	return count;
}

int lt_kernel_functions(const char *text, int32_t form, lt_blob *out, lt_error *err)
{
	struct lt_traceable functions;
	struct lt_pattern pattern;
	char subject[300];
	int code;

	*out = (lt_blob){ 0 };
	snprintf(subject, sizeof(subject), "functions '%.250s'", text);
	code = lt_pattern_compile(&pattern, text, form, subject, err);
	if (code)
		return code;
	code = lt_traceable_find(&pattern, &functions, err);
	lt_pattern_free(&pattern);
	if (code)
		return code;
	lt_traceable_filter(&functions);
	code = write_names(&functions, out);
	lt_traceable_free(&functions);
	return code < 0 ? lt_fail(err, code, "%s: out of memory", subject) : code;
}

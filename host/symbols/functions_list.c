/* SPDX-License-Identifier: MIT
 *
 * The functions of a file by a regular expression.
 */
#include "elf_file.h"
#include "pattern.h"
#include "symbols.h"
#include "../error.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct found {
	uint64_t address;
	const char *name;
	size_t length;
};

struct listing {
	const struct lt_pattern *pattern;
	const lt_elf_segments *segments;
	struct found *list;
	size_t count, room;
	char *name;		/* for the pattern, which needs its NUL */
	size_t name_room;
};

static int terminated(struct listing *listing, const lt_elf_symbol *symbol)
{
	if (symbol->length >= listing->name_room) {
		size_t room = symbol->length * 2 + 256;
		char *name = realloc(listing->name, room);

		if (!name)
			return -ENOMEM;
		listing->name = name;
		listing->name_room = room;
	}
	memcpy(listing->name, symbol->name, symbol->length);
	listing->name[symbol->length] = '\0';
	return 0;
}

static int collect(void *arg, const lt_elf_symbol *symbol)
{
	struct listing *listing = arg;
	uint64_t offset;

	if (!symbol->function || !symbol->defined || !lt_elf_to_offset(listing->segments, symbol->address, &offset))
		return 0;
	if (terminated(listing, symbol))
		return -ENOMEM;
	if (!lt_pattern_matches(listing->pattern, listing->name))
		return 0;
	if (listing->count == listing->room) {
		size_t room = listing->room ? listing->room * 2 : 64;
		struct found *list = realloc(listing->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		listing->list = list;
		listing->room = room;
	}
	listing->list[listing->count++] = (struct found){ symbol->address, symbol->name, symbol->length };
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	order = memcmp(x->name, y->name, x->length < y->length ? x->length : y->length);
	return order ? order : x->length < y->length ? -1 : x->length > y->length;
}

/* .symtab and .dynsym have the same ones. */
static int write_out(struct listing *listing, lt_blob *out)
{
	char *data = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&data, &size);
	int count = 0;

	if (!file)
		return -ENOMEM;
	if (listing->count)
		qsort(listing->list, listing->count, sizeof(*listing->list), by_address);
	for (size_t i = 0; i < listing->count; i++) {
		const struct found *found = &listing->list[i];

		if (i && !by_address(found - 1, found))
			continue;
		fprintf(file, "%" PRIx64 " %.*s%c", found->address, (int)found->length, found->name, '\0');
		count++;
	}
	if (fclose(file)) {
		free(data);
		return -ENOMEM;
	}
	*out = (lt_blob){ data, size };
	return count;
}

int lt_user_functions(const char *name, int32_t pid, const char *text, lt_blob *out, lt_error *err)
{
	struct listing listing = { 0 };
	char path[PATH_MAX], subject[300];
	struct lt_pattern pattern;
	lt_elf_file file;
	int ret = lt_find_library("functions", name, pid > 0 ? pid : -1, path, sizeof(path), err);

	*out = (lt_blob){ 0 };
	snprintf(subject, sizeof(subject), "functions '%.250s'", text);
	if (!ret)
		ret = lt_pattern_compile(&pattern, text, LT_PATTERN_START, subject, err);
	if (ret)
		return ret;
	ret = lt_elf_file_open_path(&file, "functions", path, err);
	if (!ret) {
		listing.pattern = &pattern;
		listing.segments = &file.elf.segments;
		ret = lt_elf_file_each_symbol(&file, collect, &listing);
		if (!ret)
			ret = write_out(&listing, out);
		if (ret < 0)
			lt_fail(err, ret, "functions '%s': out of memory", name);
		lt_elf_file_close(&file);
	}
	free(listing.list);
	free(listing.name);
	lt_pattern_free(&pattern);
	return ret;
}

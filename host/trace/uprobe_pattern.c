/* SPDX-License-Identifier: MIT
 *
 * uprobes and uretprobes at all functions of a file that a pattern matches: by one uprobe.multi link (6.6), else by a
 * perf uprobe at each place.
 */
#include "many.h"
#include "object.h"
#include "perf_open.h"
#include "uprobe.h"
#include "../symbols/symbols.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct places {
	const char *path;
	const lt_attach_opts *opts;
	int prog_fd;	/* for perf uprobes */
	uint64_t *offsets;
	const char **names;
	uint32_t count;
};

static const char *name_of(void *arg, uint32_t index)
{
	const struct places *places = arg;

	return places->names[index];
}

static int attach_one(struct lt_link *link, void *arg, uint32_t index, lt_error *err)
{
	const struct places *places = arg;
	struct lt_uprobe_place place = { .offset = places->offsets[index] };
	int fd;

	snprintf(place.path, sizeof(place.path), "%s", places->path);
	snprintf(place.name, sizeof(place.name), "%s:%.250s", places->path, places->names[index]);
	fd = lt_uprobe_open(link->ops, &place, places->opts->pid, err);
	if (fd < 0)
		return fd;
	fd = lt_perf_attach(link, fd, places->prog_fd);
	return fd ? lt_perf_attach_failed(err, fd, link->ops->name, place.name) : 0;
}

static int attach_places(struct lt_link *link, struct places *places, const char *pattern, lt_error *err)
{
	const struct lt_many many = {
		.count = places->count, .name = name_of, .one = attach_one, .arg = places,
		.why = "each is attached to by itself (uprobe.multi is there from 6.6 on, for one process from 6.12 on)",
	};
	int code = lt_uprobe_link_multi(link, places->opts, places->path, places->offsets, places->count);

	if (code) {
		link->mechanism = "perf uprobe";
		places->prog_fd = lt_uprobe_perf_program(link, err);
		return places->prog_fd < 0 ? places->prog_fd : lt_attach_each(link, pattern, &many, err);
	}
	link->mechanism = "uprobe.multi";
	for (uint32_t i = 0; i < places->count; i++)
		if (lt_link_add_place(link, places->names[i]))
			return lt_fail(err, -ENOMEM, "%s '%s': out of memory", link->ops->name, pattern);
	return 0;
}

/* `functions` is "ADDRESS NAME" and a NUL each, by address: one place may have several names. */
static int find_places(struct places *places, const lt_blob *functions, uint32_t count, const char *kind, lt_error *err)
{
	const char *at = functions->data, *end = at + functions->size;
	uint64_t last = 0;

	places->offsets = calloc(count, sizeof(*places->offsets));
	places->names = calloc(count, sizeof(*places->names));
	if (!places->offsets || !places->names)
		return lt_fail(err, -ENOMEM, "%s '%s': out of memory", kind, places->path);
	for (; at < end; at += strlen(at) + 1) {
		char *name;
		uint64_t address = strtoull(at, &name, 16);
		int code;

		if (places->count && address == last)
			continue;
		last = address;
		code = lt_elf_address_offset(places->path, address, &places->offsets[places->count], err);
		if (code)
			return code;
		places->names[places->count++] = name + 1;
	}
	return 0;
}

static int no_match(const char *kind, const lt_attach_opts *opts, const char *path, lt_error *err)
{
	lt_blob all;
	int count = lt_user_functions(path, -1, ".", &all, NULL);

	lt_blob_free(&all);
	if (count > 0)
		return lt_fail(err, -ENOENT, "%s '%s': matches no function of %s from its start on; of its %d functions, "
			       "luatrace probes '%s:%s:*' has the names", kind, opts->symbol, path, count, kind, path);
	return lt_fail(err, -ENOENT, "%s '%s': matches no function of %s; the file is stripped, it names no functions at all, "
		       "and no debug file of it is installed; give an address instead", kind, opts->symbol, path);
}

int lt_uprobe_attach_pattern(struct lt_link *link, const lt_attach_opts *opts, const char *path, lt_error *err)
{
	struct places places = { .path = path, .opts = opts };
	const char *kind = link->ops->name;
	lt_blob functions;
	int count, code;

	if (opts->offset)
		return lt_fail(err, -EINVAL, "%s '%s': a pattern takes no offset", kind, opts->symbol);
	count = lt_user_functions(path, -1, opts->symbol, &functions, err);
	if (count < 0)
		return count;
	code = count ? 0 : no_match(kind, opts, path, err);
	if (!code)
		code = find_places(&places, &functions, (uint32_t)count, kind, err);
	if (!code && lt_link_set_target(link, "%s:%s", path, opts->symbol))
		code = lt_fail(err, -ENOMEM, "%s '%s': out of memory", kind, opts->symbol);
	if (!code)
		code = attach_places(link, &places, opts->symbol, err);
	free(places.offsets);
	free(places.names);
	lt_blob_free(&functions);
	return code;
}

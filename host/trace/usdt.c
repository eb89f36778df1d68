/* SPDX-License-Identifier: MIT
 *
 * usdt: a program that runs at every place of a USDT probe, by uprobes. Uses target (a path or a short library name;
 * none: all files that the process `pid` runs code of), provider, symbol (the probe's name) and pid. The kernel keeps
 * the probe's count of listeners, so that no process has to be written to. Where the arguments lie goes into a map, and
 * which entries of it are a place's goes into the attach cookie: see usdt_table.h.
 */
#include "list.h"
#include "perf_open.h"
#include "uprobe.h"
#include "usdt_table.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is asked for, taken apart. */
struct request {
	char path[PATH_MAX];	/* "": any file of the process */
	char provider[256];	/* "": not named */
	char name[256];
	int32_t pid;
};

static void copy(char *out, size_t size, const char *text, size_t length)
{
	snprintf(out, size, "%.*s", (int)length, text);
}

/* Without a name the target is "path:provider:name", as libbpf's usdt/ sections have it; a name may be
 * "provider:name". */
static void take_apart(const lt_attach_opts *opts, struct request *out)
{
	const char *target = opts->target ? opts->target : "", *symbol = opts->symbol, *colon;
	size_t length = strlen(target);

	*out = (struct request){ .pid = opts->pid };
	if (!symbol && (colon = strrchr(target, ':'))) {
		symbol = colon + 1;
		length = (size_t)(colon - target);
		while (colon > target && *--colon != ':')
			;
		if (*colon == ':') {
			copy(out->provider, sizeof(out->provider), colon + 1, (size_t)(target + length - colon - 1));
			length = (size_t)(colon - target);
		}
	}
	copy(out->path, sizeof(out->path), target, length);
	if (opts->provider)
		copy(out->provider, sizeof(out->provider), opts->provider, strlen(opts->provider));
	if (!symbol)
		return;
	colon = opts->provider ? NULL : strchr(symbol, ':');
	if (colon)
		copy(out->provider, sizeof(out->provider), symbol, (size_t)(colon - symbol));
	symbol = colon ? colon + 1 : symbol;
	copy(out->name, sizeof(out->name), symbol, strlen(symbol));
}

static void tell_unreadable(const struct lt_uprobe_place *place, const lt_usdt_argument *arguments, uint32_t count)
{
	for (uint32_t i = 0; i < count && i < LT_USDT_ARGUMENTS; i++)
		if (arguments[i].unreadable)
			lt_verbose(1, "usdt '%s': argument %u can't be read: %s", place->name, i + 1, arguments[i].unreadable);
	if (count > LT_USDT_ARGUMENTS)
		lt_verbose(1, "usdt '%s': of its %u arguments, those above %u can't be read", place->name, count,
			   LT_USDT_ARGUMENTS);
}

static int find_place(lt_usdt *usdt, uint32_t index, const lt_usdt_location *location, struct lt_uprobe_place *place,
		      lt_error *err)
{
	snprintf(place->path, sizeof(place->path), "%s", location->path);
	snprintf(place->name, sizeof(place->name), "%s:%.120s:%.120s+0x%llx", location->path, location->provider,
		 location->name, (unsigned long long)location->address);
	if (!lt_usdt_is_native(usdt, index))
		return lt_fail(err, -ENOEXEC, "usdt '%s': the file is for another kind of machine", place->name);
	if (!lt_usdt_get_offsets(usdt, index, &place->offset, &place->counter))
		return lt_fail(err, -ENOEXEC, "usdt '%s': the file loads nothing where its notes say that the probe or its "
			       "count of listeners is; it is damaged or holds debug information only", place->name);
	return 0;
}

static int attach_place(struct lt_link *link, int prog_fd, lt_usdt *usdt, uint32_t index,
			const lt_usdt_location *location, int32_t pid, lt_error *err)
{
	lt_usdt_argument arguments[LT_USDT_ARGUMENTS];
	struct lt_uprobe_place place = { .offset = 0 };
	uint64_t cookie = 0;
	uint32_t count;
	int fd, code = find_place(usdt, index, location, &place, err);

	if (code)
		return code;
	count = lt_usdt_get_arguments(usdt, index, arguments);
	tell_unreadable(&place, arguments, count);
	code = lt_usdt_table_add(link->object, arguments, count, &cookie);
	if (code == -ENOSPC)
		return lt_fail(err, code, "usdt '%s': this object's table of arguments is full; attach fewer probes, or do it "
			       "by more than one object", place.name);
	if (code)
		return lt_fail(err, code, "usdt '%s': its arguments can't be put into their map: %s", place.name,
			       strerror(-code));
	fd = lt_uprobe_open(link->ops, &place, pid, err);
	if (fd < 0)
		return fd;
	code = cookie ? lt_perf_attach_cookie(link, fd, prog_fd, cookie) : lt_perf_attach(link, fd, prog_fd);
	if (cookie && code == -EOPNOTSUPP)
		return lt_fail(err, code, "usdt '%s': which arguments a place has is told by an attach cookie, and this kernel "
			       "has none (5.15 was the first); a program that reads no argument can be attached",
			       place.name);
	return code ? lt_perf_attach_failed(err, code, "usdt", place.name) : 0;
}

static int attach_all(struct lt_link *link, int prog_fd, lt_usdt *usdt, const struct request *request, lt_error *err)
{
	int first = lt_usdt_find(usdt, *request->provider ? request->provider : NULL, request->name, err);
	lt_usdt_location wanted, location;

	if (first < 0)
		return first;
	lt_usdt_get(usdt, (uint32_t)first, &wanted);
	link->mechanism = "perf uprobe";
	if (lt_link_set_target(link, "%s:%s:%s", wanted.path, wanted.provider, wanted.name))
		return lt_fail(err, -ENOMEM, "usdt '%s': out of memory", wanted.name);
	for (uint32_t i = (uint32_t)first; i < lt_usdt_count(usdt); i++) {
		int code;

		lt_usdt_get(usdt, i, &location);
		if (strcmp(location.name, wanted.name) || strcmp(location.provider, wanted.provider))
			continue;
		code = attach_place(link, prog_fd, usdt, i, &location, request->pid, err);
		if (code)
			return code;
		link->place_count++;
	}
	return 0;
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	struct request request;
	lt_usdt *usdt;
	int code = lt_uprobe_supported(link->ops, err);

	if (code)
		return code;
	take_apart(opts, &request);
	if (!*request.name)
		return lt_fail(err, -EINVAL, "program '%s': no USDT probe is named, neither here nor by its section "
			       "(\"usdt/FILE:PROVIDER:NAME\")", link->program->name);
	code = lt_usdt_open(*request.path ? request.path : NULL, request.pid, &usdt, err);
	if (code)
		return code;
	code = attach_all(link, prog_fd, usdt, &request, err);
	lt_usdt_free(usdt);
	return code;
}

const struct lt_probe_ops lt_usdt_ops = {
	.name = "usdt",
	.sections = (const char *const[]){ "usdt", NULL },
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.attach = attach,
	.list = lt_list_usdt,
	.list_named = true,
	.supported = lt_uprobe_supported,
};

/* SPDX-License-Identifier: MIT
 *
 * uprobe and uretprobe, by uprobe.multi (6.6) or the perf uprobe source (4.17). Uses target (a path or a short library
 * name), symbol (or a pattern of several) or address, offset and pid. The kernel wants a place in the file, which is
 * worked out here from its symbol table.
 */
#include "list.h"
#include "object.h"
#include "uprobe.h"
#include "perf_open.h"
#include "../symbols/symbols.h"
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "path:symbol", as libbpf's uprobe/ sections have it, in the two halves that the options name. */
static int split_target(const char *kind, const lt_attach_opts *opts, char *path, size_t size, const char **symbol,
			lt_error *err)
{
	const char *colon = opts->symbol || opts->address ? NULL : strrchr(opts->target, ':');
	size_t length = colon ? (size_t)(colon - opts->target) : strlen(opts->target);

	if (!length)
		return lt_fail(err, -EINVAL, "%s: no file is named; name a program or library to probe", kind);
	if (length >= size)
		return lt_fail(err, -ENAMETOOLONG, "%s '%.64s...': no path is that long", kind, opts->target);
	memcpy(path, opts->target, length);
	path[length] = '\0';
	*symbol = colon ? colon + 1 : opts->symbol;
	if (*symbol && !**symbol)
		*symbol = NULL;
	return 0;
}

/* Many a function is where nobody looks for it: libpthread's are in libc since glibc 2.34. */
static int point_to_libc(const char *kind, const char *symbol, const struct lt_uprobe_place *place, lt_error *err)
{
	char libc[PATH_MAX];
	size_t length;

	if (!err || lt_find_library(kind, "c", -1, libc, sizeof(libc), NULL) || !strcmp(libc, place->path) ||
	    lt_elf_symbol_offset(libc, symbol, 0, NULL, NULL, NULL))
		return -ENOENT;
	length = strlen(err->message);
	snprintf(err->message + length, sizeof(err->message) - length, "; %s has it (short name: c)", libc);
	return -ENOENT;
}

static int find_symbol(const char *kind, const char *symbol, uint64_t within, struct lt_uprobe_place *place,
		       lt_error *err)
{
	uint64_t address;
	int code = lt_elf_symbol_offset(place->path, symbol, within, &place->offset, &address, err);

	if (code == -ENOENT)
		return point_to_libc(kind, symbol, place, err);
	if (code != -ENOTSUP || lt_ifunc_address(place->path, symbol, &address))
		return code;
	lt_verbose(1, "uprobe '%s:%s': an IFUNC; it is the function at 0x%llx on this machine", place->path, symbol,
		   (unsigned long long)address);
	return lt_elf_address_offset(place->path, address + within, &place->offset, err);
}

static int find_place(const char *kind, const lt_attach_opts *opts, struct lt_uprobe_place *place, lt_error *err)
{
	char name[PATH_MAX], offset[32] = "";
	const char *symbol = NULL;
	int code = split_target(kind, opts, name, sizeof(name), &symbol, err);

	if (!code)
		code = lt_find_library(kind, name, opts->pid, place->path, sizeof(place->path), err);
	if (code < 0)
		return code;
	if (symbol)
		code = find_symbol(kind, symbol, opts->offset, place, err);
	else if (opts->address)
		code = lt_elf_address_offset(place->path, opts->address + opts->offset, &place->offset, err);
	else
		return lt_fail(err, -EINVAL, "%s '%s': neither a symbol nor an address above 0 is given", kind, name);
	if (code < 0)
		return code;
	if (opts->offset)
		snprintf(offset, sizeof(offset), "+0x%llx", (unsigned long long)opts->offset);
	if (symbol)
		snprintf(place->name, sizeof(place->name), "%s:%s%s", place->path, symbol, offset);
	else
		snprintf(place->name, sizeof(place->name), "%s:0x%llx%s", place->path, (unsigned long long)opts->address,
			 offset);
	return 0;
}

static int no_uprobes(const char *kind, lt_error *err)
{
	return lt_fail(err, -ENODEV, "%s: this kernel has no uprobes (CONFIG_UPROBE_EVENTS is off); a "
		       "tracepoint of what "
		       "the program asks of the kernel would do", kind);
}

static int explain(const char *kind, const struct lt_uprobe_place *place, int32_t pid, int code, lt_error *err)
{
	char text[256];

	switch (code) {
	case -ESRCH:
		return lt_fail(err, code, "%s '%s': no process %d", kind, place->name, pid);
	case -EPERM:
	case -EACCES:
		lt_perf_privilege(text, sizeof(text));
		return lt_fail(err, code, "%s '%s': %s", kind, place->name, text);
	case -EINVAL:
	case -EIO:
		return lt_fail(err, code, "%s '%s': the kernel allows no probe there (not a regular file that "
			       "can be mapped executable, not the start of an instruction, or another "
			       "tracer has a probe there with another semaphore)",
			       kind, place->name);
	case -524:	/* the kernel's own ENOTSUPP */
	case -EOPNOTSUPP:
		return lt_fail(err, -EOPNOTSUPP, "%s '%s': the kernel can't put a probe on the instruction "
			       "there; try another offset",
			       kind, place->name);
	default:
		return lt_fail(err, code, "%s '%s': the kernel refused the probe: %s", kind, place->name,
			       strerror(-code));
	}
}

int lt_uprobe_supported(const struct lt_probe_ops *ops, lt_error *err)
{
	return lt_perf_source_type("uprobe") < 0 ? no_uprobes(ops->name, err) : 0;
}

int lt_uprobe_open(const struct lt_probe_ops *ops, const struct lt_uprobe_place *place, int32_t pid, lt_error *err)
{
	struct perf_event_attr attr = { .config = 0 };
	int type = lt_perf_source_type("uprobe"), fd, code;

	if (type < 0)
		return no_uprobes(ops->name, err);
	attr.type = (uint32_t)type;
	attr.uprobe_path = (uint64_t)(uintptr_t)place->path;
	attr.probe_offset = place->offset;
	if (ops == &lt_uretprobe_ops && lt_perf_source_retprobe("uprobe", &attr.config))
		return no_uprobes(ops->name, err);
	code = place->counter ? lt_perf_source_counter("uprobe", place->counter, &attr.config) : 0;
	if (code)
		return lt_fail(err, code, "%s '%s': its program does the work for it only while a count says that somebody "
			       "listens, and this kernel can't keep that count (4.20 was the first that does)", ops->name,
			       place->name);
	fd = lt_perf_open(&attr, pid, pid < 0 ? 0 : -1);
	return fd < 0 ? explain(ops->name, place, pid, fd, err) : fd;
}

int lt_uprobe_perf_program(struct lt_link *link, lt_error *err)
{
	struct lt_program *program = lt_object_program_named(link->object, link->program->name, err);

	return program ? lt_program_load_for(link->object, program, link->ops, NULL, NULL, err) : -ENOENT;
}

static int attach_by_perf(struct lt_link *link, const struct lt_uprobe_place *place, int32_t pid, lt_error *err)
{
	int prog_fd = lt_uprobe_perf_program(link, err), fd, code;

	if (prog_fd < 0)
		return prog_fd;
	fd = lt_uprobe_open(link->ops, place, pid, err);
	if (fd < 0)
		return fd;
	link->mechanism = "perf uprobe";
	code = lt_perf_attach(link, fd, prog_fd);
	return code ? lt_perf_attach_failed(err, code, link->ops->name, place->name) : 0;
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	struct lt_uprobe_place place = { .offset = 0 };
	int code = lt_uprobe_supported(link->ops, err);

	(void)prog_fd;	/* of whichever way: each asks for its own */

	/* The kernel would take any word of the stack for the return address, and the program would crash. */
	if (!code && opts->offset && link->ops == &lt_uretprobe_ops)
		return lt_fail(err, -EINVAL, "uretprobe '%s': takes no offset: only where a function begins is it known where "
			       "the return address is", opts->target);
	if (!code && opts->pattern) {
		code = lt_find_library(link->ops->name, opts->target, opts->pid, place.path, sizeof(place.path), err);
		return code ? code : lt_uprobe_attach_pattern(link, opts, place.path, err);
	}
	if (!code)
		code = find_place(link->ops->name, opts, &place, err);
	if (code < 0)
		return code;
	if (lt_link_set_target(link, "%s", place.name))
		return lt_fail(err, -ENOMEM, "%s '%s': out of memory", link->ops->name, place.name);
	if (lt_uprobe_link_multi(link, opts, place.path, &place.offset, 1))
		return attach_by_perf(link, &place, opts->pid, err);
	link->mechanism = "uprobe.multi";
	return 0;
}

const struct lt_probe_ops lt_uprobe_ops = {
	.name = "uprobe",
	.sections = (const char *const[]){ "uprobe", NULL },
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.better = lt_uprobe_multi,
	.attach = attach,
	.list = lt_list_uprobes,
	.list_named = true,
	.supported = lt_uprobe_supported,
};

const struct lt_probe_ops lt_uretprobe_ops = {
	.name = "uretprobe",
	.sections = (const char *const[]){ "uretprobe", NULL },
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.better = lt_uprobe_multi,
	.attach = attach,
	.list = lt_list_uprobes,
	.list_named = true,
	.supported = lt_uprobe_supported,
};

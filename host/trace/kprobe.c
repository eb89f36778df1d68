/* SPDX-License-Identifier: MIT
 *
 * kprobe and kretprobe, by the perf kprobe source (4.17). Uses target (the function, or a pattern of several) and
 * offset, or address alone, and maxactive.
 */
#include "function_drift.h"
#include "kprobe.h"
#include "list.h"
#include "near.h"
#include "object.h"
#include "perf_open.h"
#include "../symbols/pattern.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How architectures and ABIs name the functions behind system calls. A script may use any of them for its call. */
static const char *const syscall_prefixes[] = {
	"__x64_sys_", "sys_", "__arm64_sys_", "__riscv_sys_", "__s390x_sys_", "__s390_sys_", "__se_sys_",
	"__x32_compat_sys_", "__ia32_compat_sys_", NULL,
};

/* libbpf's ksyscall/NAME is the function of a system call. */
static void parse(const char *word, const char *rest, char *target, size_t size)
{
	bool syscall = !strcmp(word, "ksyscall") || !strcmp(word, "kretsyscall");

	snprintf(target, size, "%s%s", syscall ? "sys_" : "", rest);
}

/* What follows the prefix of a system call's function, or NULL. */
static const char *syscall_name(const char *function)
{
	for (const char *const *prefix = syscall_prefixes; *prefix; prefix++)
		if (!strncmp(function, *prefix, strlen(*prefix)))
			return function + strlen(*prefix);
	return NULL;
}

int lt_kprobe_open(const struct lt_probe_ops *ops, const char *function, uint64_t offset)
{
	struct perf_event_attr attr = { .config = 0 };
	int type = lt_perf_source_type("kprobe");

	if (type < 0)
		return -ENODEV;
	attr.type = (uint32_t)type;
	attr.kprobe_func = (uint64_t)(uintptr_t)function;
	attr.probe_offset = offset;	/* without a function, the address: one field of the kernel's has both names */
	if (ops == &lt_kretprobe_ops && lt_perf_source_retprobe("kprobe", &attr.config))
		return -ENODEV;
	return lt_perf_open(&attr, -1, 0);
}

/* Tries the name as it stands (there are functions called sys_… that are no system calls), then, for a system
 * call, as each architecture names it: the kernel has one of them. Asking it is 20 ms cheaper than kallsyms. */
static int open_any_name(const struct lt_probe_ops *ops, const char *function, uint64_t offset, char *found,
			 size_t size, bool *moved)
{
	const char *call = syscall_name(function);
	int fd = lt_kprobe_open(ops, function, offset);

	snprintf(found, size, "%s", function);
	if (fd != -ENOENT)
		return fd;
	for (const char *const *prefix = syscall_prefixes; call && *prefix && fd == -ENOENT; prefix++) {
		snprintf(found, size, "%s%s", *prefix, call);
		fd = lt_kprobe_open(ops, found, offset);
	}
	/* an offset is one into the function as it was */
	for (unsigned i = 0; !call && !offset && fd == -ENOENT &&
	     lt_function_moved(function, ops == &lt_kretprobe_ops, i, found, size); i++) {
		fd = lt_kprobe_open(ops, found, offset);
		*moved = fd >= 0;
	}
	if (*moved)
		lt_verbose(1, "%s '%s': this kernel has it as '%s'", ops->name, function, found);
	return fd;
}

/* A script that attaches to a function's old and new name, for it has one of them, must not get each event twice. */
static bool is_attached(const struct lt_link *link)
{
	const struct lt_object *object = link->object;

	for (uint32_t i = 0; i < object->link_count; i++) {
		const struct lt_link *other = object->links[i];

		if (lt_link_same_place(link, other) && (other->moved || link->moved))
			return true;
	}
	return false;
}

/* Near names, for a system call also as this kernel's architecture calls them. */
static void find_near(const char *function, char *out, size_t size)
{
	const char *call = syscall_name(function);
	char name[256];

	lt_near_function(function, out, size);
	for (const char *const *prefix = syscall_prefixes; call && *prefix && !*out; prefix++) {
		snprintf(name, sizeof(name), "%s%s", *prefix, call);
		lt_near_function(name, out, size);
	}
}

static int no_kprobes(const char *subject, lt_error *err)
{
	return lt_fail(err, -ENODEV, "%s: this kernel has no kprobes (CONFIG_KPROBES is off); a tracepoint, "
		       "raw tracepoint or uprobe would do", subject);
}

int lt_kprobe_explain(const char *kind, const char *function, uint64_t offset, int code, lt_error *err)
{
	char text[LT_NEAR_SIZE];

	switch (code) {
	case -ENODEV:
		snprintf(text, sizeof(text), "%s '%.250s'", kind, function);
		return no_kprobes(text, err);
	case -ENOENT:
		find_near(function, text, sizeof(text));
		return lt_fail(err, code, "%s '%s': no such function in this kernel%s", kind, function, text);
	case -EADDRNOTAVAIL:
		return lt_fail(err, code, "%s '%s': several functions of this kernel have that name, so it is "
			       "not clear which is meant; probe a caller of theirs",
			       kind, function);
	case -EILSEQ:
		return offset ? lt_fail(err, code, "%s '%s': offset %llu is not the start of an instruction", kind, function,
					(unsigned long long)offset) :
				lt_fail(err, code, "%s '%s': this is not the start of an instruction", kind, function);
	case -EINVAL:
		return lt_fail(err, code, "%s '%s': the kernel allows no probe there (the function is on its "
			       "blacklist or in a section that must not be probed); probe a caller or a callee",
			       kind, function);
	case -EPERM:
	case -EACCES:
		lt_perf_privilege(text, sizeof(text));
		return lt_fail(err, code, "%s '%s': %s", kind, function, text);
	default:
		return lt_fail(err, code, "%s '%s': the kernel refused the probe: %s", kind, function,
			       strerror(-code));
	}
}

/* Takes over `fd`, with `code` of naming the link. */
static int attach_event(struct lt_link *link, int prog_fd, int fd, int code, const char *target, lt_error *err)
{
	link->mechanism = "perf kprobe";
	if (code)
		close(fd);
	else
		code = lt_perf_attach(link, fd, prog_fd);
	return code ? lt_perf_attach_failed(err, code, link->ops->name, target) : 0;
}

/* At the function that the name means; `found` is what it is called. */
static int attach_function(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	const char *kind = link->ops->name;
	char found[256];
	int fd, code;

	fd = open_any_name(link->ops, opts->target, opts->offset, found, sizeof(found), &link->moved);
	if (fd < 0)
		return lt_kprobe_explain(kind, opts->target, opts->offset, fd, err);
	code = opts->offset ? lt_link_set_target(link, "%s+0x%llx", found, (unsigned long long)opts->offset) :
			      lt_link_set_target(link, "%s", found);
	link->shares = !code && is_attached(link);
	if (link->shares || (!code && opts->maxactive))
		close(fd);
	if (link->shares) {
		link->mechanism = "the perf kprobe that is there already";
		return 0;
	}
	if (!code && opts->maxactive)
		return lt_kretprobe_attach_maxactive(link, prog_fd, found, opts->maxactive, err);
	return attach_event(link, prog_fd, fd, code, found, err);
}

static int attach_address(struct lt_link *link, int prog_fd, uint64_t address, lt_error *err)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "0x%llx", (unsigned long long)address);
	fd = lt_kprobe_open(link->ops, NULL, address);
	if (fd < 0)
		return lt_kprobe_explain(link->ops->name, name, 0, fd, err);
	return attach_event(link, prog_fd, fd, lt_link_set_target(link, "%s", name), name, err);
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	bool returns = link->ops == &lt_kretprobe_ops;
	int32_t pattern = lt_pattern_form(opts->pattern, opts->target);

	if (returns && opts->offset)
		return lt_fail(err, -EINVAL, "kretprobe '%s': a return probe has no offset; use a kprobe",
			       opts->target);
	if (opts->maxactive && (!returns || pattern || !*opts->target))
		return lt_fail(err, -EINVAL, "%s '%s': maxactive is for kretprobes of one function", link->ops->name,
			       opts->target);
	if (!*opts->target && opts->offset)
		return lt_fail(err, -EINVAL, "%s '0x%llx': an address takes no offset: add it", link->ops->name,
			       (unsigned long long)opts->address);
	if (pattern)
		return lt_kprobe_attach_pattern(link, prog_fd, opts, pattern, err);
	return *opts->target ? attach_function(link, prog_fd, opts, err) :
			       attach_address(link, prog_fd, opts->address, err);
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	return lt_perf_source_type("kprobe") < 0 ? no_kprobes(ops->name, err) : 0;
}

const struct lt_probe_ops lt_kprobe_ops = {
	.name = "kprobe",
	.prefix = "kprobe__",
	.sections = (const char *const[]){ "kprobe", "ksyscall", "kprobe.multi", NULL },
	/* A uprobe's context is the same; so is its program type, and only attaching tells them apart. */
	.contexts = (const char *const[]){ "pt_regs", NULL },
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.parse = parse,
	.attach = attach,
	.list = lt_list_kprobes,
	.supported = supported,
};

const struct lt_probe_ops lt_kretprobe_ops = {
	.name = "kretprobe",
	.prefix = "kretprobe__",
	.sections = (const char *const[]){ "kretprobe", "kretsyscall", "kretprobe.multi", NULL },
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.parse = parse,
	.attach = attach,
	.list = lt_list_kprobes,
	.list_named = true,
	.supported = supported,
};

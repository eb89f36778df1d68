/* SPDX-License-Identifier: MIT
 *
 * kprobes and kretprobes at all functions that a pattern matches: by one kprobe.multi link (5.18, with CONFIG_FPROBE),
 * which takes milliseconds for thousands, else by a perf kprobe at each.
 */
#include "kprobe.h"
#include "many.h"
#include "object.h"
#include "perf_open.h"
#include "traceable.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As what a program is loaded for such a link. */
static const struct lt_probe_ops multi_ops = {
	.name = "kprobe.multi",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.attach_type = BPF_TRACE_KPROBE_MULTI,
};

static int link_multi(struct lt_link *link, const struct lt_traceable *functions)
{
	uint64_t *numbers = link->numbered ? lt_place_numbers(functions->count) : NULL;
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		.kprobe_multi.flags = link->ops == &lt_kretprobe_ops ? BPF_F_KPROBE_MULTI_RETURN : 0,
		.kprobe_multi.cnt = functions->count,
		.kprobe_multi.addrs = (const unsigned long *)functions->addresses,
		.kprobe_multi.syms = functions->addresses ? NULL : functions->names,
		.kprobe_multi.cookies = (const __u64 *)numbers);
	struct lt_program *program = lt_object_program_named(link->object, link->program->name, NULL);
	int fd = program ? lt_program_load_as(link->object, program, &multi_ops, NULL, NULL) : -ENOENT;

	if (link->numbered && !numbers)
		fd = -ENOMEM;
	if (fd >= 0)
		fd = bpf_link_create(fd, 0, BPF_TRACE_KPROBE_MULTI, &opts);
	free(numbers);
	return fd < 0 ? fd : lt_link_add_fd(link, fd);
}

struct one_by_one {
	const struct lt_traceable *functions;
	int prog_fd;
};

static const char *name(void *arg, uint32_t index)
{
	const struct one_by_one *each = arg;

	return each->functions->names[index];
}

/* By the address where it is known: several functions may have the name. */
static int attach_one(struct lt_link *link, void *arg, uint32_t index, lt_error *err)
{
	const struct one_by_one *each = arg;
	const uint64_t *addresses = each->functions->addresses;
	const char *function = name(arg, index);
	int fd = addresses ? lt_kprobe_open(link->ops, NULL, addresses[index]) : lt_kprobe_open(link->ops, function, 0);

	if (fd < 0)
		return lt_kprobe_explain(link->ops->name, function, 0, fd, err);
	fd = lt_perf_attach(link, fd, each->prog_fd);
	return fd ? lt_perf_attach_failed(err, fd, link->ops->name, function) : 0;
}

static int attach_each(struct lt_link *link, int prog_fd, const char *pattern, const struct lt_traceable *functions,
		       int refused, lt_error *err)
{
	struct one_by_one each = { functions, prog_fd };
	char why[160];
	const struct lt_many many = {
		.count = functions->count, .name = name, .one = attach_one, .arg = &each, .why = why,
	};

	snprintf(why, sizeof(why), "the kernel takes them only one by one (kprobe.multi: %s)", strerror(-refused));
	lt_verbose(1, "%s '%s': %s", link->ops->name, pattern, why);
	link->mechanism = "perf kprobe";
	return lt_attach_each(link, pattern, &many, err);
}

/* kprobe.multi takes all or none, so it gets what matches as it is, and again without what cannot be traced; at once
 * so, when that is known already. */
static int attach_all(struct lt_link *link, int prog_fd, const char *pattern, struct lt_traceable *functions,
		      lt_error *err)
{
	uint32_t matched = functions->count;
	bool known = lt_traceable_is_known();
	int code = known ? -EINVAL : link_multi(link, functions);

	if (code && !lt_traceable_filter(functions)) {
		if (!functions->count)
			return lt_fail(err, -ENOENT, "%s '%s': matches %u functions of this kernel, and none can be traced",
				       link->ops->name, pattern, matched);
		if (known || functions->count < matched)
			code = link_multi(link, functions);
	}
	link->refused_count = matched - functions->count;
	if (code)
		return attach_each(link, prog_fd, pattern, functions, code, err);
	link->mechanism = "kprobe.multi";
	for (uint32_t i = 0; i < functions->count; i++)
		if (lt_link_add_place(link, functions->names[i]))
			return lt_fail(err, -ENOMEM, "%s '%s': out of memory", link->ops->name, pattern);
	return 0;
}

int lt_kprobe_attach_pattern(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, int32_t form,
			     lt_error *err)
{
	const char *kind = link->ops->name;
	struct lt_traceable functions;
	struct lt_pattern pattern;
	char subject[300];
	int code;

	if (opts->offset)
		return lt_fail(err, -EINVAL, "%s '%s': a pattern takes no offset", kind, opts->target);
	snprintf(subject, sizeof(subject), "%s '%.200s'", kind, opts->target);
	code = lt_pattern_compile(&pattern, opts->target, form, subject, err);
	if (code)
		return code;
	code = lt_traceable_find(&pattern, &functions, err);
	lt_pattern_free(&pattern);
	if (code)
		return code;
	lt_traceable_merge_aliases(&functions);
	if (!functions.count)
		code = lt_fail(err, -ENOENT, "%s '%s': matches no function of this kernel", kind,
			       opts->target);
	if (functions.ambiguous)
		lt_verbose(1, "%s '%s': %u names left out, for several functions have each", kind, opts->target,
			   functions.ambiguous);
	if (!code && lt_link_set_target(link, "%s", opts->target))
		code = lt_fail(err, -ENOMEM, "%s '%s': out of memory", kind, opts->target);
	if (!code)
		code = attach_all(link, prog_fd, opts->target, &functions, err);
	lt_traceable_free(&functions);
	return code;
}

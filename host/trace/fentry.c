/* SPDX-License-Identifier: MIT
 *
 * fentry, fexit and fmod_ret: programs that a kernel function calls through a trampoline, with its own arguments.
 * Use target: the function, which the program is loaded for. tp_btf, the same for a raw tracepoint, is in tp_btf.c.
 */
#include "fentry.h"
#include "near.h"
#include "privilege.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* kfunc__MODULE__FUNCTION: BTF knows the function without its module. */
static void parse(const char *word, const char *rest, char *target, size_t size)
{
	const char *function = strstr(word, "__") ? strstr(rest, "__") : NULL;

	snprintf(target, size, "%s", function ? function + 2 : rest);
}

int lt_trampoline_attach(struct lt_link *link, int prog_fd, const char *target)
{
	int fd = bpf_raw_tracepoint_open(NULL, prog_fd);

	if (fd < 0)
		return fd;
	link->mechanism = "BPF trampoline";
	fd = lt_link_add_fd(link, fd);
	return fd ? fd : lt_link_set_target(link, "%s", target);
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	const char *kind = link->ops->name;
	int code = lt_trampoline_attach(link, prog_fd, opts->target);

	switch (code) {
	case 0:
		return 0;
	case -EBUSY:
		return lt_fail(err, code, "%s '%s': something else has changed the entry of this function; a kprobe may do", kind,
			       opts->target);
	case -E2BIG:
		return lt_fail(err, code, "%s '%s': as many programs as the kernel allows are attached there", kind, opts->target);
	case -524:	/* the kernel's own ENOTSUPP: a trampoline is not to be had on this architecture or kernel */
	case -EOPNOTSUPP:
	case -ENODEV:
	case -EINVAL:
		return lt_fail(err, -EOPNOTSUPP, "%s '%s': this kernel can't divert that function (%s); a kprobe, tracepoint or raw tracepoint would do",
			       kind, opts->target, code == -524 ? "not supported" : strerror(-code));
	default:
		return lt_fail(err, code, "%s '%s': the kernel refused to attach the program: %s", kind, opts->target,
			       strerror(-code));
	}
}

static int no_trampolines(const char *kind, const char *target, int code, lt_error *err)
{
	const char *subject = target ? target : "";
	const char *quote = target ? "'" : "";

	return lt_fail(err, code, "%s%s%s%s%s: this kernel refuses such programs (%s); it may lack function tracing for BPF "
		       "(CONFIG_FUNCTION_TRACER, CONFIG_BPF_EVENTS); a kprobe, tracepoint or raw tracepoint would do",
		       kind, target ? " " : "", quote, subject, quote, strerror(-code));
}

static int explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err)
{
	char names[LT_NEAR_SIZE];

	if (code == -ENOENT || code == -ESRCH) {
		lt_near_function(target, names, sizeof(names));
		return lt_fail(err, -ENOENT, "%s '%s': no such function in this kernel's BTF%s", ops->name, target, names);
	}
	if (code == -524)
		code = -EOPNOTSUPP;
	if (code == -EOPNOTSUPP || code == -EINVAL ||
	    (code == -EPERM && !lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, names, sizeof(names))))
		return no_trampolines(ops->name, target, code, err);
	return 0;
}

/* Loads the smallest program there is for a function that every kernel has. */
static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = ops->attach_type);
	char text[256];
	int fd;

	fd = libbpf_find_vmlinux_btf_id("bpf_modify_return_test", ops->attach_type);
	if (fd < 0)
		fd = libbpf_find_vmlinux_btf_id("vfs_read", ops->attach_type);
	if (fd < 0)
		return lt_fail(err, -ENOENT, "%s: this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is off); a kprobe or tracepoint would do",
			       ops->name);
	opts.attach_btf_id = (uint32_t)fd;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "lt_probe", "GPL", insns, 2, &opts);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (fd == -EPERM && lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return lt_fail(err, fd, "%s: %s", ops->name, text);
	return no_trampolines(ops->name, NULL, fd == -524 ? -EOPNOTSUPP : fd, err);
}

const struct lt_probe_ops lt_fentry_ops = {
	.name = "fentry",
	.prefix = "kfunc__",
	.sections = (const char *const[]){ "fentry", NULL },
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_FENTRY,
	.btf_target = true,
	.parse = parse,
	.attach = attach,
	.explain_load = explain_load,
	.supported = supported,
};

const struct lt_probe_ops lt_fexit_ops = {
	.name = "fexit",
	.prefix = "kretfunc__",
	.sections = (const char *const[]){ "fexit", NULL },
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_FEXIT,
	.btf_target = true,
	.parse = parse,
	.attach = attach,
	.explain_load = explain_load,
	.supported = supported,
};

const struct lt_probe_ops lt_fmod_ret_ops = {
	.name = "fmod_ret",
	.sections = (const char *const[]){ "fmod_ret", NULL },
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_MODIFY_RETURN,
	.btf_target = true,
	.explain_load = explain_load,
	.supported = supported,
};

/* SPDX-License-Identifier: MIT
 *
 * fentry, fexit and fmod_ret: programs that a kernel function calls through a trampoline, with its own arguments.
 * Use target: the function, which the program is loaded for.
 */
#include "btf_program.h"
#include "list.h"
#include "near.h"
#include "privilege.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char instead[] = "it may lack function tracing for BPF (CONFIG_FUNCTION_TRACER, CONFIG_BPF_EVENTS), "
	"or bar that function; a kprobe, tracepoint or raw tracepoint would do";

/* kfunc__MODULE__FUNCTION is "MODULE:FUNCTION", but for vmlinux, the kernel itself. */
static void parse(const char *word, const char *rest, char *target, size_t size)
{
	static const char kernel[] = "vmlinux__";
	const char *function = strstr(word, "__") ? strstr(rest, "__") : NULL;

	if (!function)
		snprintf(target, size, "%s", rest);
	else if (!strncmp(rest, kernel, strlen(kernel)))
		snprintf(target, size, "%s", function + 2);
	else
		snprintf(target, size, "%.*s:%s", (int)(function - rest), rest, function + 2);
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	const char *kind = link->ops->name, *function = opts->target;
	int code = lt_btf_program_attach(link, prog_fd, function, "BPF trampoline");

	switch (code) {
	case 0:
		return 0;
	case -EBUSY:
		return lt_fail(err, code, "%s '%s': the entry of this function is not as the kernel needs it "
			       "(it can't be traced so, or something else has changed it); a kprobe may do",
			       kind, function);
	case -E2BIG:
		return lt_fail(err, code, "%s '%s': as many programs as the kernel allows are attached there",
			       kind, function);
	case -524:	/* the kernel's own ENOTSUPP */
	case -EOPNOTSUPP:
	case -ENODEV:
	case -EINVAL:
		return lt_fail(err, -EOPNOTSUPP, "%s '%s': this kernel can't divert that function (%s); a "
			       "kprobe, tracepoint or raw tracepoint would do",
			       kind, function, strerror(code == -524 ? EOPNOTSUPP : -code));
	default:
		return lt_fail(err, code, "%s '%s': the kernel refused to attach the program: %s", kind,
			       function, strerror(-code));
	}
}

/* True, with a message, if the target's module is not there. */
static bool module_missing(const char *kind, const char *target, lt_error *err)
{
	const char *colon = strchr(target, ':');
	char path[300];

	if (!colon)
		return false;
	snprintf(path, sizeof(path), "/sys/module/%.*s", (int)(colon - target), target);
	if (!access(path, F_OK))
		return false;
	lt_fail(err, -ENOENT, "%s '%s': module '%.*s' is not loaded; modprobe %.*s", kind, target, (int)(colon - target),
		target, (int)(colon - target), target);
	return true;
}

static int explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err)
{
	const char *function = lt_btf_program_function(target);
	char text[LT_NEAR_SIZE];
	uint64_t address;

	switch (code) {
	case -ENOENT:
	case -ESRCH:
		if (module_missing(ops->name, target, err))
			return -ENOENT;
		if (!lt_ksym_address(function, &address, NULL))
			return lt_fail(err, -ENOENT, "%s '%s': this kernel has the function, but its BTF does "
				       "not describe it; a kprobe would do",
				       ops->name, target);
		lt_near_function(function, text, sizeof(text));
		return lt_fail(err, -ENOENT, "%s '%s': no such function in this kernel's BTF%s", ops->name,
			       target, text);
	case -EPERM:
		if (lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
			return 0;
		/* fall through */
	case -524:
	case -EOPNOTSUPP:
	case -EINVAL:
		return lt_btf_program_refused(ops->name, target, code, instead, err);
	default:
		return 0;
	}
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	/* Only security hooks and functions made for it may have their return value changed. */
	const char *example = ops == &lt_fmod_ret_ops ? "security_file_open" : "vfs_read";

	return lt_btf_program_supported(ops, example, instead, err);
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
	.list = lt_list_trampolines,
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
	.list = lt_list_trampolines,
	.list_named = true,
	.supported = supported,
};

const struct lt_probe_ops lt_fmod_ret_ops = {
	.name = "fmod_ret",
	.prefix = "kmod_ret__",
	.on_demand = true,
	.sections = (const char *const[]){ "fmod_ret", NULL },
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_MODIFY_RETURN,
	.btf_target = true,
	.attach = attach,
	.explain_load = explain_load,
	.supported = supported,
};

/* SPDX-License-Identifier: MIT
 *
 * tp_btf: a raw tracepoint whose arguments are pointers the verifier knows and follows. Uses target: the event,
 * which the program is loaded for.
 */
#include "btf_program.h"
#include "list.h"
#include "near.h"
#include "tracefs.h"
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	int code = lt_btf_program_attach(link, prog_fd, opts->target, "BTF tracepoint");

	if (!code)
		return 0;
	return lt_fail(err, code, "tp_btf '%s': the kernel refused to attach the program: %s", opts->target,
		       strerror(-code));
}

static int explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err)
{
	char names[LT_NEAR_SIZE];
	lt_similar similar;

	if (code != -ENOENT && code != -ESRCH)
		return 0;
	lt_similar_start(&similar, target);
	lt_tracepoint_offer(&similar, true);
	lt_near_write(&similar, names, sizeof(names));
	return lt_fail(err, -ENOENT, "%s '%s': no such tracepoint in this kernel's BTF%s", ops->name, target, names);
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	return lt_btf_program_supported(ops, "sched_switch", "a raw tracepoint would do", err);
}

const struct lt_probe_ops lt_tp_btf_ops = {
	.name = "tp_btf",
	.sections = (const char *const[]){ "tp_btf", NULL },
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_RAW_TP,
	.btf_target = true,
	.attach = attach,
	.explain_load = explain_load,
	.list = lt_list_raw_tracepoints,
	.supported = supported,
};

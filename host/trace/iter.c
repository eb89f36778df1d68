/* SPDX-License-Identifier: MIT
 *
 * Iterators: programs that the kernel calls for each of its tasks, files, sockets, maps, ..., while what they write is
 * read. Such a program is attached for as long as it is read: see lt_iter_open().
 */
#include "btf_program.h"
#include "cgroup.h"
#include "object.h"
#include "privilege.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char instead[] = "5.8 was the first that takes them";

static int explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err)
{
	char text[256];

	if (code == -ENOENT || code == -ESRCH)
		return lt_fail(err, -ENOENT, "iter '%s': nothing of this kernel goes by that name (its function would be "
			       "bpf_iter_%s)", target, target);
	if (code == -EPERM && lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return 0;
	if (code == -EPERM || code == -EOPNOTSUPP || code == -524)
		return lt_btf_program_refused(ops->name, target, code, instead, err);
	return 0;
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	return lt_btf_program_supported(ops, "task", instead, err);
}

const struct lt_probe_ops lt_iter_ops = {
	.name = "iter",
	.prefix = "bpf_iter__",
	.on_demand = true,
	.sections = (const char *const[]){ "iter", NULL },
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_ITER,
	.btf_target = true,
	.explain_load = explain_load,
	.supported = supported,
};

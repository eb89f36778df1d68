/* SPDX-License-Identifier: MIT
 *
 * LSM: programs at a security hook, which deny what it asks about by a negative errno. Use target: the hook, which the
 * program is loaded for.
 */
#include "list.h"
#include "btf_program.h"
#include "privilege.h"
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

static const char instead[] = "it may lack CONFIG_BPF_LSM, or bpf in the list of lsm= at boot";

/* What stands behind libbpf's "no such process" and the kernel's bare refusals. */
static int explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err)
{
	char text[256];

	if (code == -ENOENT || code == -ESRCH)
		return lt_fail(err, -ENOENT, "lsm '%s': no such hook in this kernel's BTF (its function would be bpf_lsm_%s)",
			       target, target);
	if (code == -EPERM && lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return 0;
	if (code == -EPERM || code == -EOPNOTSUPP || code == -524)
		return lt_btf_program_refused(ops->name, target, code, instead, err);
	return 0;
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	return lt_btf_program_supported(ops, "file_open", instead, err);
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	int code = lt_btf_program_attach(link, prog_fd, opts->target, "BPF LSM");

	return code ? lt_fail(err, code, "lsm '%s': the kernel refused to attach the program: %s", opts->target,
			      strerror(code == -524 ? EOPNOTSUPP : -code)) : 0;
}

const struct lt_probe_ops lt_lsm_ops = {
	.name = "lsm",
	.prefix = "lsm__",
	.sections = (const char *const[]){ "lsm", NULL },
	.prog_type = BPF_PROG_TYPE_LSM,
	.attach_type = BPF_LSM_MAC,
	.btf_target = true,
	.attach = attach,
	.explain_load = explain_load,
	.list = lt_list_hooks,
	.supported = supported,
};

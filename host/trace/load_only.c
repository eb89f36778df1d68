/* SPDX-License-Identifier: MIT
 *
 * Kinds of program that can be loaded, and so shown to the verifier, but not attached from here.
 */
#include "list.h"
#include "btf_program.h"
#include "privilege.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	int code = libbpf_probe_bpf_prog_type(ops->prog_type, NULL);
	char text[256];

	if (code > 0)
		return 0;
	if (lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return lt_fail(err, -EPERM, "%s: %s", ops->name, text);
	return lt_fail(err, code < 0 ? code : -EOPNOTSUPP, "%s: %s", ops->name,
		       code < 0 ? strerror(-code) : "this kernel does not take such programs");
}

static const char lsm_instead[] = "it may lack CONFIG_BPF_LSM, or bpf in the list of lsm= at boot";
static const char iter_instead[] = "5.8 was the first that takes them";

/* What stands behind libbpf's "no such process" and the kernel's bare refusals. */
static int explain_load(const struct lt_probe_ops *ops, const char *target, int code, lt_error *err)
{
	bool lsm = ops->prog_type == BPF_PROG_TYPE_LSM;
	char text[256];

	if (code == -ENOENT || code == -ESRCH)
		return lt_fail(err, -ENOENT, lsm ? "lsm '%s': no such hook in this kernel's BTF (its function would be bpf_lsm_%s)" :
			       "iter '%s': nothing of this kernel goes by that name (its function would be bpf_iter_%s)", target, target);
	if (code == -EPERM && lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return 0;
	if (code == -EPERM || code == -EOPNOTSUPP || code == -524)
		return lt_btf_program_refused(ops->name, target, code, lsm ? lsm_instead : iter_instead, err);
	return 0;
}

static int lsm_supported(const struct lt_probe_ops *ops, lt_error *err)
{
	return lt_btf_program_supported(ops, "file_open", lsm_instead, err);
}

static int lsm_attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	int code = lt_btf_program_attach(link, prog_fd, opts->target, "BPF LSM");

	return code ? lt_fail(err, code, "lsm '%s': the kernel refused to attach the program: %s", opts->target,
			      strerror(code == -524 ? EOPNOTSUPP : -code)) : 0;
}

static int iter_supported(const struct lt_probe_ops *ops, lt_error *err)
{
	return lt_btf_program_supported(ops, "task", iter_instead, err);
}

const struct lt_probe_ops lt_lsm_ops = {
	.name = "lsm",
	.prefix = "lsm__",
	.sections = (const char *const[]){ "lsm", NULL },
	.prog_type = BPF_PROG_TYPE_LSM,
	.attach_type = BPF_LSM_MAC,
	.btf_target = true,
	.attach = lsm_attach,
	.explain_load = explain_load,
	.list = lt_list_hooks,
	.supported = lsm_supported,
};

const struct lt_probe_ops lt_iter_ops = {
	.name = "iter",
	.prefix = "bpf_iter__",
	.on_demand = true,
	.sections = (const char *const[]){ "iter", NULL },
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_ITER,
	.btf_target = true,
	.explain_load = explain_load,
	.list = lt_list_iterators,
	.supported = iter_supported,
};

const struct lt_probe_ops lt_xdp_ops = {
	.name = "xdp",
	.sections = (const char *const[]){ "xdp", NULL },
	.contexts = (const char *const[]){ "xdp_md", NULL },
	.prog_type = BPF_PROG_TYPE_XDP,
	.attach_type = BPF_XDP,
	.supported = supported,
};

const struct lt_probe_ops lt_tc_ops = {
	.name = "tc",
	.sections = (const char *const[]){ "tc", "classifier", NULL },
	.prog_type = BPF_PROG_TYPE_SCHED_CLS,
	.supported = supported,
};

const struct lt_probe_ops lt_cgroup_skb_ops = {
	.name = "cgroup_skb",
	.sections = (const char *const[]){ "cgroup_skb", NULL },
	.prog_type = BPF_PROG_TYPE_CGROUP_SKB,
	.attach_type = BPF_CGROUP_INET_INGRESS,
	.supported = supported,
};

const struct lt_probe_ops lt_sock_ops_ops = {
	.name = "sock_ops",
	.sections = (const char *const[]){ "sockops", NULL },
	.contexts = (const char *const[]){ "bpf_sock_ops", NULL },
	.prog_type = BPF_PROG_TYPE_SOCK_OPS,
	.attach_type = BPF_CGROUP_SOCK_OPS,
	.supported = supported,
};

const struct lt_probe_ops lt_sk_msg_ops = {
	.name = "sk_msg",
	.sections = (const char *const[]){ "sk_msg", NULL },
	.contexts = (const char *const[]){ "sk_msg_md", NULL },
	.prog_type = BPF_PROG_TYPE_SK_MSG,
	.attach_type = BPF_SK_MSG_VERDICT,
	.supported = supported,
};

const struct lt_probe_ops lt_sk_skb_ops = {
	.name = "sk_skb",
	.sections = (const char *const[]){ "sk_skb", NULL },
	.prog_type = BPF_PROG_TYPE_SK_SKB,
	.supported = supported,
};

const struct lt_probe_ops lt_cgroup_sock_ops = {
	.name = "cgroup_sock",
	.sections = (const char *const[]){ "cgroup_sock", NULL },
	.contexts = (const char *const[]){ "bpf_sock", NULL },
	.prog_type = BPF_PROG_TYPE_CGROUP_SOCK,
	.attach_type = BPF_CGROUP_INET_SOCK_CREATE,
	.supported = supported,
};

const struct lt_probe_ops lt_cgroup_sock_addr_ops = {
	.name = "cgroup_sock_addr",
	.sections = (const char *const[]){ "cgroup_sock_addr", NULL },
	.contexts = (const char *const[]){ "bpf_sock_addr", NULL },
	.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	.attach_type = BPF_CGROUP_INET4_CONNECT,
	.supported = supported,
};

const struct lt_probe_ops lt_cgroup_sockopt_ops = {
	.name = "cgroup_sockopt",
	.sections = (const char *const[]){ "cgroup_sockopt", NULL },
	.contexts = (const char *const[]){ "bpf_sockopt", NULL },
	.prog_type = BPF_PROG_TYPE_CGROUP_SOCKOPT,
	.attach_type = BPF_CGROUP_SETSOCKOPT,
	.supported = supported,
};

const struct lt_probe_ops lt_cgroup_device_ops = {
	.name = "cgroup_device",
	.sections = (const char *const[]){ "cgroup_device", NULL },
	.contexts = (const char *const[]){ "bpf_cgroup_dev_ctx", NULL },
	.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
	.attach_type = BPF_CGROUP_DEVICE,
	.supported = supported,
};

const struct lt_probe_ops lt_lwt_in_ops = {
	.name = "lwt_in",
	.sections = (const char *const[]){ "lwt_in", NULL },
	.prog_type = BPF_PROG_TYPE_LWT_IN,
	.supported = supported,
};

const struct lt_probe_ops lt_lwt_out_ops = {
	.name = "lwt_out",
	.sections = (const char *const[]){ "lwt_out", NULL },
	.prog_type = BPF_PROG_TYPE_LWT_OUT,
	.supported = supported,
};

const struct lt_probe_ops lt_lwt_xmit_ops = {
	.name = "lwt_xmit",
	.sections = (const char *const[]){ "lwt_xmit", NULL },
	.prog_type = BPF_PROG_TYPE_LWT_XMIT,
	.supported = supported,
};

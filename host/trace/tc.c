/* SPDX-License-Identifier: MIT
 *
 * tc: a program that sees each packet on its way into a network interface or out of it, and may change, drop or
 * redirect it. Uses target, the interface, and attach_type: BPF_TCX_INGRESS or BPF_TCX_EGRESS. By a BPF link (6.6).
 */
#include "netdev.h"
#include "prog_type.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int explain(const char *dev, int code, lt_error *err)
{
	if (code == -EINVAL)
		return lt_fail(err, code, "tc '%s': the kernel refused to attach the program: Invalid argument; links of tc "
			       "came with 6.6 (a raw socket, or XDP for what comes in, would do)", dev);
	return lt_fail(err, code, "tc '%s': the kernel refused to attach the program: %s", dev, strerror(-code));
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	int type = opts->attach_type, index = lt_netdev_index("tc", opts->target, err), fd;

	if (index < 0)
		return index;
	fd = bpf_link_create(prog_fd, index, (enum bpf_attach_type)type, NULL);
	if (fd < 0)
		return explain(opts->target, fd, err);
	link->mechanism = "TCX";
	if (lt_link_add_fd(link, fd) ||
	    lt_link_set_target(link, "%s:%s", opts->target, type == LT_TCX_EGRESS ? "egress" : "ingress"))
		return lt_fail(err, -ENOMEM, "tc '%s': out of memory", opts->target);
	return 0;
}

/* SEC("tcx/egress") is what libbpf reads; here the attach call says which way. */
static void parse(const char *word, const char *rest, char *target, size_t size)
{
	(void)word;
	(void)rest;
	snprintf(target, size, "%s", "");
}

const struct lt_probe_ops lt_tc_ops = {
	.name = "tc",
	.sections = (const char *const[]){ "tc", "tcx", "classifier", NULL },
	.prog_type = BPF_PROG_TYPE_SCHED_CLS,
	.parse = parse,
	.attach = attach,
	.explain_load = lt_net_prog_explain_load,
	.supported = lt_prog_type_supported,
};

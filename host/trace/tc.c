/* SPDX-License-Identifier: MIT
 *
 * tc: a program that sees each packet on its way into a network interface or out of it, and may change, drop or
 * redirect it. Uses target, the interface, and attach_type: BPF_TCX_INGRESS or BPF_TCX_EGRESS. By a BPF link (6.6);
 * before, by a filter: see tc_filter.c.
 */
#include "netdev.h"
#include "prog_type.h"
#include "tc_filter.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	bool egress = opts->attach_type == LT_TCX_EGRESS;
	int index = lt_netdev_index("tc", opts->target, err), fd, code = 0;

	if (index < 0)
		return index;
	fd = bpf_link_create(prog_fd, index, (enum bpf_attach_type)opts->attach_type, NULL);
	if (fd == -EINVAL) {
		code = lt_tc_filter_attach(link, prog_fd, opts->target, index, egress, err);
		if (code)
			return code;
	} else if (fd < 0) {
		return lt_fail(err, fd, "tc '%s': the kernel refused to attach the program: %s", opts->target, strerror(-fd));
	} else {
		link->mechanism = "TCX";
		code = lt_link_add_fd(link, fd);
	}
	if (code || lt_link_set_target(link, "%s:%s", opts->target, egress ? "egress" : "ingress"))
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

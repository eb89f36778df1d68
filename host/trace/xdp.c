/* SPDX-License-Identifier: MIT
 *
 * XDP: a program that sees each packet that a network interface receives, before the kernel does. Uses target, the
 * interface, and flags, XDP_FLAGS_* of the mode. By a BPF link (5.9).
 */
#include "netdev.h"
#include "prog_type.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

static int explain(const char *dev, int code, lt_error *err)
{
	switch (code) {
	case -EBUSY:
	case -EEXIST:
		return lt_fail(err, code, "xdp '%s': another program is attached there, and an interface takes one; `ip link "
			       "set dev %s xdp off` detaches it, where no process holds it", dev, dev);
	case -EOPNOTSUPP:
		return lt_fail(err, code, "xdp '%s': its driver does not run XDP programs so; XDP_FLAGS_SKB_MODE works with "
			       "any", dev);
	case -EINVAL:
		return lt_fail(err, code, "xdp '%s': the kernel refused to attach the program: Invalid argument; it may be "
			       "one before 5.9, which has no links for XDP (a raw socket would do), or a driver that minds the MTU",
			       dev);
	default:
		return lt_fail(err, code, "xdp '%s': the kernel refused to attach the program: %s", dev, strerror(-code));
	}
}

static const char *mode_name(uint32_t flags)
{
	return flags & XDP_FLAGS_SKB_MODE ? "generic XDP" : flags & XDP_FLAGS_DRV_MODE ? "native XDP" :
	       flags & XDP_FLAGS_HW_MODE ? "offloaded XDP" : "XDP";
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	/* A link never takes another's place, so XDP_FLAGS_UPDATE_IF_NOEXIST is so by itself. */
	LIBBPF_OPTS(bpf_link_create_opts, create, .flags = opts->flags & XDP_FLAGS_MODES);
	int index = lt_netdev_index("xdp", opts->target, err), fd;

	if (index < 0)
		return index;
	if (opts->flags & ~(XDP_FLAGS_MODES | XDP_FLAGS_UPDATE_IF_NOEXIST) || create.flags & (create.flags - 1))
		return lt_fail(err, -EINVAL, "xdp '%s': flags 0x%x: XDP_FLAGS_UPDATE_IF_NOEXIST and one of XDP_FLAGS_SKB_MODE, "
			       "XDP_FLAGS_DRV_MODE and XDP_FLAGS_HW_MODE are taken", opts->target, opts->flags);
	fd = bpf_link_create(prog_fd, index, BPF_XDP, &create);
	if (fd < 0)
		return explain(opts->target, fd, err);
	link->mechanism = mode_name(opts->flags);
	if (lt_link_add_fd(link, fd) || lt_link_set_target(link, "%s", opts->target))
		return lt_fail(err, -ENOMEM, "xdp '%s': out of memory", opts->target);
	return 0;
}

const struct lt_probe_ops lt_xdp_ops = {
	.name = "xdp",
	.sections = (const char *const[]){ "xdp", NULL },
	.contexts = (const char *const[]){ "xdp_md", NULL },
	.prog_type = BPF_PROG_TYPE_XDP,
	.attach_type = BPF_XDP,
	.attach = attach,
	.explain_load = lt_net_prog_explain_load,
	.supported = lt_prog_type_supported,
};

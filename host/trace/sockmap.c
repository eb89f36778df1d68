/* SPDX-License-Identifier: MIT
 *
 * sk_msg and sk_skb: programs that see what the sockets of a sockmap or sockhash send and receive. Use fd, the map's
 * descriptor, and attach_type. By a BPF link where the kernel has one for maps (6.10); before, the map holds the
 * program, and ends with the object.
 */
#include "prog_type.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int explain(const struct lt_probe_ops *ops, int code, lt_error *err)
{
	if (code == -EBUSY)
		return lt_fail(err, code, "%s: a program of this attach type, or one that excludes it (SK_SKB_VERDICT and "
			       "SK_SKB_STREAM_VERDICT), is attached to that map", ops->name);
	if (code == -EINVAL || code == -EOPNOTSUPP)
		return lt_fail(err, code, "%s: the kernel refused to attach the program: %s; is the descriptor that of a sockmap "
			       "or sockhash?", ops->name, strerror(-code));
	return lt_fail(err, code, "%s: the kernel refused to attach the program: %s", ops->name, strerror(-code));
}

/* fds: of the map and of the program. */
static void detach(struct lt_link *link)
{
	bpf_prog_detach2(link->fds[1], link->fds[0], link->ops->attach_type);
}

static int keep(struct lt_link *link, int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return own < 0 ? -errno : lt_link_add_fd(link, own);
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	enum bpf_attach_type type = link->ops->attach_type;
	int fd, code;

	if (opts->fd < 0)
		return lt_fail(err, -EINVAL, "%s: nothing says what map it shall be attached to", link->ops->name);
	fd = bpf_link_create(prog_fd, opts->fd, type, NULL);
	if (fd == -EINVAL) {
		link->mechanism = "program of the map";
		code = keep(link, opts->fd);
		if (!code)
			code = keep(link, prog_fd);
		if (!code)
			code = bpf_prog_attach(prog_fd, opts->fd, type, 0) ? -errno : 0;
		if (!code)
			link->detach = detach;
	} else {
		link->mechanism = "sockmap link";
		code = fd < 0 ? fd : lt_link_add_fd(link, fd);
	}
	if (!code)
		code = lt_link_set_target(link, "descriptor %d", opts->fd);
	return code ? explain(link->ops, code, err) : 0;
}

const struct lt_probe_ops lt_sk_msg_ops = {
	.name = "sk_msg",
	.sections = (const char *const[]){ "sk_msg", NULL },
	.contexts = (const char *const[]){ "sk_msg_md", NULL },
	.prog_type = BPF_PROG_TYPE_SK_MSG,
	.attach_type = BPF_SK_MSG_VERDICT,
	.attach = attach,
	.explain_load = lt_net_prog_explain_load,
	.supported = lt_prog_type_supported,
};

#define SK_SKB(ATTACH_TYPE, ...)                                                                                       \
	.name = "sk_skb", .prog_type = BPF_PROG_TYPE_SK_SKB, .attach_type = BPF_SK_SKB_##ATTACH_TYPE, .attach = attach,      \
	.explain_load = lt_net_prog_explain_load, .supported = lt_prog_type_supported,                                      \
	.sections = (const char *const[]){ __VA_ARGS__, NULL }

static const struct lt_probe_ops sk_skb_variants[] = {
	{ SK_SKB(STREAM_PARSER, "sk_skb/stream_parser") },
	{ SK_SKB(VERDICT, "sk_skb/verdict") },
};
const struct lt_probe_ops lt_sk_skb_ops = {
	SK_SKB(STREAM_VERDICT, "sk_skb/stream_verdict", "sk_skb"),
	.variants = sk_skb_variants,
	.variant_count = sizeof(sk_skb_variants) / sizeof(*sk_skb_variants),
};

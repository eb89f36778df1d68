/* SPDX-License-Identifier: MIT
 *
 * Socket filters: a program that sees every packet of a network interface, through a packet socket that has it as its
 * filter. Uses target: the interface's name, "" for all. Nobody reads the socket: what the program lets through waits
 * in its buffer until that is full, and the program sees the rest all the same.
 */
#include "probe.h"
#include "near.h"
#include "privilege.h"
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

static int unknown_interface(const char *name, lt_error *err)
{
	struct if_nameindex *all = if_nameindex();
	char names[LT_NEAR_SIZE];
	lt_similar similar;

	lt_similar_start(&similar, name);
	for (const struct if_nameindex *each = all; each && each->if_name; each++)
		lt_similar_offer(&similar, each->if_name, strlen(each->if_name));
	lt_near_write(&similar, names, sizeof(names));
	if (all)
		if_freenameindex(all);
	return lt_fail(err, -ENODEV, "socket '%s': there is no such network interface%s", name, names);
}

static int bind_to(int fd, int index)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index,
	};

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	int index = *opts->target ? (int)if_nametoindex(opts->target) : 0, fd, code = 0;

	if (*opts->target && !index)
		return unknown_interface(opts->target, err);
	/* With protocol 0 it gets nothing until it is bound, and that is when the filter is there. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 && errno == EPERM)
		return lt_fail(err, -EPERM, "socket '%s': CAP_NET_RAW is missing; run as root", opts->target);
	if (fd < 0)
		return lt_fail(err, -errno, "socket '%s': no packet socket can be opened: %s", opts->target, strerror(errno));
	if (lt_link_add_fd(link, fd))
		return lt_fail(err, -ENOMEM, "socket '%s': out of memory", opts->target);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog_fd, sizeof(prog_fd)))
		code = -errno;
	if (!code)
		code = bind_to(fd, index);
	if (code)
		return lt_fail(err, code, "socket '%s': the kernel refused to attach the program: %s", opts->target,
			       strerror(-code));
	link->mechanism = "packet socket";
	if (lt_link_set_target(link, "%s", opts->target))
		return lt_fail(err, -ENOMEM, "socket '%s': out of memory", opts->target);
	return 0;
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	int code = libbpf_probe_bpf_prog_type(ops->prog_type, NULL);
	char text[256];

	if (code > 0)
		return 0;
	if (lt_privilege_missing(LT_NEEDS_BPF, text, sizeof(text)))
		return lt_fail(err, -EPERM, "%s: %s", ops->name, text);
	return lt_fail(err, code < 0 ? code : -EOPNOTSUPP, "%s: %s", ops->name,
		       code < 0 ? strerror(-code) : "this kernel does not take such programs");
}

const struct lt_probe_ops lt_socket_ops = {
	.name = "socket",
	.sections = (const char *const[]){ "socket", NULL },
	.contexts = (const char *const[]){ "__sk_buff", NULL },
	.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
	.attach = attach,
	.supported = supported,
};

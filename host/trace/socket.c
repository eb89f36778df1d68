/* SPDX-License-Identifier: MIT
 *
 * Socket filters: a program that sees every packet of a network interface, through a packet socket that has it as its
 * filter. Uses target: the interface's name, "" for all. What the program lets through waits in the socket's buffer for
 * lt_socket_read(); when that is full, the program sees the rest all the same.
 */
#include "netdev.h"
#include "prog_type.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* A signal that comes between the look at the flag and the wait is noticed this much later at worst. */
enum { LONGEST_WAIT_MS = 100 };

static int bind_to(int fd, int index)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index,
	};

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	int index = *opts->target ? lt_netdev_index("socket", opts->target, err) : 0, fd, code = 0;

	if (index < 0)
		return index;
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

int32_t lt_socket_read(int fd, void *buffer, uint32_t size, int32_t timeout_ms, lt_error *err)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	uint64_t deadline = lt_now() + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms) * 1000000;

	for (;;) {
		ssize_t length = recv(fd, buffer, size, MSG_TRUNC | MSG_DONTWAIT);
		int code = length < 0 ? errno : 0;
		uint64_t now = lt_now();
		uint64_t left = timeout_ms < 0 ? LONGEST_WAIT_MS : now < deadline ? (deadline - now + 999999) / 1000000 : 0;

		if (length >= 0)
			return (int32_t)length;
		if (code != EAGAIN && code != EINTR && code != ENETDOWN)
			return lt_fail(err, -code, "socket: reading: %s", strerror(code));
		if (lt_interrupted())
			return -EINTR;
		if (!left)
			return 0;
		poll(&readable, 1, left < LONGEST_WAIT_MS ? (int)left : LONGEST_WAIT_MS);
	}
}

const struct lt_probe_ops lt_socket_ops = {
	.name = "socket",
	.sections = (const char *const[]){ "socket", NULL },
	.contexts = (const char *const[]){ "__sk_buff", NULL },
	.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
	.attach = attach,
	.supported = lt_prog_type_supported,
};

/* SPDX-License-Identifier: MIT
 *
 * Listing tc filters by netlink, which libbpf has no call for.
 */
#include "tc_list.h"
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr header;
	struct tcmsg tc;
};

static int ask(int index, bool egress)
{
	struct request request = {
		.header = {
			.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETTFILTER, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.tc = {
			.tcm_family = AF_UNSPEC, .tcm_ifindex = index,
			.tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS),
		},
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && send(fd, &request, sizeof(request), 0) != sizeof(request)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_bpf(const struct nlmsghdr *message)
{
	const struct rtattr *attribute = TCA_RTA(NLMSG_DATA(message));
	size_t left = TCA_PAYLOAD(message);

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if (attribute->rta_type == TCA_KIND)
			return RTA_PAYLOAD(attribute) == sizeof("bpf") && !memcmp(RTA_DATA(attribute), "bpf", sizeof("bpf"));
	return false;
}

/* False when this was the last part of the answer. */
static bool take_part(const char *buffer, size_t size, struct lt_tc_filter *out, int room, int *count)
{
	const struct nlmsghdr *message = (const void *)buffer;

	for (; NLMSG_OK(message, size); message = NLMSG_NEXT(message, size)) {
		const struct tcmsg *tc = NLMSG_DATA(message);

		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
			return false;
		/* A chain of filters is listed too, without a handle. */
		if (message->nlmsg_type == RTM_NEWTFILTER && tc->tcm_handle && *count < room)
			out[(*count)++] = (struct lt_tc_filter){ tc->tcm_handle, TC_H_MAJ(tc->tcm_info) >> 16, is_bpf(message) };
	}
	return true;
}

int lt_tc_list(int index, bool egress, struct lt_tc_filter *out, int room)
{
	_Alignas(struct nlmsghdr) char buffer[32768];
	int fd = ask(index, egress), count = 0;
	ssize_t size = 0;

	if (fd < 0)
		return 0;
	do
		size = recv(fd, buffer, sizeof(buffer), 0);
	while (size > 0 && take_part(buffer, (size_t)size, out, room, &count));
	close(fd);
	return count;
}

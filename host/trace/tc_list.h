/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_TC_LIST_H
#define LT_TRACE_TC_LIST_H
#include <stdbool.h>
#include <stdint.h>

struct lt_tc_filter {
	uint32_t handle, priority;
	bool is_bpf;
};

/* The filters of an interface's clsact qdisc, one way, as the kernel lists them: how many, at most `room`. 0 where
 * there is no such qdisc, or netlink fails. */
int lt_tc_list(int index, bool egress, struct lt_tc_filter *out, int room);

#endif

/* SPDX-License-Identifier: MIT
 *
 * tc before 6.6: a netlink filter of a clsact qdisc. No descriptor holds it, so it outlives a process that is killed.
 * Its handle is therefore 0x4c000000 (an L) plus the pid of its owner, and whoever attaches to that interface next
 * takes off what owners have left that are gone.
 */
#include "tc_filter.h"
#include "object.h"
#include "tc_list.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MARK = 0x4c000000,
	PID_BITS = 0x00ffffff,	/* the kernel's pids have at most 22 bits */
	FIRST_PRIORITY = 0x8000,
	LAST_PRIORITY = 0xffff,
};

struct filter {
	int index;
	enum bpf_tc_attach_point point;
	uint32_t handle, priority;
	bool made_qdisc;
};

static bool has_filters(int index)
{
	struct lt_tc_filter one;

	return lt_tc_list(index, false, &one, 1) || lt_tc_list(index, true, &one, 1);
}

static void take_off(int index, enum bpf_tc_attach_point point, uint32_t handle, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = priority);

	bpf_tc_detach(&hook, &opts);
}

static void detach(struct lt_link *link);

/* The object's other filters of that interface are to take the qdisc off. */
static void hand_on(const struct lt_object *object, int index)
{
	for (uint32_t i = 0; i < object->link_count; i++) {
		struct filter *other = object->links[i]->detach == detach ? object->links[i]->own : NULL;

		if (other && other->index == index)
			other->made_qdisc = true;
	}
}

static void detach(struct lt_link *link)
{
	const struct filter *filter = link->own;
	LIBBPF_OPTS(bpf_tc_hook, qdisc, .ifindex = filter->index, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	take_off(filter->index, filter->point, filter->handle, filter->priority);
	if (filter->made_qdisc && has_filters(filter->index))
		hand_on(link->object, filter->index);
	else if (filter->made_qdisc)
		bpf_tc_hook_destroy(&qdisc);
}

/* Takes off what is left of owners that are gone; the priority behind all others, so that programs run in the order of
 * attaching, as with TCX. */
static uint32_t sweep(int index, bool egress)
{
	struct lt_tc_filter filters[256];
	int count = lt_tc_list(index, egress, filters, 256);
	uint32_t last = FIRST_PRIORITY;

	for (int i = 0; i < count; i++) {
		bool ours = filters[i].is_bpf && (filters[i].handle & ~(uint32_t)PID_BITS) == MARK;

		if (ours && kill((pid_t)(filters[i].handle & PID_BITS), 0) && errno == ESRCH)
			take_off(index, egress ? BPF_TC_EGRESS : BPF_TC_INGRESS, filters[i].handle, filters[i].priority);
		else if (filters[i].priority > last)
			last = filters[i].priority;
	}
	return last < LAST_PRIORITY ? last + 1 : 0;	/* 0: the kernel chooses */
}

int lt_tc_filter_attach(struct lt_link *link, int prog_fd, const char *dev, int index, bool egress, lt_error *err)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index, .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd, .handle = MARK | ((uint32_t)getpid() & PID_BITS));
	struct filter *filter = calloc(1, sizeof(*filter));
	int code = filter ? bpf_tc_hook_create(&hook) : -ENOMEM;

	link->own = filter;
	if (code && code != -EEXIST)
		return lt_fail(err, code, "tc '%s': no clsact qdisc can be made: %s%s", dev, strerror(-code),
			       code == -ENOENT ? "; the kernel lacks it (module sch_ingress), and TCX, which came with 6.6" : "");
	*filter = (struct filter){ .index = index, .point = hook.attach_point, .made_qdisc = !code };
	opts.priority = sweep(index, egress);
	code = bpf_tc_attach(&hook, &opts);
	filter->handle = opts.handle;
	filter->priority = opts.priority;
	link->detach = detach;
	if (code)
		return lt_fail(err, code, "tc '%s': the kernel refused to attach the program: %s%s", dev, strerror(-code),
			       code == -ENOENT ? "; it lacks BPF filters (module cls_bpf), and TCX, which came with 6.6" : "");
	link->mechanism = "netlink filter";
	return 0;
}

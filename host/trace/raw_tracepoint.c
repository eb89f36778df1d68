/* SPDX-License-Identifier: MIT
 *
 * Raw tracepoints: the tracepoint's own arguments, without tracefs. Uses target: the event's name alone.
 */
#include "list.h"
#include "near.h"
#include "privilege.h"
#include "probe.h"
#include "tracefs.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

static int unknown_event(const char *target, lt_error *err)
{
	bool enter = !strncmp(target, "sys_enter_", 10), leave = !strncmp(target, "sys_exit_", 9);
	char names[LT_NEAR_SIZE];
	lt_similar similar;

	if ((enter || leave) && lt_tracepoint_exists("syscalls", target))
		return lt_fail(err, -ENOENT, "raw_tracepoint '%s': system calls have one raw tracepoint for "
			       "all, '%s'; or use tracepoint 'syscalls:%s'",
			       target, enter ? "sys_enter" : "sys_exit", target);
	lt_similar_start(&similar, target);
	lt_tracepoint_offer(&similar, true);
	lt_near_write(&similar, names, sizeof(names));
	return lt_fail(err, -ENOENT, "raw_tracepoint '%s': no such tracepoint in this kernel%s", target, names);
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	/* People copy "sched:sched_switch" from elsewhere; the category says nothing here. */
	const char *colon = strrchr(opts->target, ':');
	const char *event = colon ? colon + 1 : opts->target;
	int fd = bpf_raw_tracepoint_open(event, prog_fd);
	char text[256];

	if (fd == -ENOENT)
		return unknown_event(event, err);
	if (fd == -EINVAL)
		return lt_fail(err, fd, "raw_tracepoint '%s': the program reads more arguments than the "
			       "tracepoint has", event);
	if (fd == -EPERM && lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, text, sizeof(text)))
		return lt_fail(err, fd, "raw_tracepoint '%s': %s", event, text);
	if (fd < 0)
		return lt_fail(err, fd, "raw_tracepoint '%s': the kernel refused to attach the program: %s", event,
			       strerror(-fd));
	link->mechanism = "raw tracepoint";
	if (lt_link_add_fd(link, fd) || lt_link_set_target(link, "%s", event))
		return lt_fail(err, -ENOMEM, "raw_tracepoint '%s': out of memory", event);
	return 0;
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	/* Since 4.17, which is older than any kernel with BTF. */
	(void)ops;
	(void)err;
	return 0;
}

const struct lt_probe_ops lt_raw_tracepoint_ops = {
	.name = "raw_tracepoint",
	.prefix = "raw_tracepoint__",
	.sections = (const char *const[]){ "raw_tracepoint", "raw_tp", NULL },
	.contexts = (const char *const[]){ "bpf_raw_tracepoint_args", NULL },
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.attach = attach,
	.list = lt_list_raw_tracepoints,
	.supported = supported,
};

/* SPDX-License-Identifier: MIT
 *
 * perf_event: a program that runs at samples of a software or hardware event. Uses what begins with perf_, one of
 * sample_period and sample_freq, pid and cpu: pid -1 is every process, cpu -1 every online CPU, both -1 the whole
 * machine by one event for each CPU; a pid with cpu -1 is one event that follows that thread from CPU to CPU.
 */
#include "list.h"
#include "cpus.h"
#include "perf_names.h"
#include "perf_open.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fill_attr(const lt_attach_opts *opts, struct perf_event_attr *attr)
{
	uint32_t flags = opts->perf_flags;

	/* Disabled at first: a sample before the program is there would be lost without a word. */
	*attr = (struct perf_event_attr){
		.type = opts->perf_type, .config = opts->perf_config, .config1 = opts->perf_config1, .config2 = opts->perf_config2,
		.bp_type = opts->perf_bp_type, .precise_ip = opts->perf_precise_ip & 3, .disabled = 1,
		.exclude_user = !!(flags & LT_PERF_EXCLUDE_USER), .exclude_kernel = !!(flags & LT_PERF_EXCLUDE_KERNEL),
		.exclude_hv = !!(flags & LT_PERF_EXCLUDE_HV), .exclude_idle = !!(flags & LT_PERF_EXCLUDE_IDLE),
		.exclude_host = !!(flags & LT_PERF_EXCLUDE_HOST), .exclude_guest = !!(flags & LT_PERF_EXCLUDE_GUEST),
		.inherit = !!(flags & LT_PERF_INHERIT), .pinned = !!(flags & LT_PERF_PINNED),
	};
	if (opts->sample_freq) {
		attr->freq = 1;
		attr->sample_freq = opts->sample_freq;
	} else {
		attr->sample_period = opts->sample_period;
	}
}

static int attach_on(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, const char *name, int32_t cpu,
		     lt_error *err)
{
	struct perf_event_attr attr;
	char subject[LT_PERF_NAME_SIZE + 16];
	int fd, code;

	fill_attr(opts, &attr);
	fd = lt_perf_open(&attr, opts->pid, cpu);
	if (fd < 0) {
		snprintf(subject, sizeof(subject), "perf_event '%s'", name);
		return lt_perf_refused(subject, opts->perf_type, opts->pid, fd, err);
	}
	code = lt_perf_attach(link, fd, prog_fd);
	return code ? lt_perf_attach_failed(err, code, "perf_event", name) : 0;
}

static int attach_everywhere(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, const char *name,
			     lt_error *err)
{
	int32_t *cpus;
	int count = lt_cpus_online(&cpus), code = 0;

	if (count < 0)
		return lt_fail(err, count, "perf_event '%s': can't read the list of CPUs: %s", name,
			       strerror(-count));
	for (int i = 0; i < count && !code; i++)
		code = attach_on(link, prog_fd, opts, name, cpus[i], err);
	free(cpus);
	return code;
}

static int attach(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, lt_error *err)
{
	char name[LT_PERF_NAME_SIZE];
	int code;

	lt_perf_name(opts->perf_type, opts->perf_config, name, sizeof(name));
	if (!opts->sample_period == !opts->sample_freq)
		return lt_fail(err, -EINVAL, "perf_event '%s': give one of sample_period and sample_freq", name);
	link->mechanism = "perf event";
	if (lt_link_set_target(link, "%s", name))
		return lt_fail(err, -ENOMEM, "perf_event '%s': out of memory", name);
	if (opts->pid < 0 && opts->cpu < 0)
		code = attach_everywhere(link, prog_fd, opts, name, err);
	else
		code = attach_on(link, prog_fd, opts, name, opts->cpu, err);
	return code;
}

static int supported(const struct lt_probe_ops *ops, lt_error *err)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY, .disabled = 1, .exclude_kernel = 1,
	};
	int fd = lt_perf_open(&attr, 0, -1);
	char text[256];

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (fd == -EPERM || fd == -EACCES) {
		lt_perf_privilege(text, sizeof(text));
		return lt_fail(err, fd, "%s: %s", ops->name, text);
	}
	return lt_fail(err, fd, "%s: this kernel has no perf events (%s)", ops->name, strerror(-fd));
}

const struct lt_probe_ops lt_perf_event_ops = {
	.name = "perf_event",
	.sections = (const char *const[]){ "perf_event", NULL },
	.contexts = (const char *const[]){ "bpf_perf_event_data", NULL },
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.attach = attach,
	.list = lt_list_perf_events,
	.supported = supported,
};

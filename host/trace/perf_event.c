/* SPDX-License-Identifier: MIT
 *
 * perf_event: a program that runs at samples of a software or hardware event. Uses perf_type, perf_config, one of
 * sample_period and sample_freq, pid and cpu: pid -1 is every process, cpu -1 every online CPU, both -1 the whole
 * machine by one event for each CPU; a pid with cpu -1 is one event that follows that thread from CPU to CPU.
 */
#include "cpus.h"
#include "perf_open.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const software_names[] = {
	"cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations", "minor-faults",
	"major-faults", "alignment-faults", "emulation-faults", "dummy", "bpf-output", "cgroup-switches",
};
static const char *const hardware_names[] = {
	"cycles", "instructions", "cache-references", "cache-misses", "branch-instructions", "branch-misses",
	"bus-cycles", "stalled-cycles-frontend", "stalled-cycles-backend", "ref-cycles",
};

static void name_event(const lt_attach_opts *opts, char *out, size_t size)
{
	uint64_t config = opts->perf_config;

	if (opts->perf_type == PERF_TYPE_SOFTWARE && config < sizeof(software_names) / sizeof(char *))
		snprintf(out, size, "%s", software_names[config]);
	else if (opts->perf_type == PERF_TYPE_HARDWARE && config < sizeof(hardware_names) / sizeof(char *))
		snprintf(out, size, "%s", hardware_names[config]);
	else
		snprintf(out, size, "type %u config 0x%llx", opts->perf_type, (unsigned long long)config);
}

static int explain(int code, const char *name, const lt_attach_opts *opts, lt_error *err)
{
	bool software = opts->perf_type == PERF_TYPE_SOFTWARE;
	char text[256];

	switch (code) {
	case -ENOENT:
	case -EOPNOTSUPP:
	case -ENODEV:
		return lt_fail(err, code, "perf_event '%s': this machine has no such event (a virtual machine "
			       "often has no hardware counters)%s",
			       name, software ? "" : "; the software event cpu-clock would do for sampling");
	case -ESRCH:
		return lt_fail(err, code, "perf_event '%s': no process %d", name, opts->pid);
	case -EPERM:
	case -EACCES:
		lt_perf_privilege(text, sizeof(text));
		return lt_fail(err, code, "perf_event '%s': %s", name, text);
	case -EINVAL:
		return lt_fail(err, code, "perf_event '%s': the kernel refused it: Invalid argument; is the "
			       "frequency above kernel.perf_event_max_sample_rate, or the CPU number wrong?",
			       name);
	default:
		return lt_fail(err, code, "perf_event '%s': the kernel refused it: %s", name, strerror(-code));
	}
}

static int attach_on(struct lt_link *link, int prog_fd, const lt_attach_opts *opts, const char *name, int32_t cpu,
		     lt_error *err)
{
	/* Disabled at first: a sample before the program is there would be lost without a word. */
	struct perf_event_attr attr = { .type = opts->perf_type, .config = opts->perf_config, .disabled = 1 };
	int fd, code;

	if (opts->sample_freq) {
		attr.freq = 1;
		attr.sample_freq = opts->sample_freq;
	} else {
		attr.sample_period = opts->sample_period;
	}
	fd = lt_perf_open(&attr, opts->pid, cpu);
	if (fd < 0)
		return explain(fd, name, opts, err);
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
	char name[64];
	int code;

	name_event(opts, name, sizeof(name));
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
	.supported = supported,
};

/* SPDX-License-Identifier: MIT */
#include "perf_names.h"
#include "perf_open.h"
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

static const char *const software_names[] = {
	"cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations", "minor-faults",
	"major-faults", "alignment-faults", "emulation-faults", "dummy", "bpf-output", "cgroup-switches",
};
static const char *const hardware_names[] = {
	"cycles", "instructions", "cache-references", "cache-misses", "branch-instructions", "branch-misses",
	"bus-cycles", "stalled-cycles-frontend", "stalled-cycles-backend", "ref-cycles",
};

void lt_perf_name(uint32_t type, uint64_t config, char *out, size_t size)
{
	if (type == PERF_TYPE_SOFTWARE && config < sizeof(software_names) / sizeof(char *))
		snprintf(out, size, "%s", software_names[config]);
	else if (type == PERF_TYPE_HARDWARE && config < sizeof(hardware_names) / sizeof(char *))
		snprintf(out, size, "%s", hardware_names[config]);
	else
		snprintf(out, size, "type %u config 0x%llx", type, (unsigned long long)config);
}

int lt_perf_refused(const char *subject, uint32_t type, int32_t pid, int code, lt_error *err)
{
	char text[256];

	switch (code) {
	case -ENOENT:
	case -EOPNOTSUPP:
	case -ENODEV:
		return lt_fail(err, code, "%s: this machine has no such event (a virtual machine often has no hardware "
			       "counters)%s", subject,
			       type == PERF_TYPE_SOFTWARE ? "" : "; the software event cpu-clock would do for sampling");
	case -ESRCH:
		return lt_fail(err, code, "%s: no process %d", subject, pid);
	case -EPERM:
	case -EACCES:
		lt_perf_privilege(text, sizeof(text));
		return lt_fail(err, code, "%s: %s", subject, text);
	case -EINVAL:
		return lt_fail(err, code, "%s: the kernel refused it: Invalid argument; is the frequency above "
			       "kernel.perf_event_max_sample_rate, or the CPU number wrong?", subject);
	default:
		return lt_fail(err, code, "%s: the kernel refused it: %s", subject, strerror(-code));
	}
}

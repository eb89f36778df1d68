-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

return {
	summary = "files as they are opened, with who asked and what came of it",
	overhead = "two tracepoint programs for each open, about 1 microsecond",
	example = [[
# luatrace opensnoop
PID     COMM               FD ERROR    PATH
12206   cat                 3 -        /etc/ld.so.cache
12206   cat                 3 -        /lib/x86_64-linux-gnu/libc.so.6
12206   cat                 - ENOENT   /nonexistent
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "only opens that failed" },
	},
	params = function(options) return { failed_only = options.failed } end,
	text = [[
#include <luatrace/filter.h>
struct event {
	u64 ts;
	u32 pid;
	int result;
	char comm[TASK_COMM_LEN];
	char path[256];
};
const volatile bool failed_only;
BPF_HASH(openings, u64, u64);
BPF_RINGBUF_OUTPUT(events, 64);

TRACEPOINT_PROBE(syscalls, sys_enter_openat)
{
	u64 id = bpf_get_current_pid_tgid(), path = (u64)args->filename;

	if (wanted())
		openings.update(&id, &path);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_openat)
{
	u64 id = bpf_get_current_pid_tgid(), *path = openings.lookup(&id);
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = id >> 32, .result = args->ret };

	if (!path)
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(&event.path, sizeof(event.path), (void *)*path);
	openings.delete(&id);
	if (!failed_only || event.result < 0)
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "FD", width = 4, align = "right", value = function(e) return e.result >= 0 and e.result or nil end },
		{ "ERROR", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
		{ "PATH" },
	},
}

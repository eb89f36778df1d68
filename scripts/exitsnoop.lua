-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

return {
	summary = "processes as they end, with their age and why",
	description = [[
Shows each process when its last thread has ended, with --threads each thread.

AGE is the time since it was started, not since it executed its program. CODE is the exit code, SIGNAL the signal
that ended it instead, "+core" when memory was dumped. PPID is the parent at the end: 1, or another that adopts,
when the one that started it was gone. With --threads CODE and SIGNAL are the thread's own: 0 of one that ends
while its process goes on.

COMM is the name of the process, with --threads that of the thread. --comm, --tid and --uid look at the thread that
ended last.]],
	overhead = "one program for each thread that ends, about 1 microsecond",
	example = [[
# luatrace exitsnoop
COMM             PID     PPID        AGE(s) CODE SIGNAL
sh               21935   21933        0.001    - SIGKILL
sh               21936   21933        0.001    7 -
readlink         21943   21942        0.002    1 -
python3          21937   21933        0.233    3 -
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "only what ended with an exit code other than 0, or by a signal", sets = "failed_only" },
		{ "threads", help = "each thread", sets = "each_thread" },
	},
	text = [[
#include <luatrace/filter.h>
enum { GROUP_EXIT = 4 };	/* SIGNAL_GROUP_EXIT */
struct process { u64 start; u32 pid; u32 zero; };
struct event {
	u64 ts, age;
	u32 pid, ppid, tid, status;
	char comm[TASK_COMM_LEN];
};
const volatile bool failed_only, each_thread;
BPF_TABLE("lru_hash", struct process, u8, ended, 4096);
BPF_RINGBUF_OUTPUT(events, 64);

RAW_TRACEPOINT_PROBE(sched_process_exit)
{
	struct task_struct *task = (struct task_struct *)ctx->args[0], *leader = task->group_leader;
	struct task_struct *shown = each_thread ? task : leader;
	struct signal_struct *group = task->signal;
	struct process process = { .start = leader->start_time, .pid = task->tgid };
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = task->tgid, .tid = task->pid, .status = task->exit_code };
	u8 one = 1;

	if (!wanted())
		return 0;
	if (!each_thread) {
		/* Of threads that end at once several can see that none is left; the first of them counts. */
		if (group->live.counter || ended.insert(&process, &one))
			return 0;
		event.status = group->flags & GROUP_EXIT ? group->group_exit_code : leader->exit_code;
	}
	if (failed_only && !event.status)
		return 0;
	event.age = event.ts - shown->start_time;
	event.ppid = leader->real_parent->tgid;
	bpf_probe_read_kernel_str(&event.comm, sizeof(event.comm), shown->comm);
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	clock = "ts",
	columns = {
		{ "COMM", width = 16 }, { "PID", width = 7 }, { "PPID", width = 7 }, { "TID", width = 7, when = "threads" },
		{ "AGE", unit = "s", width = 10, decimals = 3, value = function(e) return tonumber(e.age) / 1e9 end },
		{ "CODE", width = 4, align = "right",
			value = function(e) return bit.band(e.status, 0x7f) == 0 and bit.rshift(e.status, 8) or nil end },
		{ "SIGNAL", value = function(e) return names.ending(e.status) end },
	},
}

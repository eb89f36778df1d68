-- SPDX-License-Identifier: MIT
return {
	summary = "tasks that waited long for a CPU, and who had it before",
	description = [[
Shows each wait for a CPU that was at least so long: who waited (COMM, TID), for how long, and the task that ran on
that CPU just before (PREV_COMM, PREV_TID), which need not be the one that had it all the time.

A wait is from the wake-up, or from when the task had to leave a CPU, to when it came to run. Waits that began before
tracing did, and those that have not ended, are not shown.]],
	overhead = "two programs for each switch of tasks, together 1.4 microseconds: 7 % of a CPU where there are"
		.. " 50,000 switches a second",
	example = [[
# luatrace runqslower 20000 -d 1
COMM             TID      LATENCY(us) PREV_TID PREV_COMM
qemu-system-x86  27840          50063 6599     spinner
luatrace         6714           35248 6599     spinner
luatrace         6739           35279 6714     luatrace
]],
	options = {
		{ "threshold", type = "integer", positional = true, min = 0, max = 1e12, default = 10000, metavar = "MICROSECONDS",
			help = "the shortest wait that is shown", sets = "least", times = 1000 },
	},
	filters = { "pid", "tid", "comm" },
	text = [[
#include <luatrace/sched.h>
struct event {
	u64 ts, ns;
	u32 pid, tid, prev_tid, unused;
	char comm[TASK_COMM_LEN], prev_comm[TASK_COMM_LEN];
};
const volatile u64 least;
BPF_HASH(queued, u32, u64, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int woken(struct task_struct *p)
{
	u32 tid = p->pid;
	u64 now = bpf_ktime_get_ns();

	/* one that waits already, or runs, keeps what it has */
	if (tid && wanted_task(p))
		queued.insert(&tid, &now);
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_wakeup) { return woken((struct task_struct *)ctx->args[0]); }
RAW_TRACEPOINT_PROBE(sched_wakeup_new) { return woken((struct task_struct *)ctx->args[0]); }

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = SWITCH_PREV(ctx), *next = SWITCH_NEXT(ctx);
	u64 now = bpf_ktime_get_ns(), *since;
	struct event event = { .ts = now, .pid = next->tgid, .tid = next->pid, .prev_tid = prev->pid };
	u32 tid = prev->pid;

	if (tid && SWITCH_RUNNABLE(ctx) && wanted_task(prev))
		queued.update(&tid, &now);
	else if (tid)
		queued.delete(&tid);	/* a wake-up while it ran */
	tid = next->pid;
	since = queued.lookup(&tid);
	if (!since)
		return 0;
	event.ns = now - *since;
	queued.delete(&tid);
	if (event.ns < least)
		return 0;
	bpf_probe_read_kernel_str(event.comm, sizeof(event.comm), next->comm);
	bpf_probe_read_kernel_str(event.prev_comm, sizeof(event.prev_comm), prev->comm);
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	clock = "ts",
	columns = {
		{ "COMM", width = 16 }, { "TID", width = 7 },
		{ "LATENCY", unit = "us", width = 12, decimals = 0, value = function(e) return tonumber(e.ns) / 1e3 end },
		{ "PREV_TID", width = 8 }, { "PREV_COMM" },
	},
	span = function(e) return e.ts - e.ns, e.ns, "waits for a CPU", e.pid, e.tid, e.comm end,
}

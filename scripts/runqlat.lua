-- SPDX-License-Identifier: MIT
return {
	summary = "how long tasks wait for a CPU: histograms",
	options = {
		{ "milliseconds", "m", help = "in milliseconds, not microseconds" },
		{ "processes", "P", help = "one for each process" },
	},
	filters = { "pid" },
	params = function(options)
		return { divisor = options.milliseconds and 1e6 or 1e3, by_process = options.processes }
	end,
	text = [[
#include <luatrace/filter.h>
struct key { u32 key, slot; };
const volatile u64 divisor = 1000;
const volatile bool by_process;
BPF_HASH(queued, u32, u64, 65536);
BPF_HISTOGRAM(waits, struct key, 10240);

static __always_inline int enqueue(struct task_struct *p)
{
	u32 tid = p->pid;
	u64 now = bpf_ktime_get_ns();

	if (tid && wanted_pid(p->tgid))
		queued.update(&tid, &now);
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_wakeup) { return enqueue((struct task_struct *)ctx->args[0]); }
RAW_TRACEPOINT_PROBE(sched_wakeup_new) { return enqueue((struct task_struct *)ctx->args[0]); }

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = (struct task_struct *)ctx->args[1], *next = (struct task_struct *)ctx->args[2];
	u32 tid = next->pid;
	u64 *since;
	struct key key = {};

	/* it did not go to sleep: it waits again */
	if (prev->__state == TASK_RUNNING)
		enqueue(prev);
	since = queued.lookup(&tid);
	if (!since)
		return 0;
	key.key = by_process ? next->tgid : 0;
	key.slot = bpf_log2l((bpf_ktime_get_ns() - *since) / divisor);
	waits.atomic_increment(key);
	queued.delete(&tid);
	return 0;
}]],
	every = function(run)
		run:hist("waits", { unit = run.options.milliseconds and "msecs" or "usecs", label = run.options.processes and "pid" })
	end,
}

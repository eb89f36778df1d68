-- SPDX-License-Identifier: MIT
return {
	summary = "how long tasks wait for a CPU: histograms",
	description = [[
Shows how long tasks that could run waited until they did: from the wake-up, or from when they had to leave a CPU, to
when they came to run. Long waits say that CPUs are short; see runqlen for how many tasks wait and runqslower for
which.

A task that is preempted while it is about to sleep is still one that waits. Waits that began before tracing did are
not counted, nor are those that have not ended when it does.]],
	overhead = "two programs for each switch of tasks, together 1.4 microseconds: 7 % of a CPU where there are"
		.. " 50,000 switches a second",
	example = [[
# luatrace runqlat -d 1
     usecs               : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 46       |****************                        |
         4 -> 7          : 107      |****************************************|
         8 -> 15         : 27       |**********                              |
        16 -> 31         : 83       |*******************************         |
        32 -> 63         : 47       |*****************                       |
]],
	options = {
		{ "milliseconds", "m", help = "in milliseconds, not microseconds", sets = "divisor", times = 1e6 },
		{ "processes", "P", help = "a histogram for each process", sets = "by_process" },
		{ "threads", "L", help = "a histogram for each thread", sets = "by_thread" },
		{ "pidnss", help = "a histogram for each pid namespace", sets = "by_namespace" },
	},
	filters = { "pid", "tid", "comm" },
	text = [[
#include <luatrace/sched.h>
struct key { u32 key, slot; };
const volatile u64 divisor = 1000;
const volatile bool by_thread, by_process, by_namespace;
BPF_HASH(queued, u32, u64, 65536);
BPF_HISTOGRAM(waits, struct key, 10240);

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
	struct key key = {};
	u32 tid = prev->pid;

	if (tid && SWITCH_RUNNABLE(ctx) && wanted_task(prev))
		queued.update(&tid, &now);
	else if (tid)
		queued.delete(&tid);	/* a wake-up while it ran */
	tid = next->pid;
	since = queued.lookup(&tid);
	if (!since)
		return 0;
	key.key = by_thread ? tid : by_process ? next->tgid : by_namespace ? pid_namespace(next) : 0;
	key.slot = bpf_log2l((now - *since) / divisor);
	waits.atomic_increment(key);
	queued.delete(&tid);
	return 0;
}]],
	every = function(run)
		local options = run.options
		run:hist("waits", { unit = options.milliseconds and "msecs" or "usecs",
			label = options.threads and "tid" or options.processes and "pid" or options.pidnss and "pidns" or nil })
	end,
}

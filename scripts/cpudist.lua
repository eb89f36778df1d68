-- SPDX-License-Identifier: MIT
return {
	summary = "how long tasks run until they leave the CPU, or stay off it: histograms",
	description = [[
Shows for how long tasks ran each time they had a CPU: short times say that they wait for others or for devices, long
ones that they compute, and many at the length of the scheduler's slice that they compete for CPUs. With --offcpu it
shows for how long they were off it: asleep, or waiting for a CPU, which runqlat tells apart.

Times that began before tracing did are not counted, nor are those that have not ended when it does.]],
	overhead = "one program for each switch of tasks: 0.5 microseconds, with --offcpu 1",
	example = [[
# luatrace cpudist -d 1
     usecs               : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 6        |                                        |
         4 -> 7          : 186      |*******************                     |
         8 -> 15         : 347      |************************************    |
        16 -> 31         : 385      |****************************************|
        32 -> 63         : 304      |*******************************         |
        64 -> 127        : 233      |************************                |
]],
	options = {
		{ "offcpu", "O", help = "the time off the CPU", sets = "off" },
		{ "milliseconds", "m", help = "in milliseconds, not microseconds", sets = "divisor", times = 1e6 },
		{ "processes", "P", help = "a histogram for each process", sets = "by_process" },
		{ "threads", "L", help = "a histogram for each thread", sets = "by_thread" },
	},
	filters = { "pid", "tid", "comm" },
	text = [[
#include <luatrace/cpu.h>
#include <luatrace/sched.h>
struct key { u32 key, slot; };
const volatile u64 divisor = 1000;
const volatile bool off, by_thread, by_process;
BPF_HASH(left, u32, u64, 65536);
BPF_HISTOGRAM(times, struct key, 10240);

static __always_inline void count(struct task_struct *p, u64 ns)
{
	struct key key = { .key = by_thread ? p->pid : by_process ? p->tgid : 0, .slot = bpf_log2l(ns / divisor) };

	times.atomic_increment(key);
}

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = SWITCH_PREV(ctx), *next = SWITCH_NEXT(ctx);
	u64 now = bpf_ktime_get_ns(), *since, ran;
	u32 tid = prev->pid;

	if (!off) {
		ran = cpu_ends();
		if (ran && tid && wanted_task(prev))
			count(prev, ran);
		return cpu_begins();
	}
	if (tid && !(SWITCH_STATE(ctx) & TASK_DEAD) && wanted_task(prev))
		left.update(&tid, &now);
	tid = next->pid;
	since = left.lookup(&tid);
	if (since) {
		count(next, now - *since);
		left.delete(&tid);
	}
	return 0;
}]],
	every = function(run)
		local options = run.options
		run:hist("times", { unit = options.milliseconds and "msecs" or "usecs",
			label = options.threads and "tid" or options.processes and "pid" or nil })
	end,
}

-- SPDX-License-Identifier: MIT
local STATES = { any = -1, running = 0, sleep = 1, disk = 2, stopped = 4, traced = 8, idle = 0x402 }

return {
	summary = "where tasks leave the CPU, and for how long: stacks by time",
	description = [[
Sums up, by the stack that a task had when it left its CPU, the time until it ran again: asleep, stopped or waiting for
a CPU. Together with profile, which shows the time on CPUs, this is all of a task's time.

The states of --state: sleep is the sleep that signals end; disk is the other one, of disks, locks and memory; idle is
a kernel thread's that waits for work; running is of tasks that had to leave, and wait for a CPU.

What has not ended when tracing does is not counted: a task that sleeps all the time is not seen.]],
	overhead = "a stack for each switch of tasks, 5 microseconds: a quarter of a CPU where there are 50,000 switches"
		.. " a second; less with --pid",
	example = [[
# luatrace -c "perl -e 'select undef,undef,undef,0.1 for 1..5'" offcputime -K -n perl -m 5000
    __schedule
    schedule
    schedule_hrtimeout_range_clock
    poll_schedule_timeout.constprop.0
    do_select
    core_sys_select
    do_pselect.constprop.0
    __x64_sys_pselect6
    do_syscall_64
    entry_SYSCALL_64_after_hwframe
    -                perl (7107)
        500521 usecs
]],
	options = {
		{ "min-block", "m", type = "integer", min = 0, default = 1, metavar = "MICROSECONDS",
			help = "only times at least so long" },
		{ "max-block", "M", type = "integer", min = 1, metavar = "MICROSECONDS", help = "only times at most so long" },
		{ "state", choices = { "any", "running", "sleep", "disk", "stopped", "traced", "idle" }, default = "any",
			metavar = "STATE", help = "only tasks that left in this state" },
		{ "user-threads", help = "only threads of processes" },
		{ "kernel-threads", "k", help = "only the kernel's own threads" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options)
		return { least = options.min_block * 1000, most = (options.max_block or 1e12) * 1000, state = STATES[options.state],
			user_only = options.user_threads, kernel_only = options.kernel_threads }
	end,
	text = [[
#include <luatrace/sched.h>
#include <luatrace/stacks.h>
struct blocked { u64 since; struct lt_stack_key stack; };
const volatile u64 least, most;
const volatile int state = -1;
const volatile bool user_only, kernel_only;
BPF_HASH(blocked, u32, struct blocked, 65536);

static __always_inline bool meant(struct task_struct *p, u32 its)
{
	bool kernels = p->flags & PF_KTHREAD;

	if (its & TASK_DEAD || (kernels ? user_only : kernel_only))
		return false;
	return (state < 0 || (its & (TASK_REPORT | TASK_NOLOAD)) == state) && wanted();
}

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = SWITCH_PREV(ctx), *next = SWITCH_NEXT(ctx);
	struct blocked new = {}, *old;
	u32 tid = prev->pid;
	u64 ns;

	if (tid && meant(prev, SWITCH_STATE(ctx))) {
		take_stack(ctx, &new.stack);
		new.since = bpf_ktime_get_ns();
		blocked.update(&tid, &new);
	}
	tid = next->pid;
	old = blocked.lookup(&tid);
	if (!old)
		return 0;
	ns = bpf_ktime_get_ns() - old->since;
	if (ns >= least && ns <= most)
		add_stack(&old->stack, ns / 1000);
	blocked.delete(&tid);
	return 0;
}]],
	stacks = { unit = "usecs", colour = "off", held = function(run, hold)
		for _, entry in ipairs(run:read "blocked") do
			hold(entry.value.stack)
		end
	end },
}

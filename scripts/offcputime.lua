-- SPDX-License-Identifier: MIT
local sched = require "luatrace.tool.sched"

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
		sched.MIN_BLOCK, sched.MAX_BLOCK, sched.USER_THREADS, sched.KERNEL_THREADS,
		{ "state", choices = { "any", "running", "sleep", "disk", "stopped", "traced", "idle" }, default = "any",
			metavar = "STATE", help = "only tasks that left in this state" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options) return { state = STATES[options.state] } end,
	text = [[
#include <luatrace/sched.h>
#include <luatrace/stacks.h>
struct blocked { u64 since; struct lt_stack_key stack; };
const volatile int state = -1;
BPF_HASH(blocked, u32, struct blocked, 65536);

static __always_inline bool meant(struct task_struct *p, u32 its)
{
	return !(its & TASK_DEAD) && wanted_kind(p) && (state < 0 || (its & (TASK_REPORT | TASK_NOLOAD)) == state) && wanted();
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
	if (wanted_block(ns))
		add_stack(&old->stack, ns / 1000);
	blocked.delete(&tid);
	return 0;
}]],
	stacks = { unit = "usecs", colour = "off", held = function(maps, hold)
		for _, entry in ipairs(maps:read "blocked") do
			hold(entry.value.stack)
		end
	end },
}

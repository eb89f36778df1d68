-- SPDX-License-Identifier: MIT
local sched = require "luatrace.tool.sched"

return {
	summary = "where tasks sleep, and who ends it: both stacks by the time slept",
	description = [[
Sums up how long tasks slept, by the stack with which they went to sleep and the stack of the task that woke them. The
first is shown as in offcputime; where it ends, "--" parts it from the waker's, which follows from its innermost
function to its outermost, and ends with the waker's name. So of a flame graph the two meet in the middle.

The time is from when a task left its CPU to when it ran again. What an interrupt wakes is told of the task that was
interrupted, which has nothing to do with it: the kernel's frames show the interrupt. Filters are for tasks that
sleep.]],
	overhead = "two stacks for each sleep, together 6 microseconds or more: a third of a CPU where there are 50,000"
		.. " sleeps a second",
	example = [[
# luatrace offwaketime -K -n reader -d 1
    entry_SYSCALL_64_after_hwframe
    do_syscall_64
    ksys_write
    vfs_write
    anon_pipe_write
    __wake_up_sync_key
    __wake_up_common
    autoremove_wake_function
    try_to_wake_up
    --
    __schedule
    schedule
    anon_pipe_read
    vfs_read
    ksys_read
    do_syscall_64
    entry_SYSCALL_64_after_hwframe
    -                reader (12739)
        402802 usecs
]],
	options = { sched.MIN_BLOCK, sched.MAX_BLOCK, sched.USER_THREADS, sched.KERNEL_THREADS },
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/sched.h>
#include <luatrace/stacks.h>
struct key { struct lt_stack_key sleeper, waker; };
struct sleep { u64 since; struct key stacks; };
BPF_HASH(asleep, u32, struct sleep, 65536);
BPF_HASH(slept, struct key, u64, 16384);

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = SWITCH_PREV(ctx), *next = SWITCH_NEXT(ctx);
	u32 tid = prev->pid, state = SWITCH_STATE(ctx);
	struct sleep new = {}, *old;
	u64 ns;

	if (tid && state != TASK_RUNNING && !(state & TASK_DEAD) && wanted_kind(prev) && wanted()) {
		take_stack(ctx, &new.stacks.sleeper);
		new.stacks.waker.user = new.stacks.waker.kernel = -1;
		new.since = bpf_ktime_get_ns();
		asleep.update(&tid, &new);
	}
	tid = next->pid;
	old = asleep.lookup(&tid);
	if (!old)
		return 0;
	ns = bpf_ktime_get_ns() - old->since;
	if (wanted_block(ns))
		add_stacks(slept, &old->stacks, ns / 1000);
	asleep.delete(&tid);
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_waking)
{
	u32 tid = ((struct task_struct *)ctx->args[0])->pid;
	struct sleep *sleep = asleep.lookup(&tid);

	if (sleep && !sleep->stacks.waker.comm[0])
		take_stack(ctx, &sleep->stacks.waker);
	return 0;
}]],
	stacks = { sized = { "slept" }, unit = "usecs", colour = "off", held = function(maps, hold)
		for _, entry in ipairs(maps:read "asleep") do
			hold(entry.value.stacks.sleeper)
			hold(entry.value.stacks.waker)
		end
	end },
	every = function(run)
		run:show_stacks("slept", function(key, frames_of)
			local frames, waker = frames_of(key.sleeper), frames_of(key.waker)
			frames[#frames + 1] = "--"
			for i = #waker, 1, -1 do
				frames[#frames + 1] = waker[i]
			end
			-- a waker can be so fast that the sleep has not been seen to begin
			frames[#frames + 1] = key.waker.comm[0] ~= 0 and ffi.string(key.waker.comm) or "[missed]"
			return ffi.string(key.sleeper.comm), tonumber(key.sleeper.pid), frames
		end)
	end,
}

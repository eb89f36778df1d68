-- SPDX-License-Identifier: MIT
local sched = require "luatrace.tool.sched"

return {
	summary = "who wakes sleeping tasks: stacks of the wakers by the time slept",
	description = [[
Sums up, by the task that is woken and the stack of the one that wakes it, how long the first slept. A stack is shown
as that of its waker; below "--" stands the name of the task that was woken.

What an interrupt wakes (of a timer, a disk, the network) is told of the task that was interrupted, which has nothing
to do with it: the kernel's frames show the interrupt. Filters are for tasks that are woken.]],
	overhead = "a program for each switch of tasks, 0.7 microseconds, and a stack for each wake-up, 5 microseconds",
	example = [[
# luatrace wakeuptime -K -n reader -d 1
    reader
    --
    try_to_wake_up
    autoremove_wake_function
    __wake_up_common
    __wake_up_sync_key
    anon_pipe_write
    vfs_write
    ksys_write
    do_syscall_64
    entry_SYSCALL_64_after_hwframe
    -                writer (12660)
        482098 usecs
]],
	options = { sched.MIN_BLOCK, sched.MAX_BLOCK, sched.USER_THREADS },
	filters = { "pid", "tid", "comm" },
	text = [[
#include <luatrace/sched.h>
#include <luatrace/stacks.h>
struct key { struct lt_stack_key waker; char target[TASK_COMM_LEN]; };
BPF_HASH(asleep, u32, u64, 65536);
BPF_HASH(slept, struct key, u64, 16384);

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = SWITCH_PREV(ctx);
	u64 now = bpf_ktime_get_ns();
	u32 tid = prev->pid, state = SWITCH_STATE(ctx);

	if (tid && state != TASK_RUNNING && !(state & TASK_DEAD) && wanted_kind(prev) && wanted_task(prev))
		asleep.update(&tid, &now);
	/* one that was woken while it was about to leave its CPU */
	tid = SWITCH_NEXT(ctx)->pid;
	asleep.delete(&tid);
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_waking)
{
	struct task_struct *p = (struct task_struct *)ctx->args[0];
	u64 *since, ns;
	struct key key = {};
	u32 tid = p->pid;

	since = asleep.lookup(&tid);
	if (!since)
		return 0;
	ns = bpf_ktime_get_ns() - *since;
	asleep.delete(&tid);
	if (!wanted_block(ns))
		return 0;
	take_stack(ctx, &key.waker);
	bpf_probe_read_kernel_str(key.target, sizeof(key.target), p->comm);
	add_stacks(slept, &key, ns / 1000);
	return 0;
}]],
	stacks = { sized = { "slept" }, unit = "usecs", colour = "off" },
	every = function(run)
		run:show_stacks("slept", function(key, frames_of)
			local frames = frames_of(key.waker)
			frames[#frames + 1], frames[#frames + 2] = "--", ffi.string(key.target)
			return ffi.string(key.waker.comm), tonumber(key.waker.pid), frames
		end)
	end,
}

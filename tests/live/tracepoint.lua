-- SPDX-License-Identifier: MIT
-- Tracepoints: by name prefix and by attach_tracepoint, detached and attached again, fields read from args.
-- In guests too.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 997

-- By prefix: attached from the start.
do
	local held = live.workload("getppid", COUNT)
	local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
BPF_ARRAY(calls, u64, 2);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		calls.increment(0);
	return 0;
}
int tracepoint__syscalls__sys_exit_getppid(struct tracepoint__syscalls__sys_exit_getppid *args)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID && args->ret > 0)
		calls.increment(1);
	return 0;
}]] }
	t.eq(BPF.num_open_tracepoints(), 2, "both are attached by their names")
	t.eq(live.poll_through(b, held), COUNT, "the workload made its calls")
	t.eq(b.calls[0], COUNT + 0ULL, "TRACEPOINT_PROBE saw each call")
	t.eq(b.calls[1], COUNT + 0ULL, "tracepoint__CATEGORY__EVENT saw each return, and its value")
	b:close()
	t.eq(BPF.num_open_tracepoints(), 0, "closed: detached")
end

-- By call: two programs at one event, one of them detached.
do
	local b = BPF { cflags = { "-DPID=" .. live.pid }, text = [[
BPF_ARRAY(calls, u64, 2);
BPF_ARRAY(flags, u64, 1);
int first(struct tracepoint__syscalls__sys_enter_openat *args)
{
	char path[8] = {};
	bpf_probe_read_user_str(path, sizeof(path), args->filename);
	if (bpf_get_current_pid_tgid() >> 32 != PID || path[0] != '/' || path[1] != '?')
		return 0;
	calls.increment(0);
	flags.increment(0, args->flags & 3);
	return 0;
}
int second(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		calls.increment(1);
	return 0;
}]] }
	local function opens(n)
		for _ = 1, n do
			io.open("/?/no such folder", "a")
		end
		return tonumber(b.calls[0]), tonumber(b.calls[1])
	end
	local first, second = opens(7)
	t.eq(first + second, 0, "nothing runs before it is attached")
	b:attach_tracepoint { tp = "syscalls:sys_enter_openat", fn_name = "first" }
		:attach_tracepoint { tp = "syscalls:sys_enter_openat", fn_name = "second" }
	t.eq(opens(13), 13, "attached by a call")
	t.eq(tonumber(b.calls[1]), 13, "a second program at the same event")
	t.eq(tonumber(b.flags[0]), 13, "the flags are those of append mode")
	b:detach_tracepoint { tp = "syscalls:sys_enter_openat", fn_name = "first" }
	first, second = opens(5)
	t.eq(first, 13, "detached: nothing more")
	t.eq(second, 18, "the other one goes on")
	b:attach_tracepoint { tp = "syscalls:sys_enter_openat", fn_name = "first" }
	t.eq(opens(3), 16, "attached again")
	t.raises(function() b:detach_tracepoint { tp = "syscalls:sys_exit_openat" } end, "nothing is attached",
		"what is not attached")
	b:close()
end

-- Fields of variable length.
do
	local path = live.file("#!/bin/true\n", "executed")
	sh.run("chmod +x " .. path)
	local b = BPF { text = [[
struct event { u32 pid; char path[128]; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(sched, sched_process_exec)
{
	struct event e = { .pid = args->pid };
	TP_DATA_LOC_READ_STR(&e.path, filename, sizeof(e.path));
	events.perf_submit(args, &e, sizeof(e));
	return 0;
}]] }
	local seen, own_pid = 0, true
	b.events:open_perf_buffer(function(_, e)
		if ffi.string(e.path) == path then
			seen = seen + 1
			own_pid = own_pid and e.pid ~= live.pid and e.pid > 0
		end
	end)
	for _ = 1, 11 do
		os.execute(path)
	end
	live.consume(b)
	t.eq(seen, 11, "__data_loc: the path of each exec")
	t.ok(own_pid, "and its pid")
	b:close()
end
t.done()

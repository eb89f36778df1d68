-- SPDX-License-Identifier: MIT
-- Two BPF objects in one script: maps and structs of the same names, of different layouts, do not see each other.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 2003
local held = live.workload("getppid", COUNT)
local flags = { "-DPID=" .. held.pid }

local one = BPF { cflags = flags, text = [[
struct event { u32 pid; char comm[TASK_COMM_LEN]; u64 number; };
struct key { u32 pid; u64 low; };
BPF_PERF_OUTPUT(events);
BPF_HASH(counts, struct key, u32);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = {};
	struct key key = {};

	e.pid = bpf_get_current_pid_tgid() >> 32;
	if (e.pid != PID)
		return 0;
	key.pid = e.pid;
	key.low = 1;
	counts.increment(key);
	e.number = 7;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	events.perf_submit(args, &e, sizeof(e));
	return 0;
}]] }
local two = BPF { cflags = flags, text = [[
struct event { u64 number; u8 small; u32 pid; char comm[8]; };
struct key { char name[4]; u32 pid; };
BPF_RINGBUF_OUTPUT(events, 64);
BPF_HASH(counts, struct key, u64);
TRACEPOINT_PROBE(syscalls, sys_exit_getppid)
{
	struct event e = {};
	struct key key = { .name = "ret" };

	e.pid = bpf_get_current_pid_tgid() >> 32;
	if (e.pid != PID)
		return 0;
	key.pid = e.pid;
	counts.increment(key, 2);
	e.number = 1ull << 40;
	e.small = 200;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]] }

local first, second, right = 0, 0, { true, true }
one.events:open_perf_buffer(function(_, e)
	first = first + 1
	right[1] = right[1] and e.pid == held.pid and e.number == 7 and ffi.string(e.comm) == "workload"
end)
two.events:open_ring_buffer(function(_, e)
	second = second + 1
	right[2] = right[2] and e.pid == held.pid and e.number == 2 ^ 40 and e.small == 200 and ffi.string(e.comm) == "workloa"
end)
-- Polling one polls both.
t.eq(live.poll_through(one, held), COUNT, "the workload made its calls")
t.eq(first, COUNT, "records of the first")
t.eq(second, COUNT, "records of the second")
t.ok(right[1], "in the first's layout")
t.ok(right[2], "in the second's layout")
t.eq(one.counts[{ pid = held.pid, low = 1 }], COUNT, "a map of the first, by its struct key")
t.eq(two.counts[{ name = "ret", pid = held.pid }], 2ULL * COUNT, "a map of the second, by its struct key")
t.raises(function() return two.counts[{ pid = held.pid, low = 1 }] end, "has no member 'low'",
	"the other's key is none here")
t.raises(function() return one.counts[two.counts:keys()()] end, "expected struct key of 16 bytes, not .* of 8",
	"nor is its cdata")

-- The same text twice is two objects too.
local TEXT = "BPF_ARRAY(numbers, u64, 4);\nint f(struct pt_regs *ctx) { return 0; }"
local a, b = BPF { text = TEXT }, BPF { text = TEXT }
a.numbers[1], b.numbers[1] = 11, 13
t.eq(tostring(a.numbers[1]) .. tostring(b.numbers[1]), "11ULL13ULL", "the same text twice: maps of their own")
a:close()
t.eq(b.numbers[1], 13ULL, "closing one leaves the other")
t.raises(function() return a.numbers[1] end, "closed", "a closed one")
one:close()
BPF.cleanup()
t.raises(function() two:perf_buffer_poll(0) end, "closed", "BPF.cleanup() closes all")
t.done()

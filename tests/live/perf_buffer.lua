-- SPDX-License-Identifier: MIT
-- Perf buffers: what was made is what was seen plus what was reported lost, whatever happens in between.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local TEXT = [[
struct event { u64 number; u32 pid; char pad[52]; };
BPF_PERF_OUTPUT(events);
BPF_HASH(traced, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = {};
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u64 *number = traced.lookup(&pid);

	if (!number)
		return 0;
	e.number = (*number)++;
	e.pid = pid;
	events.perf_submit(args, &e, sizeof(e));
	return 0;
}]]

local b = BPF { text = TEXT }

local function trace(count)
	local held = live.workload("getppid", count)
	b.traced[held.pid] = 0
	return held
end

-- Handled while it is made: exact.
do
	-- As many as the rings hold: nothing is lost however late we are.
	local COUNT = 50021
	local seen, sum, size_ok, cpu_ok, lost = 0, 0, true, true, 0
	b.events:open_perf_buffer(function(cpu, e, size)
		seen, sum = seen + 1, sum + tonumber(e.number)
		size_ok = size_ok and size >= 64
		cpu_ok = cpu_ok and cpu >= 0
	end, { page_cnt = 1024, lost_cb = function(n) lost = lost + n end })
	t.eq(live.poll_through(b, trace(COUNT)), COUNT, "the workload made its calls")
	t.eq(seen + lost, COUNT, "what was made is what was seen and what was lost")
	t.eq(lost, 0, "nothing was lost")
	t.eq(sum, COUNT * (COUNT - 1) / 2, "each record once")
	t.ok(size_ok and cpu_ok, "size and cpu")
	t.raises(function() b.events:open_perf_buffer(print) end, "open", "opening it twice")
	b:close()
end

-- Nobody reads until the ring is full.
do
	b = BPF { text = TEXT }
	local COUNT, seen, lost, calls = 9973, 0, 0, 0
	b.events:open_perf_buffer(function() seen = seen + 1 end, { page_cnt = 8, lost_cb = function(n)
		lost, calls = lost + n, calls + 1
	end })
	local held = trace(COUNT)
	held:begin()
	t.eq(live.await(held.made), COUNT, "the workload made its calls, unread")
	live.consume(b)
	t.ok(seen > 100 and lost > 1000, ("overflow: %d seen, %d lost"):format(seen, lost))
	t.eq(seen + lost, COUNT, "overflow: what was made is what was seen and what was lost")
	t.ok(calls >= 1, "lost_cb was called")

	-- It goes on after that.
	local before = seen
	t.eq(live.poll_through(b, trace(53)), 53, "more calls")
	t.eq(seen - before, 53, "after an overflow all is seen again")
	t.eq(seen + lost, COUNT + 53, "and nothing is counted twice")
	b:close()
end

-- The callback raises in the middle of batches, and polling goes on.
do
	b = BPF { text = TEXT }
	local COUNT, seen, sum, raised, lost = 10007, 0, 0, 0, 0
	b.events:open_perf_buffer(function(_, e)
		seen, sum = seen + 1, sum + tonumber(e.number)
		if seen % 101 == 0 then
			error("planted")
		end
	end, { page_cnt = 256, lost_cb = function(n) lost = lost + n end })
	local held = trace(COUNT)
	held:begin()
	local planted = true
	live.await(function()
		local ok, err = pcall(b.perf_buffer_poll, b, 1)
		if not ok then
			raised = raised + 1
			planted = planted and tostring(err):find("perf_buffer.lua:%d+: planted") ~= nil
		end
		return held.made() and seen + lost >= COUNT
	end)
	t.eq(seen + lost, COUNT, "errors in the callback: what was made is what was seen and what was lost")
	t.eq(lost, 0, "errors in the callback: nothing was lost")
	t.eq(sum, COUNT * (COUNT - 1) / 2, "errors in the callback: each record once")
	t.eq(raised, math.floor(COUNT / 101), "each error came out of poll")
	t.ok(planted, "as it was raised")
	b:close()
end

live.check_latency(TEXT)

-- Two outputs, and polling that ends when there is none left.
do
	b = BPF { text = [[
struct one { u32 pid; u32 n; };
struct two { u64 ns; u32 pid; char comm[16]; };
BPF_PERF_OUTPUT(ones);
BPF_PERF_OUTPUT(twos);
BPF_HASH(traced, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct one a = {};
	struct two b = {};
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u64 *number = traced.lookup(&pid);

	if (!number)
		return 0;
	a.pid = b.pid = pid;
	a.n = (*number)++;
	b.ns = bpf_ktime_get_ns();
	bpf_get_current_comm(&b.comm, sizeof(b.comm));
	ones.perf_submit(args, &a, sizeof(a));
	if (a.n % 3 == 0)
		twos.perf_submit(args, &b, sizeof(b));
	return 0;
}]] }
	local COUNT = 5003
	local held = trace(COUNT)
	local ones, twos, right = 0, 0, true
	b.ones:open_perf_buffer(function(_, e)
		ones = ones + 1
		right = right and e.pid == held.pid
	end)
	b:on("twos", function(_, e)
		twos = twos + 1
		right = right and e.pid == held.pid and ffi.string(e.comm) == "workload" and e.ns > 0
	end)
	live.poll_through(b, held)
	t.eq(ones, COUNT, "two outputs: the first")
	t.eq(twos, math.ceil(COUNT / 3), "two outputs: the second")
	t.ok(right, "two outputs: each with records of its own type")
	b:close()
end

t.raises(function() b:perf_buffer_poll() end, "closed", "polling a closed object")
b = BPF { text = TEXT }
t.raises(function() b:perf_buffer_poll() end, "no output is open, so this would wait for ever",
	"polling with no output open")
t.raises(function() b.events:open_perf_buffer() end, "takes a function", "no callback")
t.raises(function() b.events:open_perf_buffer(print, { page_cnt = 3 }) end, "power of two",
	"pages that are no power of two")
t.raises(function() b.events:open_perf_buffer(print, { pagecnt = 4 }) end,
	"unknown argument 'pagecnt'; did you mean 'page_cnt'", "an unknown option")
t.raises(function() b.events:open_ring_buffer(print) end, "is a perf buffer", "the other kind's name")
t.raises(function() b:on("event", print) end, "on: the text has no map 'event'; did you mean 'events'",
	"on: no such map")
t.raises(function() b:on(print) end, "on: name= takes a string, not function", "on: no name")
t.raises(function() b:on "events" end, "on: takes a function %(cpu, data, size%) first, not nil", "on: no function")
t.raises(function() b:on("events", print, { pagecnt = 4 }) end, "on: unknown argument 'pagecnt'",
	"on: an unknown option")
t.raises(function() b:on("traced", print) end,
	"on: map 'traced' is no output: it is not a BPF_PERF_OUTPUT or BPF_RINGBUF_OUTPUT", "on: no output")
t.raises(function() b.on("events", print) end, "on: call it on a BPF object, with a colon: b:on",
	"on: a dot for a colon")
b:close()
t.raises(function() b:on("events", print) end, "on: this BPF object is closed", "on: a closed object")
t.done()

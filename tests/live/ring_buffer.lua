-- SPDX-License-Identifier: MIT
-- Ring buffers, by output and by reserve and submit: what was made is what was seen plus what was reported lost.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local function text(way, pages)
	return ([[
struct event { u64 number; u32 pid; char pad[52]; };
BPF_RINGBUF_OUTPUT(events, %d);
BPF_HASH(traced, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u64 *number = traced.lookup(&pid);

	if (!number)
		return 0;
	%s
	return 0;
}]]):format(pages, way)
end

local OUTPUT = [[
	struct event e = { .pid = pid };
	e.number = (*number)++;
	events.ringbuf_output(&e, sizeof(e), 0);]]
local RESERVE = [[
	u64 n = (*number)++;
	struct event *e = events.ringbuf_reserve(sizeof(*e));
	if (!e)
		return 0;
	e->number = n;
	e->pid = pid;
	events.ringbuf_submit(e, 0);]]
-- Every third one is taken back.
local DISCARD = [[
	u64 n = (*number)++;
	struct event *e = events.ringbuf_reserve(sizeof(*e));
	if (!e)
		return 0;
	e->number = n;
	e->pid = pid;
	if (n % 3 == 0)
		events.ringbuf_discard(e, 0);
	else
		events.ringbuf_submit(e, 0);]]

local function trace(b, count)
	local held = live.workload("getppid", count)
	b.traced[held.pid] = 0
	return held
end

-- Handled while it is made, in a ring that holds it all: exact.
local function exact(way, name)
	local COUNT = 20011
	local b = BPF { text = text(way, 512) }
	local seen, sum, right, lost, order = 0, 0, true, 0, true
	b.events:open_ring_buffer(function(cpu, e, size)
		order = order and e.number == seen
		seen, sum = seen + 1, sum + tonumber(e.number)
		right = right and cpu == -1 and size == 64
	end, { lost_cb = function(n) lost = lost + n end })
	live.poll_through(b, trace(b, COUNT))
	t.eq(lost, 0, name .. ": nothing was lost")
	t.eq(seen, COUNT, name .. ": each record is seen")
	t.eq(sum, COUNT * (COUNT - 1) / 2, name .. ": once")
	t.ok(order, name .. ": in order")
	t.ok(right, name .. ": size, and no CPU")
	b:close()
end
exact(OUTPUT, "ringbuf_output")
exact(RESERVE, "ringbuf_reserve and submit")

-- Nobody reads until the ring is full; then the callback raises now and then.
local function overflow(way, name)
	local COUNT = 9973
	local b = BPF { text = text(way, 8) }
	local seen, lost, raised = 0, 0, 0
	b.events:open_ring_buffer(function()
		seen = seen + 1
		if seen % 53 == 0 then
			error("planted")
		end
	end, { lost_cb = function(n) lost = lost + n end })
	local held = trace(b, COUNT)
	held:begin()
	t.eq(live.await(held.made), COUNT, name .. ": the workload made its calls, unread")
	local function consume()
		local ok, handled = pcall(b.ring_buffer_consume, b)
		raised = raised + (ok and 0 or 1)
		return not ok or handled > 0
	end
	while consume() do end
	t.ok(seen > 100 and lost > 1000, ("%s: overflow: %d seen, %d lost"):format(name, seen, lost))
	t.eq(seen + lost, COUNT, name .. ": what was made is what was seen and what was lost")
	t.eq(raised, math.floor(seen / 53), name .. ": each error came out")
	local before = seen
	held = trace(b, 47)
	held:begin()
	live.await(held.made)
	while consume() do end
	t.eq(seen - before, 47, name .. ": after an overflow all is seen again")
	t.eq(seen + lost, COUNT + 47, name .. ": and nothing is counted twice")
	b:close()
end
overflow(OUTPUT, "ringbuf_output")
overflow(RESERVE, "ringbuf_reserve and submit")

do
	local COUNT = 3001
	local b = BPF { text = text(DISCARD, 256) }
	local seen, taken_back, lost = 0, 0, 0
	b.events:open_ring_buffer(function(_, e)
		seen = seen + 1
		taken_back = taken_back + (tonumber(e.number) % 3 == 0 and 1 or 0)
	end, { lost_cb = function(n) lost = lost + n end })
	live.poll_through(b, trace(b, COUNT))
	t.eq(seen, COUNT - math.ceil(COUNT / 3), "ringbuf_discard: the others are seen")
	t.eq(taken_back, 0, "ringbuf_discard: none that was taken back")
	t.eq(lost, 0, "ringbuf_discard: which is no loss")
	b:close()
end

live.check_latency(text(OUTPUT, 8))

-- Beside a perf buffer, of one object.
do
	local COUNT = 2003
	local b = BPF { text = [[
struct event { u32 pid; u32 n; };
BPF_RINGBUF_OUTPUT(rings, 16);
BPF_PERF_OUTPUT(perfs);
BPF_HASH(traced, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u64 *number = traced.lookup(&pid);
	struct event e = { .pid = pid };

	if (!number)
		return 0;
	e.n = (*number)++;
	if (e.n % 2)
		rings.ringbuf_output(&e, sizeof(e), 0);
	else
		perfs.perf_submit(args, &e, sizeof(e));
	return 0;
}]] }
	local odd, even = 0, 0
	b.rings:open_ring_buffer(function(_, e) odd = odd + e.n % 2 end)
	b.perfs:open_perf_buffer(function(_, e) even = even + 1 - e.n % 2 end)
	live.poll_through(b, trace(b, COUNT))
	t.eq(odd .. " " .. even, "1001 1002", "a ring and a perf buffer of one object")
	t.raises(function() b.rings:open_perf_buffer(print) end, "is a ring buffer", "the other kind's name")
	t.raises(function() b.rings:open_ring_buffer(print, { page_cnt = 8 }) end, "stands in the text", "its size")
	b:close()
end
t.done()

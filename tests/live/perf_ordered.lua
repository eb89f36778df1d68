-- SPDX-License-Identifier: MIT
-- ordered = true: one process makes a record on each CPU in turn, and they come as they were made.
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"
local live = require "live"

if C.lt_cpu_possible() < 2 then
	t.skip_all("one CPU has one order")
end

local TEXT = [[
struct event { u64 number; char filler[48]; };
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
	events.perf_submit(args, &e, sizeof(e));
	return 0;
}]]

-- Opens with `opts`, has `count` records made, and reads them by read(b, held). What came of it.
local function trace(count, opts, read, on_record)
	local b = BPF { text = TEXT }
	local result = { seen = 0, lost = 0, gaps = 0, back = 0, hops = 0, right = true }
	local last, last_cpu = -1, nil
	opts.lost_cb = function(n) result.lost = result.lost + n end
	b.events:open_perf_buffer(function(cpu, e, size)
		local number = tonumber(e.number)
		result.seen = result.seen + 1
		result.back = result.back + (number <= last and 1 or 0)
		result.gaps = result.gaps + (number > last + 1 and 1 or 0)
		result.hops = result.hops + (cpu ~= last_cpu and 1 or 0)
		result.right = result.right and size >= 56 and size < 64
		last, last_cpu = number, cpu
		if on_record then
			on_record(result)
		end
	end, opts)
	local held = live.workload("getppid-hop", count)
	b.traced[held.pid] = 0
	read(b, held)
	t.eq(held.made(), count, "the workload made its calls")
	t.eq(result.seen + result.lost, count, "what was made is what was seen and what was lost")
	b:close()
	return result
end

local function afterwards(b, held)
	held:begin()
	live.await(held.made)
	live.consume(b)
end
local function meanwhile(b, held)
	live.poll_through(b, held)
end
local function by_run(_, held)
	held:begin()
	BPF.every(0.01, function(timer)
		if held.made() then
			timer:cancel()
			BPF.stop()
		end
	end)
	t.eq(BPF.run(60), false, "run() ends by stop()")
end

local COUNT = 1511
local plain = trace(COUNT, { page_cnt = 256 }, afterwards)
t.ok(plain.back == 1 and plain.hops == 2, "without ordered: one CPU after the other")

for name, read in pairs { ["all at once"] = afterwards, ["while they are made"] = meanwhile, ["by run()"] = by_run } do
	local result = trace(COUNT, { page_cnt = 256, ordered = true }, read)
	t.eq(result.seen, COUNT, name .. ": each is seen")
	t.eq(result.back .. " " .. result.gaps, "0 0", name .. ": in the order of their making")
	t.ok(result.hops > COUNT / 2 and result.right, name .. ": from all CPUs, whole")
end

-- Too small a ring.
local result = trace(COUNT, { page_cnt = 1, ordered = true }, afterwards)
t.ok(result.lost > 1000 and result.seen > 50, ("an overflow: %d seen, %d lost"):format(result.seen, result.lost))
t.eq(result.back, 0, "an overflow: in order")

-- An error in the function, now and then.
local raised = 0
result = trace(COUNT, { page_cnt = 256, ordered = true }, function(b, held)
	held:begin()
	live.await(held.made)
	local ok, handled
	repeat
		ok, handled = pcall(b.perf_buffer_consume, b)
		raised = raised + (ok and 0 or 1)
	until ok and handled == 0
end, function(r)
	if r.seen % 101 == 0 then
		error("planted")
	end
end)
t.eq(raised, math.floor(COUNT / 101), "errors in the function: each came out")
t.eq(result.seen .. " " .. result.back .. " " .. result.gaps, COUNT .. " 0 0",
	"errors in the function: in order, none lost")
t.done()

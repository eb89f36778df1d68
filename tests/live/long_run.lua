-- SPDX-License-Identifier: MIT
-- Ten million records through a perf and as many through a ring buffer, both far too small for it, on a machine with
-- other things to do: what was made is what was seen and what was reported lost, and nothing of it is torn or twice.
-- Not in guests: that many take minutes there.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 10000019

-- Each CPU numbers its records; `check` goes with number and CPU.
local held = live.workload("getpid-threads", COUNT)
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
struct event { u32 number; u32 cpu; u64 filler[4]; u64 check; };
BPF_PERF_OUTPUT(perfs);
BPF_RINGBUF_OUTPUT(rings, 16);
BPF_PERCPU_ARRAY(made, u32, 1);
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	struct event e = {};
	u32 zero = 0, *number;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	number = made.lookup(&zero);
	if (!number)
		return 0;
	e.number = ++*number;
	e.cpu = bpf_get_smp_processor_id();
	e.check = e.number * 3 + e.cpu;
	perfs.perf_submit(args, &e, sizeof(e));
	rings.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]] }

local function reader(name, opts)
	local result = { seen = 0, lost = 0, calls = 0, wrong = 0, out_of_turn = 0 }
	local last = ffi.new("uint32_t[?]", 1024)
	opts.lost_cb = function(n) result.lost, result.calls = result.lost + n, result.calls + 1 end
	b:on(name, function(_, e)
		result.seen = result.seen + 1
		if e.check ~= e.number * 3ULL + e.cpu then
			result.wrong = result.wrong + 1
		end
		if e.number <= last[e.cpu] then
			result.out_of_turn = result.out_of_turn + 1
		end
		last[e.cpu] = e.number
	end, opts)
	return result
end
local results = { perf = reader("perfs", { page_cnt = 8 }), ring = reader("rings", {}) }

local busy = live.busy()
local start = live.seconds()
held:begin()
BPF.every(0.05, function(timer)
	if held:made() then
		timer:cancel()
		BPF.stop()
	end
end)
BPF.run(100)
local seconds = live.seconds() - start
busy:kill("KILL")
busy:wait()
t.eq(held:made(), COUNT, "the workload made its calls")
live.consume(b)
t.eq(b.made[0]:sum(), COUNT, "each of them made a record")
t.diag(("%.1f s"):format(seconds))
for kind, result in pairs(results) do
	t.diag(("%s: %d seen, %d lost, told of %d times"):format(kind, result.seen, result.lost, result.calls))
	t.eq(result.seen + result.lost, COUNT, kind .. ": what was made is what was seen and what was lost")
	t.ok(result.seen > 10000 and result.lost > 10000, kind .. ": much of both")
	t.eq(result.wrong, 0, kind .. ": none is torn")
	t.eq(result.out_of_turn, 0, kind .. ": on each CPU none twice, and none out of turn")
end
b:close()
t.done()

-- SPDX-License-Identifier: MIT
-- BPF_PERF_ARRAY: counters that open_perf_event opens and programs read.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local C = require "luatrace.abi"
live.needs "perf_event"

local PAGES, CPUS = 503, C.lt_cpu_possible()
local SOFTWARE, CONFIG = BPF.PerfType.SOFTWARE, BPF.PerfSWConfig
ffi.cdef [[
void *mmap(void *, size_t, int, int, int, long);
int madvise(void *, size_t, int);
int sched_setaffinity(int, size_t, const void *);
]]
-- A counter counts on its own CPU: the case stays on the first.
assert(ffi.C.sched_setaffinity(0, 8, ffi.new("uint64_t[1]", 1)) == 0)

local b = BPF { cflags = { "-DPID=" .. live.pid, "-DCPUS=" .. CPUS }, text = [[
struct reading { u64 value; struct bpf_perf_event_value whole; u64 failed; };
BPF_PERF_ARRAY(counters, CPUS);
BPF_PERF_ARRAY(too_few, 1);
BPF_PERF_OUTPUT(events);
BPF_ARRAY(readings, struct reading, 1);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct reading r = {};
	int slot = 0;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	r.value = counters.perf_read(CUR_CPU_IDENTIFIER);
	r.failed = counters.perf_counter_value(CUR_CPU_IDENTIFIER, &r.whole, sizeof(r.whole));
	readings.update(&slot, &r);
	return 0;
}]] }
local function read()
	ffi.C.getppid()
	return b.readings[0]
end

t.eq(tonumber(ffi.cast("int64_t", read().value)), -2, "no counter there: ENOENT")

-- Page faults of this process: fresh pages make one each, and the loop itself some at its first turn.
b.counters:open_perf_event(SOFTWARE, CONFIG.PAGE_FAULTS, live.pid)
local memory = ffi.cast("volatile char *", ffi.C.mmap(nil, PAGES * 4096, 3, 0x22, -1, 0))
local least = math.huge
for _ = 1, 5 do
	ffi.C.madvise(ffi.cast("void *", memory), PAGES * 4096, 15)	-- no huge pages
	ffi.C.madvise(ffi.cast("void *", memory), PAGES * 4096, 4)	-- fresh ones
	local before = read().value
	for i = 0, PAGES - 1 do
		memory[i * 4096] = 1
	end
	least = math.min(least, tonumber(read().value - before))
end
t.eq(least, PAGES, "perf_read: a page fault for each page")
local r = read()
t.eq(tonumber(r.failed), 0, "perf_counter_value")
t.eq(r.whole.counter, r.value, "gives the same counter")
t.ok(r.whole.running > 0 and r.whole.running == r.whole.enabled, "and how long it ran")

-- Opened again it is another event; of all processes.
b.counters:open_perf_event(SOFTWARE, CONFIG.CPU_CLOCK)
local begun = live.seconds()
local before, start = read().value, live.seconds()
while live.seconds() - start < 0.05 do end
local counted, wall = tonumber(read().value - before) / 1e9, live.seconds() - begun
t.ok(counted >= 0.05 and counted <= wall, ("cpu-clock: %.3f s of %.3f s"):format(counted, wall))

b.counters:close_perf_event()
t.eq(tonumber(ffi.cast("int64_t", read().value)), -2, "close_perf_event: no counter is there")

if CPUS > 1 then
	t.raises(function() b.too_few:open_perf_event(SOFTWARE, CONFIG.CPU_CLOCK) end,
		"map 'too_few': it has no entry for CPU 1: BPF_PERF_ARRAY%(too_few, 2%) has", "fewer entries than CPUs")
end
t.raises(function() b.counters:open_perf_event(BPF.PerfType.HARDWARE, 999) end,
	"map 'counters': event 'type 0 config 0x3e7': ", "no such event")
t.raises(function() b.counters:open_perf_event(SOFTWARE, CONFIG.CPU_CLOCK, 4194304) end,
	"map 'counters': event 'cpu%-clock': no process 4194304", "no such process")
t.raises(function() b.readings:open_perf_event(SOFTWARE, CONFIG.CPU_CLOCK) end,
	"open_perf_event: map 'readings' is no BPF_PERF_ARRAY", "another map")
t.raises(function() b.counters:open_perf_event(2 ^ 32 + SOFTWARE, 0) end,
	"open_perf_event: ev_type= takes an integer from 0 to 2%^32%-1", "more than 32 bits")
b.events:open_perf_buffer(print)
t.raises(function() b.events:open_perf_event(SOFTWARE, 0) end,
	"open_perf_event: map 'events' is open as a perf buffer", "an output")
t.raises(function() b.events:close_perf_event() end, "close_perf_event: map 'events' is open", "an output closed so")
t.raises(function() b.counters:open_perf_event("software", 0) end,
	"open_perf_event: ev_type= takes an integer from 0 to 2%^32%-1, not string 'software'", "a wrong type")

local held = live.holdings()
b.counters:open_perf_event(SOFTWARE, CONFIG.CPU_CLOCK)
t.eq(live.holdings(), held, "the map alone holds its counters")
b:close()
t.done()

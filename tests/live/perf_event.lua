-- SPDX-License-Identifier: MIT
-- perf_event: sampling by time and by frequency, counting page faults.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "perf_event"

-- A CPU hog is sampled: one sample a millisecond of its CPU time.
local hog = live.busy()
local b = BPF { cflags = { "-DPID=" .. hog.pid }, text = [[
struct sample { u32 pid; u32 cpu; u64 ip; u64 period; };
BPF_PERF_OUTPUT(samples);
BPF_HASH(counts, u32, u64);
int on_sample(struct bpf_perf_event_data *ctx)
{
	struct sample s = { .ip = ctx->regs.ip, .period = ctx->sample_period };

	s.pid = bpf_get_current_pid_tgid() >> 32;
	s.cpu = bpf_get_smp_processor_id();
	counts.increment(s.pid);
	if (s.pid == PID)
		samples.perf_submit(ctx, &s, sizeof(s));
	return 0;
}]] }
local samples, user, periods, cpus = 0, 0, {}, true
b.samples:open_perf_buffer(function(cpu, s)
	samples = samples + 1
	user = user + (s.ip < 0x800000000000ULL and 1 or 0)
	periods[tonumber(s.period)] = true
	cpus = cpus and s.cpu == cpu
end)

local function cpu_seconds()
	local utime,
		stime = io.open(("/proc/%d/stat"):format(hog.pid)):read("*a"):match("%) %S+ " .. ("%S+ "):rep(10) .. "(%d+) (%d+)")
	return (utime + stime) / 100
end

b:attach_perf_event { ev_type = BPF.PerfType.SOFTWARE, ev_config = BPF.PerfSWConfig.CPU_CLOCK, fn_name = "on_sample",
	sample_period = 1000000 }
local before, start = cpu_seconds(), live.seconds()
while live.seconds() - start < 0.5 do
	b:perf_buffer_poll(50)
end
local used, wall = cpu_seconds() - before, live.seconds() - start
b:detach_perf_event { fn_name = "on_sample" }
live.consume(b)
-- Emulated machines come late with their timers; CPU time is told in hundredths.
t.ok(samples >= 0.3 * used * 1000 - 20 and samples > 5,
	("at least a third of a sample a millisecond of CPU time: %d in %.2f s"):format(samples, used))
t.ok(samples <= 1.5 * wall * 1000, "and not more than one")
t.ok(user > samples / 2, "a busy loop is sampled in user space")
t.ok(periods[1000000], "ctx->sample_period")
t.ok(cpus, "a record says the CPU it comes from")
t.eq(tonumber(b.counts[hog.pid]), samples, "none lost")
local total = samples
BPF.sleep(0.05)
live.consume(b)
t.eq(samples, total, "detached: no more samples")

-- By frequency, of one process.
b.counts:clear()
b:attach_perf_event { ev_type = BPF.PerfType.SOFTWARE, ev_config = BPF.PerfSWConfig.TASK_CLOCK, fn_name = "on_sample",
	sample_freq = 997, sample_period = 0, pid = hog.pid }
t.ok(live.await(function()
	b:perf_buffer_poll(10)
	return (tonumber(b.counts[hog.pid] or 0)) > 40
end), "sample_freq= of one process")
for pid in pairs(b.counts) do
	if pid ~= hog.pid then
		t.eq(pid, hog.pid, "pid=: no other process")
	end
end
b:detach_perf_event { pid = hog.pid }
hog:kill("KILL")
hog:wait()

-- Page faults of this thread: touching fresh pages makes one each.
local PAGES = 503
ffi.cdef [[
void *mmap(void *, size_t, int, int, int, long);
int munmap(void *, size_t);
int madvise(void *, size_t, int);
]]
b.counts:clear()
b:attach_perf_event { ev_type = BPF.PerfType.SOFTWARE, ev_config = BPF.PerfSWConfig.PAGE_FAULTS, fn_name = "on_sample",
	sample_period = 1, pid = live.pid }
local memory = ffi.cast("char *", ffi.C.mmap(nil, PAGES * 4096, 3, 0x22, -1, 0))
ffi.C.madvise(memory, PAGES * 4096, 15)	-- no huge pages
local faults = b.counts[live.pid] or 0ULL
for i = 0, PAGES - 1 do
	memory[i * 4096] = 1
end
local made = tonumber((b.counts[live.pid] or 0ULL) - faults)
-- The loop itself may touch a page or two for the first time.
t.ok(made >= PAGES and made < PAGES + 50, ("page faults: %d of %d pages touched"):format(made, PAGES))
ffi.C.munmap(memory, PAGES * 4096)
b:detach_perf_event { pid = live.pid }

t.raises(function()
	b:attach_perf_event { ev_type = 1, ev_config = 0, fn_name = "on_sample" }
end, "takes sample_period= or sample_freq=", "neither period nor frequency")
t.raises(function()
	b:attach_perf_event { ev_type = 1, ev_config = 999, fn_name = "on_sample", sample_period = 1 }
end, "perf_event 'type 1 config 0x3e7'", "no such event")
t.raises(function()
	b:attach_perf_event { ev_type = 1, ev_config = 0, fn_name = "on_sample", sample_period = 1000000, pid = 4194304 }
end, "no process 4194304", "no such process")
b:close()
t.done()

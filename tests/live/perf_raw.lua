-- SPDX-License-Identifier: MIT
-- Not in guests: the watchpoints that QEMU emulates see other writes too, now and then.
-- attach_perf_event_raw: events by the fields of their perf_event_attr.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs "perf_event"

local b = BPF { cflags = { "-DPID=" .. live.pid }, text = [[
BPF_ARRAY(counts, u64, 4);
int hit(struct bpf_perf_event_data *ctx) { counts.atomic_increment(0); return 0; }
int sample(struct bpf_perf_event_data *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		counts.atomic_increment(ctx->regs.ip >> 63 ? 1 : 2);
	return 0;
}]] }

-- A watchpoint: each write to one variable.
local WRITES = 1009
local watched = ffi.new("volatile uint32_t[4]")
local address = ffi.cast("uintptr_t", ffi.cast("void *", watched))
local WATCH = { type = BPF.PerfType.BREAKPOINT, bp_type = 2, bp_addr = address, bp_len = 4, sample_period = 1,
	exclude_kernel = true }

-- Some hypervisors take watchpoints and then let them pass: the kernel's own counter sees no write either.
ffi.cdef "long syscall(long, ...); ssize_t read(int, void *, size_t); int close(int);"
local function seen_by_the_kernel()
	local attr = ffi.new [[struct {
		uint32_t type, size; uint64_t config, period, sample_type, read_format, flags; uint32_t wakeup, bp_type;
		uint64_t bp_addr, bp_len, rest[8];
	}]]
	local EXCLUDE_KERNEL, PERF_EVENT_OPEN = 2 ^ 5, ffi.arch == "x64" and 298 or 241
	attr.type, attr.size, attr.flags = WATCH.type, 112, EXCLUDE_KERNEL
	attr.bp_type, attr.bp_addr, attr.bp_len = WATCH.bp_type, address, WATCH.bp_len
	local fd = tonumber(ffi.C.syscall(ffi.cast("long", PERF_EVENT_OPEN), attr, ffi.cast("long", 0), ffi.cast("long", -1),
		ffi.cast("long", -1), ffi.cast("long", 0)))
	local value = ffi.new("uint64_t[1]")
	watched[0] = 1
	ffi.C.read(fd, value, 8)
	ffi.C.close(fd)
	return value[0] > 0
end

local ok, err = pcall(function() b:attach_perf_event_raw { attr = WATCH, fn_name = "hit", pid = live.pid } end)
if ok and not seen_by_the_kernel() then
	t.skip("watchpoints do not work on this machine: the kernel's own counter sees no write")
	b:detach_perf_event_raw { attr = WATCH }
elseif ok then
	b.counts:clear()	-- of the kernel's own look
	for i = 1, WRITES do
		watched[0] = i
		watched[1] = i
	end
	t.eq(tonumber(b.counts[0]), WRITES, "a breakpoint event: each write to the address, none beside it")
	b:detach_perf_event_raw { attr = WATCH }
	watched[0] = 1
	t.eq(tonumber(b.counts[0]), WRITES, "detached: none is seen")
else
	t.like(tostring(err), "perf_event 'type 5 config 0x0': this machine has no such event", "no watchpoints here")
end

-- By frequency, of user space alone and of the kernel alone.
local function busy(attr, slot)
	b.counts:clear()
	b:attach_perf_event_raw { attr = attr, fn_name = "sample", pid = live.pid }
	local came = live.await(function()
		for _ = 1, 2000 do
			io.open("/dev/null"):close()
		end
		return b.counts[slot] > 20 or nil
	end)
	b:detach_perf_event_raw { fn_name = "sample" }
	return came
end
local SOFTWARE, CLOCK = BPF.PerfType.SOFTWARE, BPF.PerfSWConfig.CPU_CLOCK
t.ok(busy({ type = SOFTWARE, config = CLOCK, sample_freq = 4000, exclude_kernel = true }, 2),
	"exclude_kernel: samples come")
t.eq(tonumber(b.counts[1]), 0, "none of the kernel")
t.ok(busy({ type = SOFTWARE, config = CLOCK, sample_period = 200000, exclude_user = true }, 1),
	"exclude_user: samples come")
t.eq(tonumber(b.counts[2]), 0, "none of user space")

t.raises(function() b:attach_perf_event_raw { attr = { type = 1, config = 0 }, fn_name = "hit" } end,
	"attach_perf_event_raw: attr takes one of sample_period and sample_freq", "neither period nor frequency")
t.raises(function() b:attach_perf_event_raw { attr = { type = 1, sample_perod = 1 }, fn_name = "hit" } end,
	"^tests/live/perf_raw.lua:%d+: attach_perf_event_raw: attr: unknown argument 'sample_perod'; did you mean "
	.. "'sample_period'", "an unknown field")
t.raises(function() b:attach_perf_event_raw { attr = { type = 1, sample_freq = 1e9 }, fn_name = "hit" } end,
	"perf_event 'cpu%-clock': the kernel refused it: Invalid argument; is the frequency above", "too high a frequency")
local precise = { type = 1, sample_freq = 1, precise_ip = 4 }
t.raises(function() b:attach_perf_event_raw { attr = precise, fn_name = "hit" } end,
	"attr: precise_ip= takes an integer from 0 to 3, not number 4", "a field that is too large for its bits")
t.raises(function() b:attach_perf_event_raw { attr = { type = 2 ^ 32 + 1, sample_freq = 1 }, fn_name = "hit" } end,
	"attr: type= takes an integer from 0 to 2%^32%-1", "more than 32 bits")
t.raises(function() b:attach_perf_event_raw { attr = { type = 1, sample_freq = 2 ^ 64 }, fn_name = "hit" } end,
	"attr: sample_freq= takes an integer of at least 0, not number 1.84", "more than 64 bits")
t.raises(function() b:attach_perf_event_raw { fn_name = "hit" } end, "attach_perf_event_raw: attr= is missing",
	"no attr")
b:close()
t.done()

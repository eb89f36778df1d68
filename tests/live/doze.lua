-- SPDX-License-Identifier: MIT
-- When no record comes for a second, an output is not looked at twenty times a second any more: the next record wakes
-- the reader, at once. None is lost or doubled on the way there and back.
-- In guests too.
local t = require "tap"
local BPF = require "luatrace"

ffi.cdef "int getppid(void);"

local TEXT = [[
struct event { u64 ns; u32 n; };
u32 watched;
OUTPUT;

TRACEPOINT_PROBE(syscalls, sys_exit_clock_nanosleep)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct event e = { .ns = bpf_ktime_get_ns(), .n = 1 };

	if (watched && task->real_parent->tgid == watched)
		SUBMIT;
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = { .ns = bpf_ktime_get_ns(), .n = 2 };

	struct task_struct *task = (void *)bpf_get_current_task();

	if (bpf_get_current_pid_tgid() >> 32 == SELF || (watched && task->real_parent->tgid == watched))
		SUBMIT;
	return 0;
}]]
local PERF = { OUTPUT = "BPF_PERF_OUTPUT(events)", SUBMIT = "events.perf_submit(args, &e, sizeof(e))" }
local RING = { OUTPUT = "BPF_RINGBUF_OUTPUT(events, 64)", SUBMIT = "events.ringbuf_output(&e, sizeof(e), 0)" }
local NO_WAKEUP = { OUTPUT = RING.OUTPUT, SUBMIT = "events.ringbuf_output(&e, sizeof(e), BPF_RB_NO_WAKEUP)" }
local KINDS = {
	{ "perf buffer", PERF, {} },
	{ "perf buffer, ordered", PERF, { ordered = true } },
	{ "perf buffer, a wake-up a record", PERF, { wakeup_events = 1 } },
	{ "perf buffer, a wake-up every 1000 records", PERF, { wakeup_events = 1000 } },
	{ "ring buffer", RING, {} },
	{ "ring buffer, no wake-ups by the text's own flags", NO_WAKEUP, {} },
}
local self = io.open("/proc/self/stat"):read("*n")

local function switches()
	return tonumber(io.open("/proc/self/status"):read("*a"):match("\nvoluntary_ctxt_switches:%s*(%d+)"))
end

local function events()
	return tonumber(io.popen("ls -l /proc/" .. self .. "/fd | grep -c perf_event"):read("*a"))
end

local function open(kind)
	local b = BPF { text = TEXT:gsub("%u+", kind[2]):gsub("SELF", self) }
	local got = { 0, 0 }
	b:on("events", function(_, e)
		got[e.n] = got[e.n] + 1
		got.ms = tonumber(BPF.now() - e.ns) / 1e6
		if got.enough and got.enough() then
			got.enough = nil
			BPF.stop()
		end
	end, kind[3])
	return b, got
end

-- Watches what `commands`, of a shell, start.
local function watch(b, commands)
	b.vars.watched = BPF.spawn({ "sh", "-c", commands }).pid
end

local PACED = 499
local PER_ROUND, ROUNDS = 997, 2
for _, kind in ipairs(KINDS) do
	local function about(what)
		return kind[1] .. ": " .. what
	end
	local b, got = open(kind)
	BPF.run(1.4)
	local before = switches()
	BPF.run(1)
	local asleep = switches() - before
	t.ok(asleep <= 8, about(("in a second without a record it woke up %d times, not 20"):format(asleep)))

	-- A record of another process, while we sleep in the kernel.
	watch(b, "sleep 0.3; exec sleep 1000")
	got.enough = function() return got[1] > 0 end
	BPF.run(20)
	t.eq(got[1], 1, about("the record that woke it"))
	t.ok(got.ms and got.ms < 400, about(("it came after %.1f ms, not when it would have looked"):format(got.ms or 0)))

	-- Awake it takes many in one go.
	before = switches()
	watch(b, ("perl -e 'for (1..%d) { getppid(); select(undef, undef, undef, 0.002) }'; exec sleep 1000"):format(PACED))
	got.enough = function() return got[2] >= PACED end
	BPF.run(20)
	t.eq(got[2], PACED, about("all of another process"))
	if kind[3].wakeup_events ~= 1 then
		t.ok(switches() - before < PACED / 3, about(("with %d wake-ups"):format(switches() - before)))
	end

	-- Nor is one lost that comes in between.
	for round = 1, ROUNDS do
		for _ = 1, PER_ROUND do
			ffi.C.getppid()
		end
		BPF.run(0.3)
		t.eq(got[2], PACED + PER_ROUND * round, about("all of round " .. round))
		BPF.run(0.8)
	end
	b:cleanup()
end
t.eq(events(), 0, "nothing of it is left open")

-- A script that only looks in now and then is not to be woken while it is away.
local b = open(KINDS[1])
local rings = events()
for _ = 1, 15 do
	b:perf_buffer_poll(100)
end
t.eq(events(), rings, "in short waits it stays awake")

-- A timer or a signal ends the long wait.
BPF.run(1.4)
BPF.after(0.2, BPF.stop)
local start = BPF.now()
t.eq(BPF.run(30), false, "stopped by a timer")
t.ok(tonumber(BPF.now() - start) < 5e9, "when its time had come")
BPF.run(1.4)
os.execute("(sleep 0.3; kill -USR1 " .. self .. ") &")
BPF.on_signal("USR1", BPF.stop)
start = BPF.now()
t.eq(BPF.run(30), false, "stopped by a signal")
t.ok(tonumber(BPF.now() - start) < 5e9, "when it came")
b:cleanup()
t.done()

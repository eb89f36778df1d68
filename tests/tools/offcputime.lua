-- SPDX-License-Identifier: MIT
-- offcputime, wakeuptime, offwaketime: the time of known sleeps, where they are slept, and who ends them.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local switches = require "switches"
local tool = require "tool"

local SLEEPS, EACH = 53, 0.005
local command, truth = switches.sleeper(SLEEPS, EACH)

local function sum(rows, frame)
	local total = 0
	for _, row in ipairs(rows) do
		if not frame or ("\n" .. table.concat(row.stack, "\n") .. "\n"):find("\n" .. frame .. "\n", 1, true) then
			total = total + row.count
		end
	end
	return total
end

local rows = tool.rows("offcputime -n lt-sleeper", command)
local was = truth()
local all = sum(rows)
-- The clocks of a process are as exact as the kernel's accounting of interrupts.
t.eq(switches.within(all, was.least_us * 0.93 - 2000, was.most_us * 1.07 + 2000), "as it was",
	"offcputime: all of the time")
t.ok(sum(rows, "schedule_[k]") >= SLEEPS * EACH * 0.8e6, "offcputime: where")
local tops = 0
for _, row in ipairs(rows) do
	t.eq(row.pid .. row.comm .. row.unit, was.pid .. "lt-sleeperusecs", "offcputime: of whom")
	tops = tops + (row.stack[#row.stack]:find "^__schedule_%[k%]$" and 1 or 0)
end
t.eq(tops, #rows, "the tracer's own functions are no part of stacks")
rows = tool.rows("offcputime -K -n lt-sleeper 0.03", command)
was = truth()
t.eq(switches.within(sum(rows, "__schedule_[k]"), was.least_us * 0.9 - 2000, was.most_us * 1.07 + 2000), "as it was",
	"offcputime: stacks outlive an interval")
rows = tool.rows("offcputime -n lt-sleeper -m 500 -M 1000000 --state sleep -K", command)
t.eq(sum(rows, "schedule_[k]") >= SLEEPS * EACH * 0.8e6 and sum(rows) <= truth().most_us * 1.07, true, "--state sleep")
t.eq(#tool.rows("offcputime -n lt-sleeper --state stopped", command), 0, "--state stopped: there is none")

-- Two tasks that wake each other all the time. A waker that is quicker than the switch has changed the state of the
-- task that leaves its CPU already (TASK_WAKING): what the task has slept in is told all the same.
local pingpong = live.start("perl " .. live.file([[
pipe my $there, my $to or die;
pipe my $back, my $from or die;
my $child = fork;
if (!$child) { close $to; while (sysread $there, my $byte, 1) { syswrite $from, 'x' } exit }
$SIG{TERM} = sub { kill 'KILL', $child; exit };
while (1) { syswrite $to, 'x'; sysread $back, my $byte, 1 }
]], "pingpong.pl"))
local status, out, err = live.run [==[
local BPF = require "luatrace"
local b = BPF { text = [[
#include <luatrace/sched.h>
enum { WAKING = 0x200, OWN = 1 << 20 };
BPF_ARRAY(counts, u64, 3);
RAW_TRACEPOINT_PROBE(sched_switch)
{
	u32 state = SWITCH_STATE(ctx);

	if (SWITCH_PREV(ctx)->__state & WAKING)
		counts.increment(0);
	if (state & WAKING)
		counts.increment(1);
	if (state == TASK_INTERRUPTIBLE)
		counts.increment(2);
	return 0;
}]] }
BPF.every(0.1, function() if b.counts[0] >= 3 and b.counts[2] > 1000 then BPF.stop() end end)
BPF.run(10)
print(tonumber(b.counts[0]), tonumber(b.counts[1]), b.counts[2] > 1000)
]==]
pingpong:kill "TERM"
pingpong:wait()
local major, minor = sh.read("/proc/sys/kernel/osrelease"):match "^(%d+)%.(%d+)"
local quick, lost, slept_in = out:match "(%d+)\t(%d+)\t(%l+)\n$"
t.eq(status .. err, "0", "states of tasks that are woken as they leave")
t.eq(slept_in, "true", "they sleep")
if quick == "0" then
	t.skip "no waker was quicker than a switch"
elseif tonumber(major) * 100 + tonumber(minor) < 518 then
	t.skip "the kernel tells of no state before 5.18"
else
	t.eq(lost, "0", "no state is lost")
end

-- A program without symbols.
local stripped = sh.dir() .. "/lt-stripped"
rows = tool.rows("offcputime -U -n lt-stripped",
	("strip -o %s build/tests/stacks-static\n(sleep 0.4; echo; echo) | %s 1"):format(stripped, stripped))
local seen = {}
for i, row in ipairs(rows) do
	seen[i] = ("%d us %s\n"):format(row.count, table.concat(row.stack, ";"))
end
t.like(table.concat(seen), "%d%d%d%d%d us [^\n]*%[lt%-stripped%]\n", "frames without a symbol have their file's name")

-- A child that a parent wakes, so many times. Both get a CPU when they want one, so that the child's waits are sleeps.
local WAKES = 31
local pair = "chrt -f 10 perl " .. live.file(([[
use Time::HiRes qw(time);
$| = 1;
pipe my $in, my $out or die;
pipe my $ready_in, my $ready_out or die;
my $child = fork;
if (!$child) {
	close $out;
	$0 = 'lt-target';
	my $slept = 0;
	for (1 .. %d) { my $since = time; sysread $in, my $byte, 1 or die; $slept += time - $since; }
	$0 = 'lt-done';
	open my $f, '>', '%s/slept' or die;
	print $f $slept;
	exit;
}
$0 = 'lt-waker';
for (1 .. %d) { select undef, undef, undef, 0.01; syswrite $out, 'x' }
wait;
]]):format(WAKES, sh.dir(), WAKES), "pair.pl")

local function slept()
	local f = assert(io.open(sh.dir() .. "/slept"))
	local seconds = f:read "*n"
	f:close()
	return seconds * 1e6
end

for _, name in ipairs { "wakeuptime", "offwaketime" } do
	rows = tool.rows(name .. " -K -n lt-target", pair)
	local by_waker = {}
	for _, row in ipairs(rows) do
		local text = table.concat(row.stack, ";")
		local of = text:find "[;_]vfs_write_%[k%]" and text:find "pipe_write_%[k%]"
		local who = name == "wakeuptime" and row.comm == "lt-waker" and text:find ";%-%-;lt%-target$"
			or name == "offwaketime" and row.comm == "lt-target" and text:find "pipe_read_%[k%].*;%-%-;.*;lt%-waker$"
		by_waker[#by_waker + 1] = of and who and row or nil
	end
	local us = sum(by_waker)
	t.eq(switches.within(us, slept() * 0.8, slept() + 1000), "as it was", name .. ": time that the waker ended")
end
t.done()

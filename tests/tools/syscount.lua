-- SPDX-License-Identifier: MIT
-- syscount: calls of a known number, by call and by process, those that failed, and the time they took.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local PPIDS, MISSES = 9973, 89
local none = sh.dir() .. "/none"
local command = ([[build/tests/workload getppid %d
build/tests/workload openat %d %s
perl -e '$0 = "lt-sleep"; select undef, undef, undef, 0.3 for 1..2; $0 = "other"']]):format(PPIDS, MISSES, none)

local function sums(words, key, member, other)
	local out = {}
	for _, row in ipairs(tool.rows("syscount -r 1000 " .. words, other or command)) do
		out[row[key]] = (out[row[key]] or 0) + row[member or "count"]
	end
	return out
end

local counts = sums("-n workload", "syscall")
t.eq(counts.getppid, PPIDS, "calls of a workload")
t.eq(counts.exit_group, 2, "those that never return")
counts = sums("-x -n workload", "syscall")
local opens = counts.openat or 0
t.ok(opens >= MISSES and opens < MISSES + 20 and not counts.getppid, "--failed: " .. opens)
counts = sums("-e 2 -P", "comm")
t.ok(counts.workload >= MISSES and counts.workload < MISSES + 20, "--error, --process: " .. tostring(counts.workload))
local times = sums("-L -n lt-sleep", "syscall", "time_us")
local slept = times.select or times.pselect6 or 0
t.ok(slept > 0.6e6 and slept < 30e6, ("--latency: %.0f us"):format(slept))

local SIGNALS = 53
local signals = [[perl -MTime::HiRes=setitimer -e '$0 = "lt-signals"; $SIG{ALRM} = sub { $n++ }; ]]
counts = sums("-L -n lt-signals", "syscall", nil, signals .. ("kill ALRM => $$ for 1..%d'"):format(SIGNALS))
t.eq(counts.rt_sigreturn, SIGNALS, "--latency: returns from signal handlers")
-- the handler interrupts a call, which fails, and the return from the handler has that one's result again
counts = sums("-x -n lt-signals", "syscall", nil, signals
	.. ("setitimer(0, 0.002, 0.002); select undef, undef, undef, 9 while $n < %d; setitimer(0, 0)'"):format(SIGNALS))
local interrupted = counts.select or counts.pselect6
t.ok(interrupted and interrupted > 0, "--failed: calls that signals interrupted")
t.eq(counts.rt_sigreturn or counts["32-bit:2147483647"], nil, "--failed: returns from handlers have no result")

local EXECS = 17
counts = sums("-L -n lt-execs", "syscall", nil,
	([[perl -e '$0 = "lt-execs"; system { "/bin/true" } "true" for 1..%d']]):format(EXECS))
t.eq(counts.execve, EXECS, "--latency, --comm: calls that rename who makes them")
t.done()

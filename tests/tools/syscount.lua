-- SPDX-License-Identifier: MIT
-- Not in guests: system calls are the same in all kernels.
-- syscount: calls of a known number, by call and by process, those that failed, and the time they took.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local PPIDS, MISSES = 9973, 89
local none = sh.dir() .. "/none"
local command = ([[build/tests/workload getppid %d
build/tests/workload openat %d %s
perl -e '$0 = "lt-sleep"; select undef, undef, undef, 0.3 for 1..2; $0 = "other"']]):format(PPIDS, MISSES, none)

local function sums(words, key, member)
	local out = {}
	for _, row in ipairs(tool.rows("syscount -r 1000 " .. words, command)) do
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
t.done()

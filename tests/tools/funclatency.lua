-- SPDX-License-Identifier: MIT
-- funclatency, funcslower: each call of a known number, those of functions that call themselves too, and known times.
local t = require "tap"
local switches = require "switches"
local tool = require "tool"

local COUNT, DEPTH = 53, 5
local file = io.popen("pwd"):read "*l" .. "/build/tests/workload"

local rows = tool.rows(("funclatency uprobe:%s:workload_nest --by arg0"):format(file),
	("%s nest %d"):format(file, COUNT))
local averages = {}
for _, row in ipairs(rows) do
	averages[row.arg0] = row.average
	t.eq(switches.total { row }, COUNT, "calls at depth " .. row.arg0)
end
t.eq(#rows, DEPTH, "calls within calls are told apart")
local ordered = true
for depth = 2, DEPTH do
	ordered = ordered and averages[depth] and averages[depth] > averages[depth - 1]
end
t.ok(ordered, "the outer calls take longer than those within")

local SLEEPS = 7
local sleeps = ("perl -e '$0 = \"lt-slow\"; select undef, undef, undef, $_ for (0.02) x %d, 0.002'"):format(SLEEPS)
rows = tool.rows("funclatency 'tracepoint:syscalls:sys_enter_pselect6' -m -n lt-slow", sleeps)
t.eq(#rows .. rows[1].unit .. rows[1].count, "1msecs" .. SLEEPS + 1, "a system call, in milliseconds")
t.ok(rows[1].total >= SLEEPS * 20, "and their sum: " .. rows[1].total)

rows = tool.rows("funcslower 'tracepoint:syscalls:sys_enter_pselect*' -m 10 -a 1 -n lt-slow", sleeps)
t.eq(#rows, SLEEPS, "funcslower: the slow ones")
for _, row in ipairs(rows) do
	t.eq(("%s %s %s %s"):format(row.comm, row.probe, row.arg0, row.result), "lt-slow syscalls:sys_enter_pselect6 0 0",
		"who, what, the argument and the result")
	t.ok(row.latency_us >= 20000 and row.latency_us < 2e6, "how long")
end
rows = tool.rows(("funcslower uprobe:%s:workload_ret --min-us 0"):format(file), ("%s call %d"):format(file, COUNT))
local sum = 0
for _, row in ipairs(rows) do
	sum = sum + row.result
end
t.eq(#rows .. " " .. sum, COUNT .. " " .. COUNT * (COUNT - 1), "results of all calls: twice 0 to 52")
t.done()

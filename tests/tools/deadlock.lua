-- SPDX-License-Identifier: MIT
-- deadlock: the one cycle that a program's threads have, how often, and where; not what only looks like one.
local t = require "tap"
local tool = require "tool"

local COUNT = 97
local rows = tool.rows("deadlock 60", ("exec build/tests/workload mutex %d 300"):format(COUNT))
table.sort(rows, function(a, b) return a.tid < b.tid end)
t.eq(#rows, 2, "one cycle, of two orders")
local ahead, back = rows[1], rows[2]
t.eq(ahead.cycle, back.cycle, "the same one")
t.eq(ahead.holds, back.wants, "one holds what the other one wants")
t.eq(ahead.wants, back.holds, "and the other way")
t.eq(ahead.count, COUNT, "how often")
t.eq(back.count, COUNT, "each")
t.ok(ahead.tid ~= back.tid and ahead.comm == "workload", "by whom")
t.eq(ahead.held_at:match "^%S+", "workload_lock", "where the one was locked")
t.eq(back.held_at:match "^%S+", "workload_lock_back", "where the other one")

local _, out = tool.run("deadlock 60", "exec build/tests/workload leak 1")
t.like(out, "no cycle; 0 orders", "a program without")
local status, _, message = tool.run "deadlock"
t.eq(status, 1, "of nobody")
t.like(message, "give %-%-pid, or a command", "it says so")
t.done()

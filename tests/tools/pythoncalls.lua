-- SPDX-License-Identifier: MIT
-- pythoncalls: calls of functions of a known number, also of those that call themselves, of a program that passes the
-- probes as CPython 3.6 to 3.10 do (tests/lib/probed.c). pythongc: known collections, where a Python has the probes.
-- Tools: pythoncalls pythongc
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

live.needs "usdt"
local PYTHON = "/usr/bin/python3"
local COUNT = 11
local command = "build/tests/probed python " .. COUNT
local rows = tool.rows("pythoncalls -f build/tests/probed -L", command)
local counts, times = {}, {}
for _, row in ipairs(rows) do
	t.eq(row.file, "/lib/module.py", "the file of " .. row["function"])
	counts[row["function"]], times[row["function"]] = row.calls, row.time_ms
end
t.eq(counts.outer, COUNT, "calls")
t.eq(counts.inner, 3 * COUNT, "of one that another calls")
t.eq(counts.again, COUNT, "that calls itself")
t.ok(times.inner >= 3 * COUNT and times.inner < times.outer, "--latency: the time, within that of who calls")
t.eq(#tool.rows("pythoncalls -f build/tests/probed -n perl", command), 0, "--comm")
local status, _, message = tool.run("pythoncalls -f /bin/sh")
t.eq(status, 1, "a program without the probes")
t.like(message, "USDT probes", "as it says")

local _, probes = sh.run(live.luatrace .. " probes 'usdt:" .. PYTHON .. ":*'")
if not probes:find("gc__start", 1, true) then
	t.skip(PYTHON .. " is missing or has no USDT probes")
	t.done()
	return
end
local script = live.file([[
import gc
gc.disable()
class Loop: pass
gc.collect()
for i in range(13):
	a = Loop(); a.a = a
del a
gc.collect(1)
for i in range(5): gc.collect(0)
]], "collect.py")
rows = tool.rows("pythongc -f " .. PYTHON, ("%s %s"):format(PYTHON, script))
local ones, zeros = 0, 0
for _, row in ipairs(rows) do
	ones = ones + (row.generation == 1 and row.time_ms > 0 and 1 or 0)
end
-- At its end the interpreter collects all, of generation 2.
local found
for i, row in ipairs(rows) do
	found = row.generation == 1 and i or found
	zeros = zeros + (found and i > found and row.generation == 0 and 1 or 0)
end
t.eq(ones, 1, "collections: of generation 1")
t.ok(found and rows[found].collected >= 13, "what it freed")
t.eq(zeros, 5, "of generation 0")
t.done()

-- SPDX-License-Identifier: MIT
-- Timers and BPF.stop(), by a clock of the case's own; functions for signals.
local ffi = require "ffi"
local fake_abi = require "fake_abi"
local t = require "tap"

local fake = fake_abi.install()
local SECOND = 1000000000
local now = 1000 * SECOND

-- Every wait takes as long as asked and `late` ns more.
local late, waits = 0, 0
function fake.lt_now()
	return ffi.cast("uint64_t", now)
end
function fake.lt_wait(timeout_ms) -- luacheck: ignore
	waits = waits + 1
	now = now + timeout_ms * 1000000 + late
	return 0
end

local loop = require "luatrace.loop"
local timers = require "luatrace.timers"
local signals = require "luatrace.signals"

-- When each call came, in ms from here, as words.
local start, calls
local function begin()
	start, calls = now, {}
end
local function call(name)
	return function()
		calls[#calls + 1] = ("%s%d"):format(name or "", (now - start) / 1000000)
	end
end
local function made()
	return table.concat(calls, " ")
end

begin()
local timer = timers.every(0.25, call())
t.eq(loop.run(1.1), true, "run() ends when its time has passed")
t.eq(made(), "250 500 750 1000", "every(): at its times")
t.eq((now - start) / 1000000, 1100, "nothing is waited for longer than asked")
late = 30000000
begin()
loop.run(1)
t.eq(made(), "180 430 680 930", "a loop that is late each time does not drift")
late = 0
begin()
now = now + 10 * SECOND
loop.run(0.5)
t.eq(made(), "10000 10090 10340", "times that were missed are one call, and then it goes on in step")
timer:cancel()
timer:cancel()
begin()
loop.run(5)
t.eq(made(), "", "cancelled, twice")

begin()
timers.after(0.5, call "b")
timers.after(0.2, call "a")
timers.after(0, call "now")
timers.after(90, call "never")
loop.run(2)
t.eq(made(), "now0 a200 b500", "after(): once each, in the order of their times")

begin()
local third = timers.after(0.1, call "third")
timers.every(0.1, function(this)
	call()()
	this:cancel()
	third:cancel()
	timers.after(0.1, call "new")
end)
-- Made first, so due first: an equal time is told in the order of making.
loop.run(1)
t.eq(made(), "third100 100 new200", "a function may cancel and make timers")

begin()
timers.after(0.1, function() error("planted") end)
timers.after(0.1, call())
t.raises(function() loop.run(1) end, "timers%.lua:%d+: planted", "an error comes out of run()")
loop.run(1)
t.eq(made(), "100", "the next run goes on with the others")

begin()
timers.after(0.3, loop.stop)
t.eq(loop.run(), false, "stop() ends a run without end")
t.eq((now - start) / 1000000, 300, "at once")
t.eq(loop.run(0.1), true, "and only that one")
timers.after(0.1, loop.stop)
local _, e = pcall(loop.poll, "poll", 1000)
t.ok(type(e) == "table" and e.interrupted and e.signal == nil, "a poll raises what ends the script")
t.eq(loop.run(), false, "a run after that ends at once")

begin()
local often = timers.every(1e-300, function()
	call()()
	assert(#calls < 100, "called again and again in one turn")
end)
loop.run(0.005)
t.eq(made(), "0 1 2 3 4 5", "an interval too short for the clock: once a turn")
often:cancel()

t.raises(function() timers.every(0, print) end, "every: seconds= takes a number above 0", "every 0 seconds")
t.raises(function() timers.every(-1, print) end, "seconds= takes a number of seconds, at least 0, not number %-1",
	"every -1 seconds")
t.raises(function() timers.after("x", print) end, "after: seconds= takes a number of seconds", "seconds that are none")
t.raises(function() timers.after(1) end, "after: fn= is missing: it takes a function", "no function")

-- Signals, real ones.
ffi.cdef "int kill(int, int); int getpid(void);"
local USR1, HUP = 10, 1
local got = {}
local function note(name)
	got[#got + 1] = name
end
signals.on_signal("USR1", note)
signals.on_signal("SIGHUP", note)
ffi.C.kill(ffi.C.getpid(), USR1)
ffi.C.kill(ffi.C.getpid(), USR1)
ffi.C.kill(ffi.C.getpid(), HUP)
t.eq(#got, 0, "nothing is called outside of the loop")
loop.run(0)
table.sort(got)
t.eq(table.concat(got, " "), "HUP USR1", "one call each, by name")
signals.on_signal("HUP", nil)
for _, name in ipairs { "INT", "TERM" } do
	t.raises(function() signals.on_signal(name, print) end,
		"on_signal: signal " .. name .. ": it ends the run", name .. " is spoken for")
end
t.raises(function() signals.on_signal("KILL", print) end, "signal KILL: not one that a script can have a function for; "
	.. "those are HUP QUIT USR1", "a signal that cannot be caught")
t.raises(function() signals.on_signal("USR1", 5) end, "on_signal: fn= takes a function, not number 5", "no function")
t.done()

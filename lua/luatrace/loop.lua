-- SPDX-License-Identifier: MIT
-- The loop: waits for the outputs of all objects and for what else there is (timers, signals, children, standard
-- input), hands records out, calls the script's functions, and ends on a signal.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local output = require "luatrace.output"

local M = {}

-- lt_wait takes 32-bit milliseconds.
local LONGEST_WAIT_MS = 3600 * 1000
-- How late a sleep may notice that a child has ended.
local SLEEP_SLICE_NS = 50000000

---Something besides outputs that the loop looks after; each of its functions may be missing.
---@class luatrace.Source
---@field prepare fun()? ahead of each wait
---@field wait_ms fun(): number? how long a wait may last at most; nil: no matter
---@field look fun()? between the wait and the sweep of the outputs: what is seen here has its records in that sweep
---@field handle fun()? after the sweep: calls the script's functions

---@type luatrace.Source[]
local sources = {}

---@param source luatrace.Source
function M.add_source(source)
	sources[#sources + 1] = source
end

local function ask(what)
	for _, source in ipairs(sources) do
		if source[what] then
			source[what]()
		end
	end
end

local stopped = false

---Ends the run at hand (or, called outside of one, the next) as Ctrl-C does.
function M.stop()
	stopped = true
end

---What asked for the end, a signal or stop(), is done with.
function M.go_on()
	C.lt_interrupt_clear()
	stopped = false
end

-- What b:close() in a record's function left to be done after it.
local closing = {}

---Has `finish` called after the sweep that is running now.
---@param finish fun()
function M.after_sweep(finish)
	closing[#closing + 1] = finish
end

local function finish_closing()
	while #closing > 0 do
		table.remove(closing)()
	end
end

-- What the script printed goes out with every round: a reader of the file sees it in time, and a full disk ends the
-- trace instead of losing its output (Lua's print does not look at errors).
local function flush()
	local ok, why = io.stdout:flush()
	if not ok then
		errors.raise(("standard output: %s"):format(why or "cannot be written"), errors.EIO)
	end
end

-- Handles what lies in all outputs: see output.sweep.
local function sweep(all, at_end)
	local handled = 0
	C.lt_stdout_hold(1)	-- not a write for each line that a record's function prints
	-- A script's function may open or close outputs meanwhile.
	local outputs = {}
	for i, out in ipairs(output.all) do
		outputs[i] = out
	end
	for _, out in ipairs(outputs) do
		if out.handle ~= nil and not out.closing then
			handled = handled + output.sweep(out, all, at_end)
		end
	end
	finish_closing()
	flush()
	C.lt_stdout_hold(0)
	return handled
end

local function has_leftover()
	for _, out in ipairs(output.all) do
		if output.has_leftover(out) then
			return true
		end
	end
	return false
end

-- One for all waits: a loop makes no garbage.
local wait_error = errors.buffer()

-- The shortest of `timeout_ms` (-1: for ever) and what is waited for.
local function longest_wait(timeout_ms)
	if has_leftover() then
		return 0
	end
	for _, source in ipairs(sources) do
		local ms = source.wait_ms and source.wait_ms()
		if ms and (timeout_ms < 0 or ms < timeout_ms) then
			timeout_ms = ms
		end
	end
	return math.min(timeout_ms, LONGEST_WAIT_MS)
end

-- Waits at most `timeout_ms` (-1: for ever), then handles what there is. Returns how many records that were, and
-- whether the run is to end: then all that was left has been handled too.
local function step(timeout_ms)
	ask "prepare"
	local rc = C.lt_wait(longest_wait(timeout_ms), wait_error)
	local interrupted = rc == -errors.EINTR
	if rc < 0 and not interrupted then
		errors.raise_c(rc, wait_error)
	end
	if not interrupted then
		ask "look"
	end
	local handled = sweep(interrupted, interrupted)
	ask "handle"
	if stopped and not interrupted then
		interrupted = true
		handled = handled + sweep(true, true)
	end
	flush()
	return handled, interrupted
end

local function remaining_ns(deadline)
	return math.max(0, tonumber(ffi.cast("int64_t", deadline - C.lt_now())))
end

-- Milliseconds until `deadline` (nil: for ever), rounded up so that the last wait is not a spin.
local function remaining_ms(deadline)
	return deadline and math.ceil(remaining_ns(deadline) / 1e6) or -1
end

local function deadline_in(seconds)
	return C.lt_now() + ffi.cast("uint64_t", math.min(seconds, 1e9) * 1e9)
end

---Waits for records of all open outputs, of all objects, and hands them to their functions.
---@param where string the name it was called by
---@param timeout_ms number? -1 (the default): until at least one record was handled
---@return integer handled 0 when the time passed without one
function M.poll(where, timeout_ms)
	if timeout_ms ~= nil and type(timeout_ms) ~= "number" then
		errors.misuse("%s: takes milliseconds, or -1 to wait for a record, not %s", where, check.given(timeout_ms))
	end
	local deadline
	if timeout_ms and timeout_ms >= 0 then
		deadline = deadline_in(timeout_ms / 1000)
	elseif #output.all == 0 then
		errors.misuse("%s: no output is open, so this would wait for ever: call b.NAME:open_perf_buffer(fn) or "
			.. "open_ring_buffer(fn) first", where)
	end
	while true do
		local left = remaining_ms(deadline)
		local handled, interrupted = step(left)
		if interrupted then
			errors.interrupt()
		end
		-- Outputs can all be closed by their functions: then nothing is to come.
		if handled > 0 or left == 0 or not deadline and #output.all == 0 then
			return handled
		end
	end
end

---Waits at most so long, and handles what came: for what waits for something that the loop does not know.
---@param timeout_ms number
---@return boolean ended whether the run is to end
function M.pause(timeout_ms)
	return select(2, step(timeout_ms))
end

---Handles what lies in all outputs now, without waiting.
---@return integer handled
function M.consume()
	return sweep(true)
end

---Polls until a signal comes, BPF.stop() is called or `seconds` have passed, then returns: the script goes on to print
---what it counted.
---@param seconds number? nil: until a signal
---@return boolean finished true when the time passed, false after a signal or stop()
function M.run(seconds)
	check.value("run", "seconds", seconds, "seconds?")
	local deadline = seconds and deadline_in(seconds)
	while true do
		local left = remaining_ms(deadline)
		local _, interrupted = step(left)
		if interrupted then
			M.go_on()
			return false
		elseif left == 0 then
			sweep(true, true)
			return true
		end
	end
end

---CLOCK_MONOTONIC in nanoseconds, the clock of bpf_ktime_get_ns().
---@return ffi.cdata* uint64_t
function M.now()
	return C.lt_now()
end

---Sleeps, calling nothing. A signal, or the end of a child that ends the run, raises the error object that ends the
---program quietly, as in polling.
---@param seconds number
function M.sleep(seconds)
	check.value("sleep", "seconds", seconds, "seconds")
	local deadline = deadline_in(seconds)
	ask "prepare"
	repeat
		local left = remaining_ns(deadline)
		local interrupted = C.lt_sleep(math.min(left, SLEEP_SLICE_NS)) == -errors.EINTR
		ask "look"
		if interrupted or stopped then
			errors.interrupt()
		end
	until left <= SLEEP_SLICE_NS
end

return M

-- SPDX-License-Identifier: MIT
-- Functions that the loop calls when their time has come.
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local loop = require "luatrace.loop"

local M = {}

---@class luatrace.Timer
---@field private fn fun(timer: luatrace.Timer)
---@field private due number ns, of the clock of lt_now()
---@field private interval number? ns
local Timer = {}
Timer.__index = Timer

-- Less may be nothing, added to a time that is a double.
local SHORTEST_NS = 1000

---@type luatrace.Timer[]
local timers = {}

---Ends it; harmless when it has ended.
function Timer:cancel()
	for i, timer in ipairs(timers) do
		if timer == self then
			table.remove(timers, i)
			return
		end
	end
end

---Those that are set; a copy, which may be gone through while they are cancelled.
---@return luatrace.Timer[]
function M.list()
	return { unpack(timers) }
end

local function now()
	return tonumber(C.lt_now())
end

local function add(where, seconds, fn, repeats)
	check.value(where, "seconds", seconds, "seconds")
	check.value(where, "fn", fn, "function")
	local ns = seconds * 1e9
	local interval = repeats and math.max(ns, SHORTEST_NS)
	local timer = setmetatable({ fn = fn, due = now() + ns, interval = interval }, Timer)
	timers[#timers + 1] = timer
	return timer
end

---Has `fn` called every so many seconds while the script polls. Times do not drift; those that passed while the script
---did something else are left out.
---@param seconds number above 0
---@param fn fun(timer: luatrace.Timer)
---@return luatrace.Timer
function M.every(seconds, fn)
	if seconds == 0 then
		errors.misuse("every: seconds= takes a number above 0")
	end
	return add("every", seconds, fn, true)
end

---Has `fn` called once, so many seconds from now, while the script polls.
---@param seconds number
---@param fn fun(timer: luatrace.Timer)
---@return luatrace.Timer
function M.after(seconds, fn)
	return add("after", seconds, fn, false)
end

local function earliest()
	local first
	for _, timer in ipairs(timers) do
		if not first or timer.due < first.due then
			first = timer
		end
	end
	return first
end

-- Set for what comes after, or taken out, ahead of the call: an error in the function does not call it again.
local function fire(timer, time)
	if timer.interval then
		timer.due = timer.due + (math.floor((time - timer.due) / timer.interval) + 1) * timer.interval
	else
		timer:cancel()
	end
	timer.fn(timer)
end

loop.add_source {
	wait_ms = function()
		local first = earliest()
		return first and math.max(0, math.ceil((first.due - now()) / 1e6))
	end,
	handle = function()
		local time = now()
		local first = earliest()
		while first and first.due <= time do
			fire(first, time)
			first = earliest()
		end
	end,
}

return M

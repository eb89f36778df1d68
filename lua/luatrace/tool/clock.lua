-- SPDX-License-Identifier: MIT
-- The time of day of what happened: of a record by its member of bpf_ktime_get_ns(), else of now.
local ffi = require "ffi"
local C = require "luatrace.abi"

local M = {}

local CLOCK_REALTIME = 0

---@class luatrace.tool.Clock
---@field offset number ns from the clock of bpf_ktime_get_ns() to that of the day
---@field now fun(): number ns, of the clock of bpf_ktime_get_ns()
---@field time fun(): string HH:MM:SS, now
---@field time_of_day fun(record: any): string HH:MM:SS.uuuuuu
---@field date_and_time fun(record: any): string RFC 3339, UTC

-- Texts of whole seconds, made once a second.
local function of_second(format)
	local last, text
	return function(second)
		if second ~= last then
			last, text = second, os.date(format, second)
		end
		return text
	end
end

---@param member string? of records that has their time
---@param of? { offset: number, now: fun(): number } the clock of a recording
---@return luatrace.tool.Clock
function M.new(member, of)
	local clock = of or {
		offset = tonumber(ffi.cast("int64_t", C.lt_clock(CLOCK_REALTIME) - C.lt_now())),
		now = function() return tonumber(C.lt_now()) end,
	}
	local function wall_us(record)
		local at = member and type(record) == "cdata" and tonumber(record[member]) or clock.now()
		return math.floor((at + clock.offset) / 1000)
	end
	local day, date = of_second "%H:%M:%S", of_second "!%Y-%m-%dT%H:%M:%S"
	function clock.time()
		return day(math.floor((clock.now() + clock.offset) / 1e9))
	end
	function clock.time_of_day(record)
		local us = wall_us(record)
		return ("%s.%06d"):format(day(math.floor(us / 1e6)), us % 1e6)
	end
	function clock.date_and_time(record)
		local us = wall_us(record)
		return ("%s.%06dZ"):format(date(math.floor(us / 1e6)), us % 1e6)
	end
	return clock
end

return M

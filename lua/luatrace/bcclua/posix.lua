-- SPDX-License-Identifier: MIT
-- utils.posix of bcc-lua's scripts: clocks, sleeping, CPUs, 64-bit numbers.
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local loop = require "luatrace.loop"

local M = {}

-- clockid_t of Linux.
M.CLOCK = {
	REALTIME = 0, MONOTONIC = 1, PROCESS_CPUTIME_ID = 2, THREAD_CPUTIME_ID = 3, MONOTONIC_RAW = 4, REALTIME_COARSE = 5,
	MONOTONIC_COARSE = 6,
}

---Nanoseconds of a clock.
---@param clock integer? of CLOCK (MONOTONIC_RAW)
---@return number
function M.time_ns(clock)
	check.value("time_ns", "clock", clock, "id?")
	local ns = C.lt_clock(clock or M.CLOCK.MONOTONIC_RAW)
	if ns == 0 then
		errors.misuse("time_ns: there is no clock %d: it takes one of posix.CLOCK", clock)
	end
	return tonumber(ns)
end

---Sleeps; fractions count. A signal ends the script, or the pcall around this.
---@param seconds number
function M.sleep(seconds)
	loop.sleep(seconds)
end

---CPUs that are online.
---@return integer
function M.cpu_count()
	local file = assert(io.open("/sys/devices/system/cpu/online"))
	local ranges, count = file:read("*l"), 0
	file:close()
	for first, last in ranges:gmatch("(%d+)%-?(%d*)") do
		count = count + (tonumber(last) or tonumber(first)) - tonumber(first) + 1
	end
	return count
end

---The uint64_t at the beginning of a text, as strtoull reads it: blanks, a sign, 0x of a base 16, then digits.
---@param text string
---@param base integer? 2 to 36; 0: by 0x, 0, or 10 (10)
---@return ffi.cdata*
function M.tonumber64(text, base)
	check.value("tonumber64", "text", text, "text")
	base = base or 10
	if base ~= 0 and not (type(base) == "number" and base >= 2 and base <= 36) then
		errors.misuse("tonumber64: base= takes 0 or 2 to 36, not %s", check.given(base))
	end
	local sign, digits = text:lower():match("^%s*([-+]?)(%w*)")
	if (base == 0 or base == 16) and digits:find("^0x%x") then
		base, digits = 16, digits:sub(3)
	elseif base == 0 then
		base = digits:sub(1, 1) == "0" and 8 or 10
	end
	local value = 0ULL
	for digit in digits:gmatch(".") do
		local n = tonumber(digit, base)
		if not n then
			break
		end
		value = value * base + n
	end
	return sign == "-" and -value or value
end

return M

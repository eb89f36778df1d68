-- SPDX-License-Identifier: MIT
-- Commands about what events print while a line is edited. Events are handled in any case: nothing is lost meanwhile.
local C = require "luatrace.abi"
local errors = require "luatrace.errors"

local M = {}

local rate = C.LT_SCREEN_LINES

function M.pause()
	C.lt_screen_limit(0)
	io.stdout:write("what events print is held back; :resume shows the last of it\n")
end

function M.resume()
	C.lt_screen_limit(rate)
	io.stdout:flush()
	local held = tonumber(C.lt_screen_release())
	if held > 0 then
		io.stdout:write(("%d lines were held back\n"):format(held))
	end
end

---@param lines integer|string|nil
function M.rate(lines)
	if lines == nil then
		io.stdout:write(rate < 0 and "all lines of events are shown\n"
			or ("%d lines of events a second are shown\n"):format(rate))
		return
	end
	local number = lines == "all" and -1 or tonumber(lines)
	if not number or number ~= math.floor(number) or number == 0 or number < 0 and lines ~= "all"
		or number > 1e6 then
		errors.raise(("rate: '%s': takes a number of lines a second, or all (:pause shows none)"):format(tostring(lines)))
	end
	rate = number
	C.lt_screen_limit(rate)
end

return M

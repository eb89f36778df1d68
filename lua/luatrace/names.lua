-- SPDX-License-Identifier: MIT
-- Numbers of the kernel's interfaces by their names.
local ffi = require "ffi"
local C = require "luatrace.abi"

local M = {}

---The name of an error, e.g. "ENOENT" for 2 and -2; nil when there is none of that number.
---@param number integer
---@return string?
function M.errno(number)
	local name = C.lt_errno_name(math.abs(tonumber(number)))
	return name ~= nil and ffi.string(name) or nil
end

---The name of a signal, e.g. "SIGKILL" for 9; its number as text when it has none.
---@param number integer
---@return string
function M.signal(number)
	local name = C.lt_signal_name(tonumber(number))
	return name ~= nil and "SIG" .. ffi.string(name) or tostring(number)
end

---The number of a signal that a user named: "15", "term", "SIGTERM". As `convert` of an option takes it.
---@param text string
---@return integer?
---@return string? message
function M.signal_number(text)
	local name = "SIG" .. text:upper():gsub("^SIG", "")
	for number = 1, 64 do
		if text == tostring(number) or M.signal(number) == name then
			return number
		end
	end
	return nil, ("'%s' is no signal's name or number"):format(text)
end

---The name of a system call of this machine, as its tracepoint has it, e.g. "openat"; its number as text when
---it has none.
---@param number integer
---@return string
function M.syscall(number)
	local name = C.lt_syscall_name(tonumber(number))
	return name ~= nil and ffi.string(name) or tostring(number)
end

return M

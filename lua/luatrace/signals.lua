-- SPDX-License-Identifier: MIT
-- Functions for signals. They run in the loop, never in a signal handler.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local loop = require "luatrace.loop"

local M = {}

---@type table<string, fun(name: string)>
local functions = {}

---Has `fn` called when the signal comes, while the script polls; signals that come together are one call.
---@param name string "HUP", "QUIT", "USR1", "USR2", "ALRM", "CONT" or "WINCH", with or without "SIG"
---@param fn fun(name: string)? nil: the signal has its default action again
function M.on_signal(name, fn)
	check.value("on_signal", "name", name, "string")
	check.value("on_signal", "fn", fn, "function?")
	name = name:gsub("^SIG", "")
	local err = errors.buffer()
	local rc = C.lt_signal_catch(name, fn and 1 or 0, err)
	if rc == -errors.EINVAL then
		errors.misuse("on_signal: %s", errors.from_c(rc, err).message)
	elseif rc < 0 then
		errors.raise_c(rc, err)
	end
	functions[name] = fn
end

loop.add_source {
	handle = function()
		local name = C.lt_signal_take()
		while name ~= nil do
			local known = ffi.string(name)
			if functions[known] then
				functions[known](known)
			end
			name = C.lt_signal_take()
		end
	end,
}

return M

-- SPDX-License-Identifier: MIT
-- Lines of standard input, handled in the loop.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local loop = require "luatrace.loop"

local M = {}

-- Lines between two looks at everything else.
local LINES_AT_ONCE = 500

local handle, callback
-- Whether there may be more without waiting: of a file always.
local is_file, more = false, false

local function close()
	C.lt_input_free(ffi.gc(handle, nil))
	handle, callback, more = nil, nil, false
end

---Why a script can't have it: set by who reads standard input for itself.
---@type string?
M.taken = nil

---Has `fn` called with each line of standard input, without its newline, while the script polls, and with nil at its
---end. A line of more than 65,536 bytes comes in pieces.
---@param fn fun(line: string?)? nil: no longer
function M.on_input(fn)
	check.value("on_input", "fn", fn, "function?")
	if M.taken then
		errors.misuse("on_input: %s", M.taken)
	end
	if fn and not handle then
		local out, err = ffi.new("lt_input *[1]"), errors.buffer()
		local rc = C.lt_input_open(out, err)
		if rc < 0 then
			errors.raise_c(rc, err)
		end
		handle = ffi.gc(out[0], C.lt_input_free)
		is_file = rc == 0
		more = is_file
	elseif not fn and handle then
		close()
	end
	callback = fn
end

---Whether a function waits for lines.
---@return boolean
function M.is_open()
	return handle ~= nil
end

local line = ffi.new("const char *[1]")
local function handle_lines()
	-- Also where the script's function raises an error.
	more = handle ~= nil
	for _ = 1, LINES_AT_ONCE do
		if not handle then
			return
		end
		local length = C.lt_input_line(handle, line)
		if length >= 0 then
			callback(ffi.string(line[0], length))
		elseif length == -errors.EAGAIN then
			more = is_file
			return
		else
			local fn = callback
			close()
			if length ~= -errors.ENODATA then
				errors.raise("standard input: reading: " .. errors.describe(length), length)
			end
			fn(nil)
			return
		end
	end
end

loop.add_source {
	wait_ms = function() return more and 0 or nil end,
	handle = handle_lines,
}

return M

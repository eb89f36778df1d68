-- SPDX-License-Identifier: MIT
-- Errors. Where the world said no, an error object is raised: tostring() of it is its message, `errno` and `log` say
-- more. Misuse by the caller is a plain string error that names the caller's line.
local ffi = require "ffi"
local C = require "luatrace.abi"

---@class luatrace.Error
---@field message string one line: what failed, why, what to do next
---@field errno integer? positive errno value
---@field log string? the long form: the compiler's messages, the verifier's log
---@field interrupted boolean? true when a signal, or BPF.stop(), asked the program to end
---@field signal integer? that signal's number
---@field usage boolean? true when a command line is wrong: the exit status is 2
local Error = {}
Error.__index = Error
Error.__tostring = function(self) return self.message end
Error.__concat = function(a, b) return tostring(a) .. tostring(b) end

local M = {}

-- The same on every machine that Linux runs BPF on, save that sparc and mips number some differently.
M.EPERM, M.ENOENT, M.EINTR, M.EIO, M.E2BIG, M.EAGAIN, M.EBUSY, M.EINVAL, M.ENOSPC = 1, 2, 4, 5, 7, 11, 16, 22, 28
M.ENOMEM, M.ENODATA, M.EOPNOTSUPP = 12, 61, 95
M.SIGINT, M.EEXIST = 2, 17
M.ESRCH, M.ERANGE, M.ESTALE = 3, 34, 116

local NAMES = {
	[1] = "not permitted", [2] = "no such entry", [4] = "interrupted", [7] = "no room: the map is full",
	[9] = "its descriptor is closed", [12] = "out of memory", [14] = "bad address", [16] = "busy",
	[17] = "exists already", [22] = "not valid for this map", [28] = "no space", [95] = "not supported by this kernel",
}

---What errno `code` (positive or negative) means.
---@param code integer
---@return string
function M.describe(code)
	code = math.abs(code)
	return ("%s (errno %d)"):format(NAMES[code] or ffi.string(C.lt_errno_text(code)), code)
end

---@param message string
---@param errno integer?
---@param log string?
---@return luatrace.Error
function M.new(message, errno, log)
	return setmetatable({ message = message, errno = errno, log = log }, Error)
end

---Whether `value` is an error object of ours.
---@param value any
---@return boolean
function M.is(value)
	return getmetatable(value) == Error
end

---Raises an error object.
---@param message string
---@param errno integer?
---@param log string?
function M.raise(message, errno, log)
	error(M.new(message, errno and math.abs(errno), log), 0)
end

---Raises what a wrong command line is answered by.
---@param message string
function M.usage(message)
	local e = M.new(message, M.EINVAL)
	e.usage = true
	error(e, 0)
end

---Raises what ends a program after a signal or BPF.stop(); the CLI ends quietly on it.
function M.interrupt()
	local e = M.new("interrupted", M.EINTR)
	local signal = C.lt_interrupted()
	e.interrupted, e.signal = true, signal ~= 0 and signal or nil
	error(e, 0)
end

---A zeroed `lt_error[1]` for a C call.
---@return ffi.cdata*
function M.buffer()
	return ffi.gc(ffi.new("lt_error[1]"), C.lt_error_clear)
end

---What a C call left in `err`, as an error object; `code` is its result. `map` translates message and log, if given.
---@param code integer
---@param err ffi.cdata*
---@param map? fun(text: string): string
---@return luatrace.Error
function M.from_c(code, err, map)
	map = map or function(text) return text end
	local message, log = ffi.string(err[0].message), nil
	if err[0].log ~= nil then
		log = map(ffi.string(err[0].log))
	end
	C.lt_error_clear(ffi.gc(err, nil))
	if message == "" then
		message = M.describe(code)
	end
	return M.new(map(message), math.abs(code), log)
end

---Raises it.
---@param code integer
---@param err ffi.cdata*
---@param map? fun(text: string): string
function M.raise_c(code, err, map)
	error(M.from_c(code, err, map), 0)
end

-- Adds the source of a function, or of each in a table.
local function add_sources(own, value)
	for _, f in pairs(type(value) == "table" and value or { value }) do
		if type(f) == "function" then
			own[debug.getinfo(f, "S").source] = true
		end
	end
end

-- Sources of our own modules, found by their functions: precompiled or from a tree, whatever their chunks are called.
local function own_sources()
	local own = {}
	for name, module in pairs(package.loaded) do
		if type(name) == "string" and (name == "luatrace" or name:find("^luatrace%.")) then
			add_sources(own, module)
			if type(module) == "table" then	-- where a class has them (luatrace.bcclua.class)
				add_sources(own, rawget(module, "__instanceDict"))
				add_sources(own, rawget(module, "static"))
			end
		end
	end
	return own
end

---Raises a string error at the line outside luatrace that led here.
---@param format string
---@param ... any
function M.misuse(format, ...)
	local message = select("#", ...) > 0 and format:format(...) or format
	local own = own_sources()
	local level = 2
	while true do
		local info = debug.getinfo(level, "S")
		if not info then
			error(message, 0)
		end
		if info.what ~= "C" and not own[info.source] then
			error(message, level)
		end
		level = level + 1
	end
end

return M

-- SPDX-License-Identifier: MIT
-- Child processes: held until the script's probes are on, which is when it polls first.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local loop = require "luatrace.loop"

local M = {}

---@class luatrace.Child
---@field pid integer
---@field status integer? its exit status, once it has ended by itself
---@field signal integer? the number of the signal that ended it

-- What the runtime knows of a child, beside what the script sees of it.
---@class luatrace.ChildState
---@field child luatrace.Child
---@field handle ffi.cdata*
---@field free fun(handle: ffi.cdata*)
---@field on_exit fun(child: luatrace.Child)? nil: its end ends the run

-- Not all at once: held, then running, then ended and to be told of.
---@type luatrace.ChildState[], luatrace.ChildState[], luatrace.ChildState[]
local held, running, ended = {}, {}, {}

-- `free` is called with the handle when it has ended.
local function add(handle, free, on_exit)
	local child = { pid = C.lt_child_pid(handle) }
	held[#held + 1] = { child = child, handle = handle, free = free, on_exit = on_exit }
	return child
end

local function free_owned(handle)
	C.lt_child_free(ffi.gc(handle, nil))
end
local function keep() end

---Starts a command, held: it is there and has its pid, and runs when the script polls next. When the script ends before
---it does, it gets a SIGTERM.
---@param args table the program (looked for in PATH) and its arguments, an array of strings;
---`on_exit = fun(child)`: called when it has ended and all records made until then are handled; nil: that ends the run
---@return luatrace.Child
function M.spawn(args)
	if type(args) ~= "table" then
		errors.misuse("spawn: takes the words of a command, spawn{ \"ls\", \"-l\" }, not %s", check.given(args))
	end
	local words = {}
	for i, word in ipairs(args) do
		if type(word) ~= "string" or word:find("\0", 1, true) then
			errors.misuse("spawn: word %d has to be a string without NUL, not %s", i, check.given(word))
		end
		words[i] = word
	end
	local options = {}
	for name, value in pairs(args) do
		if not words[name] then
			options[name] = value
		end
	end
	check.arguments("spawn", options, { on_exit = "function?" })
	if #words == 0 then
		errors.misuse("spawn: no command is given: spawn{ \"ls\", \"-l\" }")
	end
	local out, err = ffi.new("lt_child *[1]"), errors.buffer()
	local rc = C.lt_child_start(ffi.new("const char *[?]", #words, words), #words, out, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	return add(ffi.gc(out[0], C.lt_child_free), free_owned, args.on_exit)
end

-- The command of -c, which the command line owns: it asks for the exit status in the end.
local command = package.loaded["luatrace.command"]
local target = command and add(ffi.cast("lt_child **", command)[0], keep)

---The process of `luatrace -c COMMAND`, or nil.
---@return integer? pid
function M.target_pid()
	return target and target.pid
end

-- Lets those run that are held.
local function release()
	while held[1] do
		local state = table.remove(held, 1)
		local err = errors.buffer()
		local rc = C.lt_child_release(state.handle, err)
		if rc < 0 then
			state.free(state.handle)
			errors.raise_c(rc, err)
		end
		running[#running + 1] = state
	end
end

local status, signal = ffi.new("int32_t[1]"), ffi.new("int32_t[1]")
local function look()
	for i = #running, 1, -1 do
		local state = running[i]
		if C.lt_child_ended(state.handle, status, signal) == 1 then
			state.child.status = status[0] >= 0 and status[0] or nil
			state.child.signal = signal[0] > 0 and signal[0] or nil
			table.remove(running, i)
			state.free(state.handle)
			if state.on_exit then
				ended[#ended + 1] = state
			else
				loop.stop()
			end
		end
	end
end

loop.add_source {
	prepare = release,
	look = look,
	handle = function()
		while ended[1] do
			local state = table.remove(ended, 1)
			state.on_exit(state.child)
		end
	end,
}

return M

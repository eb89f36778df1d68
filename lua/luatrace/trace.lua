-- SPDX-License-Identifier: MIT
-- The kernel's trace_pipe, where bpf_trace_printk() writes.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local loop = require "luatrace.loop"

local M = {}

local handle

-- One reader for the process: who reads a line takes it away from all others.
local function pipe()
	if not handle then
		local out, err = ffi.new("lt_trace_pipe *[1]"), errors.buffer()
		local rc = C.lt_trace_pipe_open(out, err)
		if rc < 0 then
			errors.raise_c(rc, err)
		end
		handle = ffi.gc(out[0], C.lt_trace_pipe_free)
	end
	return handle
end

---The parts of a line of trace_pipe:
---"            bash-1234    [001] d..31  12.345678: bpf_trace_printk: text". nil when it is none.
---@param line string
---@return string? task
---@return integer pid
---@return integer cpu
---@return string flags
---@return number ts seconds
---@return string msg
function M.parse(line)
	-- Names of tasks hold spaces, dashes and brackets, but are too short to hold all of what must follow them. The
	-- number in parentheses is the process id, with the option record-tgid.
	local task, pid, rest = line:match("^%s*(.-)%-(%d+)%s+(%[%d+%]%s+%S+%s+%d+%.%d+:.*)$")
	if not task then
		task, pid, rest = line:match("^%s*(.-)%-(%d+)%s+%([%s%d%-]+%)%s+(%[%d+%]%s+%S+%s+%d+%.%d+:.*)$")
	end
	if not task then
		return nil
	end
	local cpu, flags, ts, msg = rest:match("^%[(%d+)%]%s+(%S+)%s+(%d+%.%d+):%s?(.*)$")
	-- The function the text came from: "bpf_trace_printk: ", in some kernels an address.
	msg = msg:match("^%S+:%s(.*)$") or msg:match("^%S+:$") and "" or msg
	return task, tonumber(pid), tonumber(cpu), flags, tonumber(ts), msg
end

-- Nothing tells that a line has come: poll(2) there may wait until half of the kernel's buffer is full.
local PAUSE_MS = 20
-- How long lines may keep the loop waiting for its turn.
local TURN_NS = 20000000ULL

local out_line = ffi.new("const char *[1]")
local function read_line()
	local length = C.lt_trace_pipe_readline(pipe(), out_line)
	if length < 0 then
		errors.raise("trace_pipe: reading: " .. errors.describe(length), length)
	end
	return length > 0 and ffi.string(out_line[0], length) or nil
end

local last_turn = 0ULL

-- Waits for a line, and looks after everything else meanwhile. A signal ends it at once, whatever waits in the pipe; at
-- any other end of the run, what was printed until then comes first.
local function await_line()
	local line, ended
	repeat
		if C.lt_now() - last_turn > TURN_NS or C.lt_interrupted() ~= 0 then
			ended = loop.pause(0)
			last_turn = C.lt_now()
		end
		if C.lt_interrupted() ~= 0 then
			errors.interrupt()
		end
		line = read_line()
		if not line and ended then
			errors.interrupt()
		elseif not line then
			ended = loop.pause(PAUSE_MS)
		end
	until line
	return line
end

---The next line of trace_pipe.
---@param nonblocking boolean? return nil when there is none
---@return string?
function M.readline(nonblocking)
	check.value("trace_readline", "nonblocking", nonblocking, "boolean?")
	if nonblocking then
		return read_line()
	end
	return await_line()
end

---The parts of the next line that a program printed: task, pid, cpu, flags, ts (seconds), msg.
---@param nonblocking boolean? return nothing when there is none
---@return string? task
---@return integer? pid
---@return integer? cpu
---@return string? flags
---@return number? ts
---@return string? msg
function M.fields(nonblocking)
	check.value("trace_fields", "nonblocking", nonblocking, "boolean?")
	while true do
		local line = M.readline(nonblocking)
		if not line then
			return nil
		end
		-- Lines such as "CPU:1 [LOST 12 EVENTS]" are none of a program.
		local task, pid, cpu, flags, ts, msg = M.parse(line)
		if task then
			return task, pid, cpu, flags, ts, msg
		end
	end
end

---A line by a format: "{0}" to "{5}" stand for task, pid, cpu, flags, ts, msg.
---@param template string
---@param fields any[] six values
---@return string
function M.compose(template, fields)
	return (template:gsub("{(%d)}", function(n)
		local value = fields[tonumber(n) + 1]
		return value ~= nil and (type(value) == "string" and format.escape(value) or tostring(value)) or nil
	end))
end

---Prints what comes from trace_pipe until a signal comes.
---@param template string? nil: the lines as they are; else see `compose`
function M.print(template)
	check.value("trace_print", "fmt", template, "text?")
	while true do
		if template then
			print(M.compose(template, { M.fields() }))
		else
			print((M.readline():gsub("[^\t]+", format.escape)))
		end
		io.stdout:flush()
	end
end

---@class luatrace.TracePipe
local TracePipe = {}
TracePipe.__index = TracePipe

---@param nonblocking boolean?
---@return string?
function TracePipe.readline(_, nonblocking)
	return M.readline(nonblocking)
end

---@param nonblocking boolean?
function TracePipe.trace_fields(_, nonblocking)
	return M.fields(nonblocking)
end

function TracePipe.close()
	M.close()
end

---Opens trace_pipe: what programs print from now on waits there.
---@return luatrace.TracePipe
function M.open()
	pipe()
	return setmetatable({}, TracePipe)
end

---Closes trace_pipe; reading opens it again.
function M.close()
	if handle then
		C.lt_trace_pipe_free(ffi.gc(handle, nil))
		handle = nil
	end
end

return M

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

-- What stands ahead of the message, by the options and the clock of tracefs: TASK-PID, (TGID), [CPU], flags, time.
-- The stricter forms come first: a task's name or a message shall not pass for a part of the others.
local FORMS = {}
for _, time in ipairs { "(%d+%.%d+)", "(%d+)" } do
	for _, flags in ipairs { "([^%s:]+)%s+", "()" } do
		for _, tgid in ipairs { "", "%([%s%d%-]+%)%s+" } do
			FORMS[#FORMS + 1] = ("^%%s*(.-)%%-(%%d+)%%s+%s%%[(%%d+)%%]%%s+%s%s:%%s?(.*)$"):format(tgid, flags, time)
		end
	end
end
-- With the option latency-format: no brackets, and microseconds with a mark; or the number of a clock that is no time.
FORMS[#FORMS + 1] = "^%s*(.-)%-(%d+)%s+(%d+)([^%s%d:][^%s:]*)%s+(%d+us)[^%d:]?%s*:%s?(.*)$"
FORMS[#FORMS + 1] = "^%s*(.-)%-(%d+)%s+(%d+)([^%s%d:][^%s:]*)%s+(%d+)%s*:%s?(.*)$"
-- And verbose: TASK PID CPU flags preemption number [time] time (since the last one), in numbers.
FORMS[#FORMS + 1] = "^%s*(.-)%s+(%d+)%s+(%d+)%s+(%d+)%s+%x+%s+%x+%s+%[%x+%]%s+(%d+%.%d+ms)%s+%(%S+ms%):%s?(.*)$"

-- The kernel's names of tasks are no longer.
local LONGEST_TASK = 15

local UNITS = { us = 1e-6, ms = 1e-3, [""] = 1 }
local function number_of(time)
	local digits, unit = time:match("^([%d.]+)(%l*)$")
	return tonumber(digits) * UNITS[unit]
end

---The parts of a line of trace_pipe:
---"            bash-1234    [001] d..31  12.345678: bpf_trace_printk: text". nil when it is none. Without the option
---context-info a line says neither who nor when: the task is "<...>" then, as the kernel calls one it does not know.
---@param line string
---@return string? task
---@return integer? pid
---@return integer? cpu
---@return string flags "" without the option irq-info
---@return number? ts seconds, or the number of a clock that counts something else
---@return string msg
function M.parse(line)
	local bare = line:match("^bpf_trace_printk: (.*)$")
	if bare then
		return "<...>", nil, nil, "", nil, bare
	end
	for _, form in ipairs(FORMS) do
		local task, pid, cpu, flags, time, msg = line:match(form)
		if task and #task <= LONGEST_TASK then
			-- The function the text came from: "bpf_trace_printk: ", in some kernels an address, or nothing.
			msg = msg:match("^%S*:%s(.*)$") or msg:match("^%S+:$") and "" or msg
			return task, tonumber(pid), tonumber(cpu), type(flags) == "string" and flags or "", number_of(time), msg
		end
	end
	return nil
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

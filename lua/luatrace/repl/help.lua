-- SPDX-License-Identifier: MIT
-- :help
local commands = require "luatrace.repl.commands"
local paint = require "luatrace.repl.paint"
local say = require "luatrace.repl.page"

local M = {}

local KEYS = [[
Lines are Lua; an expression's value is shown, and `_` is the last one. A line
that is not finished goes on in the next. Locals stay from one line to the next.
Events are handled, and print, while you type.
  Tab       complete                    Ctrl-R  search what was typed
  Up, Down  earlier lines               Ctrl-C  stop what runs, drop the line
  Page Up   those that begin like this  Ctrl-D  leave, with everything detached
One-liners: count(PROBE), hist(PROBE, VALUE), trace(PROBE, ...), stacks(PROBE),
latency(FUNCTION).
]]

-- Of each one-liner what it is given and what it shows.
local ONE_LINERS = {
	count = [[
count(PROBE, BY, OPTIONS): how often, by a key
  count("tracepoint:syscalls:sys_enter_*")              by the probe's name
  count("tracepoint:syscalls:sys_enter_openat", "comm")]],
	hist = [[
hist(PROBE, VALUE, OPTIONS): the distribution of a value
  hist("tracepoint:syscalls:sys_exit_read", "args->ret", { by = "comm", filter = "args->ret > 0" })]],
	trace = [[
trace(PROBE, FIELDS, OPTIONS): a line for each event
  trace("tracepoint:syscalls:sys_enter_openat", "pid, comm, str(args->filename)")]],
	stacks = [[
stacks(PROBE, OPTIONS): the stacks that lead there
  stacks("profile:99hz")]],
	latency = [[
latency(FUNCTION, BY, OPTIONS): how long calls take
  latency("vfs_read")                                   of the kernel
  latency("tracepoint:syscalls:sys_enter_openat", "comm")]],
}

-- What is said of all of them.
local ABOUT_ONE_LINERS = [[
BY, VALUE, FIELDS and the option filter are C expressions: pid, comm, arg0 or a parameter's name, args->FIELD, retval.
What it returns shows what it has so far; :stop() ends it, :clear() begins anew. docs/guide.md has more.]]

---@param name string? a command, or a one-liner
---@return nil
function M.help(name)
	local out = {}
	if ONE_LINERS[name] then
		out = { ONE_LINERS[name], ABOUT_ONE_LINERS }
	elseif name then
		local command = commands.find((name:gsub("^:", "")))
		out[1] = commands.usage(command)
		out[2] = command.summary
		out[3] = command.help
	else
		local width = 0
		for _, command in ipairs(commands.list) do
			width = math.max(width, #command.name + #command.args + 2)
		end
		for i, command in ipairs(commands.list) do
			local length = #command.name + #command.args + (command.args ~= "" and 2 or 1)
			out[i] = ("  %s%s  %s"):format(commands.usage(command), (" "):rep(width - length), command.summary)
		end
		out[#out + 1] = paint("dim", "Each as a function: repl.show(\"counts\", \"-value\").")
		out[#out + 1] = ""
		out[#out + 1] = (KEYS:gsub("\n$", ""))
	end
	say(table.concat(out, "\n"))
end

return M

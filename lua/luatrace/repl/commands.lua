-- SPDX-License-Identifier: MIT
-- What is typed with a colon ahead: ":show counts". Each is a function too, repl.show("counts"), so that what is typed
-- can be put into a script. The functions lie in the modules beside this one, loaded when first used.
local errors = require "luatrace.errors"
local near = require "luatrace.near"
local paint = require "luatrace.repl.paint"

local M = {}

---@class luatrace.repl.Command
---@field name string
---@field args string as help shows them
---@field summary string
---@field module string in luatrace.repl
---@field rest boolean? all that follows is one argument, a piece of Lua
---@field help string?

---@type luatrace.repl.Command[]
M.list = {
	{ name = "help", args = "[NAME]", summary = "this list, all about a command or one-liner", module = "help" },
	{ name = "probes", args = "PATTERN...", summary = "what can be attached to", module = "look", help = [[
PATTERN is KIND:TARGET, both with * and ? as in a shell, or a part of a target:
  :probes tracepoint:sched:*        :probes usdt:/usr/bin/python3:*        :probes tcp_conn
With one probe found, or with -v ahead, its arguments are shown as C has them.]] },
	{ name = "type", args = "NAME [-users]", summary = "a kernel type as C, with offsets; who uses it", module = "look",
		help = [[
  :type task_struct                 members with their offsets and sizes
  :type task_struct.mm.pgd          a path of members, through pointers too; -> is the same as .
  :type task_struct -users          which structs and functions have it or point to it
Also of enums, unions, typedefs, and functions (their prototypes).]] },
	{ name = "attach", args = "PROBE [FUNCTION]", summary = "attach a function of a BPF object", module = "change",
		help = [[
  :attach tracepoint:sched:sched_switch on_switch
FUNCTION is one of a BPF object that is open; without it, the one whose name says that it is for this probe.]] },
	{ name = "detach", args = "PROBE|OBJECT|all", summary = "detach a probe, close an object", module = "change", help = [[
PROBE: every program that is attached to it. OBJECT: an expression that gives a BPF object or a one-liner, or its number
in :ls; it is closed. all: all of them, and timers.]] },
	{ name = "ls", args = "", summary = "objects, programs with runs, links, maps", module = "look",
		help = [[
Runs and the average time of a program are counted from the first :ls on: counting costs every program of the machine
some 20 ns a run, and ends with the session.]] },
	{ name = "show", args = "MAP [ORDER] [ROWS]", summary = "entries of a map, by key, -value, ...", module = "look",
		help = [[
MAP is the name of a map of any object, or an expression that gives one:
  :show counts -value 10            the ten largest
  :show b.counts]] },
	{ name = "hist", args = "MAP [linear]", summary = "a map as a histogram", module = "look" },
	{ name = "stacks", args = "MAP [ROWS]", summary = "the stacks counted most", module = "look", help = [[
MAP counts by a stack's id, or by a struct that has one or two of them (members whose names have "stack" in them, "user"
or "kernel" beside it), and the process (pid or tgid) whose user stack it is.]] },
	{ name = "watch", args = "EXPRESSION [SECONDS]", summary = "show a value again and again",
		module = "watch", rest = true },
	{ name = "time", args = "EXPRESSION", summary = "how long it takes", module = "watch", rest = true },
	{ name = "pause", args = "", summary = "hold back what events print", module = "events" },
	{ name = "resume", args = "", summary = "show what was held back, go on", module = "events" },
	{ name = "rate", args = "[LINES|all]", summary = "lines of events shown a second", module = "events" },
	{ name = "disasm", args = "PROGRAM [jit]", summary = "instructions, with their source", module = "look" },
	{ name = "source", args = "[OBJECT]", summary = "the C text of an object", module = "look" },
	{ name = "log", args = "", summary = "the verifier's last log, explained", module = "trouble" },
	{ name = "trace", args = "", summary = "all about the last error", module = "trouble" },
	{ name = "run", args = "FILE [ARGUMENT...]", summary = "run a script; its variables stay", module = "change" },
	{ name = "reload", args = "[OBJECT [FILE]]", summary = "compile what was edited, keep maps", module = "change",
		help = [[
Without an object: the script that :run (or the command line) ran, again. Its new objects take the place of its old
ones, and where a map has the same name and types as before, its entries stay. With an object: its C text is read again,
from the file that src_file= or FILE names, and takes the place of the old one; what was attached is attached again,
open outputs go on with their functions.
When something fails, the old ones stay as they are.]] },
	{ name = "save", args = "FILE", summary = "the session as a script", module = "change", help = [[
What was typed without an error, in its order, as a script that luatrace runs. FILE must not be there yet.]] },
}

---@type table<string, luatrace.repl.Command>
M.by_name = {}
for _, command in ipairs(M.list) do
	M.by_name[command.name] = command
end

-- Words between blanks; quotes keep blanks in one.
local function words(text)
	local out, at = {}, 1
	while true do
		at = text:find("%S", at)
		if not at then
			return out
		end
		local quote = text:match("^[\"']", at)
		local word, after
		if quote then
			word, after = text:match("^" .. quote .. "([^" .. quote .. "]*)" .. quote .. "()", at)
			if not word then
				errors.raise(("a quote is not closed: %s"):format(text:sub(at)))
			end
		else
			word, after = text:match("^(%S+)()", at)
		end
		out[#out + 1] = word
		at = after
	end
end

---The command of a name, or of the beginning of one that only one has.
---@param name string
---@return luatrace.repl.Command
function M.find(name)
	if M.by_name[name] then
		return M.by_name[name]
	end
	local found, names = nil, {}
	for i, command in ipairs(M.list) do
		names[i] = command.name
		if #name > 0 and command.name:sub(1, #name) == name then
			if found then
				errors.raise((":%s: %s or %s? (:help lists all)"):format(name, found.name, command.name))
			end
			found = command
		end
	end
	if not found then
		errors.raise((":%s: no such command%s (:help lists all)"):format(name, near.nearest(name, names)
			and near.hint(name, names) or ""))
	end
	return found
end

---The function of a command.
---@param command luatrace.repl.Command
---@return function
function M.function_of(command)
	return require("luatrace.repl." .. command.module)[command.name]
end

---Runs a line with a colon ahead. What the command gives is printed as a value is.
---@param line string
---@return any ...
function M.run(line)
	local name, rest = line:match("^%s*:%s*([%w_?]*)%s*(.-)%s*$")
	local command = M.find(name == "?" and "help" or name == "" and "help" or name)
	if command.rest then
		return M.function_of(command)(rest)
	end
	return M.function_of(command)(unpack(words(rest)))
end

---The commands as functions: repl.show(…).
M.functions = setmetatable({}, {
	__index = function(self, name)
		local command = M.by_name[name]
		local fn = command and M.function_of(command)
		rawset(self, name, fn)
		return fn
	end,
	__tostring = function() return "the commands as functions: repl.show(\"counts\"); :help lists them" end,
})

---@param command luatrace.repl.Command
---@return string
function M.usage(command)
	return paint("name", ":" .. command.name) .. (command.args ~= "" and " " .. command.args or "")
end

return M

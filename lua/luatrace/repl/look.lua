-- SPDX-License-Identifier: MIT
-- Commands that show what there is.
local ffi = require "ffi"
local C = require "luatrace.abi"
local bpf = require "luatrace.bpf"
local errors = require "luatrace.errors"
local find = require "luatrace.repl.find"
local format = require "luatrace.format"
local hist = require "luatrace.hist"
local later = require "luatrace.later"
local map = require "luatrace.map"
local paint = require "luatrace.repl.paint"
local say = require "luatrace.repl.page"
local show_bpf = require "luatrace.repl.show_bpf"
local show_map = require "luatrace.repl.show_map"
---@module "luatrace.disasm"
local disasm = later "luatrace.disasm"
---@module "luatrace.timers"
local timers = later "luatrace.timers"
---@module "luatrace.types"
local types = later "luatrace.types"
---@module "luatrace.repl.stacks"
local stacks = later "luatrace.repl.stacks"

local M = {}

-- Lines of what may be tens of thousands.
local MOST_LINES = 200

local function say_lines(text, most)
	local count, shown = 0, {}
	for line in text:gmatch("[^\n]+") do
		count = count + 1
		if count <= most then
			shown[count] = format.escape(line)
		end
	end
	if count > most then
		shown[#shown + 1] = paint("dim", ("… %d more: give a longer pattern"):format(count - most))
	end
	if #shown > 0 then
		say(table.concat(shown, "\n"))
	end
end

local function probes_like(pattern, details)
	local out, err = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free), errors.buffer()
	local count = C.lt_probe_list(pattern, details and 1 or 0, out, err)
	if count < 0 then
		errors.raise_c(count, err)
	elseif count == 0 then
		errors.raise(("probes: '%s': nothing here can be attached to by that name"):format(pattern), errors.ENOENT)
	end
	return ffi.string(out[0].data, out[0].size), count
end

---@param ... string patterns, "-v" among them
function M.probes(...)
	local details, patterns = false, {}
	for _, word in ipairs { ... } do
		if type(word) ~= "string" then
			errors.raise("probes: takes patterns, as text")
		elseif word == "-v" then
			details = true
		else
			patterns[#patterns + 1] = word
		end
	end
	if #patterns == 0 then
		errors.raise("probes: takes a pattern, e.g. :probes tracepoint:sched:* (:help probes)")
	end
	for _, pattern in ipairs(patterns) do
		local text, count = probes_like(pattern, details)
		if count == 1 and not details then
			text = probes_like(pattern, true)
		end
		say_lines(text, MOST_LINES)
	end
end

---@param what any
---@param order string?
---@param rows integer|string|nil
function M.show(what, order, rows)
	if tonumber(order) then
		order, rows = nil, order
	end
	show_map.check_order(order)
	if rows and not (tonumber(rows) and tonumber(rows) >= 0) then
		errors.raise(("show: '%s' is no number of rows"):format(tostring(rows)))
	end
	rows = rows and tonumber(rows)
	say(show_map.text(find.map(what, "show"), order, rows))
end

---@param what any
---@param kind string?
function M.hist(what, kind)
	if kind and kind ~= "linear" and kind ~= "log2" then
		errors.raise(("hist: '%s': it is log2 or linear"):format(tostring(kind)))
	end
	local handle = find.map(what, "hist")
	say(table.concat(hist.lines(map.state(handle), handle:items(), kind or "log2", {}), "\n"))
end

---@param what any
---@param rows integer|string|nil
function M.stacks(what, rows)
	say(stacks.text(find.map(what, "stacks"), tonumber(rows)))
end

---@param name string a type, function, or path of members
---@param what string? "-users"
function M.type(name, what)
	if type(name) ~= "string" or what and what ~= "-users" then
		errors.raise("type: takes a name, e.g. :type task_struct, and -users behind it (:help type)")
	end
	local text = what and types.users_text(name) or types.describe(name)
	say((text:gsub("\n$", "")))
end

---@param program string
---@param jit string|boolean|nil "jit": the machine code too
function M.disasm(program, jit)
	if type(program) ~= "string" or jit and jit ~= "jit" and jit ~= true then
		errors.raise("disasm: takes a program, and jit behind it for its machine code (:ls shows what there is)")
	end
	say((disasm.text(find.object_with(program, "disasm"), program, { jit = jit and true or false }):gsub("\n$", "")))
end

-- Kept until the session ends: counting stops with it.
local counting

function M.ls()
	local counted = counting ~= nil
	if not counted and bpf.objects[1] then
		local ok, stop = pcall(disasm.count_runs)	-- who may not have it done has the rest
		counting = ok and stop or false
	end
	local pending = #timers.list()
	if #bpf.objects == 0 then
		say("nothing is open: BPF{ text = [[ … ]] } makes a BPF object, count(\"tracepoint:syscalls:*\") counts")
	end
	for i, self in ipairs(bpf.objects) do
		local one = find.oneliner_of(self)
		local name = find.variable(one or self) or tostring(i)
		if one then
			name = ("%s  %s(%s)"):format(name, one.kind.name, one.probe)
		end
		say(("%s%s  %s"):format(i > 1 and "\n" or "", paint("name", name), show_bpf.text(self, counted and counting)))
	end
	if counting and not counted then
		say(paint("dim", "runs of programs are counted from now on"))
	end
	if pending > 0 then
		say(("%d %s"):format(pending, pending == 1 and "timer is set" or "timers are set"))
	end
end

---@param what any
function M.source(what)
	local state = bpf.state(find.object(what, "source"))
	local lines = {}
	for line in (state.text:gsub("\n$", "") .. "\n"):gmatch("([^\n]*)\n") do
		lines[#lines + 1] = ("%s  %s"):format(paint("dim", ("%4d"):format(state.source.line + #lines)),
			(line:gsub("[^\t]+", format.escape)))
	end
	say(table.concat(lines, "\n"))
end

return M

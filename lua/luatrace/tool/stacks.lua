-- SPDX-License-Identifier: MIT
-- What <luatrace/stacks.h> counts, as stacks of names.
local ffi = require "ffi"
local bit = require "bit"

local M = {}

---A stack and what was counted at it.
---@class luatrace.tool.Stack
---@field count number
---@field times number? in how many allocations, of a tool whose stacks= has a name of these as `times`
---@field comm string?
---@field pid integer?
---@field frames string[] names, outermost first; those of the kernel end with "_[k]", those compiled at run time with
---"_[j]"

-- get_stackid()'s answers when there was a stack, but no room for it: -EEXIST, -ENOMEM.
local MISSED = { [-17] = true, [-12] = true }

-- Between what was traced and the program that took the stack lie functions that are the tracer's.
local TRACER = { "^bpf_prog_", "^bpf_trace_run%d+$", "^__bpf_trace_", "^__traceiter_", "^bpf_get_stackid",
	"^trace_call_bpf$", "^perf_trace_", "^perf_syscall_" }

local function is_tracer(name)
	for _, pattern in ipairs(TRACER) do
		if name:find(pattern) then
			return true
		end
	end
	return false
end

local function innermost(names)
	for i, name in ipairs(names) do
		if not is_tracer(name) then
			return i
		end
	end
	return 1
end

-- A stack that is taken just when those of an interval are deleted is gone before it is shown. It is the same that was
-- shown then: an id is made of what is in it.
local before, now = {}, {}

local function names_of(source, id, pid)
	local key = ("stack %d of %s"):format(id, pid or "the kernel")
	return source:observe(key, function()
		local names = source:frames("lt_stacks", id, pid)
		if #names == 0 then
			names = before[key] or names
		end
		now[key] = names
		return names
	end) or {}
end

local function add(frames, source, id, pid, mark)
	id = bit.tobit(tonumber(id))
	if MISSED[id] then
		frames[#frames + 1] = "[missed]" .. mark
	elseif id >= 0 then
		local names = names_of(source, id, pid)
		for i = #names, pid and 1 or innermost(names), -1 do
			frames[#frames + 1] = names[i] .. mark
		end
	end
end

---Frames of a stack's key, outermost first.
---@param source table
---@param key table of struct lt_stack_key
---@return string[]
function M.frames(source, key)
	local frames = {}
	add(frames, source, key.user, tonumber(key.pid), "")
	add(frames, source, key.kernel, nil, "_[k]")
	return frames
end

local function of_key(key, frames_of)
	return ffi.string(key.comm), tonumber(key.pid), frames_of(key)
end

---All that was counted, the most first; stacks that go through the same functions are one.
---@param source table
---@param entries { key: any, value: any }[]
---@param read? fun(key: any, frames_of: fun(key: any): string[]): string, integer, string[] what a key is: name and
---number of a process, and frames, outermost first; it is a struct lt_stack_key unless given
---@return luatrace.tool.Stack[] stacks
function M.collect(source, entries, read)
	local by_text, out = {}, {}
	before, now = now, {}
	local function frames_of(key) return M.frames(source, key) end
	for _, entry in ipairs(entries) do
		local comm, pid, frames = (read or of_key)(entry.key, frames_of)
		local text = ("%d;%s;%s"):format(pid, comm, table.concat(frames, ";"))
		local one = by_text[text]
		if not one then
			one = { count = 0, comm = comm, pid = pid, frames = frames }
			by_text[text], out[#out + 1] = one, one
		end
		one.count = one.count + tonumber(entry.value)
	end
	table.sort(out, function(a, b) return a.count > b.count end)
	return out
end

---The ids of stacks that are still to be shown: those that the text has kept until they can be counted (of tasks that
---sleep), and those that were counted while the last ones got their names.
---@param maps { read: fun(self: any, map: string): { key: any, value: any }[] }
---@param counts string the map that counts
---@param read? fun(key: any, frames_of: fun(key: any): string[]) as collect() has it
---@param held? fun(maps: table, hold: fun(key: any))
---@return table<integer, boolean>
function M.in_use(maps, counts, read, held)
	local ids = {}
	local function hold(key)
		ids[tonumber(key.user)], ids[tonumber(key.kernel)] = true, true
		return {}
	end
	if held then
		held(maps, hold)	-- ahead of what it counts: a stack that is counted in between is in one of them
	end
	for _, entry in ipairs(maps:read(counts)) do
		(read or of_key)(entry.key, hold)
	end
	return ids
end

return M

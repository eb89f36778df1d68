-- SPDX-License-Identifier: MIT
-- What <luatrace/kept.h> keeps: which stacks made most of it. For <luatrace/malloc.h>, how its programs are attached.
local bit = require "bit"
local ffi = require "ffi"
local stacks = require "luatrace.tool.stacks"

local M = {}

-- What each stack keeps, of the last program that the process has executed.
local function amounts(run, older)
	local by_id, list, entries = {}, {}, run:read "lt_kept"
	local image, latest = 0, run.clock.now() - older
	for _, entry in ipairs(entries) do
		image = math.max(image, tonumber(entry.value.image))
	end
	for _, entry in ipairs(entries) do
		local one = entry.value
		if tonumber(one.image) == image and tonumber(one.ts) <= latest then
			local id = ("%d %d"):format(bit.tobit(one.stack.user), bit.tobit(one.stack.kernel))
			local sum = by_id[id]
			if not sum then
				sum = { count = 0, times = 0, key = one.stack, entry = entry }	-- the key is a part of it
				by_id[id], list[#list + 1] = sum, sum
			end
			sum.count, sum.times = sum.count + tonumber(one.amount), sum.times + 1
		end
	end
	return list
end

---The stacks that made most of what is kept, the most first.
---@param run luatrace.Run
---@param older number nanoseconds: only what is as old
---@param rows integer so many stacks at most
---@return luatrace.tool.Stack[] stacks
function M.most(run, older, rows)
	local list = amounts(run, older)
	table.sort(list, function(a, b) return a.count > b.count end)
	for i = #list, rows + 1, -1 do
		list[i] = nil
	end
	for _, one in ipairs(list) do
		one.frames = stacks.frames(run.source, one.key)
		one.comm, one.pid = ffi.string(one.key.comm), tonumber(one.key.pid)
	end
	return list
end

---Attaches the programs of <luatrace/malloc.h>.
---@param run luatrace.Run
---@param file string the program or library that has the allocator; not every one but the C library's has all functions
---@param pid integer? the only process
function M.attach_malloc(run, file, pid)
	for _, name in ipairs { "malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign", "free" } do
		local always = file == "c" or name == "malloc" or name == "free"
		run:attach_function(file, name, { enter = "lt_enter_" .. name, leave = name ~= "free" and "lt_leave_" .. name or nil,
			pid = pid, optional = not always })
	end
end

return M

-- SPDX-License-Identifier: MIT
-- What <luatrace/stacks.h> counts, as stacks of names.
local BPF = require "luatrace"
local bit = require "bit"

local M = {}

---A stack and what was counted at it.
---@class luatrace.tool.Stack
---@field count number
---@field comm string?
---@field pid integer?
---@field frames string[] names, outermost first; those of the kernel end with "_[k]", those compiled at run time with
---"_[j]"

-- get_stackid()'s answers when there was a stack, but no room for it: -EEXIST, -ENOMEM.
local MISSED = { [-17] = true, [-12] = true }

local function add(frames, source, id, pid, mark)
	id = bit.tobit(tonumber(id))
	if MISSED[id] then
		frames[#frames + 1] = "[missed]" .. mark
	elseif id >= 0 then
		local names = source:observe(("stack %d of %s"):format(id, pid or "the kernel"), function()
			return source:frames("lt_stacks", id, pid)
		end) or {}
		for i = #names, 1, -1 do
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

---All that was counted, the most first; stacks that go through the same functions are one.
---@param source table
---@param entries { key: any, value: any }[]
---@return luatrace.tool.Stack[] stacks
function M.collect(source, entries)
	local by_text, out = {}, {}
	for _, entry in ipairs(entries) do
		local frames, key = M.frames(source, entry.key), entry.key
		local comm, pid = ffi.string(key.comm), tonumber(key.pid)
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

---Called with each process that is seen for the first time: what its functions are called is known only while it lives.
---@param record ffi.cdata*
function M.see(record)
	BPF.remember(tonumber(ffi.cast("const uint32_t *", record)[0]))
end

return M

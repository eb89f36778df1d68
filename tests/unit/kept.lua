-- SPDX-License-Identifier: MIT
-- Which stacks keep most of what was made, of entries as a map gives them.
local t = require "tap"
local ffi = require "ffi"
local kept = require "luatrace.tool.kept"

local entry_ct = ffi.typeof [[struct {
	uint64_t ts, amount, image;
	struct { uint32_t pid; int32_t user, kernel; char comm[16]; } stack;
}]]

local function entry(ts, amount, image, user)
	local value = ffi.new(entry_ct, ts, amount, image, { user, user, -1, "of" .. user })
	return { key = ffi.new("uint64_t", ts), value = value }
end

-- Nobody else has the entries, and whoever is asked for frames makes garbage.
local function most(older, rows)
	local run = { clock = { now = function() return 100 end } }
	function run.read()
		return { entry(1, 10, 1, 7), entry(2, 300, 2, 8), entry(3, 20, 2, 9), entry(4, 5, 2, 8), entry(60, 40, 2, 9) }
	end
	run.source = { observe = function()
		collectgarbage()
		for _ = 1, 2000 do
			ffi.new(entry_ct).stack.comm[0] = 255
		end
		return { "frame" }
	end }
	local list = {}
	for i, one in ipairs(kept.most(run, older, rows)) do
		list[i] = ("%s of %d: %d in %d"):format(one.comm, one.pid, one.count, one.times)
	end
	return table.concat(list, ", ")
end
t.eq(most(0, 10), "of8 of 8: 305 in 2, of9 of 9: 60 in 2", "of the last program that was executed, the most first")
t.eq(most(50, 10), "of8 of 8: 305 in 2, of9 of 9: 20 in 1", "what is as old")
t.eq(most(0, 1), "of8 of 8: 305 in 2", "so many")
t.done()

-- SPDX-License-Identifier: MIT
-- Draws a flame graph of folded stacks; prints how many milliseconds of CPU time that took with the stacks in memory,
-- as a tool has them, and how many stacks there were.
--   flame.lua FOLDED PICTURE
local clock = require "luatrace.tool.clock"
local flame = require "luatrace.tool.output.flame"

local stacks = {}
for line in io.lines(arg[1]) do
	local names, count = line:match "^(.*) (%d+)$"
	local frames = {}
	for frame in names:gmatch "[^;]+" do
		frames[#frames + 1] = frame
	end
	stacks[#stacks + 1] = { comm = table.remove(frames, 1), frames = frames, count = tonumber(count) }
end
collectgarbage()

local start = os.clock()
local output = flame.new { options = { flame = arg[2] }, clock = clock.new(),
	tool = { name = "flame", summary = "folded stacks", stacks = { unit = "samples" } } }
output:stacks(stacks)
output:finish()
print(("%.1f %d"):format(1000 * (os.clock() - start), #stacks))

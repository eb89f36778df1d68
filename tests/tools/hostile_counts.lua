-- SPDX-License-Identifier: MIT
-- Not in guests: how names are shown is not the kernel's, and it starts each tool.
-- Each tool that counts, in tables, histograms and stacks, while a process of hostile names works, as hostile.lua has
-- those of events.
local hostile = require "hostile_process"
local t = require "tap"

-- By process, where they can; and what needs more than one way to be shown in all formats.
local WORDS = { syscount = { "-P -L -r 1000" }, runqlat = { "-P" }, cpudist = { "-P" }, hardirqs = { "", "-d" },
	softirqs = { "", "-d" }, biolatency = { "-D" }, tcprtt = { "-B" }, runqlen = { "-C", "-O" }, deadlock = { "60" } }
local SHOWS = { syscount = "\\e%[2J", offcputime = "\\e%[2J" }
local absent = {}
for name in hostile.tools(function(one) return one.every or one.stacks end) do
	for _, words in ipairs(WORDS[name] or { "" }) do
		local rows, out = hostile.try(name .. " " .. words, hostile.process())
		if not rows then
			absent[#absent + 1] = name .. (name == "llcstat" and " (no hardware counters)" or "")
		elseif SHOWS[name] then
			t.ok(out:find(SHOWS[name]), name .. ": it shows the hostile process")
		end
	end
end
if #absent > 0 then
	t.skip(("not here: %s"):format(table.concat(absent, ", ")))
end
hostile.done("folded", "flame", "top", "svg", "heatmap", "heatmap-svg")

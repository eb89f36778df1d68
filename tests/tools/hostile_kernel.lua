-- SPDX-License-Identifier: MIT
-- In guests too.
-- Tools of events that need kprobes, fentry or ext4, while a process of hostile names works on an ext4 of its own,
-- in each format, as tests/lib/hostile_process.lua has the others. Guests take a minute for each.
-- Tools: ext4slower filelife fileslower filetop
local live = require "live"
live.needs "kprobe"
live.needs "fexit"
local blockdev = require "blockdev"
local hostile = require "hostile_process"
local t = require "tap"

-- At least so many rows are of the process.
local SHOWS = { ext4slower = 60, filelife = 20, fileslower = 40, filetop = 20 }
local WORDS = { ext4slower = "-m 0", fileslower = "-m 0", filetop = "1000 -r 1000" }
local place, unmount = blockdev.mounted()
for _, name in ipairs(hostile.kernel) do
	local out = hostile.must(("%s %s"):format(name, WORDS[name] or ""), hostile.process(place), SHOWS[name])
	t.like(out, "\n[^\n]*\\e%[2J", name .. ": it shows the hostile process")
end
unmount()
hostile.done "top"

-- SPDX-License-Identifier: MIT
-- Tools of files that need kprobes or fentry, while a process of hostile names works, in each format, as
-- tests/lib/hostile_process.lua has the others; hostile_kernel_counts.lua and hostile_ext4.lua have the rest.
-- Tools: filelife fileslower filetop
local live = require "live"
live.needs "kprobe"
live.needs "fexit"
local hostile = require "hostile_process"
local t = require "tap"

-- At least so many rows are of the process.
local SHOWS = { filelife = 20, fileslower = 40, filetop = 20 }
local WORDS = { fileslower = "-m 0", filetop = "1000 -r 1000" }
for _, name in ipairs(hostile.kernel) do
	local out = hostile.must(("%s %s"):format(name, WORDS[name] or ""), hostile.process(), SHOWS[name])
	t.like(out, "\n[^\n]*\\e%[2J", name .. ": it shows the hostile process")
end
hostile.done "top"

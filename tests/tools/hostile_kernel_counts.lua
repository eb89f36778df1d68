-- SPDX-License-Identifier: MIT
-- Tools that count by kprobes, as hostile_kernel.lua has those of events.
-- Tools: cachestat ext4dist vfscount vfsstat
local live = require "live"
live.needs "kprobe"
local blockdev = require "blockdev"
local hostile = require "hostile_process"

local WORDS = { cachestat = "1000", vfsstat = "1000" }
local place, unmount = blockdev.mounted()
for _, name in ipairs(hostile.kernel_counts) do
	hostile.must(("%s %s"):format(name, WORDS[name] or ""), hostile.process(place))
end
unmount()
hostile.done("top", "svg", "heatmap", "heatmap-svg")

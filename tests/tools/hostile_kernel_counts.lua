-- SPDX-License-Identifier: MIT
-- Tools that count by kprobes, as hostile_kernel.lua has those of files.
-- Tools: cachestat vfscount vfsstat
local live = require "live"
live.needs "kprobe"
local hostile = require "hostile_process"

local WORDS = { cachestat = "1000", vfsstat = "1000" }
for _, name in ipairs(hostile.kernel_counts) do
	hostile.must(("%s %s"):format(name, WORDS[name] or ""), hostile.process())
end
hostile.done "top"

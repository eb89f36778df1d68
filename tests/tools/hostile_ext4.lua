-- SPDX-License-Identifier: MIT
-- Tools of ext4, as hostile_kernel.lua has those of files: the process works on an ext4 of the case's own.
-- Tools: ext4dist ext4slower
local live = require "live"
live.needs "kprobe"
local blockdev = require "blockdev"
local hostile = require "hostile_process"
local t = require "tap"

local place, unmount = blockdev.mounted()
hostile.must("ext4dist", hostile.process(place))
local out = hostile.must("ext4slower -m 0", hostile.process(place), 60)
t.like(out, "\n[^\n]*\\e%[2J", "ext4slower: it shows the hostile process")
unmount()
hostile.done("svg", "heatmap", "heatmap-svg")

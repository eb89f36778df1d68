-- SPDX-License-Identifier: MIT
-- slabratetop: as many objects of the cache of open files as a process opens more of than another run of it.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local FEW, MANY = 13, 997
local file = sh.dir() .. "/file"
sh.write(file, "")

local function opened(count)
	local command = ("build/tests/workload openat %d %s"):format(count, file)
	for _, row in ipairs(tool.rows("slabratetop -n workload 60", command)) do
		if row.cache == "filp" then
			return row.count, row.size_KiB
		end
	end
	error "no open files"
end

local few, few_size = opened(FEW)
local many, many_size = opened(MANY)
t.eq(many - few, MANY - FEW, "an object for each file that was opened")
local size = (many_size - few_size) / (MANY - FEW) * 1024
t.eq(size, tonumber(sh.read("/proc/slabinfo"):match "\nfilp +%d+ +%d+ +(%d+)"), "its size")
local status, out = tool.run("slabratetop 60", "true")
t.eq(status, 0, "of all tasks")
t.like(out, "\nkmalloc%-%d+ +%d+", "those of kmalloc by size")
t.done()

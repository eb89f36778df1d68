-- SPDX-License-Identifier: MIT
-- vfsstat and vfscount: calls of a known number, by kind.
local t = require "tap"
local live = require "live"
live.needs "kprobe"
local sh = require "sh"
local tool = require "tool"

-- Only while the process has this name, what it does is known.
local command = ([[perl -e 'chdir "%s"; my $b = "x" x 100; $0 = "lt-vfs";
for (1..3) { open my $f, "+>", "file" or die; syswrite $f, $b for 1..7; sysseek $f, 0, 0; sysread $f, $b, 10 for 1..11;
syscall(74, fileno $f) for 1..2; close $f; unlink "file" }
for (1..5) { mkdir "d"; rmdir "d" } $0 = "other"']]):format(sh.dir())

local rows = tool.rows("vfsstat -n lt-vfs", command)
local sums = {}
for _, row in ipairs(rows) do
	for name, value in pairs(row) do
		sums[name] = name ~= "time" and (sums[name] or 0) + value or nil
	end
end
local WANT = { read = 33, write = 21, open = 3, create = 0, unlink = 3, mkdir = 5, rmdir = 5, fsync = 6 }
for name, count in pairs(WANT) do
	t.eq(sums[name], count, name)
end
local counts = {}
for _, row in ipairs(tool.rows("vfscount -n lt-vfs", command)) do
	counts[row["function"]] = row.count
end
for _, name in ipairs { "read", "write", "open", "unlink", "mkdir", "rmdir" } do
	t.eq(counts["vfs_" .. name], WANT[name], "vfs_" .. name)
end
t.done()

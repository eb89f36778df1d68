-- SPDX-License-Identifier: MIT
-- statsnoop: each call of the stat family, with path or descriptor, and those that failed.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local FOUND, MISSED = 31, 17
local file = sh.dir() .. "/file"
sh.write(file, "")
local command = ([[perl -e 'my ($f, $n, $b) = ("%s", "%s-none", " " x 512);
stat $f for 1..%d; lstat $n for 1..%d;
syscall(4, $f, $b); syscall(6, $n, $b); syscall(5, 99, $b);
my $r = "file-none"; syscall(332, 99, $r, 0, 0xfff, $b);']]):format(file, file, FOUND, MISSED)

local function ours(row) return row.path:sub(1, #file) == file or row.fd == 99 end

local rows = tool.rows("statsnoop -n perl", command, ours)
local seen = {}
for _, row in ipairs(rows) do
	local what = ("%s %s %s %s"):format(row.call, row.fd, row.path:match "[^/]*$", row.error)
	seen[what] = (seen[what] or 0) + 1
end
for what, count in pairs {
	["newfstatat nil file nil"] = FOUND, ["newfstatat nil file-none ENOENT"] = MISSED, ["newstat nil file nil"] = 1,
	["newlstat nil file-none ENOENT"] = 1, ["newfstat 99  EBADF"] = 1, ["statx 99 file-none EBADF"] = 1,
} do
	t.eq(seen[what], count, what)
end
t.eq(#rows, FOUND + MISSED + 4, "each call, and no other")
t.eq(#tool.rows("statsnoop -x", command, ours), MISSED + 3, "--failed")
t.done()

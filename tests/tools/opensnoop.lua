-- SPDX-License-Identifier: MIT
-- opensnoop: each open of a known number, by whom, what came of it, and only those that were asked for.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local COUNT, MISSES = 97, 13
local file = sh.dir() .. "/file"
sh.write(file, "")
local command = ("build/tests/workload openat %d %s\nexec perl -e 'open F, \"<\", \"%s-none\" for 1..%d'"):format(COUNT,
	file, file, MISSES)

-- each call that opens, with flags, and a path as long as there can be
local LONG = sh.dir() .. ("/."):rep(2048)
LONG = LONG:sub(1, 4095 - 5) .. "/file"
local others = ([[perl -e 'my ($f, $h, $l) =
("%s", pack("QQQ", 0x80800, 0, 0), "%s");
syscall(2, $f, 0x401); syscall(85, $f, 0600); syscall(437, -100, $f, $h, 24); syscall(2, $l, 0x241, 0600)']]):format(
	file, LONG)

local function of_file(row) return row.path:sub(1, #file) == file end

local rows = tool.rows("opensnoop", command, of_file)
local found, missed, comms = 0, 0, {}
for _, row in ipairs(rows) do
	comms[row.comm] = true
	found = found + (row.path == file and row.fd >= 3 and not row.error and 1 or 0)
	missed = missed + (row.path == file .. "-none" and row.error == "ENOENT" and not row.fd and 1 or 0)
end
t.eq(#rows, COUNT + MISSES, "each open, and no other")
t.eq(found, COUNT, "those that opened")
t.eq(missed, MISSES, "those that did not, with the error")
t.ok(comms.workload and comms.perl, "who")

t.eq(#tool.rows("opensnoop -x", command, of_file), MISSES, "--failed")
t.eq(#tool.rows("opensnoop -n perl", command, of_file), MISSES, "--comm")
t.eq(#tool.rows("opensnoop -u nobody", command, of_file), 0, "--uid, of nobody")
t.eq(#tool.rows("opensnoop -u root", command, of_file), COUNT + MISSES, "--uid")
local seen = {}
for _, row in ipairs(tool.rows("opensnoop -e -n perl", others)) do
	local what = ("%s %s"):format(row.flags, row.path)
	seen[what] = (seen[what] or 0) + 1
end
for _, what in ipairs { "WRONLY|APPEND " .. file, "WRONLY|CREAT|TRUNC " .. file, "RDONLY|NONBLOCK|CLOEXEC " .. file,
	"WRONLY|CREAT|TRUNC " .. LONG } do
	t.eq(seen[what], 1, what:sub(1, 60))
end
local _, out = tool.run("opensnoop -T", command)
local line
for one in out:gmatch "[^\n]+" do
	line = one:find(file .. "-none", 1, true) and one or line
end
t.like(line or out, "^%d%d:%d%d:%d%d%.%d%d%d%d%d%d %d+ +perl +%- ENOENT +/", "as a table")
t.done()

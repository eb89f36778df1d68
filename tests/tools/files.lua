-- SPDX-License-Identifier: MIT
-- filetop and fileslower: reads and writes of a known number and size, and those that had to wait.
local t = require "tap"
local live = require "live"
live.needs "fexit"
local sh = require "sh"
local tool = require "tool"

local SLOW = 3
local command = ([[perl -e 'chdir "%s"; my $b = "x" x 1000; my ($r, $w); pipe $r, $w;
open my $f, "+>", "lt-file" or die; $0 = "lt-top";
syswrite $f, $b for 1..7; sysseek $f, 0, 0; sysread $f, $b, 500 for 1..17; sysseek $f, 6900, 0; sysread $f, $b, 500;
for (1..%d) { if (!fork) { select undef, undef, undef, 0.3; syswrite $w, "x"; exit } sysread $r, $b, 9 }
$0 = "other"; 1 while wait > 0']]):format(sh.dir(), SLOW)

local rows = tool.rows("filetop -n lt-top", command)
local sums = { reads = 0, writes = 0, read_KiB = 0, written_KiB = 0 }
for _, row in ipairs(rows) do
	t.ok(row.file == "lt-file" and row.comm == "lt-top" and row.kind == "F", "the file")
	for name in pairs(sums) do
		sums[name] = sums[name] + row[name]
	end
end
t.eq(sums.reads, 18, "reads of it")
t.eq(sums.writes, 7, "writes of it")
t.eq(("%.1f"):format(sums.read_KiB), ("%.1f"):format((14 * 500 + 100) / 1024), "what was read, not what was asked for")
t.eq(("%.1f"):format(sums.written_KiB), ("%.1f"):format(7000 / 1024), "what was written")

local reads, writes, bytes = 0, 0, 0
for _, row in ipairs(tool.rows("fileslower -m 0 -n lt-top", command)) do
	t.ok(row.file == "lt-file" or nil, row.op .. " of the file")
	reads, writes = reads + (row.op == "R" and 1 or 0), writes + (row.op == "W" and 1 or 0)
	bytes = bytes + row.bytes
end
t.eq(reads, 18, "fileslower: all reads")
t.eq(writes, 7, "all writes")
t.eq(bytes, 14 * 500 + 100 + 7000, "what they transferred")
rows = tool.rows("fileslower -a -m 250 -n lt-top", command)
t.eq(#rows, SLOW, "those that waited")
for _, row in ipairs(rows) do
	t.ok(row.op == "R" and row.bytes == 1 and row.latency_ms > 250 and row.latency_ms < 30000, "so long, of a pipe")
end
t.done()

-- SPDX-License-Identifier: MIT
-- ext4dist, ext4slower: each read, write, open and fsync of a file on an ext4 of the case's own, and no other.
local t = require "tap"
local blockdev = require "blockdev"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

live.needs "kprobe"

local READS, WRITES, OPENS, SYNCS, SIZE = 17, 13, 7, 5, 1000
local place, unmount = blockdev.mounted()
-- The files of perl may lie on an ext4 too.
local only_one = select(2, sh.read("/proc/mounts"):gsub(" ext4 ", "")) == 1
local function is(got, want, what)
	t.ok(got == want or not only_one and (got or 0) > want, ("%s: %s of %d"):format(what, got, want))
end
local command = "exec perl " .. live.file(([[
use IO::Handle;
open my $f, "+>", "%s/file" or die;
syswrite $f, "x" x %d for 1..%d;
$f->sync for 1..%d;
sysseek $f, 0, 0;
sysread $f, my $text, %d for 1..%d;
open my $g, "<", "%s/file" for 2..%d;
]]):format(place, SIZE, WRITES, SYNCS, SIZE / 2, READS, place, OPENS), "operations.pl")

local seen, bytes, wrong = {}, { read = 0, write = 0 }, 0
for _, row in ipairs(tool.rows("ext4slower -m 0 -n perl", command, function(row) return row.file == "file" end)) do
	seen[row.op] = (seen[row.op] or 0) + 1
	bytes[row.op] = bytes[row.op] and bytes[row.op] + row.bytes
	wrong = wrong + ((row.comm ~= "perl" or row.latency_ms <= 0) and 1 or 0)
end
t.eq(seen.read, READS, "each read")
t.eq(seen.write, WRITES, "each write")
t.eq(seen.open, OPENS, "each open")
t.eq(seen.fsync, SYNCS, "each fsync")
t.eq(bytes.read, READS * SIZE / 2, "bytes that were read")
t.eq(bytes.write, WRITES * SIZE, "bytes that were written")
t.eq(wrong, 0, "who, and how long")

local counts = {}
for _, row in ipairs(tool.rows("ext4dist -n perl", command)) do
	counts[row.operation] = 0
	for _, bucket in ipairs(row.buckets) do
		counts[row.operation] = counts[row.operation] + bucket.count
	end
end
is(counts.read, READS, "ext4dist: each read")
is(counts.write, WRITES, "each write")
is(counts.fsync, SYNCS, "each fsync")
is(counts.open, OPENS, "each open")
unmount()
t.done()

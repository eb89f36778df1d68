-- SPDX-License-Identifier: MIT
-- cachestat: pages that are read eleven times are missed once. The rest of the machine is in the numbers too.
local t = require "tap"
local live = require "live"
live.needs "kprobe"
local sh = require "sh"
local tool = require "tool"

-- A big file of a file system on a disk or another machine: tmpfs has nothing to miss.
local FILE, PAGES, TIMES = "build/tests/unit/cc_test.t", 997, 11
if select(2, sh.run("stat -f -c %T " .. FILE)):find "tmpfs" then
	t.skip_all("the tree is in memory")
end
-- posix_fadvise: forget the file's pages, and read none ahead
local rows = tool.rows("cachestat 1000", ([[exec perl -e 'open my $f, "<", "%s" or die;
syscall(221, fileno $f, 0, 0, 4); syscall(221, fileno $f, 0, 0, 1);
for (1..%d) { sysseek $f, 4096 * 5000, 0; for (1..%d) { sysread($f, my $b, 4096) == 4096 or die } }']]):format(FILE,
	TIMES, PAGES))
t.eq(#rows, 1, "one interval")
local row = rows[1]
t.ok(row.misses >= PAGES and row.misses < 3 * PAGES, "misses: " .. row.misses)
t.ok(row.hits > (TIMES - 2) * PAGES and row.hits < (TIMES + 2) * PAGES, "hits: " .. row.hits)
t.ok(row.ratio_percent > 50 and row.ratio_percent < 100, "ratio")
t.ok(row.cached_MiB > 1 and row.buffers_MiB >= 0, "sizes")
t.done()

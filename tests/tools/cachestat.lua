-- SPDX-License-Identifier: MIT
-- cachestat: a file that is read three times is missed once. The rest of the machine is in the numbers too.
local t = require "tap"
local live = require "live"
live.needs "kprobe"
local sh = require "sh"
local tool = require "tool"

-- A file of a file system on a disk or another machine: tmpfs has nothing to miss.
local _, listed = sh.run("stat -f -c %T build/luatrace; stat -c %s build/luatrace")
local kind, size = listed:match "(%S+)\n(%d+)"
if kind == "tmpfs" then
	t.skip_all("the tree is in memory")
end
local pages = math.floor(size / 4096)
local rows = tool.rows("cachestat 1000", [[
echo 1 >/proc/sys/vm/drop_caches
for i in 1 2 3; do dd if=build/luatrace of=/dev/null bs=4096; done]])
t.eq(#rows, 1, "one interval")
local row = rows[1]
t.ok(row.misses >= pages * 0.9 and row.misses < pages + 20000, ("misses: %d, of %d pages"):format(row.misses, pages))
t.ok(row.hits >= 2 * pages * 0.9 and row.hits < 2 * pages + 100000, ("hits: %d"):format(row.hits))
t.ok(row.ratio_percent > 0 and row.ratio_percent < 100, "ratio")
t.ok(row.cached_MiB > 1 and row.buffers_MiB >= 0, "sizes")
t.done()

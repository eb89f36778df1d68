-- SPDX-License-Identifier: MIT
-- oomkill and drsnoop: processes that ask for more than their control group may have.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

local KILLS, LIMIT = 3, 16777216
local OLD = "/sys/fs/cgroup/memory"	-- version 1
local group, limit, made
if sh.read(OLD .. "/memory.limit_in_bytes") then
	group, limit = OLD .. "/" .. live.mark, "memory.limit_in_bytes"
	sh.run("mkdir " .. group)
else
	local own = require "own_cgroup"
	sh.run(("echo +memory >%s/../cgroup.subtree_control"):format(own.path))
	group, limit, made = own.path, "memory.max", own
end
if sh.run(("echo %d >%s/%s"):format(LIMIT, group, limit)) ~= 0 then
	t.skip_all("memory of control groups cannot be limited here")
end
sh.run(("echo 0 >%s/memory.swap.max"):format(group))

local program = sh.dir() .. "/lt-eats"
local command = ([[
cp /usr/bin/perl %s
for i in $(seq %d); do (echo 0 >%s/cgroup.procs; exec %s -e '$x = "a" x 64000000') & wait; done
exit 0]]):format(program, KILLS, group, program)

local function ours(row) return row.comm == "lt-eats" end

local rows = tool.rows("oomkill", command, ours)
t.eq(#rows, KILLS, "each victim")
for i, row in ipairs(rows) do
	t.ok(row.victim == row.pid and row.killed == "lt-eats" and row.adj == 0, "who, of victim " .. i)
	t.ok(row.vm_KiB > 62500 and row.vm_KiB < 200000 and row.rss_KiB > 8000 and row.rss_KiB < 40000,
		("memory of victim %d: %s, %s"):format(i, tostring(row.vm_KiB), tostring(row.rss_KiB)))
end

-- What the group itself counts of pages that were freed so, where it does.
local function stolen()
	return tonumber((sh.read(group .. "/memory.stat") or ""):match "pgsteal_direct (%d+)")
end
local before = stolen()
local pages, whole = 0, 0
rows = tool.rows("drsnoop", command, ours)
for _, row in ipairs(rows) do
	pages = pages + row.pages
	whole = whole + (row.kind == "cgroup" and row.latency_ms > 0 and row.order >= 0 and 1 or 0)
end
t.ok(#rows >= KILLS, ("reclaims ahead of each kill (%d)"):format(#rows))
t.eq(whole, #rows, "of the group")
if before then
	t.ok(pages <= stolen() - before, ("pages: no more than the group counts (%d, %d)"):format(pages, stolen() - before))
end
t.eq(#tool.rows("drsnoop -m 60000", command, ours), 0, "--min-ms")
if made then
	made.remove()
else
	live.await(function() return sh.run("rmdir " .. group) == 0 or nil end)
end
t.done()

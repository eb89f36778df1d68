-- SPDX-License-Identifier: MIT
-- oomkill and drsnoop: processes that ask for more than their control group may have.
local t = require "tap"
local sh = require "sh"
local small_group = require "small_group"
local tool = require "tool"

local KILLS = 3
local command = small_group.eaters("lt-eats", KILLS)

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
	return tonumber((sh.read(small_group.path .. "/memory.stat") or ""):match "pgsteal_direct (%d+)")
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
small_group.remove()
t.done()

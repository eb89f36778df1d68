-- SPDX-License-Identifier: MIT
-- biosnoop, biolatency, bitesize, biotop: a known number of requests of a disk of the case's own, each at its place, as
-- the disk itself counts them.
local t = require "tap"
local blockdev = require "blockdev"
local sh = require "sh"
local tool = require "tool"

local SIZE, READS, WRITES, SYNCS = 8192, 97, 13, 5
local path, disk = blockdev.new()
local command = "exec " .. blockdev.command(path, SIZE, READS, WRITES, SYNCS)

-- What the disk has completed: sectors read and written, flushes.
local function counted()
	local list = {}
	for number in sh.read("/sys/block/" .. disk .. "/stat"):gmatch "%d+" do
		list[#list + 1] = tonumber(number)
	end
	return list[3], list[7], list[16]
end

local reads, writes, flushes = counted()
local rows = tool.rows("biosnoop -d " .. disk, command)
local reads_now, writes_now, flushes_now = counted()
local places = { R = {}, W = {} }
local found, wrong, comms = { R = 0, W = 0, F = 0 }, 0, {}
for _, row in ipairs(rows) do
	local operation = row.type:match "^F?([RWF])"
	found[operation] = found[operation] + 1
	if operation ~= "F" then
		places[operation][row.sector] = true
		comms[row.comm] = true
		wrong = wrong + ((row.bytes ~= SIZE or row.disk ~= disk or row.latency_ms <= 0 or row.queue_ms < 0) and 1 or 0)
	end
end
t.eq(found.R, READS, "each read")
t.eq(found.W, WRITES, "each write")
t.eq(found.F, SYNCS, "each flush")
t.eq(found.R * SIZE / 512, reads_now - reads, "reads as the disk counted them")
t.eq(found.W * SIZE / 512, writes_now - writes, "writes too")
t.eq(found.F, flushes_now - flushes, "flushes too")
t.eq(wrong, 0, "sizes, disk and times")
t.eq(next(comms) .. tostring(next(comms, next(comms))), "python3nil", "who")
local missing = 0
for i = 0, READS - 1 do
	missing = missing + (places.R[i * SIZE / 512] and 0 or 1) + (i < WRITES and not places.W[i * SIZE / 512] and 1 or 0)
end
t.eq(missing, 0, "each at its place")
local status, _, message = tool.run "biosnoop -d nodisk"
t.eq(status, 1, "a disk that is not there")
t.like(message, "'nodisk' is no disk", "says so")

local function sum(row)
	local count = 0
	for _, bucket in ipairs(row.buckets) do
		count = count + bucket.count
	end
	return count
end

local counts = {}
for _, row in ipairs(tool.rows("biolatency -DFQ -d " .. disk, command)) do
	counts[row["disk and flags"]] = sum(row)
end
t.eq(counts[disk .. " Sync-Read"], READS, "biolatency: reads")
t.eq(counts[disk .. " Sync-Write"], WRITES, "biolatency: writes")
t.eq(counts[disk .. " Preflush-Flush"], SYNCS, "biolatency: flushes")

local sizes = tool.rows("bitesize -d " .. disk, command)
t.eq(#sizes, 1, "bitesize: one process")
t.eq(sizes[1].comm, "python3", "its name")
t.eq(#sizes[1].buckets, 1, "one size")
t.eq(sizes[1].buckets[1].from, SIZE / 1024, "that size")
t.eq(sizes[1].buckets[1].count, READS + WRITES, "each request")

local by = {}
for _, row in ipairs(tool.rows("biotop -n python3 -d " .. disk .. " 60", command)) do
	by[row.op] = row
end
t.eq(by.R.count, READS, "biotop: reads")
t.eq(by.R.size_KiB, READS * SIZE / 1024, "their sizes")
t.ok(by.R.time_ms > 0 and by.R.time_ms < 1000, "their time")
t.eq(by.R.comm, "python3", "by whom")
t.eq(by.W.count, WRITES, "biotop: writes")
t.eq(by.W.pid, by.R.pid, "one process")
t.eq(by.F, nil, "--comm: no flushes, which a thread of the kernel makes")
t.done()

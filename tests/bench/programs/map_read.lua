-- SPDX-License-Identifier: MIT
-- Fills a hash of u32 to u64, then reads all of it, several times: the least time for one reading, in ns, and the sum.
--   map_read.lua ENTRIES TIMES
local BPF = require "luatrace"
local entries, times = tonumber(arg[1]), tonumber(arg[2])
local b = BPF { cflags = { "-DENTRIES=" .. entries }, text = "BPF_HASH(counts, u32, u64, ENTRIES);" }
local keys, values = {}, {}
for i = 1, entries do
	keys[i], values[i] = i, i
end
b.counts:items_update_batch(keys, values)

local least, sum = math.huge, nil
for _ = 1, times do
	local from = BPF.now()
	sum = 0ULL
	for key, value in pairs(b.counts) do
		sum = sum + key + value
	end
	least = math.min(least, tonumber(BPF.now() - from))
end
print(("%d %s"):format(least, tostring(sum):gsub("ULL", "")))

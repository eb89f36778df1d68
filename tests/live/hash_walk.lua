-- SPDX-License-Identifier: MIT
-- Large hashes that are read again: copied whole by a program, with all that was there throughout, however much else
-- comes and goes meanwhile.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local map_state = require "luatrace.map_state"

local MANY, STAY, CHURN = 10000, 9000, 200000

local b = BPF { text = [[
struct key { u32 a; u64 b; u8 c; };
struct value { u64 sum; u32 count; char name[3]; };
BPF_HASH(plain, u32, u64, 10000);
BPF_TABLE("hash", struct key, struct value, wide, 10000);
BPF_TABLE("hash", u16, u8, narrow, 20000);
BPF_TABLE("lru_hash", u64, u32, lru, 20000);
BPF_TABLE("percpu_hash", u32, u64, percpu, 10000);
BPF_TABLE("hash", u32, struct value, large, 300000);
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, 20000);
	__type(key, u32); __type(value, u64); } loose SEC(".maps");
struct locked { struct bpf_spin_lock lock; u32 count; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 10000); __type(key, u32);
	__type(value, struct locked); } locked SEC(".maps");
BPF_HASH(churned, u32, u64, 12000);
u32 wanted;
TRACEPOINT_PROBE(syscalls, sys_enter_getpid) {
	if (bpf_get_current_pid_tgid() >> 32 != wanted) return 0;
	for (int i = 0; i < 8; i++) {
		u32 key = 100000 + bpf_get_prandom_u32() % 4000;
		u64 one = 1;
		if (churned.lookup(&key)) churned.delete(&key); else churned.update(&key, &one);
	}
	return 0;
}]] }

local function state(map)
	return map_state.get(map)
end

local function read(map)
	local all, total = {}, 0
	for k, v in map:items() do
		all[type(k) == "cdata" and tonumber(k) or k], total = v, total + 1
	end
	return all, total
end

-- ---- what is read ------------------------------------------------------------------------------------------------

local function fill(map, count, value)
	local keys, values = {}, {}
	for i = 1, count do
		keys[i], values[i] = i, value(i)
	end
	map:items_update_batch(keys, values)
end

for name, of in pairs { plain = 1ULL, narrow = 1, lru = 1, loose = 1ULL } do
	local map = b[name]
	fill(map, MANY, function(i) return name == "narrow" and i % 200 or i * of end)
	local batched, first = read(map)
	t.eq(state(map).walk, nil, name .. ": read in batches at first")
	local walked, second = read(map)
	t.ok(state(map).walk ~= nil, name .. ": then by a program")
	local same = 0
	for k, v in pairs(batched) do
		same = same + (walked[k] == v and 1 or 0)
	end
	t.eq(("%d %d %d"):format(first, second, same), ("%d %d %d"):format(MANY, MANY, MANY), name .. ": the same entries")
end

local keys, values = {}, {}
for i = 1, MANY do
	keys[i], values[i] = { a = i, b = 7 * i, c = i % 256 }, { sum = 3 * i, count = i, name = "x" .. i % 10 }
end
b.wide:items_update_batch(keys, values)
read(b.wide)
local right = 0
for k, v in b.wide:items() do
	local i = k.a
	right = right + (k.b == 7ULL * i and k.c == i % 256 and v.sum == 3ULL * i and v.count == i and
		ffi.string(v.name) == "x" .. i % 10 and 1 or 0)
end
t.ok(state(b.wide).walk ~= nil, "structs are copied")
t.eq(right, MANY, "with all their members")

b.plain[5] = nil
b.plain[6] = 66
local all, total = read(b.plain)
t.eq(("%d %s %s"):format(total, tostring(all[5]), tostring(all[6])), MANY - 1 .. " nil 66ULL", "what changed since")
t.eq(#b.plain, MANY - 1, "counted")
b.plain:clear()
t.eq(select(2, read(b.plain)), 0, "cleared")
t.eq(select(2, read(b.plain)), 0, "and empty when read again")

-- ---- what is left to batches -------------------------------------------------------------------------------------

fill(b.percpu, MANY, function() return { [0] = 1ULL } end)
read(b.percpu)
read(b.percpu)
t.eq(state(b.percpu).walk, nil, "values of each CPU: in batches")
fill(b.large, MANY, function(i) return { count = i } end)
read(b.large)
t.eq(select(2, read(b.large)), MANY, "a map of more than 4 MiB is read")
t.eq(state(b.large).walk, nil, "in batches")
fill(b.locked, MANY, function(i) return { count = i } end)
read(b.locked)
t.eq(select(2, read(b.locked)), MANY, "one with a lock in its values is read")

-- ---- one at a time ------------------------------------------------------------------------------------------------

fill(b.lru, MANY, function(i) return i end)
read(b.lru)
read(b.lru)
local outer, inner = 0, nil
for _ in b.lru:items() do
	outer = outer + 1
	if outer == 3 then
		inner = select(2, read(b.lru))
		inner = inner + select(2, read(b.lru))
	end
end
t.eq(("%d %d"):format(outer, inner), ("%d %d"):format(MANY, 2 * MANY), "a loop within a loop over one map")
b.lru:items()()
t.eq(select(2, read(b.lru)), MANY, "after a loop that stopped early")
local deleted = 0
for k in b.lru:items() do
	b.lru[k] = nil
	deleted = deleted + 1
end
t.eq(("%d %d"):format(deleted, #b.lru), MANY .. " 0", "entries deleted as they come")

-- ---- while it changes ---------------------------------------------------------------------------------------------

-- STAY entries stay; of 4000 others some are added and deleted all the time.
fill(b.churned, STAY, function() return 1 end)
read(b.churned)
local held = live.workload("getpid-threads", CHURN)
b.vars.wanted = held.pid
held:begin()
local reads, walks, missing, twice = 0, 0, 0, 0
repeat
	local seen, stayed = {}, 0
	for k in b.churned:items() do
		stayed = stayed + (k <= STAY and not seen[k] and 1 or 0)
		twice = twice + (k <= STAY and seen[k] and 1 or 0)
		seen[k] = true
	end
	reads, walks, missing = reads + 1, walks + (state(b.churned).walk and 1 or 0), missing + STAY - stayed
until held:made()
t.ok(reads >= 10, reads .. " times read meanwhile")
t.ok(walks > reads / 2, walks .. " times by the program")
t.eq(("%d %d"):format(missing, twice), "0 0", "each time all that stayed, once")

b.churned:items()
b:close()
live.collect()
t.eq(live.left_in_kernel "walk_hash", "", "closed: the program is gone")
t.done()

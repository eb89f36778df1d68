-- SPDX-License-Identifier: MIT
-- Maps of maps from Lua: reading and writing the inner ones, and making new ones.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 1009
local held = live.workload("getppid", COUNT)
local before = live.holdings()
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
struct value { u64 count; u32 last; };
BPF_HASH(inner, u32, struct value, 64);
BPF_HASH(second, u32, struct value, 64);
BPF_HASH(other, u32, u32, 64);
BPF_ARRAY_OF_MAPS(outer, "inner", 4);
BPF_HASH_OF_MAPS(named, u64, "inner", 4);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	int slot = 2;
	u32 key = 7;
	void *map = outer.lookup(&slot);
	struct value *value = map ? bpf_map_lookup_elem(map, &key) : 0;

	if (bpf_get_current_pid_tgid() >> 32 == PID && value)
		value->count++;
	return 0;
}]] }

t.eq(b.outer:inner(2), nil, "an empty slot")
local fresh = b.outer:new_inner()
t.eq(#fresh, 0, "a new one is empty")
fresh[7] = { last = 5 }
b.outer[2] = fresh
fresh:close()
t.raises(function() return fresh[7] end, "is closed", "closed by the script")
fresh:close()
t.eq(live.poll_through(b, held), COUNT, "the workload ran")
local got = b.outer:inner(2)
t.eq(tostring(got[7]), ("value{count=%d, last=5}"):format(COUNT), "what a program counted, with the text's types")
t.ok(b.outer[2] > 0, "read by index: the kernel's number of it")
t.raises(function() got.x = 1 end, "key: expected", "its keys are checked")

b.named[2 ^ 40] = b.second
b.second[1] = { 11 }
local same = b.named:inner(2 ^ 40)
t.eq(same[1].count, 11ULL, "the text's own map in a slot")
same[2] = { 12 }
t.eq(b.second[2].count, 12ULL, "both are one")
local temporary = 0
for key in b.named:inner(2 ^ 40):items() do
	temporary = temporary + key
	collectgarbage()
end
t.eq(temporary, 3, "one that the script holds only by iterating")
local slots = {}
for slot, id in pairs(b.outer) do
	slots[#slots + 1] = slot .. (id == b.outer[2] and "" or "?")
end
t.eq(table.concat(slots, " ") .. "/" .. #b.outer, "2/1", "an array of maps: slots that are empty are passed over")
local n = 0
for key, id in pairs(b.named) do
	n = n + (key == 2 ^ 40 and id == b.named[2 ^ 40] and 1 or 100)
end
t.eq(n, 1, "pairs over a hash of maps")
b.named[2 ^ 40] = nil
t.eq(b.named:inner(2 ^ 40), nil, "taken out")
t.eq(same[1].count, 11ULL, "what the script holds stays")
t.raises(function() b.outer[0] = b.other end, "a map there is like the inner map that the text names", "another sort")
t.raises(function() b.outer[0] = fresh end, "it is closed", "a closed one")
t.raises(function() b.inner:inner(1) end, "inner: map 'inner' %(hash%) is no map of maps", "inner() of a hash")
t.raises(function() b.inner:new_inner() end, "new_inner: map 'inner' %(hash%) is no map of maps", "new_inner() of one")
t.raises(function() b.inner:close() end, "close: map 'inner' is closed with its BPF object", "closing an object's map")
local own = BPF { text = [[
struct inner { __uint(type, BPF_MAP_TYPE_HASH); __type(key, u32); __type(value, u64); __uint(max_entries, 4); };
struct inner first SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 2); __uint(key_size, 4);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = &first } };
]] }
own.first[3] = 2 ^ 40
t.eq(own.outer:inner(1)[3], 2 ^ 40 + 0ULL, "libbpf's way of declaring them")
t.raises(function() own.outer:new_inner() end, "map 'outer' is not declared by BPF_ARRAY_OF_MAPS", "a new one there")
own:close()
b:close()
t.eq(got[7].last, 5, "an inner map outlives the object")
got:close()
same:close()
live.collect()
t.eq(live.holdings(), before, "no descriptor is left")
t.done()

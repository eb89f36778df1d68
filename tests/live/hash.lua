-- SPDX-License-Identifier: MIT
-- BPF_HASH from Lua: reading, writing, iterating and clearing, with every kind of key.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local b = BPF { text = [[
struct key { u32 pid; char name[12]; };
struct value { u64 count; s32 last; u8 flag; };
BPF_HASH(numbers);
BPF_HASH(small, u32, u32, 5);
BPF_HASH(structs, struct key, struct value);
typedef char name_t[16];
struct name { char text[16]; };
BPF_HASH(by_name, name_t, int);
BPF_HASH(by_struct_name, struct name, u64);
BPF_HASH(many, u64, u64, 20000);
BPF_HASH(made, u32, struct value);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct value one = { .count = 1, .last = -5, .flag = 1 };
	struct value *found = made.lookup(&pid);

	if (found)
		found->count++;
	else
		made.insert(&pid, &one);
	return 0;
}]] }

-- u64 keys and values, the default.
local n = b.numbers
t.eq(#n, 0, "empty")
t.eq(n[1], nil, "no such key")
n[1] = 10
n[2 ^ 53] = 11
n[0xffffffffffffffffULL] = 0xfffffffffffffffeULL
t.eq(#n, 3, "three entries")
t.eq(n[1], 10ULL, "a number as key")
t.eq(n[1ULL], 10ULL, "a 64-bit key is the same key")
t.eq(n[2 ^ 53], 11ULL, "a large number")
t.eq(n[0xffffffffffffffffULL], 0xfffffffffffffffeULL, "all 64 bits of key and value")
local sum, keys = 0ULL, 0
for k, v in pairs(n) do
	sum, keys = sum + v, keys + (n[k] == v and 1 or 0)
end
t.eq(sum, 10 + 11 + 0xfffffffffffffffeULL, "pairs gives each value")
t.eq(keys, 3, "with the key that finds it")
n[1] = nil
t.eq(n[1], nil, "t[k] = nil deletes")
t.eq(n:delete(1), false, "deleting what is not there")
t.eq(n:delete(2 ^ 53), true, "deleting what is")
t.eq(#n, 1, "one is left")
n:clear()
t.eq(#n, 0, "clear")
t.raises(function() n["one"] = 1 end, "map 'numbers': key: expected .*, not string 'one'", "a string for a number")
t.raises(function() n[1.5] = 1 end, "map 'numbers': key: expected .*, not number 1.5", "a fraction")
t.raises(function() n[{}] = 1 end, "map 'numbers': key: expected .*, not table", "a table")
t.raises(function() n[1] = "x" end, "map 'numbers': value: expected .*, not string 'x'", "a string as value")
t.raises(function() n[-1] = 1 end, "map 'numbers': key: %-1 does not fit", "a negative key")
local ok, err = pcall(function() return n[true] end)
t.ok(not ok and tostring(err):find("hash.lua:%d+: map 'numbers'"), "the message names the line of the script")

-- A full map.
local s = b.small
for i = 1, 5 do
	s[i] = i * i
end
t.eq(s[5], 25, "u32 values are plain numbers")
t.raises(function() s[6] = 36 end, "map 'small' is full: it holds 5 entries", "a full map")
s[5] = 26
t.eq(s[5], 26, "what is there can be changed")
t.raises(function() s[2 ^ 32] = 1 end, "does not fit", "a key that is too large")
local values = {}
for v in s:values() do
	values[#values + 1] = v
end
table.sort(values)
t.eq(table.concat(values, " "), "1 4 9 16 26", "values()")
local found = {}
for k in s:keys() do
	found[#found + 1] = k
end
table.sort(found)
t.eq(table.concat(found, " "), "1 2 3 4 5", "keys()")
-- Deleting while iterating.
for k in s:items() do
	s[k] = nil
end
t.eq(#s, 0, "deleting all while iterating")
for i = 1, 3 do
	s:set(i, i)
end
s:zero()
t.eq(s:get(1) + s:get(2) + s:get(3) + #s, 3, "zero() keeps the keys")
local drained = 0
for k in s:items_lookup_and_delete_batch() do
	drained = drained + k
end
t.eq(drained .. " " .. #s, "6 0", "items_lookup_and_delete_batch()")

-- Structs.
local m = b.structs
m[{ pid = 1, name = "one" }] = { count = 7, last = -7, flag = 255 }
m[{ 2, "two" }] = { 8, -8 }
t.eq(m[{ pid = 1, name = "one" }].count, 7ULL, "a struct key by names")
t.eq(m[{ pid = 2, name = "two" }].last, -8, "and by places")
t.eq(m[{ pid = 1, name = "two" }], nil, "another key")
local names = {}
for k, v in pairs(m) do
	names[#names + 1] = ("%d %s %d %d %d"):format(k.pid, ffi.string(k.name), tonumber(v.count), v.last, v.flag)
	t.eq(m[k].last, v.last, "a key of pairs is a key")
end
table.sort(names)
t.eq(table.concat(names, ", "), "1 one 7 -7 255, 2 two 8 -8 0", "pairs over structs")
t.raises(function() m[{ pidd = 1 }] = {} end, "struct key has no member 'pidd'; did you mean 'pid'",
	"a mistyped member")
t.raises(function() m[{ pid = "x" }] = {} end, "key: pid: expected", "a member of the wrong type")
t.raises(function() m[{ 1, "a name that is too long" }] = {} end, "key: name: string .* is longer than",
	"a string that is too long")
m:clear()

-- Strings.
b.by_name["init"] = -1
b.by_name[("x"):rep(16)] = 2
t.eq(b.by_name["init"], -1, "a string key")
t.eq(b.by_name[("x"):rep(16)], 2, "as long as the array")
t.eq(b.by_name["initd"], nil, "another string")
t.eq(b.by_name[""], nil, "the empty string")
local strings = {}
for k in pairs(b.by_name) do
	strings[#strings + 1] = k
end
table.sort(strings)
t.eq(table.concat(strings, " "), "init " .. ("x"):rep(16), "pairs gives strings")
b.by_struct_name[{ "bash" }] = 5
t.eq(b.by_struct_name[{ text = "bash" }], 5ULL, "a string within a struct")

-- Batches: more entries than one holds.
local COUNT = 10007
local many = b.many
for i = 1, COUNT do
	many[i] = i * 2
end
t.eq(#many, COUNT, "#: 10,007 entries")
local total, entries, right = 0ULL, 0, true
for k, v in many:items() do
	total, entries, right = total + k, entries + 1, right and v == k * 2
end
t.eq(entries, COUNT, "items(): each entry")
t.eq(total, 0ULL + COUNT * (COUNT + 1) / 2, "items(): once")
t.ok(right, "items(): keys with their values")
for k in pairs(many) do
	if k % 2 == 0 then
		many[k] = nil
	end
end
t.eq(#many, math.ceil(COUNT / 2), "deleting half of them while iterating")
many:clear()
t.eq(#many, 0, "clear of many")

-- What programs write.
local held = live.workload("getppid", 1009)
b.made:clear()	-- the shell that became the workload called getppid too
live.poll_through(b, held)
local made = b.made[held.pid]
t.eq(tonumber(made.count), 1009, "a program counts in a struct")
t.eq(made.last .. " " .. made.flag, "-5 1", "and what insert wrote stays")

-- Names.
t.ok(b["made"] == b.made and b:get_table("made") == b.made, "b.NAME, b[NAME] and b:get_table(NAME) are one")
t.eq(b.nosuch, nil, "b.NAME of no map")
t.raises(function() b:get_table("numbrs") end, "no map 'numbrs'; did you mean 'numbers'", "get_table of no map")
t.raises(function() b.numbers = 1 end, "cannot be set", "setting a map")
b:close()
t.raises(function() return #n end, "closed", "a map of a closed object")
t.done()

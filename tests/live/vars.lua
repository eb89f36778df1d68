-- SPDX-License-Identifier: MIT
-- Global variables: read and written while the program runs, constants set before it is loaded, and what is refused.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 1009
local before = live.holdings()
local held = live.workload("getppid", COUNT)
local TEXT = [[
enum mode { OFF, COUNT, DOUBLE };
struct inner { s16 low; u8 bits:3, rest:5; char name[8]; };
struct stats { u64 calls; struct inner in; u32 slots[4]; struct inner many[2]; };
u64 total;
volatile int step = 1;
enum mode mode = COUNT;
bool enabled = false;
struct stats stats = { .in = { .low = -2, .name = "start" }, .slots = { 1, 2, 3, 4 } };
s64 negative = -5;
u8 grid[2][3];
__int128 wide;
static volatile u32 hidden = 7;
const volatile u32 pid;
const volatile u64 limit = 500;
const volatile char word[8] = "abc";
const volatile struct { s8 a; u16 b[2]; } pair = { -1, { 5, 6 } };
const volatile enum mode shown = OFF;
const u32 plain_constant = 4;
BPF_HASH(of_vars, u32, u32, 8);
BPF_ARRAY(seen, u64, 8);
static void put(int slot, u64 value) { seen.update(&slot, &value); }
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	if (bpf_get_current_pid_tgid() >> 32 != pid || !enabled)
		return 0;
	__sync_fetch_and_add(&total, step * (mode == DOUBLE ? 2 : 1));
	stats.calls++;
	stats.in.low = -300;
	stats.in.bits = 5;
	stats.slots[hidden & 3]++;
	put(0, limit);
	put(1, word[0] + word[3]);
	put(2, pair.a + 10 + pair.b[1]);
	put(3, plain_constant + shown);
	put(4, stats.many[1].name[2]);
	return 0;
}]]
local b = BPF { text = TEXT, params = {
	pid = held.pid, limit = 2 ^ 40, word = "xy", pair = { a = -3, b = { 7, 8 } }, shown = 2,
} }

-- What it begins with.
local v = b.vars
t.eq(v.total, 0ULL, "u64")
t.eq(v.step, 1, "int")
t.eq(v.mode, 1, "enum")
t.eq(v.enabled, false, "bool")
t.eq(v.negative, -5LL, "s64")
t.eq(tostring(v.stats), 'stats{calls=0, in={low=-2, bits=0, rest=0, name="start"}, slots=[1, 2, 3, 4], '
	.. 'many=[{low=0, bits=0, rest=0, name=""}, {low=0, bits=0, rest=0, name=""}]}', "a struct")
t.eq(tostring(v.grid) .. #v.grid .. #v.grid[1], "[[0, 0, 0], [0, 0, 0]]23", "arrays")
t.eq(v.hidden, 7, "a static one")
t.eq(v.pid .. " " .. tostring(v.limit) .. " " .. v.word .. " " .. v.pair.a .. v.pair.b[1] .. v.shown,
	held.pid .. " 1099511627776ULL xy -382", "constants as they were set")

-- A program reads what is written, and the script what it writes.
v.step, v.mode, v.enabled = 3, 2, true
v.stats.many[1] = { name = "abc" }
v.stats["in"].rest = 17
t.eq(live.poll_through(b, held), COUNT, "the workload ran")
t.eq(v.total, COUNT * 6 + 0ULL, "written by a program, with what the script wrote")
t.eq(v.stats.calls, COUNT + 0ULL, "a member")
t.eq(v.stats["in"].low .. " " .. v.stats["in"].bits .. " " .. v.stats["in"].rest, "-300 5 17", "bit-fields of both")
t.eq(v.stats.slots[3], 4 + COUNT, "an element")
local got = {}
for i = 0, 4 do
	got[i + 1] = tostring(b.seen[i])
end
t.eq(table.concat(got, " "), ("1099511627776ULL %dULL %dULL 6ULL 99ULL"):format(("x"):byte(), -3 + 10 + 8),
	"a program sees the constants, and what was written into an array")

-- Values of every kind.
v.negative, v.total = -2 ^ 40, 0xffffffffffffffffULL
t.eq(tostring(v.negative) .. tostring(v.total), "-1099511627776LL18446744073709551615ULL", "64 bits")
v.wide = ffi.new("uint64_t[2]", { 1, 2 })
t.eq(tostring(v.wide), "0x20000000000000001", "128 bits")
v.grid = { { 1, 2, 3 }, { 4, 5, 6 } }
v.grid[0][2] = 9
t.eq(tostring(v.grid), "[[1, 2, 9], [4, 5, 6]]", "arrays of arrays")
v.stats["in"].name = "longer"
t.eq(v.stats["in"].name, "longer", "text")
v.stats.many[0] = v.stats["in"]
t.eq(tostring(v.stats.many[0]), 'inner{low=-300, bits=5, rest=17, name="longer"}', "one struct into another")
local copy = v.stats["in"]()
v.stats["in"].low = 1
t.eq(copy.low .. v.stats["in"].low, "-3001", "a copy stays as it was")
local names = {}
for name in pairs(v) do
	names[#names + 1] = name
end
t.eq(table.concat(names, " "),
	"enabled grid hidden limit mode negative pair pid plain_constant shown stats step total wide word",
	"pairs: all variables, in order")
names = {}
for i, slot in pairs(v.stats.slots) do
	names[#names + 1] = i .. "=" .. slot
end
t.eq(table.concat(names, " "), ("0=1 1=2 2=3 3=%d"):format(4 + COUNT), "pairs: elements")

-- Misuse.
local function refuses(f, pattern, what)
	t.raises(f, "vars.lua:%d+: " .. pattern, what)
end
refuses(function() return v.totall end, "b.vars: the text has no variable 'totall'; did you mean 'total'", "unknown")
refuses(function() v.stepp = 1 end, "b.vars: the text has no variable 'stepp'; did you mean 'step'", "unknown, written")
refuses(function() v.step = 2 ^ 31 end, "b.vars.step: 2147483648 does not fit int", "too large")
refuses(function() v.step = 0x80000000ULL end, "b.vars.step: 2147483648 does not fit int", "too large, as 64 bits")
refuses(function() v.step = -2 ^ 31 - 1 end, "b.vars.step: %-2147483649 does not fit int", "too small")
refuses(function() v.step = "x" end, "b.vars.step: expected int, not string 'x'", "no number")
refuses(function() v.step = nil end, "b.vars.step: expected int, not nil", "nil")
refuses(function() v.enabled = 2 end, "b.vars.enabled: expected bool, not number 2", "no boolean")
refuses(function() v.stats = { call = 1 } end, "b.vars.stats: struct stats has no member 'call'; did you mean 'calls'",
	"a table")
refuses(function() v.stats = { calls = 1, slots = 5 } end, "b.vars.stats: slots: expected", "a member of it")
t.eq(v.stats.slots[0] .. tostring(v.stats.calls), "1" .. COUNT .. "ULL", "what is refused changes nothing")
refuses(function() v.stats = v.grid end, "b.vars.stats: expected struct stats, not b.vars.grid", "another struct")
refuses(function() v.stats.cals = 1 end, "b.vars.stats: struct stats has no member 'cals'; did you mean", "no member")
refuses(function() v.stats["in"].bits = 8 end, "b.vars.stats.in.bits: 8 does not fit u8:3", "too large for its bits")
refuses(function() v.stats["in"].name = "far too long" end, "b.vars.stats.in.name: string 'far too long' is longer",
	"a long text")
refuses(function() return v.stats.slots[4] end, "b.vars.stats.slots: it has the indexes 0 to 3, not number 4", "beyond")
refuses(function() v.stats.slots[-1] = 1 end, "b.vars.stats.slots: it has the indexes 0 to 3, not number %-1", "before")
refuses(function() v.limit = 1 end, "b.vars.limit is a constant: a const volatile one is set before", "a constant")
refuses(function() v.pair.a = 1 end, "b.vars.pair.a is a constant", "a member of one")
refuses(function() return #v.stats end, "b.vars.stats is no array", "#")
refuses(function() b.of_vars[1] = v.stats end, "map 'of_vars': value: expected u32, not stats{",
	"as another type's value")
refuses(function() b.of_vars[1] = b.of_vars end, "map 'of_vars': value: expected u32, not map 'of_vars'",
	"a map as value")
refuses(function() b.vars = 1 end, "b.vars cannot be set", "all of them")

-- References outlive their object, without effect.
local slots, all, n = v.stats.slots, v, 0
b:close()
refuses(function() return slots[0] end, "b.vars.stats.slots: the BPF object it belongs to is closed", "closed: read")
refuses(function() slots[0] = 1 end, "b.vars.stats.slots: the BPF object", "closed: written")
refuses(function() return all.total end, "b.vars: the BPF object it belongs to is closed", "closed: a variable")
refuses(function() for _ in pairs(all) do n = 1 end end, "b.vars: the BPF object", "closed: pairs")
refuses(function() return b.vars end, "vars: this BPF object is closed", "closed: b.vars")
t.eq(tostring(slots), "b.vars.stats.slots", "closed: its name")

-- The script's own finalisers may run after the object's.
local status, out = live.run([[
local b = require("luatrace") { text = "struct { u64 a; } s[100];" }
finalisers = {}
for i = 0, 99 do
	local part = b.vars.s[i]
	finalisers[i] = ffi.gc(ffi.new("int[1]"), function() pcall(function() return part.a end) end)
end
print("done")
]])
t.eq(status .. out, "0done\n", "references at the end of a script")

-- A compiled loop sees what a program writes meanwhile.
b = BPF { text = [[
u64 ticks;
struct { u32 other:3, count:20; } bits;
int tick(struct bpf_perf_event_data *ctx) { ticks++; bits.count++; return 0; }
]] }
b:attach_perf_event { ev_type = BPF.PerfType.SOFTWARE, ev_config = BPF.PerfSWConfig.CPU_CLOCK, fn_name = "tick",
	sample_freq = 99, pid = live.pid }
local function changes(ref, name)
	local start = ref[name]
	for _ = 1, 2e9 do
		if ref[name] ~= start then
			return true
		end
	end
end
t.ok(changes(b.vars, "ticks"), "a loop that waits for a number to change")
t.ok(changes(b.vars.bits, "count"), "and one that waits for a bit-field")
b:close()

-- A text without variables.
b = BPF { text = "BPF_HASH(vars, u32, u32, 4);" }
for _ in pairs(b.vars) do
	n = n + 1
end
t.eq(n, 0, "none")
t.ok(b:get_table("vars"), "a map of that name is reached by get_table")
b:close()
live.collect()
t.eq(live.holdings(), before, "no descriptor is left")
t.done()

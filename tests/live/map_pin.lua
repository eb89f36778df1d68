-- SPDX-License-Identifier: MIT
-- Maps pinned from Lua, opened again without their text, with types of the kernel's and of the script's.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local top = ("/sys/fs/bpf/luatrace-pin-%d"):format(live.pid)
local before = live.holdings()
local b = BPF { text = [[
struct key { u32 pid; char comm[16]; };
struct value { u64 count; u8 low:3, high:5; };
BPF_HASH(counts, struct key, struct value, 64);
BPF_ARRAY(numbers, u64, 4);
BPF_PERCPU_ARRAY(each, u32, 4);
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(key_size, 20); __uint(value_size, 8); __uint(max_entries, 4); } raw
	SEC(".maps");
BPF_RINGBUF_OUTPUT(ring, 1);
BPF_PERF_ARRAY(counters, 4);
int fn(struct pt_regs *ctx) { return 0; }
]] }
b.counts[{ 5, "init" }] = { count = 11, high = 9 }
b.counts:pin(top .. "/deep/counts")
b.numbers[2] = 17
b.numbers:pin(top .. "/numbers")
b.each[1] = 3
b.each:pin(top .. "/each")
b.raw:pin(top .. "/raw")
b.ring:pin(top .. "/ring")
t.raises(function() b.numbers:pin(top .. "/each") end, "/each: the map can't be pinned there: File exists",
	"a taken name")
t.raises(function() b.numbers:pin("/tmp/x") end, "pinned below a BPF file system", "no BPF file system")
t.raises(function() b.numbers:pin() end, "pin: path= is missing: it takes a string", "no path")
b.counters:pin(top .. "/counters")
b.raw:pin(top .. "/raw2")
b.raw:unpin(top .. "/raw")
b.raw:unpin()
b.raw:pin(top .. "/raw")

-- A program, by bpf(BPF_OBJ_PIN).
ffi.cdef "long syscall(long, ...);"
local path = top .. "/program"
local attr = ffi.new("struct { const char *path; uint32_t fd, flags; }", path, b:load_func("fn", "kprobe").fd)
assert(ffi.C.syscall(ffi.cast("long", ffi.arch == "x64" and 321 or 280), ffi.cast("int", 6), attr,
	ffi.cast("int", ffi.sizeof(attr))) == 0)
t.raises(function() BPF.open_pinned(path) end, "/program: what is pinned there is no map", "a pinned program")
b:close()

local counts = BPF.open_pinned(top .. "/deep/counts")
t.eq(tostring(counts), "map 'counts'", "its name")
for key, value in pairs(counts) do
	t.eq(tostring(key) .. tostring(value), 'key{pid=5, comm="init"}value{count=11, low=0, high=9}',
		"its types, of the kernel's")
end
counts[{ comm = "bash" }] = { low = 7 }
t.eq(#counts, 2, "written")
local numbers = BPF.open_pinned(top .. "/numbers", { type = "array", key = "u32", leaf = "int64_t" })
t.eq(numbers[2], 17LL, "types that the script names")
t.eq(#numbers, 4, "its size")
local each = BPF.open_pinned(top .. "/each")
t.eq(tonumber(each:sum(1)), 3 * #each[1], "a value for each CPU")
local raw = BPF.open_pinned(top .. "/raw", { key = "struct { u32 a; char b[16]; }", leaf = "float[2]" })
raw[{ 1, "x" }] = { 0.5, 0.25 }
local value = raw[{ a = 1, b = "x" }]
t.eq(value[0] + value[1], 0.75, "structs and arrays of the script's")
for key in pairs(raw) do
	t.eq(key.a .. ffi.string(key.b), "1x", "read as such")
end
t.raises(function() raw[{ c = 1 }] = { 1 } end, "map 'raw': key: struct { u32 a; char b%[16%]; } has no member 'c'",
	"no such member")

local ring = BPF.open_pinned(top .. "/ring", { type = "ringbuf" })
t.raises(function() ring:open_ring_buffer(print) end,
	"open_ring_buffer: map 'ring' was opened without its text, and an output is read through the object", "an output")
t.raises(function() ring:event(nil) end, "event: the text submits no struct to 'ring'", "a record of one")

local counters = BPF.open_pinned(top .. "/counters")
t.raises(function() counters:open_perf_event(1, 0) end,
	"open_perf_event: map 'counters' was opened without its text", "counters")

local function open(opts)
	return function() BPF.open_pinned(top .. "/numbers", opts) end
end
t.raises(open { type = "hash" }, "open_pinned: .*/numbers is of type array, not hash", "another type")
t.raises(open { leaf = "u32" }, "open_pinned: leaf= 'u32' has 4 bytes, the map's has 8", "another size")
t.raises(open { leaf = "strukt x" }, "open_pinned: leaf= takes a C type, not 'strukt x'", "no type")
t.raises(open { keys = "u32" }, "open_pinned: unknown argument 'keys'; did you mean 'key'", "an unknown argument")
t.raises(function() BPF.open_pinned(top .. "/none") end, "/none: nothing is pinned there", "nothing there")
t.raises(function() BPF.open_pinned("/etc/passwd") end, "^/etc/passwd: ", "no pin")
t.raises(function() BPF.open_pinned() end, "open_pinned: path= is missing", "no path")

t.raises(function() numbers:unpin(top .. "/each") end, "what is pinned at .*/each is another map than 'numbers'",
	"unpinning another's")
numbers:unpin()
t.eq(numbers[2], 17LL, "unpinned, it is there while it is held")
t.raises(function() BPF.open_pinned(top .. "/numbers") end, "nothing is pinned there", "and found no more")
t.raises(function() numbers:unpin() end, "say the path", "where it is pinned is not known")
for _, map in ipairs { counts, numbers, each, raw, ring, counters } do
	map:close()
end
os.execute("rm -r " .. top)
live.collect()
t.eq(live.holdings(), before, "no descriptor is left")

-- get_table with types of the script's.
b = BPF { text = "BPF_HASH(counts, u32, u64); struct value { u32 low, high; }; BPF_ARRAY(a, struct value, 4);" }
local typed = b:get_table("counts", "int32_t", "struct { u32 low, high; }")
typed[-1] = { 5, 6 }
t.eq(b.counts[2 ^ 32 - 1], 6 * 2 ^ 32 + 5 + 0ULL, "get_table: its own types, one map")
t.eq(typed[-1].high, 6, "read with them")
t.eq(b:get_table("counts", "int32_t", "struct { u32 low, high; }") == typed, true, "the same one again")
t.raises(function() b:get_table("counts", "u32", "u32") end, "get_table: leaf_type= 'u32' has 4 bytes, the map's has 8",
	"another size")
t.raises(function() b:get_table("counts", "u32") end, "get_table: leaf_type= is missing", "one of two")
b:close()
t.raises(function() return typed[1] end, "map 'counts': the BPF object it belongs to is closed",
	"closed with its object")
t.done()

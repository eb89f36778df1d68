-- SPDX-License-Identifier: MIT
-- Tables of bcc-lua's scripts, and their utils; this case is one.
local t = require "tap"

local TEXT = [[
struct key { u32 pid; u32 cpu; };
struct leaf { u64 a; u64 b; u32 c:18; u32 d:14; struct { u32 a; u32 b; } s; };
struct list { u32 a[3]; u32 b; };
BPF_HASH(counts, struct key, u64, 11);
BPF_HASH(leaves, int, struct leaf, 10);
BPF_HASH(lists, int, struct list, 10);
BPF_HASH(names, u32, u64);
BPF_ARRAY(slots, u64, 7);
BPF_ARRAY(texts, struct { char name[16]; }, 3);
BPF_PERCPU_ARRAY(per_cpu, u64, 3);
BPF_PERF_OUTPUT(events);
BPF_STACK_TRACE(stacks, 128);
int entry(void *ctx) { return 1; }
int other(struct pt_regs *ctx) { return 0; }]]

local function try_hash(b)
	local counts = b:get_table("counts")
	counts:set({ { 2, 3 } }, 5)
	counts:set({ pid = 7, cpu = 11 }, 13ULL)
	t.eq(counts:get({ { 2, 3 } }), 5ULL, "get by the initialiser of an array of one")
	t.eq(counts:get({ 7, 11 }), 13ULL, "get by the struct's own")
	t.eq(counts:get({ 1, 1 }), nil, "get of what is not there")
	local sum, values, keys = 0, 0, 0
	for k, v in counts:items() do
		sum, values = sum + k.pid * k.cpu, values + tonumber(v)
		t.eq(counts:get(k), v, "get by a key that was read")
	end
	for _ in counts:keys() do
		keys = keys + 1
	end
	t.eq(sum, 83, "keys of items(), typed")
	t.eq(values, 18, "values of items()")
	t.eq(keys, 2, "keys()")
	t.eq(counts:size(), 2, "size()")
	t.ok(counts:delete({ 2, 3 }) == true and counts:delete({ 2, 3 }) == false, "delete() says whether it was there")
	t.eq(counts:size(), 1, "one is left")
	local leaf = b:get_table("leaves")
	leaf:set(1, { { 2, 3, 4, 1, { 5, 6 } } })
	local kept = leaf:get(1)
	collectgarbage()
	local others = {}
	for i = 1, 1000 do	-- of memory that would be used again
		others[i] = leaf.c_leaf()
	end
	t.ok(#others == 1000 and kept.a == 2ULL and kept.s.b == 6, "a struct that was read is the script's to keep")
	t.raises(function() counts:set({ 1, 2, 3 }, 1) end, "table 'counts': key: .*struct key", "a key of another form")
	t.raises(function() counts:get(nil) end, "table 'counts': key: expected a value, not nil", "no key")
	t.raises(function() counts:set({ 1, 1 }, {}) end, "table 'counts': leaf: ", "a value of another form")
	for i = 1, 10 do
		counts:set({ i, 100 }, i)
	end
	t.raises(function() counts:set({ 99, 99 }, 1) end, "table 'counts': writing: ", "a table that is full")
end

local function try_fields(b)
	local counts = b:get_table("counts")
	t.ok(counts.t_type == 1 and counts.bpf == b and counts.map_fd > 2 and counts.max_entries == 11, "fields")
	t.ok(ffi.sizeof(counts.c_key) == 8 and ffi.sizeof(counts.c_leaf) == 8, "c_key, c_leaf")
	t.ok(b:get_table("counts") == counts, "asked for again, it is the same")
	t.eq(b:get_table("nothing"), nil, "no such table")
	local typed = b:get_table("names", "struct { uint16_t low, high; }", "int64_t")
	typed:set({ { 3, 1 } }, -5)
	t.eq(typed:get({ { 3, 1 } }), -5LL, "types that the script declares: the value")
	for k, v in typed:items() do
		t.ok(k.low == 3 and k.high == 1 and v == -5LL, "and in items()")
	end
	t.raises(function() b:get_table("lists", "uint64_t", "int") end, "has %d bytes, that of table 'lists' ",
		"declared types of another size")
	t.raises(function() b:get_table("lists", "no such type") end, "get_table: key_type 'no such type': ", "no type at all")
end

local function try_text_form(b)
	local leaves, lists = b:get_table("leaves"), b:get_table("lists")
	t.eq(leaves:key_sprintf(2), "0x2", "key_sprintf")
	t.eq(leaves:key_sprintf(-1), "0xffffffff", "of -1")
	t.eq(leaves:key_scanf("0x7"), 7, "key_scanf")
	local text = leaves:leaf_sprintf({ { 2, 3, 4, 1, { 5, 6 } } })
	t.eq(text, "{ 0x2 0x3 0x4 0x1 { 0x5 0x6 } }", "leaf_sprintf, with bit-fields")
	local leaf = leaves:leaf_scanf(text)
	t.eq(table.concat({ tonumber(leaf.a), tonumber(leaf.b), leaf.c, leaf.d, leaf.s.a, leaf.s.b }, " "), "2 3 4 1 5 6",
		"leaf_scanf")
	t.eq(lists:leaf_sprintf({ { { 1, 2, 3 }, 4 } }), "{ [ 0x1 0x2 0x3 ] 0x4 }", "arrays")
	t.eq(lists:leaf_sprintf({ { 1, 2, 3 }, 4 }), "{ [ 0x1 0x2 0x3 ] 0x4 }", "without the braces of an array of one")
	local list = lists:leaf_scanf("{ [ 0x1 0x2 0x3 ] 0x4 }")
	t.ok(list.a[0] == 1 and list.a[1] == 2 and list.a[2] == 3 and list.b == 4, "arrays are read")
	t.eq(b:get_table("texts"):leaf_sprintf({ { "abc" } }), '{ "abc" }', "strings")
	t.eq(ffi.string(b:get_table("texts"):leaf_scanf('{ "xyz" }').name), "xyz", "strings are read")
	t.raises(function() lists:leaf_scanf("{ 1 }") end, "table 'lists': leaf_scanf: expected '%['", "another form")
end

local function try_array(b)
	local slots = b:get_table("slots")
	slots:set(0, 2)
	slots:set(-1, 3)
	t.ok(slots:get(6) == 3ULL and slots:get(-7) == 2ULL, "negative indexes count from the end")
	for _, index in ipairs { 7, -8 } do
		t.raises(function() slots:get(index) end, ("table 'slots': index %d is out of range"):format(index):escape(),
			"index " .. index)
	end
	t.raises(function() slots:delete(0) end, "table 'slots' is an array", "delete of an array's entry")
	local plain, indexed = {}, {}
	for v in slots:items() do
		plain[#plain + 1] = tonumber(v)
	end
	for i, v in slots:items(true) do
		indexed[i] = tonumber(v)
	end
	t.eq(table.concat(plain, ""), "2000003", "items()")
	t.eq(table.concat(indexed, ""), "2000003", "items(true): places from 1")
end

local function try_extensions(b)
	local slots = b.slots
	slots[1] = 5
	t.ok(slots[1] == 5ULL and #slots == 7 and b.slots == b:get_table("slots"), "t[k], #t, b.NAME")
	local sum = 0
	for _, v in pairs(slots) do
		sum = sum + tonumber(v)
	end
	t.eq(sum, 10, "pairs(t)")
	slots:clear()
	t.eq(slots:get(1), 0ULL, "luatrace's own methods")
	b:get_table("per_cpu")[1] = 2
	t.eq(b.per_cpu[1]:sum() > 0, true, "types that bcc-lua has not are luatrace's maps")
end

local function try_closed(BPF)
	local b = BPF { text = TEXT }
	local counts = b:get_table("counts")
	b:close()
	for _, method in ipairs { "items", "keys", "size", "get", "delete" } do
		t.raises(function() counts[method](counts, { 1, 1 }) end, "closed", method .. " of a closed object")
	end
end

local function try_functions(b, BPF)
	local fn = b:load_func("entry", "BPF_PROG_TYPE_KPROBE")
	t.ok(fn.bpf == b and fn.name == "entry" and fn.fd > 2, "load_func")
	t.ok(b:load_func("entry") == fn, "load_func remembers")
	local all = b:load_funcs("BPF_PROG_TYPE_KPROBE")
	t.like(io.open("/proc/self/fdinfo/" .. all[2].fd):read "*a", "\nprog_type:\t2\n", "of the type that was asked for")
	local kprobe = BPF { text = "int f(void *ctx) { return 0; }" }:load_funcs()[1]
	t.like(io.open("/proc/self/fdinfo/" .. kprobe.fd):read "*a", "\nprog_type:\t2\n", "kprobe unless asked otherwise")
	t.eq(table.concat({ all[1].name, all[2].name, #all }, " "), "entry other 2", "load_funcs")
	t.raises(function() b:load_func("entri") end, "program 'entri': the text has no such function.*entry",
		"no such function")
	local raw = b:dump_func("entry")
	t.ok(#raw == 16 and raw:sub(5, 8) == "\1\0\0\0" and raw:byte(9) == 0x95, "dump_func: r0 = 1, exit")
	t.eq(BPF.num_open_kprobes(), 0, "nothing is attached")
end

return function(BPF, utils)
	local b = BPF:new { text = TEXT }
	try_hash(b)
	try_fields(b)
	try_text_form(b)
	try_array(b)
	try_extensions(b)
	try_functions(b, BPF)
	try_closed(BPF)
	t.ok(b:isInstanceOf(BPF) and BPF { text = TEXT }.class == BPF, "BPF:new{} and BPF{} make objects of the class")
	t.eq(b:get_table("stacks").MAX_STACK, 127, "MAX_STACK")
	for _ in b:get_table("stacks"):walk(99) do
		t.ok(false, "a stack that is not there has addresses")
	end
	t.raises(function() b:get_table("events"):open_perf_buffer(print, "struct {", 1) end,
		"open_perf_buffer: the record's type, 'struct {': ", "a record's type that is no C")
	for declaration, why in pairs { ["struct { char x[$]; }"] = "wrong number of type parameters",
		["void"] = "it has no size" } do
		t.raises(function() b:get_table("events"):open_perf_buffer(print, declaration) end,
			"record's type, '" .. declaration:gsub("%p", "%%%0") .. "': " .. why, why)
	end
	t.raises(function() b:get_table("events"):open_perf_buffer(print, "int", nil, 8, 5) end, "lost_cb= takes a function",
		"lost_cb of another type")
	local made = BPF { text = "BPF_TABLE_PUBLIC(\"hash\", int, int, shared, 10);" }
	made:get_table("shared"):set(1, 17)
	local extern = BPF { text = "BPF_TABLE(\"extern\", int, int, shared, 10);" }
	t.eq(extern:get_table("shared"):get(1), 17, "a table of another object")

	-- utils
	local posix = utils.posix
	local before = posix.time_ns(posix.CLOCK.MONOTONIC)
	posix.sleep(0.05)
	local slept = posix.time_ns(posix.CLOCK.MONOTONIC) - before
	t.ok(slept >= 5e7, "sleep() takes fractions of a second")
	t.ok(posix.time_ns() > 0 and posix.time_ns(posix.CLOCK.REALTIME) > 1e18, "clocks")
	t.raises(function() posix.time_ns(999) end, "time_ns: there is no clock 999", "no such clock")
	t.ok(posix.cpu_count() == tonumber(os.spawn("getconf _NPROCESSORS_ONLN")), "cpu_count")
	t.eq(posix.tonumber64("0xffffffffffffffff", 16), 0xffffffffffffffffULL, "tonumber64")
	t.eq(posix.tonumber64(" 12x"), 12ULL, "as far as it is a number")
	t.eq(posix.tonumber64("-1", 0), 0xffffffffffffffffULL, "a negative one")
	t.eq(posix.tonumber64("010", 0), 8ULL, "an octal one")
	t.eq(posix.tonumber64("z", 36), 35ULL, "in base 36")
	t.raises(function() posix.tonumber64("1", 37) end, "tonumber64: base= takes 0 or 2 to 36, not number 37", "no base")
	local parser = utils.argparse("name", "what it does")
	parser:flag("-t --trace")
	parser:option("-p --process-id"):convert(tonumber)
	parser:option("-i --interval", "", 5):convert(tonumber)
	parser:argument("function", "name"):target("fn")
	local args = parser:parse { "-t", "-p", "12", "vfs_read" }
	t.ok(args.trace and args.process_id == 12 and tonumber(args.interval) == 5 and args.fn == "vfs_read", "argparse")
	t.raises(function() rawget(_G, "x").y = 1 end, "nil value", "rawget of a global that is not there")
	t.raises(function() return not_there end, "'not_there' is not declared", "reading one")	-- luacheck: ignore
	t.raises(function() not_there = 1 end, "'not_there' is not declared", "writing one")	-- luacheck: ignore
	t.eq(LIBBCC_SO_PATH, nil, "one of bcc-lua's own that may be unset")	-- luacheck: ignore
	rawset(_G, "declared", 3)
	t.eq(rawget(_G, "declared"), 3, "rawset declares")
	t.done()
end

-- SPDX-License-Identifier: MIT
-- Layouts from BTF: what the C compiler of this machine puts into structs is what Lua reads from them.
local ffi = require "ffi"
local t = require "tap"
local sh = require "sh"
local btf = require "luatrace.btf"
local convert = require "luatrace.convert"
local layout = require "luatrace.layout"

local TYPES = [[
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
typedef int s32; typedef long long s64; typedef _Bool bool;
enum color { RED, GREEN = 7, BLUE = 4000000000u };
enum level { LOW = -3, HIGH = 3 };
struct plain { u8 a; u16 b; u32 c; u64 d; s32 e; s64 f; bool on; char comm[16]; void *ptr; double ratio; float part; };
struct __attribute__((packed)) tight { u8 a; u64 b; u16 c; u32 d; char name[3]; };
struct bits { u32 a:3; u32 b:11; s32 c:5; u32 d:13; u64 e:37; s64 f:20; u8 g:1; bool h:1; enum level lvl:4; };
struct __attribute__((packed)) tight_bits { u8 tag; u32 a:7; u32 b:30; u64 c:61; u32 d:9; s32 e:17; };
struct nested {
	u32 kind;
	union { struct { u16 x; u16 y; }; u32 word; struct { u32 lo:12; u32 hi:20; }; };
	struct { u8 r, g; } inner[3];
	union { u32 v4; u8 v6[16]; } addr;
	enum color color; enum level level;
	__int128 wide;
	u32 grid[2][3];
};
typedef struct { u32 id; struct plain sub; } wrapped;
struct flexible { u32 len; char data[]; };
struct aligned { u8 a; u64 b __attribute__((aligned(16))); u8 c; };
struct odd { int bool_; int class; int end; };
union pick { u8 bytes[8]; u64 whole; u32 part; };
]]

local FILL = [[
void fill_plain(struct plain *p) { *p = (struct plain){
	1, 2, 3, 0xfedcba9876543210ull, -5, -6, 1, "bash", (void *)0xffff888000001234, 2.5, 0.5f }; }
void fill_tight(struct tight *p) { *p = (struct tight){ 1, 2, 3, 4, "xyz" }; }
void fill_bits(struct bits *p) { *p = (struct bits){ 5, 1025, -7, 8191, 0x1edcba9876ull, -3, 1, 1, LOW }; }
void fill_tight_bits(struct tight_bits *p) { *p = (struct tight_bits){
	9, 100, 0x3abcdef1, 0x1abcdef012345678ull, 300, -4 }; }
void fill_nested(struct nested *p) { *p = (struct nested){
	.kind = 1, .x = 0x1234, .y = 0x5678, .inner = {{1,2},{3,4},{5,6}},
	.addr.v6 = {1,2,3,4}, .color = BLUE, .level = LOW, .wide = ((__int128)3 << 64) | 4, .grid = {{1,2,3},{4,5,6}} }; }
void fill_wrapped(wrapped *p) { p->id = 9; fill_plain(&p->sub); }
void fill_flexible(struct flexible *p) { p->len = 5; __builtin_memcpy(p->data, "hello", 6); }
void fill_aligned(struct aligned *p) { *p = (struct aligned){ 1, 2, 3 }; }
void fill_odd(struct odd *p) { *p = (struct odd){ 1, 2, 3 }; }
void fill_pick(union pick *p) { p->whole = 0x0102030405060708ull; }
]]

-- The .BTF section of a 64-bit ELF object.
local function btf_section(elf)
	local p = ffi.cast("const uint8_t *", elf)
	local function u(at, ct)
		return tonumber(ffi.cast("const " .. ct .. " *", p + at)[0])
	end
	local table_at, count, strings = u(0x28, "uint64_t"), u(0x3c, "uint16_t"), u(0x3e, "uint16_t")
	local names_at = u(table_at + strings * 64 + 24, "uint64_t")
	for i = 0, count - 1 do
		local section = table_at + i * 64
		if ffi.string(p + names_at + u(section, "uint32_t")) == ".BTF" then
			local at, size = u(section + 24, "uint64_t"), u(section + 32, "uint64_t")
			return elf:sub(at + 1, at + size)
		end
	end
end

local function find_clang()
	for _, name in ipairs { os.getenv("CLANG") or "clang-19", "clang-22", "clang-21", "clang-20", "clang-18", "clang-17",
		"clang-16", "clang" } do
		if sh.run("command -v " .. name) == 0 then
			return name
		end
	end
end

local clang = find_clang()
if not clang then
	t.skip_all("no clang, which makes the BTF")
end

local dir = sh.dir()
local names = { "plain", "tight", "bits", "tight_bits", "nested", "wrapped", "flexible", "aligned", "odd", "pick" }
local uses = {}
for _, name in ipairs(names) do
	local tag = name == "wrapped" and "wrapped" or (name == "pick" and "union " or "struct ") .. name
	uses[#uses + 1] = ("%s *use_%s;"):format(tag, name)
	FILL = FILL .. ("unsigned size_%s(void) { return sizeof(%s); }\n"):format(name, tag)
	ffi.cdef(("void fill_%s(void *); unsigned size_%s(void);"):format(name, name))
end
sh.write(dir .. "/t.c", TYPES .. table.concat(uses, "\n"))
sh.write(dir .. "/n.c", TYPES .. FILL)
local function must(command)
	local status, _, err = sh.run(command)
	if status ~= 0 then
		error(command .. ": " .. err)
	end
end
must(("%s -target bpf -g -c %s/t.c -o %s/t.o"):format(clang, dir, dir))
must(("%s -shared -fPIC %s/n.c -o %s/n.so"):format(clang, dir, dir))

local native = ffi.load(dir .. "/n.so")
local raw = btf_section(sh.read(dir .. "/t.o"))
local types = assert(btf.parse(raw, #raw))

local keep = {}
local function record(name)
	local kind = name == "wrapped" and "typedef" or name == "pick" and "union" or "struct"
	local id = types:find(kind, name)
	local l, why = layout.of(types, id)
	t.eq(why, nil, name .. ": has a layout")
	t.eq(l.size, native["size_" .. name](), name .. ": size")
	local memory = ffi.new("uint8_t[?]", l.size + 64)
	keep[#keep + 1] = memory
	native["fill_" .. name](memory)
	return ffi.cast(l.pointer, memory), l
end

local e = record "plain"
t.eq(tostring(e),
	'plain{a=1, b=2, c=3, d=18364758544493064720, e=-5, f=-6, on=true, comm="bash", '
	.. 'ptr=0xffff888000001234, ratio=2.5, part=0.5}',
	"plain: as text")
t.eq(ffi.string(e.comm), "bash", "a char array is a string for ffi.string")
t.eq(e.on, true, "bool")
t.ok(ffi.istype("uint64_t", e.ptr), "a pointer is a number, not to be followed")
t.ok(e.d == 0xfedcba9876543210ULL and e.f == -6LL, "64-bit integers are cdata")
t.raises(function() return e.com end, "struct plain has no member 'com'; did you mean 'comm'",
	"an unknown member has a near name")
e.c = 77
t.eq(e.c, 77, "members can be written")

e = record "tight"
t.eq(tostring(e), 'tight{a=1, b=2, c=3, d=4, name="xyz"}', "packed")
t.eq(e.a, 1, "packed: first byte")

e = record "bits"
t.eq(tostring(e), "bits{a=5, b=1025, c=-7, d=8191, e=132552235126, f=-3, g=1, h=true, lvl=LOW}", "bit-fields")
e.c, e.e, e.h, e.b = -16, 0x1000000001ULL, false, 2047
t.eq(tostring(e), "bits{a=5, b=2047, c=-16, d=8191, e=68719476737, f=-3, g=1, h=false, lvl=LOW}",
	"bit-fields are written alone")
t.raises(function() return e.z end, "no member 'z'", "bit-fields: unknown name")

e = record "tight_bits"
t.eq(tostring(e), "tight_bits{tag=9, a=100, b=985456369, c=1926659863286666872, d=300, e=-4}",
	"packed bit-fields that cross words")

e = record "nested"
t.eq(e.x, 0x1234, "anonymous struct in anonymous union")
t.eq(e.word, 0x56781234, "anonymous union")
t.eq(e.lo, 0x234, "bit-field in an anonymous struct")
t.eq(e.hi, 0x56781, "its neighbour")
t.eq(e.inner[2].g, 6, "array of structs")
t.eq(e.addr.v6[3], 4, "union member")
t.eq(e.color, 4000000000, "unsigned enum")
t.eq(e.level, -3, "signed enum")
t.ok(e.wide.lo == 4ULL and e.wide.hi == 3ULL, "__int128 is two words")
t.eq(e.grid[1][2], 6, "array of arrays")
t.like(tostring(e), "color=BLUE, level=LOW, wide=0x30+4, grid=%[%[1, 2, 3%], %[4, 5, 6%]%]}$", "nested: as text")

e = record "wrapped"
t.eq(e.sub.c, 3, "struct in a typedef of an anonymous struct")
t.like(tostring(e), "^wrapped{id=9, sub={a=1, ", "named by its typedef")

e = record "flexible"
t.eq(ffi.string(e.data, e.len), "hello", "flexible array member")
e = record "aligned"
t.eq(tostring(e), "aligned{a=1, b=2, c=3}", "aligned member")
e = record "odd"
t.eq(e["end"] + e.class, 5, "names that other languages reserve")
e = record "pick"
t.eq(e.part, 0x05060708, "union")

-- Two objects with different structs of one name do not meet.
sh.write(dir .. "/u.c", "struct plain { int other; } *use;")
must(("%s -target bpf -g -c %s/u.c -o %s/u.o"):format(clang, dir, dir))
local raw2 = btf_section(sh.read(dir .. "/u.o"))
local types2 = assert(btf.parse(raw2, #raw2))
local other = layout.of(types2, types2:find("struct", "plain"))
t.eq(other.size, 4, "another object's struct of the same name is its own")
local again = assert(btf.parse(raw, #raw))
t.eq(layout.of(again, again:find("struct", "plain")).ct, layout.of(types, types:find("struct", "plain")).ct,
	"equal layouts share one ctype")

-- Lua values into memory.
local l = layout.of(types, types:find("struct", "plain"))
local memory = ffi.new("uint8_t[?]", l.size)
local function store(value)
	return convert.store(l, memory, value)
end
t.eq(store { a = 1, d = -1, comm = "x" }, "d: -1 does not fit u64", "range of a 64-bit member")
t.eq(store { a = 256 }, "a: 256 does not fit u8", "range of an 8-bit member")
t.eq(store { a = "1" }, "a: expected u8, not string '1'", "type of a member")
t.eq(store { a = 1.5 }, "a: expected u8, not number 1.5", "no rounding")
t.eq(store { comm = ("x"):rep(17) }, "comm: string 'xxxxxxxxxxxxxxxxx' is longer than char[16]", "string too long")
t.like(store { nope = 1 }, "^struct plain has no member 'nope'", "unknown member")
t.like(store(5), "^expected struct plain, not number 5", "a number for a struct")
t.eq(store { 1, 2, 3, 4, comm = "sixteen letters.", on = true, ratio = 1.5, e = -1, f = -1LL }, nil,
	"by position and by name")
local p = ffi.cast(l.pointer, memory)
t.eq(tostring(p),
	'plain{a=1, b=2, c=3, d=4, e=-1, f=-1, on=true, comm="sixteen letters.", ptr=NULL, ratio=1.5, part=0}',
	"what was stored")
local twin = ffi.new(l.ct)
t.eq(convert.store(l, ffi.cast("uint8_t *", twin), p), nil, "from a pointer to the same struct")
t.eq(tostring(twin), tostring(p), "the copy is equal")
local n = layout.of(types, types:find("struct", "nested"))
local mine = ffi.new(n.ct)
local value = { kind = 2, lo = 5, hi = 6, inner = { { r = 1 }, { 2, 3 } }, wide = 7 }
t.eq(convert.store(n, ffi.cast("uint8_t *", mine), value), nil,
	"nested tables")
t.ok(mine.lo == 5 and mine.hi == 6 and mine.inner[1].g == 3 and mine.wide.lo == 7, "nested tables: values")
t.like(convert.store(n, ffi.cast("uint8_t *", mine), { lo = 4096 }), "lo: 4096 does not fit u32:12",
	"range of a bit-field")
t.like(convert.store(n, ffi.cast("uint8_t *", mine), { inner = { 1, 2, 3, 4 } }), "inner: more than the 3 elements",
	"too many elements")

t.eq(btf.parse("short", 5), nil, "BTF that is too short")
t.eq(btf.parse(("\0"):rep(64), 64), nil, "BTF that is none")
t.eq(btf.parse(raw:sub(1, 40), 40), nil, "BTF that is cut")
t.done()

-- SPDX-License-Identifier: MIT
-- USDT: arguments of every operand form are what the program passed, in PIE, fixed and library code, by path and by
-- process, at several places, with and without a count of listeners. usdt_class.lua has the rest.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

live.needs "usdt"
local COUNT = 211
local PIE, FIXED, SPLIT = "build/tests/usdt", "build/tests/usdt-fixed", "build/tests/usdt-library"
local LIBRARY = "build/tests/libltusdt.so"

ffi.cdef [[
struct usdt_values {
	int8_t s8; uint8_t u8; int16_t s16; uint16_t u16; int32_t s32; uint32_t u32; int64_t s64; uint64_t u64;
};
]]

-- As set() of tests/lib/usdt.c.
local function values(i)
	local v = ffi.new("struct usdt_values")
	v.s8, v.u8 = -1 - i % 100, 255 - i % 100
	v.s16, v.u16 = -30000 - i % 1000, 65535 - i % 1000
	v.s32, v.u32 = -2000000000 - i, 4000000000 + i
	v.s64, v.u64 = -1099511627776LL - i, 0xfedcba9876543210ULL + i
	return v
end

local PROBES = { "chosen", "guarded", "registers", "memory", "indexed", "symbols", "constants", "several" }
if jit.arch ~= "x64" then
	PROBES = { "chosen", "guarded" }
end

-- The reading is done in a helper and by a macro, which bcc cannot.
local TEXT = { [[
struct event {
	u32 pid;
	int probe, failed;
	s8 s8; u8 u8; s16 s16; u16 u16; s32 s32; u32 u32; s64 s64; u64 u64;
	s64 wide_s8, wide_s32;
	u64 wide_u16, wide_u32;
	u16 low_u64;
};
BPF_PERF_OUTPUT(events);
BPF_ARRAY(texts, char[480], 1);
#define READ(n, to) e->failed |= bpf_usdt_readarg(n, ctx, &e->to)
static void read_all(struct pt_regs *ctx, struct event *e)
{
	READ(1, s8); READ(2, u8); READ(3, s16); READ(4, u16); READ(5, s32); READ(6, u32); READ(7, s64); READ(8, u64);
	READ(1, wide_s8); READ(5, wide_s32); READ(4, wide_u16); READ(6, wide_u32); READ(8, low_u64);
}
]] }
for number, name in ipairs(PROBES) do
	TEXT[#TEXT + 1] = ([[
int on_%s(struct pt_regs *ctx)
{
	struct event e = { .probe = %d };

	e.pid = bpf_get_current_pid_tgid() >> 32;
	read_all(ctx, &e);
	events.perf_submit(ctx, &e, sizeof(e));
	return 0;
}]]):format(name, number)
end
-- A frame that leaves no room for that of the function that reads arguments.
TEXT[#TEXT + 1] = [[
int on_text(struct pt_regs *ctx)
{
	int first = 0;
	char text[480] = {};

	bpf_usdt_readarg_p(1, ctx, &text, 16);
	texts.update(&first, &text);
	return 0;
}]]
TEXT = table.concat(TEXT, "\n")

-- What is wrong with an event, or nil.
local function fault(e, name)
	local i = name == "constants" and 0 or e.u32 - 4000000000
	local want = values(i)
	if e.failed ~= 0 then
		return "failed: " .. e.failed
	end
	for _, member in ipairs { "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64" } do
		if e[member] ~= want[member] then
			return ("time %d, %s: %s, not %s"):format(i, member, tostring(e[member]), tostring(want[member]))
		end
	end
	if e.wide_s8 ~= want.s8 or e.wide_s32 ~= want.s32 or e.wide_u16 ~= want.u16 or e.wide_u32 ~= want.u32
		or e.low_u64 ~= tonumber(want.u64 % 65536) then
		return ("time %d: converted: %s"):format(i, tostring(e))
	end
end

-- Collects events by process and probe: how many, the sum of the times' numbers, the first fault.
local function watch(b)
	local seen = {}
	b.events:open_perf_buffer(function(_, e)
		local name = PROBES[e.probe]
		local of = seen[e.pid] or {}
		seen[e.pid] = of
		local one = of[name] or { count = 0, sum = 0 }
		of[name] = one
		one.count = one.count + 1
		one.sum = one.sum + (name == "constants" and 0 or e.u32 - 4000000000)
		one.fault = one.fault or fault(e, name)
	end)
	return seen
end

local function check(seen, held, what)
	for _, name in ipairs(PROBES) do
		local one = (seen[held.pid] or {})[name] or { count = 0, sum = 0 }
		t.eq(one.count, COUNT, ("%s: %s: each time"):format(what, name))
		t.eq(one.fault, nil, ("%s: %s: each argument"):format(what, name))
		t.eq(one.sum, name == "constants" and 0 or COUNT * (COUNT - 1) / 2, ("%s: %s: every one"):format(what, name))
	end
	t.eq(held:guarded(), COUNT, what .. ": the program knew that somebody listened")
end

local function attach_all(b, args)
	for _, name in ipairs(PROBES) do
		b:attach_usdt { name = args.name, pid = args.pid, probe = "lttest:" .. name, fn_name = "on_" .. name }
	end
end

local u = BPF.USDT { path = PIE }
for _, name in ipairs(PROBES) do
	u:enable_probe { probe = name, fn_name = "on_" .. name }
end
local b = BPF { text = TEXT, usdt = u }
attach_all(b, { name = FIXED })
attach_all(b, { name = LIBRARY })
t.eq(BPF.num_open_uprobes(), 3 * (#PROBES + 2), "attached, one of them at three places")
b:attach_usdt { name = PIE, probe = "text", fn_name = "on_text" }
local seen = watch(b)

-- By path: any process.
for _, program in ipairs { PIE, FIXED, SPLIT } do
	local held = live.usdt(program, COUNT)
	live.poll_through(b, held)
	check(seen, held, program)
end

t.eq(b.texts[0], ("row %d"):format(COUNT - 1), "a frame of nearly 512 bytes")
b:detach_usdt { fn_name = "on_text" }

-- Nobody listens any more.
for _, name in ipairs(PROBES) do
	b:detach_usdt { fn_name = "on_" .. name }
end
for _, program in ipairs { PIE, FIXED, SPLIT } do
	local held = live.usdt(program, COUNT)
	live.poll_through(b, held)
	t.eq(seen[held.pid], nil, program .. ": detached, nothing comes")
	t.eq(held:guarded(), 0, program .. ": and it knows that nobody listens")
end

-- In whatever files a process has.
local one, two = live.usdt(SPLIT, COUNT), live.usdt(SPLIT, COUNT)
attach_all(b, { pid = two.pid })
live.poll_through(b, one)
live.poll_through(b, two)
check(seen, two, "by process")
t.eq(seen[one.pid], nil, "by process: nothing from another one")
t.eq(one:guarded(), 0, "by process: which knows that nobody listens to it")
b:close()
t.eq(BPF.num_open_uprobes(), 0, "closed")

-- One place has one semaphore, or none: bcc's Python counts by itself, and 0.26 says one by chance of functions too.
local _, notes = sh.run("readelf -n " .. FIXED)
local address = tonumber((notes:match "Name: guarded%s+Location: (0x%x+)"))
local c = BPF { text = "int plain(void *ctx) { return 0; }\nint counted(void *ctx) { return 0; }" }
c:attach_uprobe { name = FIXED, addr = address, fn_name = "plain" }
t.raises(function() c:attach_usdt { name = FIXED, probe = "guarded", fn_name = "counted" } end,
	"guarded.*: the kernel allows no probe there .*another tracer has a probe there with another semaphore",
	"a place where somebody traces without its semaphore")
c:close()
t.done()

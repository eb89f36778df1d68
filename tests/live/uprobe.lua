-- SPDX-License-Identifier: MIT
-- uprobe and uretprobe: arguments by name, return values, one process of two, offsets and addresses, detaching.
-- In guests too.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

live.needs "uprobe"
local PROGRAM, COUNT = "build/tests/workload", 499
-- The sum of 0 to COUNT - 1.
local SUM = COUNT * (COUNT - 1) / 2

local TEXT = [[
struct event { u32 pid; int i; char s[16]; };
BPF_PERF_OUTPUT(events);
BPF_HASH(returned, u32, u64);
BPF_HASH(runs, u32, u64);
int on_call(struct pt_regs *ctx, int i, const char *s)
{
	struct event e = { .i = i };

	e.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_probe_read_user_str(&e.s, sizeof(e.s), s);
	events.perf_submit(ctx, &e, sizeof(e));
	return 0;
}
int on_return(struct pt_regs *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;

	returned.increment(pid, PT_REGS_RC(ctx));
	return 0;
}
int on_any(struct pt_regs *ctx)
{
	runs.increment(bpf_get_current_pid_tgid() >> 32);
	return 1;	/* where that would take a probe away, it is none */
}]]

local b = BPF { text = TEXT }
local seen = {}
b.events:open_perf_buffer(function(_, e)
	local of = seen[e.pid] or { count = 0, sum = 0, strings = {} }
	seen[e.pid] = of
	of.count, of.sum = of.count + 1, of.sum + e.i
	of.strings[ffi.string(e.s)] = true
end)

-- Any process.
b:attach_uprobe { name = PROGRAM, sym = "workload_call", fn_name = "on_call" }
b:attach_uretprobe { name = PROGRAM, sym = "workload_ret", fn_name = "on_return" }
t.eq(BPF.num_open_uprobes(), 2, "attached")
local major, minor = sh.read("/proc/sys/kernel/osrelease"):match("^(%d+)%.(%d+)")
local multi = major * 1000 + minor >= 6006 and "uprobe.multi" or "perf uprobe"
for i, attached in ipairs(b:attached()) do
	t.eq(attached.mechanism, multi, "by the kernel's fastest way to attach and detach, " .. i)
end
local one, two = live.workload("call", COUNT, "a string"), live.workload("call", COUNT)
two:begin()
live.poll_through(b, one)
t.ok(live.await(two.made), "both workloads made their calls")
live.consume(b)
for name, held in pairs { ["a string"] = one, hello = two } do
	local of = seen[held.pid] or {}
	t.eq(of.count, COUNT, name .. ": each call is seen")
	t.eq(of.sum, SUM, name .. ": the int argument, by its name")
	t.eq(of.strings and next(of.strings), name, name .. ": the string behind the pointer")
	t.eq(tonumber(b.returned[held.pid]), 2 * SUM, name .. ": the return values")
end

-- Detached, then one process of two.
b:detach_uprobe { name = PROGRAM, sym = "workload_call" }
b:detach_uretprobe { name = PROGRAM, sym = "workload_ret" }
t.eq(BPF.num_open_uprobes(), 0, "detached")
one, two = live.workload("call", COUNT), live.workload("call", COUNT)
b:attach_uprobe { name = PROGRAM, sym = "workload_ret", fn_name = "on_any", pid = two.pid }
t.eq(b:attached()[1].mechanism, "perf uprobe", "pid=: by a perf uprobe")
live.poll_through(b, one)
live.poll_through(b, two)
t.ok(not seen[one.pid] and not seen[two.pid], "nothing comes from what is detached")
t.eq(b.returned[two.pid], nil, "nor from the return")
t.eq(b.runs[one.pid], nil, "pid=: nothing from another process")
t.eq(tonumber(b.runs[two.pid]), COUNT, "pid=: each call of that one")
b:detach_uprobe { pid = two.pid }

-- A name longer than most, and past its first instruction.
local LONG = "workload_long_" .. ("0123456789"):rep(30)
for _, offset in ipairs { 0, 4 } do
	b:attach_uprobe { name = PROGRAM, sym = LONG, sym_off = offset, fn_name = "on_any" }
	one = live.workload("call", COUNT)
	live.poll_through(b, one)
	t.eq(tonumber(b.runs[one.pid]), COUNT, ("a long name, sym_off= %d"):format(offset))
	b:detach_uprobe { fn_name = "on_any" }
end

-- By the address of the symbol table.
local address = select(2, sh.run("readelf -sW " .. PROGRAM)):match(":%s+(%x+)[^\n]* workload_ret\n")
if address then
	b:attach_uprobe { name = PROGRAM, addr = tonumber(address, 16), fn_name = "on_any" }
	one = live.workload("call", COUNT)
	live.poll_through(b, one)
	t.eq(tonumber(b.runs[one.pid]), COUNT, "addr=")
	b:detach_uprobe { fn_name = "on_any" }
else
	t.skip("readelf is missing: no address to attach to")
end

-- retprobe= of attach_uprobe.
b:attach_uprobe { name = PROGRAM, sym = "workload_ret", fn_name = "on_return", retprobe = true }
one = live.workload("call", COUNT)
live.poll_through(b, one)
t.eq(tonumber(b.returned[one.pid]), 2 * SUM, "retprobe=")

-- A library by its short name.
b:attach_uprobe { name = "c", sym = "setlocale", fn_name = "on_any", pid = live.pid }
os.setlocale()
t.eq(tonumber(b.runs[live.pid]), 1, "a library by its short name")
b:close()

-- Tail calls: newer kernels want both programs loaded for the same way of attaching.
for _, when in ipairs { "before", "after" } do
	local d = BPF { text = [[
BPF_PROG_ARRAY(programs, 4);
BPF_HASH(calls, u32, u64);
BPF_HASH(tail_calls, u32, u64);
int second(struct pt_regs *ctx)
{
	tail_calls.increment(bpf_get_current_pid_tgid() >> 32);
	return 0;
}
int first(struct pt_regs *ctx)
{
	calls.increment(bpf_get_current_pid_tgid() >> 32);
	programs.call(ctx, 2);
	return 0;
}]] }
	if when == "before" then
		d.programs[2] = d:load_func("second", "uprobe")
	end
	d:attach_uprobe { name = PROGRAM, sym = "workload_ret", fn_name = "first" }
	if when == "after" then
		d.programs[2] = d:load_func("second", "uprobe")
	end
	one = live.workload("call", COUNT)
	live.poll_through(d, one)
	t.eq(tonumber(d.calls[one.pid]), COUNT, when .. ": each call")
	t.eq(tonumber(d.tail_calls[one.pid]), COUNT, when .. ": each tail call")
	d:close()
end

local c = BPF { text = "int f(struct pt_regs *ctx) { return 0; }" }
t.raises(function() c:attach_uprobe { name = PROGRAM, sym = "workload_cal", fn_name = "f" } end,
	"build/tests/workload.*workload_cal.*similar: .*workload_call", "an unknown symbol, with near names")
t.raises(function() c:attach_uprobe { name = "/nonexistent", sym = "x", fn_name = "f" } end, "/nonexistent",
	"no such file")
t.raises(function() c:attach_uprobe { name = "nosuchlibrary", sym = "x", fn_name = "f" } end, "nosuchlibrary",
	"no such library")
t.raises(function() c:attach_uprobe { name = "tests/run", sym = "x", fn_name = "f" } end, "tests/run.*ELF",
	"no ELF file")
t.raises(function() c:attach_uprobe { name = PROGRAM, sym = "workload_ret", fn_name = "f", pid = 4194304 } end,
	"4194304", "no such process")
t.raises(function() c:attach_uprobe { name = PROGRAM, sym = "workload_ret", fn_name = "ff" } end,
	"did you mean 'f'", "no such function in the text")
t.raises(function() c:attach_uprobe { name = PROGRAM, fn_name = "f" } end, "takes one of sym=, sym_re=, addr=",
	"neither sym= nor addr=")
t.raises(function() c:attach_uprobe { name = PROGRAM, sym = "workload_ret", sym_off = 4096, fn_name = "f" } end,
	"'workload_ret' has %d+ bytes, and %+0x1000 is not within them", "an offset behind the function")
t.raises(function() c:attach_uretprobe { name = PROGRAM, sym = LONG, sym_off = 4, fn_name = "f" } end,
	"uretprobe '" .. PROGRAM .. "': takes no offset", "a return probe past the entry")
t.raises(function() c:attach_uprobe { name = PROGRAM, sym = "stderr", fn_name = "f" } end,
	"is not a function, but data", "data")
t.raises(function() c:attach_uprobe { name = PROGRAM, sym = "printf", fn_name = "f" } end,
	"only imported here.*; /.*libc.* has it %(short name: c%)", "a function of libc")
t.eq(BPF.num_open_uprobes(), 0, "failures leave nothing attached")
t.done()

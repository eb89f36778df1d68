-- SPDX-License-Identifier: MIT
-- Probes and outputs of bcc-lua's scripts; this case is one. With uprobes, for every kernel has them.
local t = require "tap"
local live = require "live"

live.needs "uprobe"
local PROGRAM, COUNT = "build/tests/workload", 211

-- In the style of bashreadline: a perf buffer, its record declared in Lua, with parameters.
local function try_perf_buffer(BPF)
	local b = BPF:new { text = [[
#include <uapi/linux/ptrace.h>
struct str_t { u64 pid; char str[80]; };
BPF_PERF_OUTPUT(events);
int on_call(struct pt_regs *ctx, int i, const char *s) {
    struct str_t data = {};
    data.pid = bpf_get_current_pid_tgid() >> 32;
    bpf_probe_read_user(&data.str, sizeof(data.str), (void *)PT_REGS_PARM2(ctx));
    events.perf_submit(ctx, &data, sizeof(data));
    return 0;
}]], debug = 0 }
	t.ok(b:attach_uprobe { name = PROGRAM, sym = "workload_call", fn_name = "on_call", pid = -1 } == b,
		"attach_uprobe returns the object")
	t.eq(BPF.num_open_uprobes(), 1, "num_open_uprobes")
	local held = live.workload("call", COUNT, "a string")
	local seen, right, cpus = 0, 0, true
	b:get_table("events"):open_perf_buffer(function(cpu, event)
		seen = seen + 1
		cpus = cpus and cpu >= 0 and cpu < 4096
		if tonumber(event.pid) == held.pid and ffi.string(event.str) == "a string" and ffi.sizeof(event) == 96 then
			right = right + 1
		end
	end, "struct { uint64_t pid; char str[$]; uint64_t beyond; }", { 80 }, 64,
		function() t.ok(false, "records are lost") end)
	live.poll_through(b, held)
	t.eq(seen, COUNT, "each call is a record")
	t.eq(right, COUNT, "of the declared type, what it lacks being zero")
	t.ok(cpus, "with its CPU")
	b:perf_buffer_store("mine", 7)
	t.ok(BPF.perf_buffers.mine == 7 and table.count(BPF.open_uprobes) == 1, "perf_buffers, open_uprobes")
	BPF.cleanup()
	t.eq(BPF.num_open_uprobes(), 0, "cleanup detaches")
	t.ok(BPF.perf_buffers.mine == nil and table.count(BPF.open_uprobes) == 0, "and forgets")
end

-- A buffer that is too small, and records of two sizes in one.
local function try_losses(BPF)
	local b = BPF { text = [[
BPF_PERF_OUTPUT(events);
int on_call(struct pt_regs *ctx, int i) {
    u64 data[16];
    __builtin_memset(data, 0xff, sizeof(data));
    data[0] = i & 1;
    if (i & 1) events.perf_submit(ctx, &data[0], 12);
    else events.perf_submit(ctx, &data[0], 28);
    return 0;
}]] }
	local held = live.workload("call", COUNT)
	b:attach_uprobe { name = PROGRAM, sym = "workload_call", fn_name = "on_call", pid = held.pid }
	local seen, lost, right = 0, 0, true
	b:get_table("events"):open_perf_buffer(function(_, event)
		seen, right = seen + 1, right and event.b == (event.is_short == 1 and 0ULL or -1ULL)
	end, "struct { uint64_t is_short, gap, b, c; }", nil, 1, function(cookie, n)
		lost, right = lost + n, right and cookie == nil
	end)
	held:begin()
	live.await(held.made)
	while b:perf_buffer_poll(100) > 0 do end
	t.ok(lost > 0 and seen > 0 and seen + lost == COUNT, "page_cnt and lost_cb: what is not seen is told as lost")
	t.ok(right, "what a short record lacks is zero behind a longer one too")
	BPF.cleanup()
end

-- A place by its address, and by an offset.
local function try_places(BPF)
	local b = BPF { text = "BPF_ARRAY(n, u64, 1); int f(struct pt_regs *ctx) { n.atomic_increment(0); return 0; }" }
	local address = require("luatrace").get_user_addresses(PROGRAM, "workload_call$")[1]
	local held = live.workload("call", COUNT)
	b:attach_uprobe { name = PROGRAM, addr = address, fn_name = "f", pid = held.pid }
	b:attach_uprobe { name = PROGRAM, addr = address, fn_name = "f", pid = held.pid, retprobe = true }
	t.eq(table.count(BPF.open_uprobes), 2, "each has a name of its own")
	held:begin()
	live.await(held.made)
	t.eq(tonumber(b:get_table("n"):get(0)), 2 * COUNT, "by address, and the return")
	t.raises(function() b:attach_uprobe { name = PROGRAM, sym = "workload_ret", sym_off = 2 ^ 30, fn_name = "f" } end,
		"workload_ret' has %d+ bytes", "an offset beyond the function")
	BPF.cleanup()
end

-- In the style of memleak: two programs, return values, a process, stacks by its symbols.
local function try_stacks(BPF)
	local b = BPF { text = [[
BPF_HASH(sums, int, u64); BPF_HASH(stacks_seen, int, u64); BPF_STACK_TRACE(stack_traces, 1024);
int on_call(struct pt_regs *ctx) {
    int id = stack_traces.get_stackid(ctx, BPF_F_USER_STACK);
    stacks_seen.increment(id);
    return 0;
}
int on_return(struct pt_regs *ctx) { sums.increment(0, PT_REGS_RC(ctx)); return 0; }]] }
	local held, other = live.workload("call", COUNT), live.workload("call", COUNT)
	b:attach_uprobe { name = PROGRAM, sym = "workload_call", fn_name = "on_call", pid = held.pid }
	b:attach_uprobe { name = PROGRAM, sym = "workload_ret", fn_name = "on_return", pid = held.pid, retprobe = true }
	local syms = BPF.SymbolCache(held.pid)
	for _, each in ipairs { held, other } do
		each:begin()
		live.await(each.made)
	end
	t.eq(tonumber(b:get_table("sums"):get(0)), COUNT * (COUNT - 1), "retprobe, of one process")
	syms:refresh()
	local count, named = 0, true
	local stack_traces = b:get_table("stack_traces")
	for id, n in b:get_table("stacks_seen"):items() do
		count = count + tonumber(n)
		local first, walked = nil, 0
		for address in stack_traces:walk(id) do
			first = first or address
			walked = walked + 1
		end
		local name, offset = syms:resolve(first)
		local names = stack_traces:get(id, function(address) return (syms:resolve(address)) end)
		named = named and name == "workload_call" and offset == 0 and names[1] == name and #names == walked
	end
	t.eq(count, COUNT, "stacks of one process")
	t.ok(named, "their innermost function, by walk() and by get()")
	local name, offset = syms:resolve(0x10)
	t.ok(name == "[unknown]" and offset == 0, "an address of nothing")
	local ksyms = BPF.SymbolCache()
	name, offset = ksyms:resolve(require("luatrace").ksymname "vfs_read" + 0x1f)
	t.ok(name == "vfs_read" and offset == 0x1f, "the kernel's symbols")
	BPF.cleanup()
end

-- In the style of strlen_count: an IFUNC of libc, printed by the kernel.
local function try_pipe(BPF)
	local b = BPF { text = ([[
int printarg(struct pt_regs *ctx) {
  if ((bpf_get_current_pid_tgid() >> 32) != PID) return 0;
  char str[128] = {};
  bpf_probe_read_user(&str, sizeof(str), (void *)PT_REGS_PARM1(ctx));
  if (str[0] == '@' && str[1] == '@') bpf_trace_printk("strlen(\"%s\")\n", &str);
  return 0;
}]]):gsub("PID", tostring(live.pid)) }
	b:attach_uprobe { name = "c", sym = "strlen", fn_name = "printarg" }
	local pipe = b:pipe()
	t.ok(pipe == b:pipe() and BPF.tracer_pipe == pipe, "one pipe for all")
	pipe:open()
	ffi.cdef "unsigned long strlen(const char *);"
	t.eq(tonumber(ffi.C.strlen("@@text")), 6, "strlen")
	local task, pid, cpu, flags, ts, msg
	repeat	-- the pipe is the whole machine's
		task, pid, cpu, flags, ts, msg = pipe:trace_fields()
	until tonumber(pid) == live.pid
	t.eq(msg, 'strlen("@@text")', "trace_fields: msg; an IFUNC is the function that it stands for")
	-- The kernel remembers the names of few tasks.
	t.ok((task == "luatrace" or task == "<...>") and tonumber(cpu) >= 0 and #flags >= 4 and tonumber(ts) > 0,
		"task, cpu, flags, ts")
	t.like("%-18.9f %-16s %-6d %s" % { ts, task, pid, msg }, "^%d+%.%d+ +%S+ +%d+ +strlen", "as scripts print them")
	local nonblocking = b:pipe().class:new(true)
	t.ok(live.await(function() return nonblocking:readline() == nil end), "a pipe that does not wait")
	t.ok(live.await(function() return nonblocking:trace_fields() == nil end), "nor for fields")
	pipe:close()
	BPF.cleanup()
	t.eq(BPF.tracer_pipe, nil, "cleanup forgets the pipe")
end

-- In the style of usdt_ruby.
local function try_usdt(BPF, utils)
	local held = live.usdt("build/tests/usdt", COUNT)
	local u = utils.USDT:new { pid = held.pid }
	u:enable_probe { probe = "lttest:text", fn_name = "on_probe" }
	t.raises(function() u:enable_probe { probe = "nothing", fn_name = "on_probe" } end, "nothing", "no such probe")
	local b = BPF:new { usdt = u, text = [[
BPF_ARRAY(sum, u64, 2);
int on_probe(struct pt_regs *ctx) {
    uint64_t address = 0;
    char text[8] = {};
    bpf_usdt_readarg(1, ctx, &address);
    bpf_probe_read_user(&text, sizeof(text), (void *)address);
    sum.atomic_increment(0, 1);
    sum.atomic_increment(1, text[0]);
    return 0;
}]] }
	held:begin()
	live.await(held.made)
	t.eq(tonumber(b:get_table("sum"):get(0)), COUNT, "each pass of the probe")
	t.eq(tonumber(b:get_table("sum"):get(1)), COUNT * ("row"):byte(), "and its argument")
	t.ok(#utils.USDT.open_contexts == 1, "open_contexts")
	BPF.cleanup()
	t.ok(#utils.USDT.open_contexts == 0, "and none after cleanup")
end

return function(BPF, utils)
	try_perf_buffer(BPF)
	try_losses(BPF)
	try_places(BPF)
	try_stacks(BPF)
	try_pipe(BPF)
	try_usdt(BPF, utils)

	local b = BPF { text = "int f(struct pt_regs *ctx) { return 0; }\nint kprobe__vfs_read(void *ctx) { return 0; }" }
	t.eq(BPF.num_open_kprobes(), 0, "nothing is attached by its name")
	t.raises(function() b:attach_uprobe { name = PROGRAM, sym = "no_such", fn_name = "f" } end, "no_such",
		"no such symbol")
	t.raises(function() b:attach_uprobe { name = "nosuchlibrary", sym = "x", fn_name = "f" } end, "nosuchlibrary",
		"no such library")
	t.raises(function() b:attach_uprobe { name = PROGRAM, sym = "workload_ret", fn_name = "ff" } end, "did you mean 'f'",
		"no such function in the text")
	-- Misuse, at the line of the script.
	local misuse = {
		[function() b:attach_kprobe {} end] = "attach_kprobe: fn_name= is missing",
		[function() b:attach_kprobe() end] = "attach_kprobe: takes one table of named arguments",
		[function() b:attach_uprobe() end] = "attach_uprobe: takes one table of named arguments",
		[function() b:attach_kprobe { event = "x", fn_name = "f", maxactive = "3" } end] = "maxactive= takes an integer",
		[function() BPF:new() end] = "BPF: takes one table of named arguments",
		[function() BPF { text = "int x;", cflags = "-DX" } end] = "cflags= takes an array of strings",
		[function() utils.USDT:new() end] = "USDT: takes one table of named arguments",
		[function() b:probe_store("fentry", 1, 1) end] = "kind= takes 'kprobe' or 'uprobe', not string 'fentry'",
	}
	for fn, message in pairs(misuse) do
		t.raises(fn, "bcclua_probes.lua:%d+: .*" .. message:gsub("%p", "%%%0"), message)
	end
	local _, e = pcall(b.attach_uprobe, b, { name = "nosuchlibrary", sym = "x", fn_name = "f" })
	t.like("said: " .. e, "^said: .*nosuchlibrary", "errors can be concatenated")
	BPF.static.KPROBE_LIMIT = 1
	BPF.check_probe_quota(1)
	BPF.static.KPROBE_LIMIT = 0
	t.raises(function() b:attach_uprobe { name = PROGRAM, sym = "workload_ret", fn_name = "f" } end,
		"more than the 0 probes", "KPROBE_LIMIT")
	t.raises(function() BPF { text = "int f(void *ctx) { if (); return 0; }" } end, "^failed to compile BPF module$",
		"a text that does not compile")
	t.raises(function() BPF { text = "int x;", debug = "1" } end, "debug= takes an integer", "debug= is a number")
	t.ok(BPF { text = "#ifndef MINE\n#error no\n#endif\nint f(void *ctx) { return 0; }", cflags = { "-DMINE" } }, "cflags")
	t.done()
end

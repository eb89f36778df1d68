-- SPDX-License-Identifier: MIT
-- Locals that do not fit on BPF's stack: whole and right, not mixed up between runs, released on every way out.
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"
local live = require "live"

local PROGRAM = "build/tests/workload"

-- A record of 8 KiB, zeroed as C demands, in a program that the kernel guards.
local COUNT = 211
local held = live.workload("openat", COUNT, "/no/such/file/here")
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
struct event { u32 pid; char comm[TASK_COMM_LEN]; char path[4096]; char rest[4076]; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_openat)
{
	struct event e = {};

	e.pid = bpf_get_current_pid_tgid() >> 32;
	if (e.pid != PID)
		return 0;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	bpf_probe_read_user_str(&e.path, sizeof(e.path), args->filename);
	events.perf_submit(args, &e, sizeof(e));
	/* a zero that is not written again would be this in the next run */
	__builtin_memset(e.rest, 0x55, sizeof(e.rest));
	asm volatile("" :: "r"(&e) : "memory");
	return 0;
}]] }
local good, seen = 0, 0
local zeros = ("\0"):rep(4076)
b.events:open_perf_buffer(function(_, e)
	seen = seen + 1
	if e.pid == held.pid and ffi.string(e.comm) == "workload" and ffi.string(e.path) == "/no/such/file/here" and
		ffi.string(e.rest, 4076) == zeros then
		good = good + 1
	end
end, { page_cnt = 512 })
t.eq(live.poll_through(b, held), COUNT, "the workload ran")
t.eq(seen, COUNT, "every record came")
t.eq(good, COUNT, "and holds what it should, zeros included")
b:close()

-- Runs on one CPU that may interrupt each other: each fills its locals, and looks whether they are still its own.
local CALLS = 4001
held = live.workload("call-threads", CALLS)
b = BPF { text = [[
BPF_ARRAY(counts, u64, 4);
int on_call(struct pt_regs *ctx, int i)
{
	volatile u64 words[512];
	u64 mine = bpf_get_current_pid_tgid() << 20 | i, wrong = 0;

	#pragma clang loop unroll(disable)
	for (int n = 0; n < 512; n++)
		words[n] = mine;
	#pragma clang loop unroll(disable)
	for (int n = 0; n < 512; n++)
		wrong |= words[n] ^ mine;
	counts.atomic_increment(0);
	if (wrong)
		counts.atomic_increment(1);
	return 0;
}]] }
b:attach_uprobe { name = PROGRAM, sym = "workload_call", fn_name = "on_call", pid = held.pid }
t.eq(live.poll_through(b, held), CALLS, "the threads called")
t.eq(tonumber(b.counts[0]) + b:dropped_runs("on_call"), CALLS, "every run is counted: it ran or was dropped")
t.eq(b.counts[1], 0ULL, "no run saw the locals of another")
t.eq(b:dropped_runs("on_call"), 0, "four threads never need more than eight slots")
b:close()

-- Each way out gives the slot back: with eight of them, one that does not would drop the rest.
local RUNS = 499
local function ways_out(text, expected, what, prepare)
	held = live.workload("call", RUNS)
	b = BPF { text = "BPF_ARRAY(counts, u64, 8);\nBPF_HASH(full, u32, u64, 1);\nBPF_PROG_ARRAY(programs, 4);\n" .. text }
	if prepare then
		prepare(b)
	end
	b:attach_uprobe { name = PROGRAM, sym = "workload_call", fn_name = "on_call", pid = held.pid }
	t.eq(live.poll_through(b, held), RUNS, what .. ": the workload ran")
	local got = {}
	for n = 1, #expected do
		got[n] = tonumber(b.counts[n - 1])
	end
	t.eq(table.concat(got, " "), table.concat(expected, " "), what .. ": exact counts")
	t.eq(b:dropped_runs("on_call"), 0, what .. ": no run was dropped")
	b:close()
end

-- The assembly keeps LLVM from taking the array apart.
local LOCALS = 'volatile u64 words[300]; words[0] = i; words[299] = i + 1; asm volatile("" :: "r"(words) : "memory");\n'
local CHECK = "{ if (words[0] == i && words[299] == i + 1) counts.increment(0); else counts.increment(7); }\n"

ways_out("int on_call(struct pt_regs *ctx, int i) {\n" .. LOCALS .. [[
	if (i % 2)
		return 0;
	counts.increment(1);
	if (i % 4)
		return 1;
	]] .. CHECK .. [[
	return 0;
}]], { 125, 250 }, "returns")

-- The key that came first fills the map, so all others leave by the hidden exit.
ways_out("int on_call(struct pt_regs *ctx, int i) {\n" .. LOCALS .. [[
	u32 key = i;
	u64 zero = 0, *value;

	counts.increment(1);
	value = full.lookup_or_init(&key, &zero);
	(*value)++;
	]] .. CHECK .. [[
	return 0;
}]], { 1, RUNS }, "lookup_or_init's hidden exit")

-- Code generation sees no access beyond the stack here: only the pointer's own arithmetic reaches the far end.
held = live.workload("getppid", 7)
b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
BPF_HASH(totals, u64, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u64 big[75], *at = &big[53];

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	asm volatile("" : "+r"(at));
	at[-49] = 41;
	at[0] = 42;
	asm volatile("" : "+r"(at) : : "memory");
	totals.update(&at[-49], &at[0]);
	return 0;
}]] }
t.eq(live.poll_through(b, held), 7, "the workload ran")
t.eq(b.totals[41], 42ULL, "a local that is reached by its middle")
b:close()

-- Values that the registers have no room for fill the stack, so that a smaller local has to move as well.
local made, used = {}, {}
for n = 1, 45 do
	made[n] = ("u64 v%d = bpf_ktime_get_ns();\n"):format(n)
	used[n] = ("*value ^= v%d * %d; bpf_ktime_get_ns();\n"):format(n, n + 2)
end
ways_out("int on_call(struct pt_regs *ctx, int i) {\n" .. LOCALS .. 'volatile u64 more[24]; more[23] = i; asm '
	.. 'volatile("" :: "r"(more) : "memory");\n'
	.. table.concat(made) .. [[
	u32 key = i;
	u64 zero = 0, *value;

	counts.increment(1);
	value = full.lookup_or_init(&key, &zero);
	]] .. table.concat(used) .. "if (more[23] == i)\n" .. CHECK .. [[
	return 0;
}]], { 1, RUNS }, "the hidden exit, with a full stack")

ways_out([[
int next(struct pt_regs *ctx, int i) { counts.increment(2); return 0; }
int on_call(struct pt_regs *ctx, int i) {
]] .. LOCALS .. [[
	counts.increment(1);
	programs.call(ctx, 2);
	]] .. CHECK .. [[
	return 0;
}]], { 0, RUNS, RUNS }, "a tail call", function(object) object.programs[2] = object:load_func("next", "uprobe") end)

ways_out("int on_call(struct pt_regs *ctx, int i) {\n" .. LOCALS .. [[
	counts.increment(1);
	programs.call(ctx, 3);
	]] .. CHECK .. [[
	return 0;
}]], { RUNS, RUNS }, "a tail call that fails")

-- No room left: every slot of every CPU is taken, as by runs that were interrupted.
local compile, source, errors = require "luatrace.compile", require "luatrace.source", require "luatrace.errors"
local elf = compile.object([[
int on_call(struct pt_regs *ctx, int i)
{
	u64 words[300];

	words[7] = i;
	asm volatile("" :: "r"(&words) : "memory");
	return 0;
}]], {}, 0, source.new("text", 1, 0))
local object, link, err = ffi.new("lt_object *[1]"), ffi.new("lt_link *[1]"), errors.buffer()
assert(C.lt_object_open(elf[0].data, elf[0].size, object, err) == 0 and C.lt_object_load(object[0], err) == 0)
local info = ffi.new("lt_map_info")
assert(C.lt_object_map(object[0], C.lt_object_find_map(object[0], "__lt_scratch_on_call"), info) == 0)
local words = info.value_size / 8
local function take(slots, state)
	local values = ffi.new("uint64_t[?]", words * C.lt_cpu_possible())
	for cpu = 0, C.lt_cpu_possible() - 1 do
		values[cpu * words] = state
	end
	for slot = 0, slots - 1 do
		assert(C.lt_map_update(info.fd, ffi.new("uint32_t[1]", slot), values, 0) == 0)
	end
end
t.eq(info.max_entries, 8, "eight slots")
held = live.workload("call", RUNS)
local opts = ffi.new("lt_attach_opts", { kind = "uprobe", target = PROGRAM, symbol = "workload_call", cpu = -1, fd = -1,
	attach_type = -1 })
opts.pid = held.pid
t.eq(C.lt_program_attach(object[0], "on_call", opts, link, err), 0, "attached " .. ffi.string(err[0].message))
take(8, 1)
held:begin()
live.await(function() return held:made() end)
t.eq(tonumber(C.lt_program_dropped(object[0], "on_call")), RUNS, "all slots taken: every run is dropped, and counted")
take(8, 1)
take(1, 0)	-- also forgets the count, which is in the first
held = live.workload("call", RUNS)
opts.pid = held.pid
t.eq(C.lt_program_attach(object[0], "on_call", opts, link, err), 0, "attached " .. ffi.string(err[0].message))
held:begin()
live.await(function() return held:made() end)
t.eq(tonumber(C.lt_program_dropped(object[0], "on_call")), 0, "one slot free: none is dropped")
C.lt_object_free(object[0])

t.raises(function()
	BPF { text = "int f(struct pt_regs *ctx, char *s) { char b[40000]; bpf_probe_read_user(b, sizeof(b), s);\n"
		.. 'bpf_trace_printk("%s", b + 100); return 0; }' }
end, "program 'f': its local variables need 40000 bytes; 32752 is the most", "more than scratch can be")
t.done()

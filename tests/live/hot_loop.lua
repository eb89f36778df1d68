-- SPDX-License-Identifier: MIT
-- The loop that hands records to a script's function is machine code: for each of several outputs beside each other,
-- with string fields, with a function that writes or prints. One that cannot be compiled slows down no other.
-- Not in guests: LuaJIT is the same there.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local output = require "luatrace.output"
local util = require "jit.util"
local PER_ROUND, ROUNDS, MOST_ROUNDS = 499, 13, 200

ffi.cdef [[
int getppid(void);
int dup(int);
int dup2(int, int);
int fileno(void *);
]]
local b = BPF { cflags = { "-DPID=" .. io.open("/proc/self/stat"):read "*n" }, text = [[
struct event { u64 n; u32 pid; char comm[TASK_COMM_LEN]; char path[32]; };
BPF_PERF_OUTPUT(numbers);
BPF_PERF_OUTPUT(strings);
BPF_PERF_OUTPUT(printed);
BPF_PERF_OUTPUT(written);
BPF_PERF_OUTPUT(rows);
BPF_PERF_OUTPUT(closures);
BPF_RINGBUF_OUTPUT(ring, 256);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
	struct event e = { .n = 3, .path = "/some/where" };
	e.pid = bpf_get_current_pid_tgid() >> 32;
	if (e.pid != PID)
		return 0;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	numbers.perf_submit(args, &e, sizeof(e));
	strings.perf_submit(args, &e, sizeof(e));
	printed.perf_submit(args, &e, sizeof(e));
	written.perf_submit(args, &e, sizeof(e));
	rows.perf_submit(args, &e, sizeof(e));
	closures.perf_submit(args, &e, sizeof(e));
	ring.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]] }

local counts = { numbers = 0, strings = 0, closures = 0, ring = 0 }
local sum, paths = 0, {}
local file = io.open(sh.dir() .. "/written", "w")
local to_file = io.open(sh.dir() .. "/printed", "w")
local pages = { page_cnt = 256 }
b.numbers:open_perf_buffer(function(_, e)
	counts.numbers = counts.numbers + 1
	sum = sum + tonumber(e.n)
end, pages)
b.strings:open_perf_buffer(function(_, e)
	counts.strings = counts.strings + 1
	local path = ffi.string(e.path)
	paths[path] = (paths[path] or 0) + #ffi.string(e.comm)
end, pages)
b.ring:open_ring_buffer(function(_, e)
	counts.ring = counts.ring + 1
	sum = sum + tonumber(e.n)
end)
b.printed:open_perf_buffer(function(_, e)
	print(e.pid, ffi.string(e.path))
end, pages)
local columns = BPF.columns { { "N", width = 4 }, { "PID", width = 10, align = "right" }, { "PATH" } }
b.rows:open_perf_buffer(function(_, e)
	columns:row(e.n, e.pid, e.path)
end, pages)
b.written:open_perf_buffer(function(_, e)
	file:write(e.pid, "\t", ffi.string(e.path), "\n")
end, pages)
b.closures:open_perf_buffer(function(_, e)
	local function one()	-- making a function is not compiled
		return e.n > 0 and 1 or 0
	end
	counts.closures = counts.closures + one()
end, pages)

local name_of, links, stitched = {}, {}, {}
for _, out in ipairs(output.all) do
	name_of[out.drain], links[out.name], stitched[out.name] = out.name, {}, 0
end
local starting, parent_of
local of_trace = {}
local function on_trace(what, number, func, _, parent)
	if what == "start" then
		starting, parent_of = name_of[func] or (parent and of_trace[parent]), parent
	elseif what == "stop" and starting then
		of_trace[number] = starting
		links[starting][util.traceinfo(number).linktype] = true
		stitched[starting] = stitched[starting] + (parent_of and 1 or 0)
	end
end
io.stdout:flush()
local stdout = ffi.C.dup(1)
ffi.C.dup2(ffi.C.fileno(to_file), 1)
require("jit").attach(on_trace, "trace")
-- Where LuaJIT begins a trace is a matter of chance, and what it gave up several times it never tries again: then code
-- of the same text, which it does not know yet, takes its place.
local function renew(out)
	out.fn = loadstring(string.dump(out.fn))
	setfenv(out.fn, _G)
	out.drain = loadstring(string.dump(out.drain), "@luatrace/output.lua")
	name_of[out.drain] = out.name
end
local rounds = 0
while rounds < ROUNDS or rounds < MOST_ROUNDS and not (links.printed.stitch and stitched.printed > 0) do
	for _, out in ipairs(rounds > 0 and rounds % ROUNDS == 0 and output.all or {}) do
		if out.name == "printed" then
			renew(out)
		end
	end
	rounds = rounds + 1
	for _ = 1, PER_ROUND do
		ffi.C.getppid()
	end
	b:perf_buffer_consume()
end
require("jit").attach(on_trace)
io.stdout:flush()
ffi.C.dup2(stdout, 1)
to_file:close()
file:close()

local all = PER_ROUND * rounds
for name, count in pairs(counts) do
	t.eq(count, all, name .. ": all records")
end
t.eq(sum, 2 * 3 * all, "their numbers")
t.eq(next(paths), "/some/where", "their strings")
for what, where in pairs { rows = "printed", printed = "printed", written = "written" } do
	local pattern = what == "rows" and "3     +%d+ /some/where\n" or "%d+\t/some/where\n"
	local lines = select(2, sh.read(("%s/%s"):format(sh.dir(), where)):gsub(pattern, ""))
	t.eq(lines, all, what .. ": a line each")
end
for _, name in ipairs { "numbers", "strings", "ring", "rows", "written" } do
	t.ok(links[name].loop, name .. ": its loop is compiled, from end to end")
end
t.ok(links.printed.stitch and stitched.printed > 0, "printed: compiled up to the call of C, and from there on")
t.done()

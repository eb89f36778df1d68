-- SPDX-License-Identifier: MIT
-- BPF.columns: rows of real records, hostile text in them, and when what is printed goes out.
-- Not in guests: nothing in it is the kernel's.
local t = require "tap"
local live = require "live"

local function lines_of(script, around)
	local status, out, message = live.run(script, "", around)
	t.eq(status .. message, "0", "it runs")
	local lines = {}
	for line in out:gmatch("([^\n]*)\n") do
		lines[#lines + 1] = line
	end
	return lines, out
end

-- Names that a process gives itself: prctl takes any bytes.
local hostile = [==[
local BPF = require "luatrace"
ffi.cdef [[
int getppid(void);
int prctl(int, ...);
]]
local b = BPF { cflags = { "-DPID=" .. io.open("/proc/self/stat"):read("*n") }, text = [[
enum colour { RED = 5, GREEN };
struct event { u64 big; s64 low; u32 pid; enum colour colour; char comm[TASK_COMM_LEN]; u8 mac[6]; bool flag; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = { .big = ~0ull, .low = 1ll << 63, .pid = PID, .colour = GREEN, .mac = { 1, 2, 0xff }, .flag = true };
	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	events.perf_submit(args, &e, sizeof(e));
	return 0;
}]] }
local c = BPF.columns {
	{ "BIG", width = 21, align = "right" }, { "LOW", width = 21 }, { "COLOUR" }, { "COMM", width = 20 },
	{ "MAC", width = 18 }, { "FLAG" }, { "HEX", width = 18, hex = true },
	{ "MS", width = 9, align = "right", decimals = 3 },
	{ "NONE" },
}
c:header()
b.events:open_perf_buffer(function(_, e)
	c:row(e.big, e.low, e.colour, e.comm, e.mac, e.flag, e.big, e.pid / e.pid * 1.0625, nil)
end)
for _, name in ipairs { "plain", "\27[2J\n\r", "\255\254x", "日本", "$(reboot)'\"`", "exactly15bytes!" } do
	ffi.C.prctl(15, ffi.cast("const char *", name))
	ffi.C.getppid()
end
b:perf_buffer_consume()
]==]
local lines, out = lines_of(hostile)
t.eq(#lines, 7, "a header and six rows, and nothing after them")
t.ok(not out:find("[%z\1-\9\11-\31\127]"), "no control character")
t.eq(lines[1], "                  BIG LOW                   COLOUR COMM                 MAC                FLAG HEX"
	.. "                       MS NONE", "the header")
local row = " 18446744073709551615 -9223372036854775808  6      %s "
	.. "01 02 ff 00 00 00  true 0xffffffffffffffff     1.062 -"
for i, comm in ipairs {
	"plain               ", "\\e[2J\\n\\r           ", "\\xff\\xfex           ", "日本                ",
	"$(reboot)'\"`        ", "exactly15bytes!     ",
} do
	t.eq(lines[i + 1], row:format(comm), "the row of " .. comm:gsub(" +$", ""))
end

-- Who reads along gets what a sweep printed when it is over, in few pieces; between sweeps, a line at a time.
local counts = [==[
local BPF = require "luatrace"
ffi.cdef "int getppid(void);"
local b = BPF { cflags = { "-DPID=" .. io.open("/proc/self/stat"):read("*n") }, text = [[
struct event { u64 n; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = {};
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		events.perf_submit(args, &e, sizeof(e));
	return 0;
}]] }
local rows = BPF.columns { { "N" }, { "TEXT" } }
local function writes()
	return tonumber(io.open("/proc/self/io"):read("*a"):match("syscw: (%d+)"))
end
local seen = 0
b.events:open_perf_buffer(function(_, e)
	seen = seen + 1
	if seen % 2 == 0 then
		rows:row(e.n, "row")
	else
		print("print", seen)
	end
end, { page_cnt = 256 })
local told = {}
for round = 1, 2 do
	for _ = 1, 997 do
		ffi.C.getppid()
	end
	local before = writes()
	b:perf_buffer_consume()
	told[#told + 1] = "sweep " .. round .. " " .. writes() - before
	before = writes()
	print("between")
	print("between", round)
	told[#told + 1] = "between " .. round .. " " .. writes() - before
end
io.stderr:write(seen, "\n", table.concat(told, "\n"), "\n")
]==]
local status, _, said = live.run(counts, "", "%s | cat")
t.eq(status, 0, "printing into a pipe")
t.eq(said:match("^%d+"), "1994", "all records")
for round = 1, 2 do
	t.ok(tonumber(said:match("sweep " .. round .. " (%d+)")) <= 2, "a sweep's lines are written together: " .. said)
	t.eq(said:match("between " .. round .. " (%d+)"), "2", "others one by one")
end
status, out = live.run(counts, "", "%s 2>/dev/null | cat")
t.eq(status, 0, "and again")
local number, wrong = 0, 0
for line in out:gmatch("[^\n]+") do
	if not line:find("^between") then
		number = number + 1
		if line ~= (number % 2 == 0 and "0 row " or "print\t" .. number) and line ~= "0 row" then
			wrong = wrong + 1
		end
	end
end
t.eq(number, 1994, "a line each")
t.eq(wrong, 0, "rows and print in order")

-- A script that chose to have no buffer has none.
status, _, said = live.run('io.stdout:setvbuf "no"\n' .. counts, "", "%s | cat")
t.eq(status, 0, "printing without a buffer")
t.ok(tonumber(said:match("sweep 2 (%d+)")) >= 997, "its lines go out one by one: " .. said)

-- An error in the function: what was printed before is there, ahead of the message.
local _, error_out, error_message = live.run(counts:gsub('rows:row%(e.n, "row"%)', "error 'mine'"), "", "%s | cat")
t.eq(error_out, "print\t1\n", "printed before the error")
t.like(error_message, "mine", "the error")

-- A string with a NUL, a value that cannot be shown, more values than columns.
lines = lines_of([==[
local BPF = require "luatrace"
local c = BPF.columns { { "A", width = 3 }, { "B" } }
c:row("a\0b", 1)
local bad = setmetatable({}, { __tostring = function() error "mine" end })
pcall(c.row, c, "gone", bad)
c:row("next")
print(pcall(function() c:row(1, 2, 3, nil) end))
print(pcall(function() c.row(1, 2) end))
]==])
t.eq(lines[1], "a\\x00b 1", "a NUL in a string")
t.eq(lines[2], "next -", "nothing of the row before")
t.like(lines[3], "row: 4 values for 2 columns", "more values than columns")
t.like(lines[4], "row: call it with a colon: rows:row%(…%)", "a dot for a colon")

-- Misuse.
local misuse = {
	{ "{}", 'takes a table of columns, like { { "PID", width = 7 }, { "COMM" } }, not one without any' },
	{ "7", "takes a table of columns, like { { \"PID\", width = 7 }, { \"COMM\" } }, not number 7" },
	{ "{ 'A' }", "column 1: takes a table like { \"PID\", width = 7 }, not string 'A'" },
	{ "{ { width = 3 } }", "column 1: takes a table like { \"PID\", width = 7 }, not one without a name" },
	{ "{ { 'A' }, { 'B', widt = 3 } }", "column 2: unknown argument 'widt'; did you mean 'width'?" },
	{ "{ { 'A', width = 0 } }", "column 1: width= takes an integer from 1" },
	{ "{ { 'A', width = 1025 } }", "column 1: width= is at most 1024, not 1025" },
	{ "{ { 'A', align = 'middle' } }", 'column 1: align= is "left" or "right", not string \'middle\'' },
	{ "{ { 'A', decimals = 18 } }", "column 1: decimals= is at most 17, not 18" },
}
for _, case in ipairs(misuse) do
	local code, _, message = live.run(("require('luatrace').columns(%s)"):format(case[1]), "")
	t.eq(code, 1, case[1] .. " is refused")
	t.ok(message:find(case[2], 1, true), "it says why: " .. message)
	t.ok(message:find(".lua:1: columns: ", 1, true), "and where")
end
t.done()

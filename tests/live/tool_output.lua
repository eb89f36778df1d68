-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- What tools show: hostile names in each format, read by parsers of others; readers that are slow or gone; --top.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local terminal = require "terminal"
local tool = require "tool"

-- A record for each name that a process gives to prctl(PR_SET_NAME); it comes whole, and its 16 bytes have no end.
local NAMES = live.file([==[
return {
	summary = "names",
	params = function() return { parent = tonumber(io.open("/proc/self/stat"):read("*n")) } end,
	text = [[
struct event { u64 ts; u32 pid; u64 big; char comm[16]; };
const volatile u32 parent;
BPF_RINGBUF_OUTPUT(events, 64);
TRACEPOINT_PROBE(syscalls, sys_enter_prctl) {
	struct event e = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .big = ~0ull };
	if (args->option != 15)
		return 0;
	bpf_probe_read_user(e.comm, sizeof(e.comm), (void *)args->arg2);
	/* others set names too */
	if (((struct task_struct *)bpf_get_current_task())->real_parent->tgid != parent)
		return 0;
	events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "BIG", width = 20 }, { "COMM", width = 16 },
		{ "HALF", unit = "ms", decimals = 1, value = function() return 0.5 end },
		{ "NONE", value = function() end }, { "EVEN", value = function(e) return e.pid % 2 == 0 end },
	},
}
]==], "names.lua")
local HOSTILE = {
	"plain", "\27[2J\27]0;x\7", "two\nrows", "a,b\"c\"", "=cmd|' /C x'!A0", "\255\254\128", "\226\128\174rtl\226\128\168",
	"$(reboot)`id`", "'; DROP TABLE", "</script>", "exactly16bytes!!", "\\u0041\\", "tab\there", "日本",
}
local script = { "import ctypes, os\nlibc = ctypes.CDLL(None)\nfor name in [" }
for _, name in ipairs(HOSTILE) do
	script[#script + 1] = "bytes([" .. name:gsub(".", function(byte) return byte:byte() .. "," end) .. "]),"
end
script[#script + 1] = "]:\n    libc.prctl(15, ctypes.create_string_buffer(name, 17))\n"
local python = live.file(table.concat(script), "names.py")
local command = "exec python3 " .. python

local function of(words)
	local status, out, err = tool.run(NAMES .. " " .. words, command)
	t.eq(status .. err, "0", words ~= "" and words or "a table")
	return out
end

local out = of ""
local lines = {}
for line in out:gmatch "[^\n]*\n" do
	lines[#lines + 1] = line
end
t.eq(#lines, 1 + #HOSTILE, "a header, and a row for each name")
t.like(lines[1], "^PID     BIG                  COMM             HALF%(ms%) NONE EVEN\n$", "the header")
t.ok(not out:find "[%z\1-\9\11-\31\127]", "no control character")
t.like(lines[3], " 18446744073709551615 \\e%[2J\\e%]0;x\\x07 +0%.5 %- +[tf]%a+", "escapes")
t.like(of "-T", "\n%d%d:%d%d:%d%d%.%d%d%d%d%d%d %d+ ", "a time")

-- Read by Python's parsers: what each name was.
local function parsed(text, code)
	local path = live.file(text, "parsed")
	local status, said, err = sh.run(("python3 -c %s %s"):format(sh.quote("import sys, json, csv\n" .. code), path))
	t.eq(status .. err, "0", "an independent parser takes it")
	local names = {}
	for name in said:gmatch "([^\1]*)\1" do
		names[#names + 1] = name
	end
	return names, said
end
local json = of "--json"
t.ok(not json:find "[%z\1-\9\11-\31\127]", "JSON: no control character")
local names = parsed(json, [[
for line in open(sys.argv[1], encoding="utf-8", newline="\n"):
    row = json.loads(line)
    assert row["big"] == 2**64 - 1 and row["half_ms"] == 0.5 and row["none"] is None and isinstance(row["even"], bool)
    assert row["time"].endswith("Z")
    sys.stdout.buffer.write(row["comm"].encode() + b"\1")
]])
t.eq(#names, #HOSTILE, "JSON: each")
for i, name in ipairs(HOSTILE) do
	local wanted = name == "\255\254\128" and ("\239\191\189"):rep(3) or name
	t.eq(names[i], wanted, ("JSON: %q comes back"):format(name))
end
names = parsed(of "--csv", [[
rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8", newline="")))
assert list(rows[0]) == ["pid", "big", "comm", "half_ms", "none", "even"], rows[0]
for row in rows:
    assert row["big"] == str(2**64 - 1) and row["half_ms"] == "0.5" and row["none"] == "" and None not in row, row
    sys.stdout.buffer.write(row["comm"].encode() + b"\1")
]])
t.eq(#names, #HOSTILE, "CSV: each is one row")
t.eq(names[1] .. names[4] .. names[9], "plaina,b\"c\"'; DROP TABLE", "CSV: as they are")
t.eq(names[3] .. names[5], "two\\nrows'=cmd|' /C x'!A0", "CSV: a row is a line, and no formula is one")

-- Readers.
local many = live.file([==[
return {
	summary = "calls",
	params = function() return { parent = tonumber(io.open("/proc/self/stat"):read("*n")) } end,
	text = [[
struct event { u32 pid, number; };
u32 number;
const volatile u32 parent;
BPF_RINGBUF_OUTPUT(events, 1024);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
	/* others call it too */
	if (((struct task_struct *)bpf_get_current_task())->real_parent->tgid != parent)
		return 0;
	struct event e = { bpf_get_current_pid_tgid() >> 32, __sync_fetch_and_add(&number, 1) };
	events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]],
	columns = { { "PID", width = 7 }, { "NUMBER" } },
}
]==], "many.lua")
local calls = live.file("exec >/dev/null\nexec build/tests/workload getppid 20000\n", "calls.sh")
local run = ("%s -c 'sh %s' %s"):format(live.luatrace, calls, many)
local status, said, err = sh.run(("%s | (sleep 0.5; cat) | tail -n 20000 | cksum; exit ${PIPESTATUS:-0}"):format(run))
t.eq(status .. err, "0", "a slow reader")
t.ok(said ~= "", "what it got")
local _, whole = sh.run(run
	.. " | awk 'NR > 1 && $2 != NR - 2 { print \"gap\", NR } END { print (NR > 20000 ? \"all\" : NR) }'")
t.eq(whole, "all\n", "a reader has all rows, in order")
_, said, err = sh.run(("{ %s; echo status $? >&2; } | head -3"):format(run))
t.eq(select(2, said:gsub("\n", "")), 3, "a reader that goes")
t.ok(not err:find "luatrace:", "is no error: " .. err)
status, _, err = sh.run(run .. " >/dev/full")
t.ok(status == 1 and err:find "^luatrace: standard output: No space left on device\n", "a full disk: " .. err)

-- In place.
local term = terminal.start { columns = 60, rows = 12, command = live.luatrace .. " syscount --top -r 5 1" }
term:await("^%d%d:%d%d:%d%d  syscount\nSYSCALL +COUNT\n[%w_]+ +%d+\n", "--top: a title, and the table below it")
local first = term:screen():match "^(%d%d:%d%d:%d%d)"
term:await("\n[%w_]+ +%d+\n.- and %d+ more\n$", "no more rows than asked for")
t.ok(live.await(function() return term:screen():match "^(%d%d:%d%d:%d%d)" ~= first end), "again, in the same place")
term:resize(20, 6)
t.ok(live.await(function()
	local screen = term:screen()
	return select(2, screen:gsub("\n", "")) <= 6 and screen:find "^%d%d:%d%d:%d%d  syscount\n"
end), "in a small terminal")
term:key("C-c")
term:await("ended 0\n$", "Ctrl-C")
t.like(term:all(), "\n%.%.%. and %d+ more\nended 0\n", "the last table stays")
term:close()

-- An error's message is not on a screen that is left with it.
local FAILS = live.file([==[
return {
	summary = "fails", text = "BPF_ARRAY(none, u64, 1);", interval = 0.1, columns = { { "ONE" } },
	every = function(run)
		run:rows { { one = 1 } }
		error("told of it: " .. (run.shown > 2 and "at last" or run.none.such))
	end,
}
]==], "fails.lua")
term = terminal.start { command = live.luatrace .. (" %s --top"):format(FAILS) }
term:await("attempt to index field 'none'.*ended 1\n", "--top: an error's message stays")
term:close()

-- A duration of whole intervals: the last one is the last table, and nothing comes after it.
local TICKS = live.file([==[
return {
	summary = "ticks", text = "BPF_ARRAY(none, u64, 1);", interval = 0.3, columns = { { "TICK" }, { "LAST" } },
	every = function(run)
		run.since = run.since or 0
		local now = tonumber(require("luatrace").now())
		local is_new = now - run.since > 3e7
		run.since = now
		run:rows(is_new and { { tick = run.shown, last = run.last } } or {})
	end,
}
]==], "ticks.lua")
local function tables(words)
	local _, text = sh.run(("%s %s %s"):format(live.luatrace, TICKS, words))
	return (text:gsub("%d%d:%d%d:%d%d\n", ""):gsub("TICK LAST", "+"):gsub("%s+", " "))
end
t.eq(tables "-d 0.9", "+ 1 false + 2 false + 3 true ", "a duration of three intervals")
t.eq(tables "0.3 2 -d 0.6", "+ 1 false + 2 true ", "and as many are asked for")
t.eq(tables "-d 0.75", "+ 1 false + 2 false + 3 true ", "what is left of one is shown")
local recorded = sh.dir() .. "/ticks"
t.eq(tables("-d 0.6 --record " .. recorded), "+ 1 false + 2 true ", "recorded")
term = terminal.start { command = ("%s %s --top -d 0.6"):format(live.luatrace, TICKS) }
term:await("TICK LAST\n2    true\nended 0\n", "--top: the last table stays")
term:close()
-- Nothing more has come when it is ended.
local ONCE = live.file([==[
return {
	summary = "once", text = "BPF_ARRAY(none, u64, 1);", interval = 0.1, columns = { { "ONE" } },
	every = function(run) run:rows(run.last and {} or { { one = 1 } }) end,
}
]==], "once.lua")
term = terminal.start { command = ("%s %s --top"):format(live.luatrace, ONCE) }
term:await("\nONE\n1\n", "--top: a table")
term:key("C-c")
term:await("ONE\n1\nended 0\n", "--top: one that is not empty stays")
term:close()

-- Headings that are wider than their columns.
local WIDE = live.file([==[
return {
	summary = "wide", text = "BPF_ARRAY(none, u64, 1);",
	columns = { { "LATENCY", unit = "ms", decimals = 3, width = 9 }, { "TAG", width = 2 }, { "REST" } },
	every = function(run) run:rows { { latency = 1.5, tag = "a", rest = "b" } } end,
}
]==], "wide.lua")
local _, wide = tool.run(WIDE .. " -d 0.01")
t.eq(wide, "LATENCY(ms) TAG REST\n      1.500 a   b\n", "a column is as wide as its heading")

-- At the prompt it shows its rows above the line, until its object is closed.
term = terminal.start {}
term:await("luatrace>\n$", "a prompt")
term:gives((":run %s -T"):format(NAMES), "\nTIME +PID +BIG +COMM[^\n]*\n.*luatrace>\n$", "a tool is started")
term:gives((':run %s --none'):format(NAMES), "unknown option '%-%-none'.*luatrace>\n$",
	"a mistake does not end the session")
local FINDS = live.file('return { summary = "finds", every = function(run) run:say "found it" end }', "finds.lua")
term:gives((":run %s"):format(FINDS), "\nfound it\n.*luatrace>\n$", "a tool that traces nothing ends at once")
term:gives('ffi.cdef "int prctl(int, ...);"', "luatrace>\n$", "a declaration")
term:gives(":detach", "luatrace>\n$", ":detach")
term:gives("6 * 7", "\n42\n", "it goes on")
term:close()
-- A row an interval: below one header. Its column has a name that is a word of Lua.
local ROWS = live.file([==[
return {
	summary = "rows", text = "BPF_ARRAY(none, u64, 1);", interval = 0.05, columns = { { "FUNCTION", width = 8 } },
	every = function(run) run:row { ["function"] = "f" } end,
}
]==], "rows.lua")
local _, three = tool.run(ROWS .. " 0.05 3")
term = terminal.start { command = ("%s %s --top 0.05"):format(live.luatrace, ROWS) }
term:await("^%d%d:%d%d:%d%d  rows\nFUNCTION\nf\n$", "--top: such a row in place, below its header")
term:key("C-c")
term:await("FUNCTION\nf\nended 0\n$", "--top: it stays")
term:close()
local FULL = live.file([==[
return {
	summary = "more than there is room for", columns = { { "KEY" } },
	text = [[
BPF_HASH(sums, u32, u64, 8);
u32 next;
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) { sums.increment(next++); return 0; }]],
	every = function(run)
		for _, entry in ipairs(run:take "sums") do
			run:row { key = entry.key }
		end
	end,
}
]==], "full.lua")
local _, rows_of_full, said_of_it = tool.run(FULL, "build/tests/workload getppid 30")
t.eq(select(2, rows_of_full:gsub("\n", "")) .. said_of_it, "9luatrace: map 'sums' was full (8 entries): what came "
	.. "after was not counted; a shorter interval or a filter leaves room\n", "a map that was full is told of")
t.eq(three, "FUNCTION\nf\nf\nf\n", "a row an interval")
t.done()

-- SPDX-License-Identifier: MIT
-- Not in guests: what is recorded is not the kernel's; tests/tools/ has real tools there.
-- --record and replay: the same again, without root, in each format; recordings that are cut short, damaged, or
-- not finished.
local t = require "tap"
local live = require "live"
local pieces = require "luatrace.tool.recording"
local sh = require "sh"
local tool = require "tool"

-- One tool that has records, an array, a hash of structs, a histogram by key, stacks and names of addresses.
local ALL = live.file([==[
return {
	summary = "all kinds of data",
	options = { { "label", type = "string", default = "none", help = "a word" } },
	filters = { "comm" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/stacks.h>
struct event { u64 ts; u32 pid; char comm[16]; struct { s8 a; u16 b[3]; } in; };
struct key { char key[16]; u32 slot; };
BPF_RINGBUF_OUTPUT(events, 64);
BPF_ARRAY(calls, u64, 2);
BPF_HASH(sums, u64, struct { u64 n; u32 last; }, 16);
BPF_HISTOGRAM(sizes, struct key, 64);
BPF_PERCPU_ARRAY(percpu, u64, 1);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
	struct event e = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .in = { -3, { 1, 2, 0xffff } } };
	struct { u64 n; u32 last; } zero = {}, *sum;
	struct key key = {};
	u64 *n, id = 7;
	int at = 0;
	if (!wanted())
		return 0;
	bpf_get_current_comm(e.comm, sizeof(e.comm));
	events.ringbuf_output(&e, sizeof(e), 0);
	calls.atomic_increment(1);
	n = percpu.lookup(&at);
	if (n)
		*n += 2;
	sum = (void *)sums.lookup_or_try_init(&id, (void *)&zero);
	if (sum) {
		sum->n++;
		sum->last = e.pid;
	}
	__builtin_memcpy(key.key, e.comm, 16);
	key.slot = 3;
	sizes.atomic_increment(key);
	count_stack(args, 1);
	return 0;
}]],
	stacks = { unit = "calls" },
	clock = "ts",
	columns = {
		{ "COMM", width = 16 }, { "A", value = function(e) return e["in"].a end },
		{ "B", value = function(e) return e["in"].b[2] end },
		{ "LABEL", value = function(_, run) return run.options.label end },
		{ "WHERE", value = function(_, run) return run:observe("where", function() return "seen once" end) end },
	},
	every = function(run)
		for _, entry in ipairs(run:take "calls") do
			run:say("calls %d: %d", entry.key, tonumber(entry.value))
		end
		for _, entry in ipairs(run:take "sums") do
			run:say("sums %s: %d %s", tostring(entry.key), tonumber(entry.value.n), entry.value.last > 0)
		end
		for _, entry in ipairs(run:read "percpu") do
			run:say("percpu %d", tonumber(entry.value))
		end
		run:hist("sizes", { unit = "bytes", label = "comm" })
		run:show_stacks()
	end,
}
]==], "all.lua")
local COUNT = 29
local recording = sh.dir() .. "/recording"
local _, status, out, err
status, out, err = tool.run(("%s -n workload -T --label 'a b' --record %s"):format(ALL, recording),
	("exec build/tests/workload getppid %d"):format(COUNT))
t.eq(status .. err, "0", "it records")
t.eq(select(2, out:gsub("%d%d:%d%d:%d%d%.%d+ workload +%-3 65535 a b   seen once\n", "")), COUNT, "a row each")
for _, line in ipairs { "calls 1: 29", "sums 7ULL: 29 true", "percpu 58", "comm = workload", "        29 calls" } do
	t.ok(("\n" .. out):find("\n" .. line, 1, true), line)
end
t.eq(select(2, sh.run("stat -c %a " .. recording)), "600\n", "for its owner alone")
status, _, err = tool.run(("%s --record %s"):format(ALL, recording), "true")
t.like(status .. err, "^1luatrace: %-%-record: .*: File exists; give another name, or remove it\n", "never over a file")

local function replay(words, path, around)
	return sh.run(("%s %s replay --tool %s %s %s"):format(around or "", live.luatrace, ALL, path or recording,
		words or ""))
end
local again
status, again, err = replay()
t.eq(status .. err, "0", "it replays")
t.eq(again, out, "the same again")
local NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
if sh.run(NOBODY .. " true") ~= 0 then
	t.skip "without root: setpriv cannot change the user here"
else
	sh.run(("chmod 755 %s; chmod 644 %s %s"):format(sh.dir(), recording, ALL))
	t.eq(select(2, replay("", nil, NOBODY)), out, "the same without root")
end
local json = select(2, replay "--json --label other")
local rows = tool.decode(json)
t.eq(#rows, COUNT + 2, "as JSON: records, a histogram, a stack")
t.eq(rows[1].label .. rows[1].b .. rows[COUNT + 1].comm .. rows[COUNT + 1].buckets[1].count .. rows[COUNT + 2].count,
	"other65535workload2929", "what is in it; an option of the replay's own")
local LIVE = { ["-d 1"] = "duration", ["-n x"] = "comm", ["--record x"] = "record", ["--dry-run"] = "dry-run" }
for words, name in pairs(LIVE) do
	local code, _, message = replay(words)
	t.like(code .. message, "^2luatrace replay %-%-tool [^\n]*/recording: %-%-" .. name:gsub("%-", "%%-")
		.. " says what is traced: it is too late for a recording\n", words)
end
do
	local file = sh.dir() .. "/times"
	tool.run("cpudist --record " .. file, "true")
	local code, _, message = sh.run(live.luatrace .. " replay " .. file .. " -m")
	t.like(code .. message, "^2luatrace replay [^ ]*/times: %-%-milliseconds says what is traced: ",
		"an option that set a constant")
end
do
	local file, failing = sh.dir() .. "/failing", live.file([==[
local seen = 0
return { summary = "fails", text = [[
struct event { u32 pid; };
BPF_RINGBUF_OUTPUT(events, 64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
	struct event e = { bpf_get_current_pid_tgid() >> 32 };
	events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]], columns = { { "PID" } }, on = { events = function(run, e)
	seen = seen + 1
	run:row(e)
	return seen == 5 and error "five are enough"
end } }]==], "failing.lua")
	local _, shown = tool.run(failing .. " --record " .. file, "build/tests/workload getppid 9")
	local _, once_more = sh.run(("%s replay --tool %s %s"):format(live.luatrace, failing, file))
	t.eq(select(2, shown:gsub("\n", "")), 6, "a tool that fails has shown five")
	t.eq(once_more, shown, "and they are in the recording")
end
t.like(select(2, replay "--csv"), "^time,comm,a,b,label,where\n%d+%-", "as CSV")
t.like(select(2, replay "--folded"), "^workload;[^\n]* 29\n$", "folded")
-- Options of a recording are anyone's. The head is the first piece: its kind, size and bytes.
local whole = sh.read(recording)
local function piece(kind, bytes)
	return kind .. string.char(#bytes % 256, math.floor(#bytes / 256)) .. "\0\0" .. bytes
end
local function head(options)
	return pieces.MAGIC .. piece("H", pieces.encode { tool = "all", offset = 0, options = options })
end
local victim = live.file("whole", "victim")
local low, high = whole:byte(#pieces.MAGIC + 2, #pieces.MAGIC + 3)
local forged = head { flame = victim } .. whole:sub(#pieces.MAGIC + 6 + low + 256 * high)
status, out, err = replay("--csv", live.file(forged, "forged"))
t.eq(status .. err .. sh.read(victim), "0whole", "a recording has no file written over")
t.like(out, "^time,comm,a,b,label,where\n%d+%-", "it replays otherwise")
status, out, err = replay("--no-such")
t.like(status .. out .. err, "^2luatrace replay %-%-tool [^\n]*/recording: unknown option", "an option that it has not")

-- Files that are none, or not whole. What is there is shown, and the end says that it is missing.
local function damaged(bytes)
	return replay("", live.file(bytes, "damaged"), "timeout 10")
end
status, _, err = damaged("something else")
t.like(status .. err, "^1luatrace: replay: .*/damaged: this is no recording of this version of luatrace\n",
	"no recording")
status, _, err = replay("", "/nonexistent")
t.like(status .. err, "^1luatrace: replay: /nonexistent: No such file or directory\n", "no file")
local quiet, cut = 0, 0
for i = 1, 40 do
	local size = math.floor(#whole * i / 41)
	status, _, err = damaged(whole:sub(1, size))
	quiet = quiet + (status == 1 and select(2, err:gsub("\n", "")) <= 2 and 0 or 1)
	cut = cut + (err:find "cut short" and 1 or 0)
	if status ~= 1 then
		t.diag(("%d of %d bytes: %d %s"):format(size, #whole, status, err))
	end
end
t.eq(quiet, 0, "cut short: one message, and status 1")
t.ok(cut > 30, ("it says so (%d of 40)"):format(cut))
math.randomseed(7)
local crashed = 0
for _ = 1, 60 do
	local at = math.random(#whole)
	status, _, err = damaged(whole:sub(1, at - 1) .. string.char(math.random(0, 255)) .. whole:sub(at + 1))
	if status > 1 then
		crashed = crashed + 1
		t.diag(("byte %d: %d %s"):format(at, status, err))
	end
end
t.eq(crashed, 0, "a byte that is another one: an error, or something to show")

status, _, err = damaged(head {} .. piece("M", pieces.encode { 1, "calls", 0, 0, 0, 0 }) .. piece("S", "\1\0\0\0x"))
t.like(status .. err, "^1luatrace: replay: .*/damaged: a map whose entries have no size\n", "entries of no size")
local RECORDS = live.file('return { summary = "records alone", text = "", columns = { { "COMM" } } }', "records.lua")
local ended = piece("T", pieces.encode { 1 }) .. piece("E", pieces.encode { 2 })
local path = live.file(head {} .. ended, "ended")
status, out, err = sh.run(("%s replay --tool %s %s"):format(live.luatrace, RECORDS, path))
t.eq(status .. out .. err, "0COMM\n", "intervals, to a tool that has none")

-- Of another tool, or of the tool as it was: what fits is shown, and what does not says whose it is.
local function other(name, members)
	local tool_of = live.file(('return { summary = "other", text = "", %s }'):format(members), name .. ".lua")
	status, out, err = sh.run(("%s replay --tool %s %s"):format(live.luatrace, tool_of, recording))
	return status .. err
end
t.eq(other("some", 'columns = { { "PID" }, { "COMM" } }'), "0", "another tool, whose columns fit")
t.eq(select(2, out:gsub(" %d+ +workload\n", "")), COUNT, "shows what it can")
local WHOSE = "^1luatrace: replay: [^\n]*/recording: the recording is of 'all', not 'other': [^\n]*/other%.lua:"
t.like(other("other", 'columns = { { "PIDD" } }'),
	WHOSE .. " column 'PIDD': struct event has no member 'pidd'; did you mean 'pid'%?\n$", "a column")
t.like(other("other", 'columns = { { "PIDD" } }, finish = function() end'), WHOSE .. " column 'PIDD': ",
	"a column, where there is more than records")
t.like(other("other", 'columns = { { "PID" } }, clock = "tss"'), WHOSE .. " clock=: struct event has no member 'tss'",
	"a clock")
t.like(other("other", 'finish = function() end'), WHOSE .. " the records of output 'events' are for nobody", "none")
t.like(other("other", 'columns = { { "A", value = function(e) return e.sum end } }'), WHOSE .. "1: struct event has no "
	.. "member 'sum'[^\n]*\n$", "what a function asks for")
t.like(other("other", 'name = "all", columns = { { "PIDD" } }'), "^1luatrace: replay: [^\n]*/recording: the recording "
	.. "is of 'all' as it was then: [^\n]*/other%.lua: column 'PIDD': ", "as it was")
do
	local function table_of(column)
		return live.file((('return { summary = "a table", text = "BPF_ARRAY(none, u64, 1);", sort = "NAME", columns = '
			.. '{ { "NAME" } }, every = function(run) run:rows { { one = 1 }, { one = 2 } } end }'):gsub("NAME", column)),
			column .. ".lua")
	end
	local one, two, file = table_of "ONE", table_of "TWO", sh.dir() .. "/table"
	t.eq(select(2, sh.run(("%s %s -d 0.01 --record %s"):format(live.luatrace, one, file))), "ONE\n2\n1\n", "a table")
	status, out, err = sh.run(("%s replay --tool %s %s"):format(live.luatrace, two, file))
	t.eq(status .. out .. err, "0TWO\n-\n-\n", "to a tool that has no such column to sort by")
	status, out, err = sh.run(("%s replay --tool %s %s --sort ONE"):format(live.luatrace, one, file))
	t.eq(status .. out .. err, "0ONE\n2\n1\n", "to sort by a column")
	status, out, err = sh.run(("%s replay --tool %s %s --sort THREE"):format(live.luatrace, two, file))
	t.like(status .. out .. err, "^2luatrace replay [^\n]*: %-%-sort takes the name of a column, one of TWO, not "
		.. "'THREE'\n", "that there is none of")
end

-- A tracer that is killed leaves what it had recorded; a disk that is full ends the trace.
local file = sh.dir() .. "/killed"
local job = live.start(("%s %s -n workload --record %s 0.1"):format(live.luatrace, ALL, file))
live.await(function() return #(sh.read(file) or "") > 0 end)
sh.run(("build/tests/workload getppid %d"):format(COUNT))
-- an interval may end in the midst of the calls, and is in the file a little later than it is shown
local function calls_in(text)
	local sum = 0
	for n in ("\n" .. text):gmatch "\ncalls 1: (%d+)" do
		sum = sum + tonumber(n)
	end
	return sum
end
live.await(function() return calls_in(job:output()) == COUNT end)
for _ = 1, 2 do
	local size = #sh.read(file)
	live.await(function() return #sh.read(file) > size end)
end
job:kill "KILL"
job:wait()
status, out, err = replay("", file)
t.ok(status == 1 and err:find "cut short", "what a killed tracer had recorded: " .. err)
t.eq(calls_in(out), COUNT, "is shown")

local place = sh.dir() .. "/full"
if sh.run(("mkdir %s && mount -t tmpfs -o size=64k tmpfs %s"):format(place, place)) ~= 0 then
	t.skip "a full disk: no tmpfs can be mounted here"
else
	status, _, err = tool.run(("%s -n workload --record %s/file"):format(ALL, place),
		"exec build/tests/workload getppid 5000")
	t.like(status .. err, "^1luatrace: %-%-record: .*/file: No space left on device; what was recorded until then is "
		.. "in it\n",
		"a full disk ends the trace")
	status, out, err = replay("", place .. "/file")
	t.ok(status == 1 and out:find "seen once\n" and err:find "cut short", "what is there is shown: " .. err)
	sh.run("umount " .. place)
end
t.done()

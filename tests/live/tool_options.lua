-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- Tools before they trace: what is wrong with their files and their command lines, help, lists, what is said without
-- root.
local t = require "tap"
local live = require "live"
local sh = require "sh"

local TEXT = [==[
return {
	summary = "numbers of calls of getppid",
	example = "# luatrace small",
	options = {
		{ "least", "l", type = "integer", min = 2, max = 9, default = 3, metavar = "N", help = "at least so many" },
		{ "kind", choices = { "one", "two" }, help = "one of two" },
		{ "word", type = "string", many = true, help = "some words" },
		{ "plain", "p", help = "a flag with a letter that is a filter's" },
		{ "place", positional = true, help = "where" },
		{ "long", type = "milliseconds", help = "only so long", sets = "long_ns" },
		{ "port", type = "port", help = "only this port", sets = "wanted_port" },
		{ "which", choices = { "first", "second" }, help = "first or second", sets = "number" },
		{ "micro", help = "in microseconds", sets = "divisor", times = 1000 },
	},
	filters = { "pid", "uid", "cgroup" },
	params = function(options) return { least = options.least } end,
	text = [[
#include <luatrace/filter.h>
const volatile u32 least;
const volatile u32 number, divisor = 1;
const volatile u64 long_ns;
const volatile u16 wanted_port;
struct event { u32 pid; };
BPF_RINGBUF_OUTPUT(events, 1);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
	struct event e = { least };
	if (wanted())
		events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]],
	columns = { { "PID", width = 7 } },
}
]==]
local path = live.file(TEXT, "small.lua")

local function run(words, as)
	return sh.run(("%s %s %s"):format(as or "", live.luatrace, words))
end

local _, status, out, err
status, out, err = run(path .. " --help")
t.eq(status .. err, "0", "help")
t.eq(out:match "^[^\n]*", ("usage: luatrace %s [options] [PLACE]"):format(path), "by the words that it was run by")
t.like(out, "^[^\n]*\n\nNumbers of calls of getppid%.\n\nOptions:\n"
	.. "  %-l, %-%-least N +at least so many %(default: 3%)\n", "its beginning")
t.like(out, "\n  %-p, %-%-plain +a flag", "the tool's letter")
t.like(out, "\n      %-%-pid PID +only this process\n", "a filter has it no more")
t.like(out, "\nExample:\n  # luatrace small\n$", "the example, in the end")

local NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
if sh.run(NOBODY .. " true") ~= 0 then
	t.skip "without root: setpriv cannot change the user here"
else
	sh.run(("chmod 755 %s; chmod 644 %s"):format(sh.dir(), path))
	t.eq(select(2, run(path .. " --help", NOBODY)), out, "help without root")
	status, out, err = run(path .. " --dry-run --least 5 --pid 77", NOBODY)
	t.eq(status .. err, "0", "--dry-run without root")
	t.like(out, "\n  tracepoint:syscalls:sys_enter_getppid\nconstants:\n  least = 5\n.*  lt_filter_pid = 77\n",
		"what it says")
	status, _, err = run(path, NOBODY)
	t.ok(status == 1 and err:find "run as root" and not err:find "\n.*\n.*\n", "tracing without root: " .. err)
end
status, out = run(path .. " --dry-run")
t.eq(status, 0, "--dry-run")
t.like(out, "^small: numbers of calls of getppid\nprograms:\n  tracepoint__syscalls__sys_enter_getppid +"
	.. "tracepoint:syscalls:sys_enter_getppid\nconstants:\n", "with root")
_, out = run(path .. " --dry-run --long 1.5 --port 80 --which second --micro")
t.like(out, "\n  divisor = 1000\n.*  long_ns = 1500000\n.*  number = 2\n  wanted_port = 80\n",
	"options that set variables")

local function refuses(words, pattern)
	local got, said, message = run(path .. " " .. words)
	local command = ("luatrace " .. path):gsub("%p", "%%%0")
	t.like(message, ("^%s: %s\n'%s %%-%%-help' lists its options\n$"):format(command, pattern, command), words)
	t.eq(got .. said, "2", words .. ": status")
end
refuses("--port 0", "%-%-port takes a whole number from 1 to 65535, not '0'")
refuses("--leest 3", "unknown option '%-%-leest'; did you mean '%-%-least'%?")
refuses("--least x", "%-%-least takes a whole number from 2 to 9, not 'x'")
refuses("--least 2.5", "%-%-least takes a whole number from 2 to 9, not '2.5'")
refuses("--least 10", "%-%-least takes a whole number from 2 to 9, not '10'")
refuses("--least nan", "%-%-least takes a whole number from 2 to 9, not 'nan'")
refuses("--least", "option '%-%-least' requires an argument")
refuses("--kind three", ".*must be one of 'one', 'two'")
refuses("--duration=-1", "%-%-duration takes a number of seconds, at least 0, not '%-1'")
refuses("a b", "too many arguments")
refuses("--json --csv", "option '%-%-csv' can not be used together with option '%-%-json'")
refuses("--cgroup x --container abcd", "option '%-%-container' can not be used together with option '%-%-cgroup'")
for words, pattern in pairs {
	["--uid lt-nobody-of-that-name"] = "%-%-uid: 'lt%-nobody%-of%-that%-name' is no user of this machine, and no number",
	["--cgroup /proc"] = "%-%-cgroup: ",
	["--container zz"] = "%-%-container: takes the first digits of a container's id, at least four, not 'zz'",
	["--record /nonexistent/x"] = "%-%-record: /nonexistent/x: No such file or directory",
} do
	status, out, err = run(path .. " " .. words .. " --json")
	t.ok(status == 1 and out == "" and err:find("^luatrace: " .. pattern), words .. ": " .. err)
end

status, out, err = run "syscount --sort nope"
t.eq(status .. out .. err, "2luatrace syscount: --sort takes the name of a column, one of SYSCALL, PID, COMM, COUNT, "
	.. "TIME, not 'nope'\n'luatrace syscount --help' lists its options\n", "a column that there is none of")

-- Options that may be given several times.
local MANY = [==[
local function shown(list) return #list .. ":" .. table.concat(list, "+") end
return {
	summary = "words",
	options = {
		{ "tag", type = "string", many = true, help = "tags" },
		{ "level", type = "integer", many = true, default = { 3, 5 }, help = "levels", sets = "levels" },
		{ "file", positional = true, many = true, help = "files" },
	},
	text = "const volatile u32 levels[4];\nBPF_ARRAY(none, u64, 1);\n"
		.. "int f(struct bpf_raw_tracepoint_args *ctx) { return levels[0]; }",
	every = function(run)
		local o, b = run.options, run.b
		run:say("tag %s level %s file %s", shown(o.tag), shown(o.level), shown(o.file))
		if b then
			run:say("sets %d %d %d", b.vars.levels[0], b.vars.levels[1], b.vars.levels[2])
		end
	end,
}
]==]
local many = live.file(MANY, "many.lua")
local needs_one = live.file((MANY:gsub('"tag", type', '"tag", required = true, type'):gsub('positional = true,',
	'positional = true, required = true,')), "needs_one.lua")
local function shows(words, expected)
	local got, said, message = run(words)
	t.eq(got .. said .. message, "0" .. expected, words)
end
out = select(2, run(many .. " --help"))
t.like(out, "^usage: luatrace [^\n]*/many%.lua %[options%] %[FILE%.%.%.%]\n",
	"several words, which no INTERVAL follows")
t.like(out, "\n +%-%-tag TEXT +tags\n +%-%-level NUMBER +levels %(default: 3, 5%)\n", "their defaults")
shows(many .. " -d 0.01", "tag 0: level 2:3+5 file 0:\nsets 3 5 0\n")
shows(many .. " -d 0.01 a --tag x b --level 7 --tag y 1", "tag 2:x+y level 1:7 file 3:a+b+1\nsets 7 0 0\n")
shows(needs_one .. " -d 0.01 --tag x --tag y a b", "tag 2:x+y level 2:3+5 file 2:a+b\nsets 3 5 0\n")
status, _, err = run(needs_one .. " -d 0.01 --tag x")
t.like(status .. err, "^2luatrace [^\n]*/needs_one%.lua: missing argument 'file'\n", "one word at least")
status, _, err = run(needs_one .. " -d 0.01 a")
t.like(status .. err, "^2luatrace [^\n]*/needs_one%.lua: missing option '%-%-tag'\n", "one at least")
local recording = sh.dir() .. "/many.recording"
shows(("%s -d 0.01 --tag a --tag b --level 7 --level 9 one two --record %s"):format(many, recording),
	"tag 2:a+b level 2:7+9 file 2:one+two\nsets 7 9 0\n")
local again = ("replay --tool %s %s"):format(many, recording)
shows(again, "tag 2:a+b level 2:7+9 file 2:one+two\n")
shows(again .. " --tag c three --level 7 --level 9", "tag 1:c level 2:7+9 file 1:three\n")
status, _, err = run(again .. " --level 7")
t.like(status .. err, "^2luatrace replay [^\n]*: %-%-level says what is traced: it is too late for a recording\n",
	"other values")

-- What is wrong with a tool's file is said with the place.
local function wrong(change, with, pattern)
	local bad = live.file((TEXT:gsub(change, (with:gsub("%%", "%%%%")))), "bad.lua")
	local got, _, message = run(bad .. " --dry-run")
	t.ok(got ~= 0, with .. ": status")
	t.like(message, pattern, with)
end
wrong("summary =", "sumary =",
	"^luatrace: .*bad%.lua: the tool's table: unknown field 'sumary'; did you mean 'summary'%?")
wrong('summary = "[^"]*"', 'summary = ""', "the tool's table: summary= is missing")
local TYPES = "flag, number, integer, seconds, milliseconds, port, string"
wrong('type = "integer"', 'type = "whole"', ("option 'least': type= is one of %s, not 'whole'\n$"):format(TYPES))
wrong('type = "integer"', 'type = "integr"',
	("option 'least': type= is one of %s, not 'integr'; did you mean 'integer'%%?\n$"):format(TYPES))
wrong('"two" }, help', '"two" }, default = "three", help', "option 'kind': default= is one of one, two, not 'three'")
wrong('many = true', 'many = true, default = "x"',
	"option 'word': default= of one that has many = true is an array")
wrong('type = "string", many', 'many', "option 'word': many = true is of options that take something")
wrong('width = 7', 'metric = "sum"', "column 'PID': metric= is one of counter, gauge, none, not 'sum'\n$")
wrong('"kind"', '"least"', "option 'least' is there twice")
wrong('"kind"', '"Kind x"', "options: number 2 takes a table like")
wrong('help = "one of two"', 'hlp = "x"', "option 'kind': unknown field 'hlp'; did you mean 'help'%?")
wrong('width = 7', 'widt = 7', "column 'PID': unknown field 'widt'; did you mean 'width'%?")
wrong('"cgroup" }', '"cgruop" }', "filters: 'cgruop' is none; did you mean 'cgroup'%?")
wrong("wanted%(%)", "wantd()", "bad%.lua:%d+:%d+: error: .*'wantd'.*did you mean 'wanted'")
local variable = live.file(TEXT:gsub("const volatile u32 least;", "u32 least;"), "variable.lua")
status, _, err = run(variable .. " -d 0.1")
t.ok(status == 1 and err:find "params: 'least' is not const volatile in the text", err)
-- Variables, members: found when the tool begins, with or without anything to show.
local function wrong_at_start(text, pattern, words)
	local bad = live.file(text, "bad.lua")
	local got, _, message = run(bad .. " -d 0.01 " .. (words or ""))
	t.like(got .. message, "^1luatrace: [^\n]*/bad%.lua: " .. pattern .. "\n$", pattern)
end
local function changed(...)
	local text = TEXT
	for _, change in ipairs { ... } do
		text = text:gsub(change[1], (change[2]:gsub("%%", "%%%%")))
	end
	return text
end
local unknown = changed { 'sets = "long_ns"', 'sets = "long_nss"' }
wrong_at_start(unknown, "option 'long': sets= names 'long_nss', but the text has no const volatile variable of that "
	.. "name; did you mean 'long_ns'%?")
wrong_at_start(unknown, "option 'long': sets= names 'long_nss', .*", "--long 1")
wrong_at_start(changed { "const volatile u64 long_ns", "u64 long_ns" },
	"option 'long': sets= names 'long_ns', which is not const volatile in the text")
wrong_at_start(changed { '"PID", width', '"PID", field = "pidd", width' },
	"column 'PID': struct event has no member 'pidd'; did you mean 'pid'%?")
wrong_at_start(changed { '"PID", width', '"PIDD", width' }, "column 'PIDD': struct event has no member 'pidd'; .*",
	"--record " .. sh.dir() .. "/none")
t.eq(sh.read(sh.dir() .. "/none"), nil, "what could not begin leaves no recording")
wrong_at_start(changed({ "struct event { u32 pid", "struct event { u64 ts; u32 pid" }, { "{ least }", "{ 0, least }" },
	{ "columns =", 'clock = "tss", columns =' }), "clock=: struct event has no member 'tss'; did you mean 'ts'%?")
wrong_at_start(changed { "columns =", 'clock = "ts", on = { events = function() end }, columns =' },
	"clock=: struct event has no member 'ts'; known: pid")
wrong_at_start([==[return { summary = "entries", columns = { { "KEY" }, { "CONT" } },
	text = "struct sum { u64 count; };\nBPF_HASH(sums, u32, struct sum, 8);",
	every = function(run) run:rows "sums" end }]==],
	"column 'CONT': the entries of map 'sums' %(u32, struct sum%) have no member 'cont'; did you mean 'count'%?")
local nobodys = live.file(TEXT:gsub("columns = [^\n]*", ""), "nobodys.lua")
status, _, err = run(nobodys .. " -d 0.1")
t.ok(status == 1 and err:find "the records of output 'events' are for nobody: give columns=, or on = { events = ", err)

-- Lists.
status, out = run "list"
t.eq(status, 0, "list")
t.like("\n" .. out, "\nopensnoop +files as they are opened", "a tool")
t.ok(not out:find "\n%S+ +%(", "all can be read")
t.eq(select(2, run "list 'opensno*'"), ("\n" .. out):match "\n(opensnoop [^\n]*\n)", "by a pattern of the name")
t.like(select(2, run "list OPENED"), "^opensnoop ", "by a word of what it shows")
status, _, err = run "list lt-none"
t.eq(status .. err, "1luatrace list: no tool matches 'lt-none'\n", "none")
status, out = run "info opensnoop"
t.eq(status, 0, "info")
t.like(out, "^usage: luatrace opensnoop.*\nCost:\n  .*\nFile:\n  /", "what it says")
status, _, err = run "info opensnop"
t.like(status .. err, "^2luatrace: 'opensnop': no such tool; did you mean 'opensnoop'%?; 'luatrace list'",
	"none of that name")

-- A tool to begin with.
status, out, err = run(("new mine"), ("cd %s &&"):format(sh.dir()))
t.eq(status .. out .. err, "0mine.lua is written: luatrace ./mine.lua\n", "new")
status, _, err = run(("new mine"), ("cd %s &&"):format(sh.dir()))
t.like(status .. err, "^1luatrace new: mine.lua: File exists\n", "never over another file")
status, _, err = run "new ../mine"
t.eq(status .. err, "2luatrace new: takes a name of letters, digits, '-' and '_'\n", "nowhere else")
status, _, err = run(("new list"), ("cd %s &&"):format(sh.dir()))
t.eq(status .. err, "2luatrace new: 'list' is a command of luatrace's: give the tool another name\n", "not a command")
status, out, err = run(("new opensnoop"), ("cd %s &&"):format(sh.dir()))
t.eq(status .. out, "0opensnoop.lua is written: luatrace ./opensnoop.lua\n", "called as one of luatrace's own")
t.like(err, "^luatrace new: luatrace has a tool 'opensnoop' itself, and runs that by the name", "said")
local named = live.file(TEXT:gsub("numbers of", "getppid_x"), "named.lua")
t.like(select(2, run("info " .. named)), "\n\ngetppid_x calls", "a summary that begins with a name")
if sh.run(NOBODY .. " true") == 0 then
	status, _, err = sh.run(("cd / && %s %s new --collection lt-none"):format(NOBODY, live.luatrace))
	t.eq(status .. err, "1luatrace new: lt-none: Permission denied (errno 13)\n", "where others may not write")
end
status, out = sh.run(("cd %s && %s -c 'sh -c \"cd /usr; cd bin\"' ./mine.lua -a --json"):format(sh.dir(),
	live.luatrace))
t.eq(status, 0, "it runs")
t.like(out, '^{"time":"[^"]+","pid":%d+,"comm":"sh","path":"/usr"}\n{.*"path":"/usr/bin"}\n$', "and shows what it says")
t.done()

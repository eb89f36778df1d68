-- SPDX-License-Identifier: MIT
-- Not in guests: what depends on the kernel is in oneliners_kernel.lua.
-- One-liners: each counts exactly what a held workload makes, by each option, and says what is wrong of what it is
-- given. -e has them without a require: oneliners_shell.lua.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local one = require "luatrace.oneliners"
local sh = require "sh"

local WORKLOAD = "uprobe:build/tests/workload:"
local COUNT = 307

-- Has a workload make its events while `start(pid)` traces; what that gave, for the caller to look at and stop.
local function traced(start, mode, argument)
	local held = live.workload(unpack { mode, COUNT, argument })
	local h = start(held.pid)
	held:begin()
	t.eq(live.await(function() return held:made() end), COUNT, "the workload made its events")
	return h, held.pid
end

local function of(pid, more)
	return ("pid == %d%s"):format(pid, more or "")
end

-- The rows of a result, as "KEY,KEY=COUNT ...".
local function rows(data)
	local out = {}
	for i, row in ipairs(data) do
		out[i] = table.concat(row.key, ",") .. "=" .. row.count
	end
	return table.concat(out, " ")
end

-- What is there once, is there for all: caches, the pipe of the loop.
one.count("tracepoint:sched:sched_switch"):stop()
local before = live.holdings()

-- ---- count ---------------------------------------------------------------------------------------------------------

local GETPPID = "tracepoint:syscalls:sys_enter_getppid"
local h = traced(function(pid) return one.count(GETPPID, { filter = of(pid) }) end, "getppid")
t.eq(h:data().total, COUNT, "count of one tracepoint")
t.eq(tostring(h), GETPPID .. ": 307", "shown as one line")
t.eq(rows(h:data()), "=307", "its data: a key of no parts")
h:clear()
t.eq(h:data().total, 0, "cleared")
h:stop()
h:stop()
t.eq(tostring(h), GETPPID .. ": 0", "stopped twice; what it has can still be read")

local function count_of(probe, by, mode, argument)
	local counted, pid = traced(function(p) return one.count(probe, by, { filter = of(p) }) end, mode, argument)
	local text = rows(counted:data())
	counted:stop()
	t.eq(rows(counted:data()), text, "the same when it is stopped")
	return text, pid, counted
end

t.eq((count_of("tracepoint:syscalls:sys_enter_getp*", nil, "getppid")), "syscalls:sys_enter_getppid=307",
	"a pattern of system calls: by name, without being asked")
t.eq((count_of("tracepoint:syscalls:sys_exit_getpp*", "retval == 1 ? 1 : 2, probe", "getppid")),
	"2,syscalls:sys_exit_getppid=307", "of where they end: with the result")
t.eq((count_of("tracepoint:syscalls:sys_*_getppid", nil, "getppid")),
	"syscalls:sys_enter_getppid=307 syscalls:sys_exit_getppid=307", "a pattern of tracepoints, told apart by cookies")
t.eq((count_of("raw_tracepoint:sys_enter", "id, arg1", "getppid")):match "110,110=307", "110,110=307",
	"arguments of a raw tracepoint by name and by number")
t.eq((count_of(WORKLOAD .. "workload_[cr]*", "func", "call")), "workload_call=307 workload_ret=307",
	"a pattern of functions of a file")
t.eq((count_of(WORKLOAD .. "workload_call", { "str(arg1)", "comm" }, "call", "some text")), "some text,workload=307",
	"strings: a process's, and its name")
t.eq((count_of(WORKLOAD .. "workload_call", 'streq(arg1, "abc"), streq(str(arg1, 3), "ab"), str(arg1, 3)', "call",
	"abc")),
	"1,1,ab=307", "compared, and cut off")
local threads = live.workload("call", 3)
h = one.count("tracepoint:sched:sched_switch", { by = 'args->next_comm, streq(args->next_comm, "workload")',
	filter = 'streq("workload", args->next_comm) && args->next_pid == ' .. threads.pid })
threads:begin()
t.ok(live.await(function() return threads:made() end), "a process that is switched to")
t.like(rows(h:data()), "^workload,1=%d+$", "arrays of a tracepoint's context")
h:stop()
t.eq((count_of(WORKLOAD .. "workload_call", "streq(comm, \"workloa\") + 2 * streq(comm, \"workload\")", "call")),
	"2=307",
	"not by their beginning alone")
local text, pid = count_of(WORKLOAD .. "workload_call", "pid, tid, uid, gid", "call")
t.eq(text, ("%d,%d,0,0=307"):format(pid, pid), "who it is")
t.eq((count_of("usdt:build/tests/usdt:lttest:chosen", "comm", "getppid")), "", "nothing of others")

h = one.count(GETPPID, { "pid", "comm" })
t.like(tostring(h), "^     COUNT  PID  COMM\n", "an array in second place, and no options")
h:stop()

local by7 = traced(function(p)
	return one.count(WORKLOAD .. "workload_call", { by = "arg0 % 7", filter = of(p, " && arg0 < 7 * 30"), top = 2 })
end, "call")
t.eq(rows(by7:data()), "0=30 1=30 2=30 3=30 4=30 5=30 6=30", "a number as key; a filter")
t.eq(tostring(by7), "     COUNT  ARG0 % 7\n        30  0\n        30  1\n       210  total of 7 rows, 2 shown",
	"shown: top")
by7:stop()

local _, _, strange = count_of(WORKLOAD .. "workload_call", "str(arg1)", "call", "\27[2J")
t.eq(strange:data()[1].key[1], "\27[2J", "data is what it is")
t.like(tostring(strange), "\n       307  \\e%[2J\n", "what is shown has no control characters")

local usdt = live.usdt("build/tests/usdt", 211)
h = one.count("usdt:build/tests/usdt:lttest:chosen", { filter = of(usdt.pid), by = "arg0 != 0" })
usdt:begin()
t.eq(live.await(function() return usdt:made() end), 211, "a program with USDT probes")
t.eq(h:data().total, 211, "count of a USDT probe")
h:stop()

h = one.count("perf_event:SOFTWARE:PAGE_FAULTS", { by = "pid" })
sh.run("ls")
t.ok(h:data().total > 50, "each page fault")
h:stop()

local many = live.workload("call", 11003)
h = one.count(WORKLOAD .. "workload_call", { filter = of(many.pid), by = "arg0", top = 1 })
many:begin()
t.eq(live.await(function() return many:made() end), 11003, "more keys than there is room for")
local full = h:data()
t.ok(full.lost > 700 and #full > 10000, "some have none")
t.eq(full.total + full.lost, 11003, "each event is either counted or told as lost")
t.like(tostring(h), "\n +%d+  not counted: there is room for 10240 rows$", "which is shown")
h:stop()

-- ---- hist ----------------------------------------------------------------------------------------------------------

h = traced(function(p) return one.hist(WORKLOAD .. "workload_call", "arg0", { filter = of(p), by = "comm" }) end,
	"call")
local data = h:data()[1]
t.eq(("%s %d %d %d %d"):format(data.key[1], data.count, data.total, data.average, data.max),
	"workload 307 46971 153 306",
	"hist: count, total, average, maximum")
t.eq(("%d %d %d %d %d"):format(data.slots[1], data.slots[2], data.slots[3], data.slots[8], data.slots[9]),
	"2 2 4 128 51",
	"its slots")
t.like(tostring(h), "^comm = workload\n +arg0 +: count +distribution\n +0 %-> 1 +: 2 .*\n +256 %-> 511 +: 51 .*"
	.. "\ncount 307, average 153, max 306$", "shown")
h:clear()
t.eq(#h:data(), 0, "cleared")
t.eq(tostring(h), WORKLOAD .. "workload_call: no values yet", "shown so")
h:stop()

h = traced(function(p) return one.hist(WORKLOAD .. "workload_call", "(int)arg0 - 100", { filter = of(p) }) end, "call")
t.eq(h:data()[1].negative .. " " .. h:data()[1].count .. " " .. h:data()[1].max, "100 207 206", "negative values")
t.like(tostring(h), "\nnegative 100, not in the above$", "shown apart")
h:stop()
h = traced(function(p) return one.hist("uretprobe:build/tests/workload:workload_ret", { value = "retval",
	filter = of(p) }) end,
	"call")
t.eq(h:data()[1].max, 612, "a function's result")
h:stop()

-- ---- latency -------------------------------------------------------------------------------------------------------

local function calls_of(probe, opts, mode)
	h = traced(function(p)
		opts.filter = of(p, opts.also and " && " .. opts.also)
		local given = { by = opts.by, filter = opts.filter, unit = opts.unit, top = opts.top }
		return one.latency(probe, given)
	end, mode)
	local got = rows(h:data())
	return got, h:data()[1]
end

local got, first = calls_of(WORKLOAD .. "workload_ret", {}, "call")
t.eq(got, "=307", "latency: every call of a function")
t.ok(first.total > 0 and first.max >= first.average and first.average > 0, "with its time")
t.like(tostring(h), "^ +usecs +: count.*\ncount 307, average [%d.]+ us, max [%d.]+ us$", "shown in microseconds")
t.ok(math.abs(tonumber(tostring(h):match "average ([%d.]+)") - first.average / 1000) <= 0.051, "which they are")
h:stop()
t.eq((calls_of(WORKLOAD .. "workload_[cr]*", { unit = "ns" }, "call")), "workload_call=307 workload_ret=307",
	"of several")
t.like(tostring(h), "^probe = workload_call\n +nsecs", "in nanoseconds")
h:stop()
t.eq((calls_of(GETPPID, { by = "comm", also = "retval > 0" }, "getppid")), "workload=307", "of a system call")
h:stop()
t.eq((calls_of("tracepoint:syscalls:sys_exit_getppid", { also = "retval < 0" }, "getppid")), "", "a filter by result")
h:stop()
t.eq((calls_of("tracepoint:syscalls:sys_enter_getp*", { by = "probe, retval > 0" }, "getppid")),
	"syscalls:sys_enter_getppid,1=307", "of a pattern of them; a key by result")
h:stop()
t.eq((calls_of("uretprobe:build/tests/workload:workload_call", { by = "arg0 < 7" }, "call")), "0=300 1=7",
	"a key by arguments")
h:stop()

-- ---- stacks --------------------------------------------------------------------------------------------------------

h = traced(function(p)
	BPF.remember(p)	-- it is gone when it is looked at
	return one.stacks(WORKLOAD .. "workload_call", { filter = of(p), kernel = false })
end, "call")
data = h:data()
t.eq(data.total, COUNT, "stacks: each is counted")
t.eq(data[1].comm .. " " .. data[1].user[1] .. " " .. #data[1].kernel, "workload workload_call [workload] 0",
	"the process's, innermost first, and not the kernel's")
t.like(h:folded(), "^workload;.*workload_call %d+", "folded")
t.like(tostring(h), "^ +%d+  workload %(%d+%)\n            workload_call %[workload%]\n", "shown")
h:stop()
t.like(h:folded(), "^workload;.*workload_call %d+", "folded, when it is stopped")
local stripped = live.start "build/tests/stacks-static 1"
local stripped_pid = stripped:await "^(%d+) "
h = one.stacks("raw_tracepoint:sys_enter", { filter = "pid == " .. stripped_pid, kernel = false })
stripped:write "go\n"
stripped:await "done"
t.like(tostring(h), "\n            %[stacks%-static%]\n", "where no symbol is: the file's name")
t.like(h:folded(), ";%[stacks%-static%] ", "folded too")
stripped:write "end\n"
stripped:wait()
h:stop()
h = traced(function(p) return one.stacks("raw_tracepoint:sys_enter", { filter = of(p), user = false, top = 1 }) end,
	"getppid")
t.ok(h:data().total >= COUNT and #h:data()[1].user == 0 and #h:data()[1].kernel > 0, "the kernel's alone")
h:stop()
h = traced(function(p)
	return one.stacks("raw_tracepoint:sys_enter", { filter = of(p), kernel = false })
end, "getppid")
t.ok(h:data().total >= COUNT and #h:data()[1].kernel == 0, "or not the kernel's")
h:stop()
local busy = live.busy()
h = one.stacks("profile:99hz", { filter = of(busy.pid) })
t.ok(live.await(function() return h:data().total > 5 end), "profile: what a busy process does")
t.eq(h:data()[1].comm, "sh", "which it is")
busy:kill("KILL")
busy:wait()
h:stop()

-- Code that a process maps after it was seen first has names too when the process has ended.
local loader = live.file([[
while os.clock() < 0.2 do end
local ffi = require "ffi"
ffi.cdef "unsigned long crc32(unsigned long, const char *, unsigned);"
local z, text = ffi.load "libz.so.1", ("x"):rep(100000)
while os.clock() < 0.5 do z.crc32(0, text, #text) end
]], "loader.lua")
local _, folded, complaint = live.run(([[
local BPF = require "luatrace"
local loader = BPF.spawn { "luajit", "%s" }
local h = require "luatrace.oneliners".stacks("profile:99hz", { filter = "pid == " .. loader.pid, kernel = false })
BPF.run()
print(h:folded())
]]):format(loader))
t.like(folded .. complaint, "luajit;[^\n]*crc32[^;\n]* %d+\n", "names of a library that was loaded later")

-- ---- trace ---------------------------------------------------------------------------------------------------------

-- It prints, and this case's output is TAP.
local script = [[
local BPF = require "luatrace"
local one = require "luatrace.oneliners"
local h = one.trace("uprobe:build/tests/workload:workload_call", "pid, comm, str(arg1), arg0 * 2",
	{ filter = "arg0 %% 2" })
BPF.spawn { "build/tests/workload", "call", "%d", "a\tb" }
BPF.run()
h:stop()
local data = h:data()
io.stderr:write(data.events, " ", data.lost, " ", #data, " ", data[100][3], " ", data[100][4], " ",
	tostring(data[1].seconds < data[100].seconds), "\n", tostring(h), "\n")
]]
local status, out, err = live.run(script:format(COUNT))
t.eq(status, 0, "trace: a script")
t.eq(select(2, out:gsub("\n[%d.]+ +%d+ +workload +a\\tb +%d+", "")), 153,
	"a line for each event, and no control character")
out = out:gsub("done 307\n", "")	-- the workload's own word comes when it comes
t.like(out, "\nTIME%(s%) +PID +COMM +ARG1 +ARG0 %* 2\n[%d.]+ +%d+ +workload +a\\tb +2\n.* 610\n$",
	"under a header, in order")
t.eq(err, "153 0 100 a\tb 610 true\n" .. WORKLOAD .. "workload_call: 153 events\n", "its data are the last of them")

script = [[
local BPF = require "luatrace"
local h = require "luatrace.oneliners".trace("raw_tracepoint:sys_enter", "cpu",
	{ filter = "id == %d && pid == target" })
BPF.run()
local data, back, cpus = h:data(), 0, {}
for i = 2, #data do
	back = back + (data[i].seconds < data[i - 1].seconds and 1 or 0)
	cpus[data[i][1] ] = true
end
io.stderr:write(data.events, " ", back, " ", tostring(next(cpus, next(cpus)) ~= nil), "\n")
]]
status, _, err = live.run(script:format(110), "-c 'build/tests/workload getppid-hop 101'")
t.eq(status .. err, "0101 0 true\n", "events of several CPUs are in the order of their time")

-- ---- seconds, cleaning up ------------------------------------------------------------------------------------------

h = one.count(GETPPID, { seconds = 0.05 })
t.ok(h.on, "seconds: it begins")
t.ok(live.await(function() BPF.run(0.01) return not h.on end), "and ends by itself")
h = one.count(GETPPID)
BPF.cleanup()
t.eq(tostring(h), GETPPID .. ": 0", "what BPF.cleanup() took is stopped")
h:stop()
t.eq(#require("luatrace.oneliners.handle").running(), 0, "none is left running")
t.eq(live.holdings(), before, "no descriptor is left")

-- ---- errors --------------------------------------------------------------------------------------------------------

local function refuses(name, args, message, what)
	t.raises(function() one[name](unpack(args)) end, message, what)
end

refuses("count", { "kprob:vfs_read" },
	"oneliners.lua:%d+: count: 'kprob:vfs_read': no such kind of probe as 'kprob'; did "
	.. "you mean 'kprobe'%? %(luatrace probes lists what there is%)", "a kind that is not there, at the script's line")
refuses("count", { "sched:sched_switch" }, "did you mean 'tracepoint:sched:sched_switch'%?",
	"a tracepoint without its kind")
refuses("count", { 5 }, "takes a probe as a string, KIND:TARGET, like .* not number", "no string")
refuses("count", { "" }, "not an empty one", "an empty one")
refuses("count", { "tracepoint:sched:sched_swich" },
	"^count: tracepoint 'sched:sched_swich': no such tracepoint in this "
	.. "kernel; similar: sched:sched_switch", "a tracepoint that is not there")
refuses("count", { "tracepoint:nix:*" }, "^count: tracepoint 'nix:%*': matches no tracepoint", "a pattern of none")
refuses("count", { "uprobe:build/tests/workload:workload_cal" }, "no function 'workload_cal'; similar: workload_call",
	"a function that is not there")
refuses("count", { "raw_tracepoint:sched_*" }, "a raw_tracepoint takes no pattern; kinds that do: kprobe, kretprobe, "
	.. "tracepoint, uprobe, uretprobe", "a pattern where none can be")
refuses("count", { "uprobe:nofile" }, "after 'uprobe:' comes FILE:SYMBOL", "half of a probe")
refuses("stacks", { "profile:often" }, "after 'profile:' comes how often each CPU is looked at, as in profile:99hz",
	"a rate that is none")
refuses("count", { "perf_event:SOFTWARE:PAGE_FAULT" }, "no such event; did you mean 'PAGE_FAULTS'%?", "an event")
refuses("count", { "perf_event:HARDWARE:CPU_CYCLES" }, "how often is missing at its end: ':99hz'", "how often")
refuses("count", { "perf_event:CPU_CYCLES" }, "comes SOFTWARE:NAME or HARDWARE:NAME", "which events")
refuses("count", { GETPPID, { filtr = "pid" } }, "count: unknown argument 'filtr'; did you mean 'filter'%?",
	"an option")
refuses("count", { GETPPID, { unit = "ms" } }, "count: unknown argument 'unit'", "one of another")
refuses("count", { GETPPID, "pid", { by = "comm" } }, "count: by= is given twice", "one given twice")
refuses("stacks", { GETPPID, "pid" }, "stacks: takes a probe and a table of options, not string 'pid'",
	"no place for one")
refuses("count", { GETPPID, { top = 0 } }, "top= takes an integer from 1", "top")
refuses("count", { GETPPID, { seconds = "1" } }, "seconds= takes a number of seconds", "seconds")
refuses("latency", { GETPPID, { unit = "min" } }, "unit= takes \"ns\", \"us\", \"ms\" or \"s\", not string 'min'",
	"unit")
refuses("latency", { "tracepoint:sched:sched_switch" }, "nothing says where it ends: it takes a function", "no call")
refuses("hist", { GETPPID }, "hist: value= is missing: it takes a C expression, as in hist%(", "no value")
refuses("count", { GETPPID, { filter = "pid == 1; 1" } }, "';' has no place in an expression", "no expression")

local function said(args, message, what)
	refuses("count", args, message, what)
end
said({ GETPPID, { filter = "pidd > 3" } },
	"^count: filter: 'pidd > 3': use of undeclared identifier 'pidd'; did you mean 'pid'%?$",
	"what the compiler says is said of the expression")
said({ GETPPID, { by = "comm, args->nr" } }, "^count: by: 'args%->nr': no member named 'nr' in 'struct "
	.. "tracepoint__syscalls__sys_enter_getppid'", "of one of several")
said({ GETPPID, { filter = "pid +" } }, "^count: filter: 'pid %+': expected expression$", "what is no C")
said({ GETPPID, { filter = "retval > 0" } }, "'retval'; a tracepoint has no result", "what this probe has not")
said({ "tracepoint:sched:sched_*", { filter = "args->pid" } }, "args%-> has the fields of one tracepoint",
	"or a pattern")
said({ "tracepoint:sched:sched_switch", { by = "arg0" } }, "a tracepoint's fields are args%->NAME", "or a tracepoint")
said({ WORKLOAD .. "workload_ret", { filter = "retval" } }, "a uprobe has no result yet; a uretprobe has",
	"or an entry")
said({ GETPPID, { filter = 'probe == 1' } }, "text that Lua has: it can be a key or a field, by itself",
	"the probe's name")
said({ GETPPID, { filter = "target == pid" } }, "target is the process of luatrace %-c", "no command")
said({ WORKLOAD .. "workload_call", { by = "*(struct task_struct *)arg0" } }, "^count: by: '%*%(struct task_struct",
	"what is no key")
refuses("hist", { GETPPID, "comm" }, "prohibited %(in the text of this one%-liner%); a pointer is a number",
	"what the verifier says, without a line that nobody has written")
t.raises(function() h.data() end, "data: call it with a colon: h:data%(%)", "a dot for a colon")
t.raises(function() h:folded() end, "folded: only stacks%(…%) has stacks; this is count%(…%)", "no stacks")
local trace = require "luatrace.oneliners.trace"
local started = trace.started
trace.started = function() error("planted", 0) end
refuses("trace", { GETPPID, { seconds = 0.01 } }, "^planted$", "its output can't be opened")
trace.started = started
t.eq(#one.running() .. " " .. #require("luatrace.timers").list(), "0 0", "which leaves it not running, and no timer")
t.eq(live.holdings(), before, "errors leave nothing")
t.done()

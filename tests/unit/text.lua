-- SPDX-License-Identifier: MIT
-- Text in and out: lines of trace_pipe, escaping, near names, argument checks.
local ffi = require "ffi"
local t = require "tap"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local near = require "luatrace.near"
local trace = require "luatrace.trace"

local function parse(line)
	local task, pid, cpu, flags, ts, msg = trace.parse(line)
	return task and ("%s|%s|%s|%s|%s|%s"):format(task, pid, cpu, flags, ts and ("%.6f"):format(ts), msg)
end

t.eq(parse "            bash-1234    [001] d..3  1234.567890: bpf_trace_printk: hello",
	"bash|1234|1|d..3|1234.567890|hello", "4 flags")
t.eq(parse "            bash-1234    [001] d..31  1234.567890: bpf_trace_printk: hello",
	"bash|1234|1|d..31|1234.567890|hello", "5 flags")
t.eq(parse "            bash-1234    [001] d..3112  1234.567890: bpf_trace_printk: a: b",
	"bash|1234|1|d..3112|1234.567890|a: b", "7 flags")
t.eq(parse " Web Content-x-7-1234    [012] ....   99.000001: 0x00000001: hi",
	"Web Content-x-7|1234|12|....|99.000001|hi",
	"a task with spaces and dashes, an address for the function")
t.eq(parse "   a-1 [000] b: -77      [000] d..21    1.000000: bpf_trace_printk: x",
	"a-1 [000] b: |77|0|d..21|1.000000|x", "a task with brackets")
t.eq(parse "           <...>-5 (-------) [003] d..2.  7.5: bpf_trace_printk: m", "<...>|5|3|d..2.|7.500000|m",
	"record-tgid without a tgid")
t.eq(parse "            make-5 (     12) [003] d..2.  7.5: bpf_trace_printk: m", "make|5|3|d..2.|7.500000|m",
	"record-tgid")
t.eq(parse "            make-5 [003] d..2.  7.5: bpf_trace_printk: evil-9 [001] d..1 2.0: bpf_trace_printk: y",
	"make|5|3|d..2.|7.500000|evil-9 [001] d..1 2.0: bpf_trace_printk: y", "a message that looks like a line")
t.eq(parse "            make-5 [003] d..2.  7.5: bpf_trace_printk: ", "make|5|3|d..2.|7.500000|", "an empty message")
-- As the kernel wrote them (6.18), with options and clocks of tracefs.
t.eq(parse "        workload-18835   [000]  31988.135675: bpf_trace_printk: hello: 7",
	"workload|18835|0||31988.135675|hello: 7", "without irq-info")
t.eq(parse "        workload-18841   (  18841) [000] ...21 31988.796701: bpf_trace_printk: hello: 7",
	"workload|18841|0|...21|31988.796701|hello: 7", "record-tgid")
t.eq(parse "        workload-18847   (  18847) [000]  31989.544778: bpf_trace_printk: hello: 7",
	"workload|18847|0||31989.544778|hello: 7", "record-tgid without irq-info")
t.eq(parse "        workload-18883   [000] ...21            2: bpf_trace_printk: hello: 7",
	"workload|18883|0|...21|2.000000|hello: 7", "the clock counter")
t.eq(parse "        workload-18883   [000]           2: bpf_trace_printk: hello: 7",
	"workload|18883|0||2.000000|hello: 7", "the clock counter without irq-info")
t.eq(parse "        workload-18925   [000] ...21 83072820060825: bpf_trace_printk: hello: 7",
	"workload|18925|0|...21|83072820060825.000000|hello: 7", "the clock x86-tsc")
t.eq(parse "        workload-18919   [001] ...21 1795604005.430047: bpf_trace_printk: hello: 7",
	"workload|18919|1|...21|1795604005.430047|hello: 7", "the clock tai")
t.eq(parse "workload-18853     0...21 31990270080us : bpf_trace_printk: hello: 7",
	"workload|18853|0|...21|31990.270080|hello: 7", "latency-format")
t.eq(parse "  <idle>-0       1d.h31    45us+: bpf_trace_printk: hello: 7",
	"<idle>|0|1|d.h31|0.000045|hello: 7", "latency-format, with a mark")
t.eq(parse "workload-18931   101...21    1: bpf_trace_printk: hello: 7",
	"workload|18931|101|...21|1.000000|hello: 7", "latency-format of the clock counter")
t.eq(parse "        workload   18859   0 0 00000002 00000001 [772ceb641] 31990920.769ms (+0.000ms): bpf_trace_printk: hello: 7", -- luacheck: ignore
	"workload|18859|0|0|31990.920769|hello: 7", "latency-format, verbose")
t.eq(parse "bpf_trace_printk: hello: 7", "<...>|nil|nil||nil|hello: 7", "without context-info")
t.eq(parse "            make-5       [003] d..2.  7.5: : x: y", "make|5|3|d..2.|7.500000|x: y", "no function")
-- Names and messages that look like a part of a line.
t.eq(parse "  a-1 [000] 2: b-77      [000] d..21    1.000000: bpf_trace_printk: x",
	"a-1 [000] 2: b|77|0|d..21|1.000000|x", "a task's name like a line of fewer columns")
t.eq(parse "            make-5       [003]  7.5: bpf_trace_printk: evil-9 [001] d..1 2.0: bpf_trace_printk: y",
	"make|5|3||7.500000|evil-9 [001] d..1 2.0: bpf_trace_printk: y", "a message like a line of more columns")
t.eq(parse "            make-5       [003] d..1. 12: bpf_trace_printk: evil-9 [001] d..1 2.0: bpf_trace_printk: y",
	"make|5|3|d..1.|12.000000|evil-9 [001] d..1 2.0: bpf_trace_printk: y", "the same with another clock")
t.eq(parse " 1)   0.123 us    |  vfs_read();", nil, "a line of another tracer")
t.eq(parse "# tracer: nop", nil, "a comment")
t.eq(parse "CPU:1 [LOST 12 EVENTS]", nil, "lost events are no line of a program")
t.eq(parse "", nil, "an empty line")
t.eq(trace.compose("{0}/{1} {5} {9}", { "ba\27sh", 12, 0, "d...", 1.5, "x\ny" }), "ba\\esh/12 x\\ny {9}",
	"trace_print's format")

t.eq(format.escape("plain text, ü 中 😀"), "plain text, ü 中 😀", "UTF-8 stays")
t.eq(format.escape("a\27[31mb\n\t\r\0\127"), "a\\e[31mb\\n\\t\\r\\x00\\x7f", "control characters")
t.eq(format.escape("\194\155m"), "\\xc2\\x9bm", "C1 control characters, which terminals obey too")
t.eq(format.escape("\255\192\128\237\160\128\240\128\128\128"), "\\xff\\xc0\\x80\\xed\\xa0\\x80\\xf0\\x80\\x80\\x80",
	"what is no UTF-8")
t.eq(format.escape("\228\184"), "\\xe4\\xb8", "a character cut short")
t.eq(format.plain(18446744073709551615ULL), "18446744073709551615", "no ULL")
t.eq(format.plain(-5LL), "-5", "no LL")
t.eq(format.plain(1e15), "1000000000000000", "no exponent")

t.eq(near.nearest("evnts", { "counts", "events" }), "events", "nearest name")
t.eq(near.nearest("zzzzzz", { "counts", "events" }), nil, "nothing near")
t.eq(near.hint("zzzzzz", { "events", "counts" }), "; known: counts, events", "known names")
t.eq(near.hint("x", {}), "", "no known names")

local function checked(...)
	local ok, err = pcall(check.arguments, ...)
	return ok and "ok" or tostring(err)
end
local rules = { event = "string", pid = "id?", addr = "address?", cb = "function?", flags = "strings?", n = "count?" }
t.eq(checked("f", { event = "x" }, rules), "ok", "arguments that fit")
t.like(checked("f", { evnt = "x" }, rules), "text%.lua:%d+: f: unknown argument 'evnt'; did you mean 'event'?",
	"unknown name, at the script's line")
t.like(checked("f", {}, rules), "f: event= is missing: it takes a string", "missing")
t.like(checked("f", { event = 5 }, rules), "event= takes a string, not number 5", "wrong type")
t.like(checked("f", { event = "" }, rules), "not an empty string", "empty string")
t.like(checked("f", { event = "a\0b" }, rules), "event= takes a string", "NUL in a name")
t.like(checked("f", "x", rules), "takes one table of named arguments, f{ … }, not string 'x'", "no table")
t.like(checked("f", { event = "x", pid = -2 }, rules), "pid= takes an integer from %-1", "pid below -1")
t.like(checked("f", { event = "x", n = 0 }, rules), "n= takes an integer from 1", "count of 0")
t.like(checked("f", { event = "x", addr = -1 }, rules), "addr= takes an integer of at least 0", "negative address")
t.eq(checked("f", { event = "x", addr = 0xffffffff81000000ULL }, rules), "ok", "64-bit address")
t.like(checked("f", { event = "x", flags = { 1 } }, rules), "flags= takes an array of strings, not table",
	"array of strings")
t.eq(check.given(5ULL), "uint64_t 5", "what was given: cdata")
t.like(check.given(ffi.new("struct { int x; }")), "^struct", "what was given: struct")

local e = errors.new("it broke", 2, "long")
t.eq(tostring(e), "it broke", "tostring of an error object is its message")
t.ok(errors.is(e) and not errors.is("x"), "errors.is")
t.done()

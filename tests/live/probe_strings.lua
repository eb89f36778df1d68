-- SPDX-License-Identifier: MIT
-- Probes as strings: attached and detached by them, and the first of several.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

local b = BPF { text = "int others(void *ctx) { return 0; }" }
t.eq(b:attach { first_of = { "kprobe:no_such_function", "tracepoint:sched:no_such_event",
	"raw_tracepoint:sys_enter" },
	fn_name = "others" }, "raw_tracepoint:sys_enter", "the one that it became")
b:detach { probe = "raw_tracepoint:sys_enter", fn_name = "others" }
t.eq(#b:attached(), 0, "detached")
local none = { "tracepoint:sched:no_such_event", { probe = "raw_tracepoint:no_such_event", fn_name = "others" } }
t.raises(function()
	b:attach { first_of = none, fn_name = "others" }
end, "^attach: none of its 2 alternatives can be attached: tracepoint:sched:no_such_event: tracepoint "
	.. "'sched:no_such_event': no such tracepoint in this kernel.*; raw_tracepoint:no_such_event: raw_tracepoint "
	.. "'no_such_event': no such tracepoint", "none: each reason")
t.raises(function() b:attach { probe = "tracepont:a:b", fn_name = "others" } end,
	"probe_strings%.lua:%d+: attach: 'tracepont:a:b' is not of the form KIND:TARGET with a KIND of .*tracepoint",
	"no such kind")
t.raises(function() b:attach { probe = "uprobe:/bin/sh", fn_name = "others" } end,
	"attach: 'uprobe:/bin/sh': after 'uprobe:' comes FILE:SYMBOL", "no symbol")
t.raises(function() b:attach { probe = "kprobe:vfs_read" } end,
	"attach: 'kprobe:vfs_read': no function of the text is for it by its name, and fn_name= names none",
	"no function")
t.raises(function() b:attach { probe = "raw_tracepoint:sys_enter", fn_name = "other" } end,
	"attach: fn_name='other': the text has no such function; did you mean 'others'", "attach: no such function")
t.raises(function() b:detach { probe = "raw_tracepoint:sys_exit" } end,
	"detach: nothing is attached as raw_tracepoint with tp=sys_exit", "detach: nothing there")
t.raises(function() b:detach_raw_tracepoint {} end,
	"detach_raw_tracepoint: nothing is attached as raw_tracepoint$", "nothing attached, and no arguments")
t.raises(function() b:attach { first_of = { a = "kprobe:a" }, fn_name = "others" } end,
	"attach: first_of= takes probes that count from 1, and has none", "alternatives by name")
t.raises(function() BPF { text = "int f(void *ctx) { return 0; }", first_of = { a = { "kprobe:a" } } } end,
	"BPF: first_of= takes tables that count from 1, not one named 'a'", "groups of them by name")
t.raises(function() b:attach { fn_name = "others" } end, "attach: takes probe= or first_of=, and neither was given",
	"neither")
t.eq(#b:attached(), 0, "nothing is attached")
b:close()

-- What was passed over is told by -v; nothing is attached when a declared group fails.
local status, _, err = live.run([[
local BPF = require "luatrace"
local b = BPF { text = "int kprobe__no_such_function(struct pt_regs *ctx) { return 0; }"
	.. "TRACEPOINT_PROBE(sched, sched_switch) { return 0; }",
	first_of = { { "kprobe:no_such_function", "tracepoint:sched:sched_switch" } } }
print(#b:attached())]], "-v")
t.eq(status, 0, "a script with alternatives")
t.like(err, "luatrace: passed over: kprobe:no_such_function: kprobe 'no_such_function': ",
	"-v says why one is passed over")
t.raises(function()
	BPF { text = "int kprobe__no_such_function(struct pt_regs *ctx) { return 0; }",
		first_of = { { "kprobe:no_such_function" } } }
end, "^BPF: none of its 1 alternatives can be attached: kprobe:no_such_function: kprobe",
	"none of a declared group")
t.raises(function() BPF { text = "int f(void *ctx) { return 0; }", first_of = { "kprobe:a" } } end,
	"BPF: first_of= takes a table of tables", "no group")

-- Without its name's attaching.
b = BPF { text = "TRACEPOINT_PROBE(sched, sched_switch) { return 0; }", auto_attach = false }
t.eq(#b:attached(), 0, "auto_attach = false: nothing is attached by its name")
b:attach { probe = "tracepoint:sched:sched_switch" }
t.eq(b:attached()[1].fn_name, "tracepoint__sched__sched_switch", "but by call")
b:close()

-- Strings of the other kinds.
b = BPF { text = "BPF_ARRAY(n, u64, 1); int hit(struct pt_regs *ctx) { n.increment(0); return 0; }" }
local workload = "build/tests/workload"
b:attach { probe = "uprobe:" .. workload .. ":main", fn_name = "hit" }
b:attach { probe = "uretprobe:" .. workload .. ":main", fn_name = "hit" }
b:attach { probe = "usdt:build/tests/usdt:lttest:chosen", fn_name = "hit" }
t.eq(b:attached()[2].kind, "uretprobe", "uprobe and uretprobe")
t.eq(b:attached()[3].kind, "usdt", "usdt")
sh.run("build/tests/workload getppid 1 </dev/null")
t.eq(tonumber(b.n[0]), 2, "counted")
b:detach { probe = "usdt:build/tests/usdt:lttest:chosen" }
t.eq(#b:attached(), 2, "detached")
b:close()
t.done()

-- SPDX-License-Identifier: MIT
-- Not in guests: it is about the terminal, whatever the kernel.
-- The commands of the prompt, as they are typed and as functions.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local terminal = require "terminal"

local BPF = require "luatrace"

local COUNT = 1009
local held = live.workload("getppid", COUNT)
local TEXT = ([[
struct key { u32 pid; char comm[16]; };
struct where { u32 pid; int kernel_stack; int user_stack; char comm[16]; };
struct big { u64 a; u64 code; char name[16]; struct { u32 x, y; } inner; u64 more[4]; };
BPF_HASH(MARK, u32, u64);
BPF_HASH(by_name, struct key, u64);
BPF_HASH(bigs, u32, struct big);
BPF_HISTOGRAM(sizes);
BPF_TABLE("histogram", int, u64, lengths, 64);
BPF_STACK_TRACE(traces, 1024);
BPF_HASH(where, struct where, u64);
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct key key = {};
	struct where at = {};
	struct big big = {};

	if (pid != PID)
		return 0;
	key.pid = at.pid = pid;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	bpf_get_current_comm(at.comm, sizeof(at.comm));
	at.kernel_stack = traces.get_stackid(args, 0);
	at.user_stack = traces.get_stackid(args, BPF_F_USER_STACK);
	MARK.increment(pid);
	by_name.increment(key);
	where.increment(at);
	sizes.increment(3);
	lengths.increment(3);
	big.a = 7;
	big.code = CODE;
	bpf_get_current_comm(big.name, sizeof(big.name));
	big.inner.y = 9;
	bigs.update(&pid, &big);
	return 0;
}
int on_exit(struct tracepoint__syscalls__sys_exit_getppid *args) { return 0; }
int two(struct pt_regs *ctx) { return 0; }
]]):gsub("MARK", live.mark):gsub("PID", held.pid)
	:gsub("CODE", tostring(BPF.ksymname("ksys_read")))
local source = live.file(TEXT, "text.c")

local term = terminal.start { columns = 120, rows = 60 }
local PROMPT = "luatrace>\n$"
term:gives(":help", ":reload.-One%-liners.-" .. PROMPT, ":help lists the commands")
term:gives(":help show", "show counts %-value 10", ":help COMMAND")
for _, name in ipairs { "count", "hist", "trace", "stacks", "latency" } do
	term:gives(":help " .. name, "\n" .. name .. "%(.-:stop%(%) ends it", ":help of a one-liner")
end
term:gives(":he sho", ":show MAP", "a command by its beginning")
term:gives(":nosuch", ":nosuch: no such command", "one that there is not")
term:gives(":reloat", "did you mean 'reload'%?")
term:gives(":re", ":re: resume or reload%?", "a beginning of several")
term:gives(":ls", "nothing is open", "nothing to list")
term:gives(("b = BPF { src_file = %q }"):format(source), PROMPT)
held:begin()
t.ok(live.await(function() return held:made() end), "the workload runs")

-- Looking
term:key("C-l")
term:gives(":ls", "b  BPF object of .-text%.c:1\nprograms\n.-not attached.-maps\n.-" .. live.mark ..
	" +hash +u32 %-> u64 +1 of 10240\n", ":ls")
term:gives(":ls", "getppid +%d+ instructions +[%d no]+ run[^\n]+ +tracepoint:syscalls:sys_enter_getppid\n",
	"with runs, which are counted now")
term:gives("b", "BPF object of .-\nprograms\n", "an object as a value")
term:key("C-l")
term:gives(":show " .. live.mark, ("map '%s': hash, u32 %%-> u64, room for 10240; 1 entry\n  %d  %d\n"):format(
	live.mark, held.pid, COUNT), ":show")
term:gives("b." .. live.mark, ("; 1 entry\n  %d  %d\n"):format(held.pid, COUNT), "a map as a value")
term:gives(":show b.by_name", ('{pid=%d, comm="workload"}  %d\n'):format(held.pid, COUNT), ":show of an expression")
term:gives(":show nosuch", "show: 'nosuch' is no map; ", "a map that there is not")
term:gives(":show " .. live.mark .. " sideways", "order 'sideways': it is key, value, %-key or %-value")
term:gives("b.sizes", "value +: count +distribution.-4 %-> 7 +: 1009 ", "a histogram as one")
term:key("C-l")
term:gives("b.lengths", "value +: count +distribution.-4 %-> 7 +: 1009 ", "one by BPF_TABLE")
term:gives(":hist sizes linear", "3 +: 1009 +|%*+|", ":hist")
term:gives(":hist nosuch", "hist: 'nosuch' is no map")
term:gives(":stacks where", "1009  %(100%.0 %%%) workload pid %d+\n    [%w_]+\n", ":stacks")
term:gives("b.traces", "map 'traces': stacktrace.-; %d stacks\n  stack %d+\n    .-do_syscall_64\n",
	"a map of stacks shows stacks")
term:gives(":stacks " .. live.mark, "there is no stack of that number", "of a map that counts none")
term:key("C-l")
term:gives(("b.bigs[%d]"):format(held.pid),
	"big{\n  a = 7\n  code = 0x%x+ ksys_read.-\n  name = \"workload\"\n  inner = {x=0, y=9}",
	"a struct, with an address of code by its name")
term:key("C-l")
term:line(("for i = 1, 60 do b.%s[i] = i end"):format(live.mark))
term:gives(":show " .. live.mark .. " -value 3", ("%d  1009\n  60  +60\n  59  +59\n  … 58 more"):format(held.pid),
	"sorted, and cut")
term:gives(":source", "  1  struct key .-\n +14 .-", ":source")
term:key("C-l")
term:gives(":probes tracepoint:sched:sched_switch", "tracepoint:sched:sched_switch\n +.-prev_pid",
	":probes, with arguments")
term:gives(":probes nosuchprobe", "nothing here can be attached to by that name")
term:gives(":probes", "takes a pattern")
term:key("C-l")
term:gives(":type pid_type", "enum pid_type {\n +PIDTYPE_PID = 0", ":type")
term:gives(":type nosuch_struct", "nosuch_struct", "a type that there is not")
term:key("C-l")
term:gives(":disasm tracepoint__syscalls__sys_enter_getppid", "… %d+ lines more: Enter, or q\n$",
	":disasm, a screen of it")
local left = 1e9
t.ok(live.await(function()
	local now = tonumber(term:screen():match("… (%d+) lines more: Enter, or q\n$"))
	if now and now < left then
		left = now
		term:key("Enter")
	end
	return term:screen():find("exit\n" .. PROMPT)
end), "and the others, to its end")
term:key("C-l")
term:gives(":type task_struct", "^struct task_struct {.-lines more: Enter, or q\n$", "a long type")
term:line("q")
term:await("or q q\n" .. PROMPT, "q ends it")
term:gives(":type task_struct", "lines more: Enter, or q\n$")
term:key("C-c")
term:gives("6 * 7", "\n42\n", "so does Ctrl-C")
term:gives(":disasm nosuch", "no BPF object has a program 'nosuch'")
term:gives(":time 6 * 7", "\n%d+%.%d us\n42\n", ":time")

-- Attaching
term:key("C-l")
term:gives(":attach tracepoint:syscalls:sys_exit_getppid on_exit", PROMPT)
term:gives(":ls", "on_exit +%d+ instructions +[^\n]+ +tracepoint:syscalls:sys_exit_getppid\n", ":attach")
term:gives(":detach tracepoint:syscalls:sys_exit_getppid", PROMPT)
term:key("C-l")
term:gives(":ls", "on_exit +%d+ instructions +[^\n]+ +not attached\n", ":detach of a probe")
term:gives(":detach tracepoint:nosuch:nosuch", "nothing is attached to 'tracepoint:nosuch:nosuch'")
term:gives(":attach tracepoint:syscalls:nosuch on_exit", "nosuch", "a tracepoint that there is not")
term:gives(":attach tracepoint:a:b nofunction", "no BPF object has a program 'nofunction'")

-- Watching
term:key("C-l")
term:line(":watch #b.sizes + 1 0.1")
term:await("#b%.sizes %+ 1  every 0%.1 s, Ctrl%-C ends\n65\n$", ":watch shows a value in place")
term:key("C-c")
term:await(":watch #b%.sizes %+ 1 0%.1\n%^?C?\n?65\n" .. PROMPT, "Ctrl-C ends it, and leaves the last")
term:gives(":watch nosuch.x", "attempt to index global 'nosuch'")
term:gives(":watch", "takes an expression")

-- Several at one probe
term:gives("e = BPF { text = 'TRACEPOINT_PROBE(syscalls, sys_exit_getppid) { return 0; }' }", PROMPT)
term:gives(":attach tracepoint:syscalls:sys_exit_getppid on_exit", PROMPT)
term:gives(":detach tracepoint:syscalls:sys_exit_getppid", "2 programs were attached there")
term:gives(":detach e", PROMPT)

-- Values that are gone
term:key("C-l")
term:gives("kept = nil b:on('events', function(_, e) kept = e end)", PROMPT)
term:gives("d = BPF { text = 'struct r { int x; }; BPF_RINGBUF_OUTPUT(r, 8); RAW_TRACEPOINT_PROBE(sys_enter) "
	.. "{ struct r r = {}; r.ringbuf_output(&r, 4, 0); return 0; }' }", "error: .-\n" .. PROMPT)
term:gives("d = BPF { text = 'struct r { int x; }; BPF_RINGBUF_OUTPUT(rr, 1024); "
	.. "RAW_TRACEPOINT_PROBE(sched_process_exec) { struct r r = { 7 }; rr.ringbuf_output(&r, 4, 0); return 0; }' }",
	PROMPT)
term:gives("d:on('rr', function(_, e) kept = e end)", PROMPT)
term:gives("kept", "r{x=7}", "a record as it came")
term:gives(":detach d", PROMPT)
term:gives("kept", "struct r that is gone", "one whose output is closed")
term:gives("BPF.on_input(print)", "on_input: standard input is what is typed at the prompt")
term:gives("BPF.every(3600, print)", PROMPT)
term:key("C-l")
term:gives(":ls", "\n1 timer is set\n")

-- Errors of the verifier
term:key("C-l")
term:gives(":log", "the verifier has refused nothing yet")
term:paste("c = BPF { text = [[TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {" ..
	" char *p = 0; return !bpf_map_lookup_elem(p, p); }]] }")
term:key("Enter")
term:await("verifier.-\n" .. PROMPT, "a program that is refused")
term:gives(":log", "processed %d+ insns", ":log")
term:gives("BPF { text = [[int f(void *ctx) { return nosuch; }]] }", "error: use of undeclared identifier 'nosuch'",
	"one line of the compiler's")
term:gives(":trace", "%^", "and all of it")

-- As functions
term:key("C-l")
term:gives(("repl.show(%q)"):format("sizes"), "distribution", "commands are functions")
term:gives("repl.hist(b.sizes, 'linear')", "3 +: 10%d%d ")
term:gives("repl.nosuch", "\nnil\n")

-- Saving
local saved = sh.dir() .. "/saved.lua"
term:gives("done = 1", PROMPT)
term:gives((":save %s"):format(saved), "saved%.lua: %d+ lines; run it with: luatrace ", ":save")
term:gives((":save %s"):format(saved), "there is a file of that name already")
t.like(sh.read(saved), "^#!/usr/bin/env luatrace\nlocal BPF = require \"luatrace\"\nlocal repl = .-\n\nb = BPF {",
	"what was typed")
t.like(sh.read(saved), 'b:attach { probe = "tracepoint:syscalls:sys_exit_getppid", fn_name = "on_exit" }',
	"with commands as calls")
t.like(sh.read(saved), "\nBPF%.run%(%)\n$", "and waits for events")
local status, _, err = sh.run(("timeout --preserve-status -s INT 3 %s %s"):format(live.luatrace, saved))
t.eq(status .. err, "0", "it runs")

term:gives(":detach b", PROMPT)
term:gives(":ls", "nothing is open", ":detach of an object closes it")
term:key("C-d")
term:await("ended 0\n")
term:close()
t.eq(live.left_in_kernel(live.mark), "", "nothing is left")
t.done()

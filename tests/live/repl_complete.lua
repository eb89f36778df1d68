-- SPDX-License-Identifier: MIT
-- Not in guests: it is about the terminal, whatever the kernel.
-- Tab, wherever the cursor may be, and one-liners as they are typed.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local terminal = require "terminal"

local PROMPT = "luatrace>\n$"
local term = terminal.start { columns = 100, rows = 50 }
term:await(PROMPT)

-- Types, Tab, and what is there then; the line is dropped after.
local function completes(typed, pattern, name)
	term:key("C-l")
	term:type(typed)
	term:key("Tab")
	term:await(pattern, name or typed)
	term:key("C-c")
	term:await("\n" .. PROMPT, "dropped")
end

term:gives(("b = BPF { text = [[BPF_HASH(%s, u32, u64); struct pair { int one, other; };" ..
	" BPF_HASH(pairs_of, u32, struct pair);]] }"):format(live.mark), PROMPT)
term:gives("local table_of_mine = { first = 1, second = { third = 3 }, ['not a name'] = 4 }", PROMPT)

-- Commands
completes(":rel", "luatrace> :reload\n$", "a command")
completes(":re", "\nresume  reload\nluatrace> :re\n$", "several commands")
completes(":help sav", ":help save\n$", "a command's argument")
completes(":show " .. live.mark:sub(1, -2), ":show " .. live.mark .. "\n$", "a map")
completes(":probes tracepoint:sched:sched_swi", ":probes tracepoint:sched:sched_switch\n$", "a probe")
completes(":probes tracep", ":probes tracepoint:\n$", "a kind of probe")
completes(":probes uprobe:/etc/passw", "uprobe:/etc/passwd%-?\n", "a file of a probe")
completes(":type task_stru", ":type task_struct\n$", "a type")
live.file("", "some-script.lua")
completes(":run " .. sh.dir() .. "/some-s", "some%-script%.lua\n$", "a file")

-- Lua
completes("table_of_m", "> table_of_mine\n$", "a variable")
completes("table_of_mine.f", "> table_of_mine%.first\n$", "a field")
completes("table_of_mine.second.t", "second%.third\n$", "a field of a field")
completes("x = 1 + string.rev", "string%.reverse\n$", "a function of a library")
completes("b." .. live.mark:sub(1, -2), "> b%." .. live.mark .. "\n$", "a map of an object")
completes("b:attach_k", "\nattach_kfunc%(.-attach_kprobe%(.-\n.-> b:attach_k\n$", "methods of an object")
completes("b.pairs_of:items_up", "items_update_batch\n$", "a method of a map")
completes("nosuch.th", "> nosuch%.th\n$", "nothing of what there is not")
completes("BPF.ksymn", "BPF%.ksymname\n$", "a static")
completes("whi", "> while\n$", "a keyword")
completes("laten", "> latency\n$", "a one-liner")
completes(":help laten", ":help latency\n$", "a one-liner to be helped with")
completes("count('tracepoint:sched:sched_swi", "'tracepoint:sched:sched_switch\n$", "a probe in a string")
completes("-- comment tabl", "comment tabl\n$", "nothing in a comment")
completes("print(table_of_mine.fi)", "fi%)\n$", "at the end, nothing fits")
term:key("C-l")
term:type("print(table_of_mine.fi)")
term:key("Left", "Tab")
term:gives("", "table_of_mine%.first%)\n1\n", "in the middle of a line")
term:gives("pair = b.pairs_of[1]", PROMPT)

-- C text
term:key("C-l")
term:line("c = BPF { text = [[")
term:line("TRACEPOINT_PROBE(sched, sched_switch)")
term:line("{")
term:line("  struct task_struct *t = (void *)bpf_get_current_task();")
term:type("  int pid = args->prev_p")
term:key("Tab")
term:await("\nint prev_pid\nint prev_prio\n     %.%.%.>   int pid = args%->prev_p\n$",
	"fields of a tracepoint, with their types")
term:type("id")
term:gives(";", "args%->prev_pid;\n     %.%.%.>\n$")
term:type("  t->mm->pgt")
term:key("Tab")
term:await("t%->mm%->pgtables_bytes\n", "members of the kernel's structs, through pointers")
term:key("C-u")
term:type("  bpf_get_current_com")
term:key("Tab")
term:await("bpf_get_current_comm", "helpers")
term:key("C-u")
term:type("  struct task_str")
term:key("Tab")
term:await("struct task_struct\n$", "types of the kernel")
term:key("C-u")
term:type("  BPF_PERF_OUT")
term:key("Tab")
term:await("BPF_PERF_OUTPUT", "macros of the dialect")
term:key("C-u")
term:line("  return pid; }")
term:gives("]] }", PROMPT, "what was completed compiles")
term:gives("c", "tracepoint:sched:sched_switch\n")

-- One-liners
term:key("C-l")
local held = live.workload("getppid", 1009)
term:gives(("n = count('tracepoint:syscalls:sys_enter_getppid', { filter = 'pid == %d' })"):format(held.pid), PROMPT)
term:gives(("hist('tracepoint:syscalls:sys_enter_getppid', '7', { filter = 'pid == %d' })"):format(held.pid),
	"hist%(tracepoint:syscalls:sys_enter_getppid%) is on: `_` shows what it has", "a one-liner that begins")
held:begin()
t.ok(live.await(function() return held:made() end))
term:gives("_", "4 %-> 7 +: 1009 ", "its value shows what it has")
term:gives("n", "\ntracepoint:syscalls:sys_enter_getppid: 1009\n", "another's too")
term:gives(":ls", "n  count%(tracepoint:syscalls:sys_enter_getppid%)  BPF object", ":ls names them")
term:key("C-l")
term:gives(":detach n", PROMPT)
term:gives("n", "\ntracepoint:syscalls:sys_enter_getppid: 1009\n", "one that was stopped keeps its result")
term:gives("count('tracepoint:syscalls:sys_enter_getppid', 'nosuch')", "by: 'nosuch'.-undeclared identifier 'nosuch'",
	"a mistake in an expression")
term:gives("count('kprobee:x')", "kprobee", "a kind that there is not")
term:key("C-d")
term:await("ended 0\n")
term:close()
t.eq(live.left_in_kernel(live.mark), "", "nothing is left")
t.done()

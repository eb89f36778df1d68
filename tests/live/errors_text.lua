-- SPDX-License-Identifier: MIT
-- What is wrong with a text, said with the script's own file and line; and odd texts.
-- Not in guests: what is wrong with a text is the same on every kernel.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local function fails(script, pattern, name, options)
	local status, out, err, path = live.run(script, options)
	t.eq(status, 1, name .. ": exit status")
	local escaped = path:gsub("%p", "%%%0")
	t.like(err, (pattern:gsub("SCRIPT", function() return escaped end)), name)
	t.eq(out, "", name .. ": nothing else")
	return err
end

-- C that does not compile. Line 9 of the script has the error, at column 9.
local BROKEN = [==[
local BPF = require "luatrace"

local b = BPF { text = [[
BPF_HASH(counts, u32, u64);
int f(struct pt_regs *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;

	counts.incremnt(pid);
	return nothing;
}]] }
]==]
local err = fails(BROKEN, "^luatrace: SCRIPT:9:9: error: no member named 'incremnt'[^\n]*did you mean 'increment'",
	"a C error")
t.like(err, "script1.lua:10:9: error: use of undeclared identifier 'nothing'", "and the next one")
t.like(err, "\n +9 | +counts.incremnt%(pid%);\n", "with the line")
t.like(err, "at [^\n]*script1.lua:3\n", "and the line of the call")
t.ok(not err:find("program.c", 1, true) and not err:find("/proc/self", 1, true), "under the script's own name")

fails([==[
local BPF = require "luatrace"
BPF { text = [[
#include "no/such.h"
int f(struct pt_regs *ctx) { return 0; }
]] }
]==], "SCRIPT:3:10: fatal error: 'no/such.h' file not found", "an include that is not there")
fails([==[
local BPF = require "luatrace"
BPF { text = [[
int f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	return task->no_such_member;
}]] }
]==], "SCRIPT:6:15: error: no member named 'no_such_member' in 'struct task_struct'", "a member the kernel lacks")
fails([==[
local BPF = require "luatrace"
BPF { text = [[
int f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	task->tgid = 1;
	return 0;
}]] }
]==], "SCRIPT:6:13: error: store through a kernel pointer", "writing to the kernel")
fails([==[
local BPF = require "luatrace"
BPF { text = [[
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	return args->no_such_field;
}]] }
]==], "SCRIPT:5:15: error: no member named 'no_such_field'", "a field the tracepoint lacks")
fails([==[
local BPF = require "luatrace"
BPF { text = [[

TRACEPOINT_PROBE(syscalls, sys_enter_getppd)
{
	return 0;
}]] }
]==], "SCRIPT:4.*tracepoint 'syscalls:sys_enter_getppd': no such tracepoint in this kernel; "
	.. "similar: .*syscalls:sys_enter_getppid",
	"an unknown tracepoint, with near names")

-- What the verifier refuses: its reason, and the line.
err = fails([==[
local BPF = require "luatrace"
local b = BPF { text = [[
BPF_HASH(list, int, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u64 *value;
	int zero = 0;

	value = list.lookup(&zero);
	*value = 1;
	return 0;
}]] }
]==], "program 'tracepoint__syscalls__sys_enter_getppid': the verifier refused it: R%d invalid mem access "
	.. "'map_value_or_null' %(SCRIPT:10.*\n.*run with %-v for the full log", "a null pointer")
t.ok(select(2, err:gsub("\n", "")) <= 3, "the verifier's log is left out")
fails([==[
local BPF = require "luatrace"
local b = BPF { text = [[
BPF_HASH(list, int, u64);
int f(struct pt_regs *ctx)
{
	int zero = 0;
	return *list.lookup(&zero);
}]] }
b:attach_uprobe { name = "c", sym = "getppid", fn_name = "f" }
]==], "SCRIPT:7", "one that a call attaches", "-v")

-- Odd texts.
local function odd(text, pattern, name)
	t.raises(function() BPF { text = text } end, pattern, name)
end
odd("", "text= is empty", "an empty text")
odd(" \n\t\n", "text= is empty", "an empty text of spaces")
odd("int f(void *ctx)\n{\n\0return 0; }", ":3: the text has a NUL byte", "a NUL byte")
odd("// caf\xe9\nint f(void *ctx) { return 0; }", ":1: the text is not UTF%-8 %(byte 0x%x+%); save it as UTF%-8",
	"Latin-1")
odd("int f(void *ctx) { return 0; } // \xff", "not UTF%-8", "a byte that is no UTF-8")
odd(("}"):rep(100), "error", "braces")
odd("#error planted: 100% wrong", "planted: 100%% wrong", "#error")
odd("just words", "error", "words")
odd(('#include "/etc/shadow"\nint f(void *ctx) { return 0; }'), "shadow", "a file that root alone reads")
odd('__asm__(".incbin \\"/etc/shadow\\"");\nint f(void *ctx) { return 0; }', ".", "and by the assembler")
t.raises(BPF, "takes one table of named arguments", "no table")
t.raises(function() BPF { txt = "" } end, "unknown argument 'txt'; did you mean 'text'", "a mistyped argument")
t.raises(function() BPF { text = 5 } end, "text= takes a string, not number 5", "a number as text")
t.raises(function() BPF { src_file = "/nonexistent.c" } end, "src_file='/nonexistent.c': cannot be read",
	"a file that is not there")
t.raises(function() BPF { text = "int f(void *ctx) { return 0; }", cflags = { 5 } } end,
	"cflags= takes an array of strings", "a number among flags")

-- Unicode in comments and strings is fine, and so is a text of 1 MB.
BPF { text = "// ü 中 😀\nint f(void *ctx) { char s[] = \"ü\"; return s[0]; }" }:close()
local filler = {}
for i = 1, 20000 do
	filler[i] = ("static int unused_%d(int x) { return x + %d; }\n"):format(i, i)
end
local large = table.concat(filler)
large = large .. "/*" .. ("x"):rep(1048576 - #large) .. "*/\nint f(struct pt_regs *ctx) { return 0; }\n"
BPF { text = large }:close()
t.ok(#large > 1048576, "1 MB of text")
odd(large .. "int wrong(void *ctx) { return undeclared; }",
	":20003:%d+: error: use of undeclared identifier 'undeclared'",
	"an error at the end of it")
t.done()

-- SPDX-License-Identifier: MIT
-- BPF{ debug = N }: what each of bcc's bits prints, on the script's own lines.
-- Not in guests: what it shows is the compiler's.
local t = require "tap"
local sh = require "sh"
local live = require "live"

-- Line 10 of the script deletes; `refused` is refused, which nothing minds as nothing attaches it.
local SCRIPT = [==[
local BPF = require "luatrace"
local b = BPF { debug = %d, text = [[
struct rec { u32 pid; char comm[16]; };
BPF_HASH(counts, u32, struct rec);
int refused(struct pt_regs *ctx)
{ u32 k = 1; return counts.lookup(&k)->pid; }
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 key = 4;
	counts.delete(&key);
	return 0;
}]] }
print("ran")
]==]
local function debug(bits)
	local status, out, err, path = live.run(SCRIPT:format(bits))
	t.eq(status .. out, "0ran\n", bits .. ": the script runs")
	return (err:gsub(path:gsub("%p", "%%%0"), "SCRIPT"))
end

t.eq(debug(0), "", "0: nothing")
local err = debug(1)
t.like(err, "^%-%-%-%- LLVM IR %-%-%-%-\n", "1: title")
t.like(err, "define .*@tracepoint__syscalls__sys_enter_getppid%(ptr", "1: LLVM IR")
err = debug(2)
t.like(err, "^%-%-%-%- BPF assembly %-%-%-%-\n", "2: title")
t.like(err, "\ntracepoint__syscalls__sys_enter_getppid:\n.*\tcall 3\n", "2: BPF assembly")
t.ok(not err:find("SCRIPT:%d"), "2: without lines of the text")
err = debug(4)
t.like(err, "^%-%-%-%- preprocessed text %-%-%-%-\n.*struct rec { u32 pid; char comm%[16%]; };\n.*int "
	.. "tracepoint__syscalls__sys_enter_getppid%(struct ", "4: the preprocessed text")
err = debug(8)
t.like(err, "^%-%-%-%- BPF assembly with source lines %-%-%-%-\n", "8: title")
t.like(err, "\n; SCRIPT:10: counts.delete%(&key%);\n[^;]*\tcall 3\n", "8: the line stands above its instructions")
t.ok(not err:find(".debug_", 1, true) and not err:find(".loc", 1, true) and not err:find(".BTF", 1, true),
	"8: and debug info is left out")
err = debug(16)
t.like(err, "%-%-%-%- register state of 'refused' %-%-%-%-\n.*\n0: R1=ctx.*R10=fp0.*R%d invalid mem access "
	.. "'map_value_or_null'\n",
	"16: of one that is refused")
t.like(err, "%-%-%-%- register state of 'tracepoint__syscalls__sys_enter_getppid' %-%-%-%-\n.*\n0: "
	.. "R1=ctx.*R10=fp0.*call "
	.. "bpf_map_delete_elem#3.*; R0.*%(95%) exit.*\nprocessed %d+ insns", "16: and of one that is not")
err = debug(32)
t.like(err, "^%-%-%-%- BTF %-%-%-%-\n.*struct rec {\n\tu32 pid;\n\tchar comm%[16%];\n};\n", "32: types")
t.like(err, "\n/%* functions %*/\n.*int refused%(.-%);\n", "32: functions")
t.like(err, "\n/%* section %.maps, %d+ bytes %*/\n/%* 0: %*/ struct {", "32: variables")
err = debug(63)
for _, title in ipairs { "preprocessed text", "LLVM IR", "BPF assembly", "BPF assembly with source lines", "BTF",
	"register state of 'refused'" } do
	t.ok(err:find("---- " .. title .. " ----\n", 1, true), "63: " .. title)
end

-- The same of the command line.
sh.write(sh.dir() .. "/list.c", "BPF_HASH(counts, u32);\nint f(struct pt_regs "
	.. "*ctx)\n{\n\tcounts.increment(7);\n\treturn 0;\n}\n")
local status, out = sh.run(("%s cc --emit=listing %s/list.c"):format(live.luatrace, sh.dir()))
t.eq(status, 0, "--emit=listing: status")
t.like(out, "\n; [^\n]*/list%.c:4: counts%.increment%(7%);\n", "--emit=listing: the file's own name and line")
t.done()

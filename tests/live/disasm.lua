-- SPDX-License-Identifier: MIT
-- Programs as the kernel holds them: every instruction, by the names of what it uses, below the lines of the text; the
-- native code; and how often a program ran.
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"
local disasm = require "luatrace.disasm"
local live = require "live"
local sh = require "sh"

local TEXT = [[
BPF_HASH(counts_of_a_long_name, u32, u64);
BPF_ARRAY(few, u64, 4);
u64 total;
static __noinline int more(u64 *v, u32 n)
{
	if (!v)
		return 0;
	__sync_fetch_and_add(v, n);
	return *v > 7;
}
int traced(struct pt_regs *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32, zero = 0;
	u64 *v = counts_of_a_long_name.lookup(&pid);
	s64 now = bpf_ktime_get_ns();

	total += more(v, pid) + now / 3 - now % 7;
	v = few.lookup(&zero);
	if (v && total > 0x123456789abcdef0)
		*v += __sync_fetch_and_or(&total, 5) | __sync_val_compare_and_swap(&total, 4, 8);
	return 0;
}
int other(struct __sk_buff *skb) { return 1; }]]
ffi.cdef "int getppid(void);"

local b = BPF { text = TEXT }
b:attach_uprobe { name = "c", sym = "getppid", fn_name = "traced", pid = live.pid }
local line = select(2, (sh.read "tests/live/disasm.lua"):match "^(.-)local TEXT":gsub("\n", "")) + 1

-- Of the listing: instructions by number, as the title counts them.
local function listed(text)
	local count, next_one, odd = 0, 0, {}
	for number, code, rest in text:gmatch "\n *(%d+): %((%x%x)%) ([^\n]+)" do
		if tonumber(number) ~= next_one then
			odd[#odd + 1] = ("%s after %d"):format(number, next_one)
		end
		local taken = code == "18" and 2 or 1
		count, next_one = count + taken, next_one + taken
		if rest:find "^%x%x %x%x %x%x" or rest:find "unknown#" or rest:find "#%?" then
			odd[#odd + 1] = rest
		end
	end
	return count, table.concat(odd, "; ")
end
local function insn_count(name)
	local info = ffi.new("lt_program_info[1]")
	local handle = require "luatrace.bpf".state_of(b, "x").handle
	C.lt_object_program(handle, C.lt_object_find_program(handle, name), info)
	return info[0].insn_count
end

local text = disasm.text(b, "traced")
local count, odd = listed(text)
t.eq(count, insn_count "traced", "each instruction")
t.eq(odd, "", "in order, each one known")
t.like(text, ("^traced: BPF instructions, %d\nint traced%%(struct pt_regs %%*ctx%%):\n;"):format(count), "the title")
t.like(text, "%(85%) call bpf_get_current_pid_tgid#14\n", "a helper by its name and number")
t.like(text, "%(18%) r%d = map%[counts_of_a_long_name%]\n", "a map by its whole name")
t.like(text, "%(18%) r%d = map%[%.bss%]%[0%]%+0\n", "a global variable's map")
t.like(text, "%(18%) r%d = 0x123456789abcdef%x\n", "a long constant")
t.like(text, "%(85%) call pc%+%d+#more\n", "a function of the text by its name")
t.like(text, "\n\nint more%(u64 %*v, u32 n%):\n", "where it begins")
t.like(text, "%(db%) lock %*%(u64 %*%)%(r1 %+0%) %+= r2\n", "an atomic addition")
t.like(text, "r%d = atomic64_fetch_or%(%(u64 %*%)%(r%d %+0%), r%d%)\n", "one that fetches")
t.like(text, "r0 = atomic64_cmpxchg%(%(u64 %*%)%(r%d %+0%), r0, r%d%)\n", "compare and exchange")
t.like(text, "%(95%) exit\n$", "the end")
t.ok(text:find(("; u32 pid = bpf_get_current_pid_tgid() >> 32, zero = 0; @ tests/live/disasm.lua:%d\n   0: ")
	:format(line + 13), 1, true), "a line of the text, as a line of the script, ahead of what was made of it")
local bare = disasm.text(b, "traced", { source = false })
t.ok(not bare:find("\n;", 1, true), "without the text's lines")
t.eq(listed(bare), count, "all instructions")
t.eq(disasm.text(b, "traced", { bpf = false }), "", "nothing asked for")

-- A text that does more: opensnoop's.
local traced = b
b = BPF { text = (sh.read "scripts/opensnoop.lua"):match "text = %[%[(.-)%]%]", params = {} }
for _, name in ipairs { "tracepoint__syscalls__sys_exit_openat2", "tracepoint__syscalls__sys_exit_openat" } do
	count, odd = listed(disasm.text(b, name))
	t.eq(count, insn_count(name), "opensnoop: " .. name)
	t.eq(odd, "", "each instruction known")
end
b:close()
b = BPF { text = "int odd(struct pt_regs *ctx) { return 7; /* \27[31m */ }" }
t.like(disasm.text(b, "odd"), "; int odd%(struct pt_regs %*ctx%) { return 7; /%* \\e%[31m %*/ } @ ",
	"of a line of the text no control characters")
b:close()
b = traced

-- Native code.
local has_jit = (sh.read "/proc/sys/net/core/bpf_jit_enable" or "1"):find "^[12]"
local native = disasm.text(b, "traced", { bpf = false, jit = true })
if has_jit then
	local size, sum, functions = tonumber(native:match "^traced: native code, (%d+) bytes\n"), 0, 0
	for length in native:gmatch "%): 0xffff%x+, (%d+) bytes\n" do
		sum, functions = sum + length, functions + 1
	end
	t.eq(sum, size, "native code: all bytes")
	t.eq(functions, 2, "of both functions")
	t.like(native, "\nint more%(u64 %*v, u32 n%): 0xffff%x+, %d+ bytes\n; ", "which have their names")
	t.like(native, "; s64 now = bpf_ktime_get_ns%(%); @ tests/live/disasm%.lua:%d+\n +%x+: %a+ ", "and the text's lines")
	t.ok(not native:find(".byte", 1, true), "all instructions are known")
	t.ok(not native:find("\t", 1, true), "no tabs")
	if jit.arch == "x64" then
		t.like(native, "\n +%x+: pushq %%rbp\n", "the frame")
		t.like(native, ": callq 0xffff%x+ # bpf_ktime_get_ns\n", "a call of the kernel's by its name")
		t.like(native, ": callq 0xffff%x+ # more\n", "of the text's")
		t.like(native, "\n +%x+: j%a+ 0xffff%x+ # %x+\n", "a jump by where that is")
		local starts, lost = {}, {}
		for part in (native .. "\n\n"):gmatch "(.-)\n\n" do
			for offset in part:gmatch "\n +(%x+): " do
				starts[offset] = true
			end
			for target in part:gmatch " # (%x+)\n" do
				lost[#lost + 1] = not starts[target] and target or nil
			end
			starts = {}
		end
		t.eq(table.concat(lost, " "), "", "where an instruction begins")
	end
	t.eq(disasm.text(b, "traced", { jit = true }), text .. "\n" .. native, "both forms")
else
	t.eq(native, "traced: native code: there is none, for the JIT is off (net.core.bpf_jit_enable), or this user may not "
		.. "see it\n", "without a JIT")
end

-- Where the kernel hides its addresses: from root without CAP_SYSLOG.
local script = sh.dir() .. "/hidden.lua"
sh.write(script, [==[
local b = require "luatrace" { text = [[int f(struct pt_regs *ctx) { return bpf_ktime_get_ns(); }]] }
b:attach_uprobe { name = "c", sym = "getppid", fn_name = "f" }
io.write(require "luatrace.disasm".text(b, "f", { jit = true }))
]==])
local paranoid = tonumber(sh.read "/proc/sys/kernel/perf_event_paranoid")
local status, out, err = sh.run(("setpriv --inh-caps=-syslog --bounding-set=-syslog %s %s"):format(live.luatrace,
	script))
t.eq(status .. err, "0", "without CAP_SYSLOG")
if has_jit and paranoid > 1 then
	t.like(out, "\n +%d+: %(85%) call unknown#0\n", "a call whose name is hidden")
	t.like(out, "\n\nf: native code: the kernel hides its addresses, and this with them %(kernel%.kptr_restrict%)\n$",
		"native code that is hidden")
else
	t.skip "what the kernel hides: it has no JIT, or hides nothing (perf_event_paranoid)"
end

-- How often a program ran.
local before = live.holdings()
t.eq(disasm.runs(b, "traced"), 0, "nothing is counted before it is asked for")
local stop = disasm.count_runs()
for _ = 1, 1009 do
	ffi.C.getppid()
end
local runs, ns = disasm.runs(b, "traced")
t.eq(runs, 1009, "each run is counted")
t.ok(ns > 1009 and ns < 1e9, ("and how long it took (%s ns)"):format(ns))
stop()
stop()
ffi.C.getppid()
t.eq(disasm.runs(b, "traced"), 1009, "until it is stopped")
disasm.count_runs()
live.collect()
t.eq(disasm.runs(b, "other"), nil, "of a program that is not loaded nothing")
t.eq(disasm.runs(b, "lt_none"), nil, "nor of none")

-- Errors.
local function fails(pattern, ...)
	local ok, message = pcall(disasm.text, ...)
	t.like(not ok and tostring(message), pattern, "error: " .. pattern)
end
fails("^program 'trace': the text has no such function %(static ones are no programs%); similar: traced$", b, "trace")
fails("^program 'other': it is not loaded: its kind is not known before it is attached$", b, "other")
local refused = BPF { text = [[
BPF_HASH(few, u32, u64);
int bad(struct pt_regs *ctx) { u32 zero = 0; return *(u64 *)few.lookup(&zero); }]] }
fails("^program 'bad': it is not loaded: .*map_value_or_null", refused, "bad")
refused:close()
fails("disasm%.lua:%d+: disasm%.text: takes a BPF object, not string 'x'", "x", "traced")
fails("disasm%.text: program= takes a string, not number 5", b, 5)
fails("disasm%.text: unknown argument 'sourc'; did you mean 'source'%?", b, "traced", { sourc = true })
fails("disasm%.text: jit= takes true or false, not number 1", b, "traced", { jit = 1 })
for _ = 1, 50 do
	disasm.text(b, "traced")
end
local in_c = live.allocated()
for _ = 1, 50 do
	disasm.text(b, "traced")
end
if live.luatrace:find "asan" then
	t.skip "memory: AddressSanitizer keeps what is freed"
else
	t.ok(live.allocated() - in_c < 4, ("memory of C: %.1f KiB more"):format(live.allocated() - in_c))
end
t.eq(live.holdings(), before, "descriptors and children: as before")
b:close()
fails("disasm%.text: this BPF object is closed", b, "traced")
t.done()

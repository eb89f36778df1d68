-- SPDX-License-Identifier: MIT
-- What `luatrace cc` makes of texts: no root, nothing loaded.
local t = require "tap"
local cc = require("cc").run
local path = require("cc").path
local sh = require "sh"

local function compiles(name, text, flags)
    local status, out, messages = cc(text, flags)
    t.eq(messages, "", name .. ": no messages")
    t.eq(status, 0, name .. ": status")
    return out
end

local function refused(name, text, pattern, flags)
    local status, _, messages = cc(text, flags)
    t.eq(status, 1, name .. ": status")
    t.like(messages, pattern, name .. ": message")
end

-- arguments by name come from registers, kernel pointers are probe-read
local asm = compiles("arguments", [[
int kprobe__f(struct pt_regs *ctx, struct sock *sk, int b)
{
	return sk->__sk_common.skc_dport + b;
}]], "--emit=asm")
t.like(asm, "section%s+\"lt/kprobe__f\"", "a program has a section of its own")
t.like(asm, "call 4", "a kernel pointer is read by bpf_probe_read")

compiles("a tracepoint's struct that is not looked into", [[
int f(struct tracepoint__syscalls__sys_enter_openat *args) { return 0; }
int g(struct tracepoint__syscalls__sys_enter_openat *args) { return f(args); }]])

asm = compiles("what fentry returns", "int kfunc__vmlinux__vfs_read(u64 *ctx) { return 7; }", "--emit=asm")
t.ok(not asm:find("w0 = 7") and asm:find("w0 = 0"), "what fentry returns: 0, which is all that the verifier takes")

asm = compiles("calls between programs", [[
int kprobe__g(struct pt_regs *ctx, int a) { return a * 3; }
int kprobe__f(struct pt_regs *ctx, int a, int b) { return kprobe__g(ctx, b); }]], "--emit=asm")
t.eq(select(2, asm:gsub("%.section%s+\"?lt/", "")), 2, "both stay programs")
t.ok(not asm:find("\tcall"), "one is part of the other")

asm = compiles("trusted pointers", "KFUNC_PROBE(f, struct sock *sk) { return sk->__sk_common.skc_dport; }",
    "--emit=asm")
t.ok(not asm:find("\tcall"), "fentry reads through its pointers itself")

asm = compiles("an iterator's context", [[
BPF_ITER(task)
{
	struct task_struct *task = ctx->task;
	int pid = task ? task->pid : 0;

	bpf_seq_write(ctx->meta->seq, &pid, sizeof(pid));
	return 0;
}]], "--emit=asm")
t.ok(not asm:find("call 4\n") and not asm:find("call 113\n"), "its pointers are the verifier's, in unions as they lie")

asm = compiles("system call", "int syscall__f(struct pt_regs *ctx, int fd) { return fd; }", "--emit=asm")
t.like(asm, "call 4", "a system call's argument is behind the inner registers")

asm = compiles("BPF memory", [[
struct value { u64 a, b; };
BPF_HASH(h, u32, struct value);
int f(struct pt_regs *ctx)
{
	u32 key = 1;
	struct value *value = h.lookup(&key), local = {};

	if (!value)
		value = &local;
	value->a++;
	return value->b;
}]], "--emit=asm")
t.ok(not asm:find("call 4\n"), "map values and locals are read directly, through a phi of both as well")

asm = compiles("a key by value", [[
struct key { u64 a; char comm[16]; };
BPF_HASH(h, struct key);
int f(struct pt_regs *ctx)
{
	struct key key = {};

	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	h.increment(key);
	return 0;
}]], "--emit=asm")
-- clang 16 copies it first
local _, ir = cc(sh.read(path), "--emit=ir")
t.ok(ir:find("clang version 16", 1, true) or not asm:find("= %*%(u64 %*%)%(r10"), "increment looks it up where it lies")

-- each of these would cost a second run of clang
local function declares(macro, helper)
    local slice = compiles(macro, macro .. "\nint f(struct pt_regs *ctx) { return 0; }", "--emit=slice")
    t.like(slice, "%f[%w_]" .. helper .. "%f[^%w_]", macro .. " needs " .. helper)
end
declares("BPF_HASH(h);", "bpf_map_update_elem")
declares("BPF_HISTOGRAM(h, u32, 10);", "bpf_map_lookup_elem")
declares('BPF_TABLE("lru_hash", u32, u64, h, 10);', "bpf_map_delete_elem")
declares("BPF_QUEUE(q, u32, 10);", "bpf_map_push_elem")
declares("BPF_STACK_TRACE(s, 10);", "bpf_get_stackid")
declares("BPF_PERF_OUTPUT(e);", "bpf_perf_event_output")
declares("BPF_RINGBUF_OUTPUT(e, 1);", "bpf_ringbuf_query")
declares("BPF_PROG_ARRAY(p, 10);", "bpf_tail_call")

-- what only names tell
compiles("text's own types", [[
struct nameidata { int mine; };
enum mine { TCP_ESTABLISHED = 7 };
typedef struct { int x; } kuid_t;
int f(struct pt_regs *ctx, struct file *file)
{
	struct nameidata n = { TCP_ESTABLISHED };
	kuid_t k = { 1 };
	return n.mine + k.x + file->f_inode->i_uid.val;
}]])
compiles("names like the kernel's", [[
BPF_HASH(start, u32);
BPF_HASH(running);
static int push(int down) { return down; }
int f(struct pt_regs *ctx) { u32 up = push(1); start.increment(up); return 0; }]])
compiles("pasted tokens", [[
#define FIELD(name) skc_##name
#define TYPE(name) struct name##_struct
int f(struct pt_regs *ctx, TYPE(task) *task) { return task->real_parent->tgid; }
#define PROBE(c, e) TRACEPOINT_PROBE(c, e) { return args->__syscall_nr; }
int g(struct pt_regs *ctx, struct sock *sk) { return sk->__sk_common.FIELD(num); }]])
compiles("kernel headers", [[
#include <uapi/linux/ptrace.h>
#include <linux/sched.h>
#include <net/sock.h>
#include <linux/something_new.h>
int f(struct pt_regs *ctx, struct sock *sk) { return sk->sk_family == AF_INET; }]])
os.execute("mkdir " .. sh.dir() .. "/sub")
sh.write(sh.dir() .. "/sub/deeper.h", "#define DEEPER 1\n")
sh.write(sh.dir() .. "/sub/deep.h", '#include "deeper.h"\n')
sh.write(sh.dir() .. "/mine.h",
    "#include <linux/sched.h>\n#include <sub/deep.h>\n#define PID(task) ((task)->pid)\nstruct mine { u32 pid; };\n")
compiles("own header", [[
#include "mine.h"
int f(struct pt_regs *ctx, struct task_struct *task) { struct mine m = { PID(task) + DEEPER }; return m.pid; }]],
    "-I" .. sh.dir())
refused("header outside of its directory", '#include "../mine.h"\nint f(void *ctx) { return 0; }',
    "text%.c:1:%d+: fatal error:", "-I" .. sh.dir() .. "/sub")
compiles("counting", [[
struct key { char comm[16]; int n; };
BPF_HASH(h, struct key);
BPF_HISTOGRAM(dist);
int f(struct pt_regs *ctx)
{
	struct key k = {};
	h.increment(k); h.increment(k, 3); h.atomic_increment(k); dist.increment(bpf_log2l(17)); dist.atomic_increment(1, 2);
	return 0;
}]])
asm = compiles("counting under a key that is written down", [[
struct pair { u32 a, b; };
BPF_HASH(pairs, struct pair);
int f(void *ctx)
{
	u32 x = bpf_get_prandom_u32();
	pairs.increment((struct pair){ x, 2 }); pairs.atomic_increment((struct pair){ 3, x }, 1717);
	return 0;
}]], "--emit=asm")
t.eq(select(2, asm:gsub("1717", "")), 1, "the number behind the key is the one to add")
compiles("a function called increment", [[
BPF_HASH(h, u32);
static void increment(u32 *at, int by) { *at += by; }
int f(void *ctx) { u32 x = 1; increment(&x, 2); h.increment(x); h.increment(x, 3); h.increment_by(x, 3u); return 0; }]])
compiles("macros of maps as bcc's users write them", [[
BPF_STACK_TRACE(stacks, 1024)
BPF_STACK_TRACE_BUILDID(by_file, 1024)
BPF_XSKMAP(sockets, 8, "/sys/fs/bpf/sockets");
BPF_CGROUP_STORAGE(mine, int);
BPF_PERCPU_CGROUP_STORAGE(ours, u64);
int f(struct bpf_sock_ops *ops)
{
	struct bpf_cgroup_storage_key key = {};
	u32 value = 0;
	u64 wide = 0;

	if (!mine.lookup(&key)) mine.update(&key, &value);
	if (!ours.lookup(&key)) ours.update(&key, &wide);
	return mine.get_local_storage(0) != 0;
}]])
compiles("void program", "void f(struct pt_regs *ctx) { }")
compiles("program with no parameter", "int f(void) { return 0; }")
compiles("-D", "int f(void *ctx) { return VALUE; }", "-DVALUE=3")

-- messages with a place and a cause
refused("syntax", "int f(void *ctx)\n{\n\treturn 1\n}\n", "text%.c:3:10: error: expected ';'")
refused("unknown name", "int f(void *ctx)\n{ return nosuchname; }",
    "text%.c:2:%d+: error: use of undeclared identifier 'nosuchname'")
refused("store to the kernel",
    "int f(struct pt_regs *ctx, struct sock *sk)\n{\n\tsk->__sk_common.skc_num = 1;\n\treturn 0;\n}",
    "text%.c:3:%d+: error: store through a kernel pointer")
refused("too many arguments",
    "\nint kprobe__f(struct pt_regs *c, int a, int b, int d, int e, int f, int g, int h, int i, int j)"
    .. "{ return g + a; }", "text%.c:2: error: program 'kprobe__f' has 9 arguments after its context; %d is the most")
refused("tracepoint", "\nTRACEPOINT_PROBE(nosuch, nothing) { return 0; }",
    "text%.c:2: error: tracepoint 'nosuch:nothing': ")
refused("a program that is none", "\nint helper(int a) { return a; }\nint f(void *ctx) { return helper(1); }",
    "text%.c:2: error: function 'helper' is not static")
refused("counting in a struct",
    "struct s { u64 a, b; };\nBPF_HASH(h, u32, struct s);\nint f(void *ctx)\n{ h.increment(1); return 0; }",
    "text%.c:4:%d+: error: increment counts in integers")
refused("counting with too much", "BPF_HASH(h);\nint f(void *ctx)\n{ h.increment(1, 2, 3); return 0; }",
    "text%.c:3:%d+: error: increment takes a key and, if it is not 1, a number")
refused("adding to a struct",
    "struct s { u64 a, b; };\nBPF_HASH(h, u32, struct s);\nint f(void *ctx)\n{ h.increment(1, 2); return 0; }",
    "text%.c:4:%d+: error: increment counts in integers")
refused("printing too much", 'int f(void *ctx) {\nbpf_trace_printk("%d %d %d %d", 1, 2, 3, 4); return 0; }',
    "text%.c:2:%d+: error: .-at most 3 values")
compiles("a frame that does not fit", "struct e { char x[600]; };\nBPF_PERF_OUTPUT(o);\nint f(void *ctx)\n"
    .. "{ struct e e; for (int i = 0; i < 600; i++) e.x[i] = i;\no.perf_submit(ctx, &e, sizeof(e)); return 0; }",
    "-o /dev/null")
compiles("SEC", 'SEC("tracepoint/sched/sched_switch") int f(void *ctx) { return 0; }', "-o /dev/null")
compiles("bpf_trace_printk",
    'int f(void *ctx) { bpf_trace_printk("x"); bpf_trace_printk("%d %d %d", 1, 2, 3); return 0; }')
refused("locals that scratch has no room for", "int f(void *ctx)\n{\n\tchar big[40000] = {};\n"
    .. "\tbpf_trace_printk(\"%s\", big);\n\treturn 0;\n}", "its local variables need 40000 bytes; 32752 is the most")

do
    local declared, used = {}, {}
    for n = 1, 90 do
        declared[n] = ("u64 v%d = bpf_ktime_get_ns();\n"):format(n)
        used[n] = ("sum = sum * 3 + v%d;\n"):format(91 - n)
    end
    refused("values that the stack has no room for", "BPF_ARRAY(a, u64, 1);\nint f(void *ctx)\n{\n"
        .. table.concat(declared) .. "u64 sum = 0;\nint zero = 0;\n" .. table.concat(used)
        .. "a.update(&zero, &sum);\nreturn 0;\n}",
        "error: function 'f': it has more values in use at one time than BPF's stack of 512 bytes holds")
end

do
    local reads = {}
    for n = 1, 340 do
        reads[n] = ("at = (u64 **)at[%d];\n"):format(n)
    end
    asm = compiles("a large local behind many reads", "BPF_PERF_OUTPUT(events);\n"
        .. "int f(struct pt_regs *ctx, u64 **at)\n{\n\tstruct { u64 last; char rest[4088]; } e = {};\n"
        .. table.concat(reads) .. "e.last = (u64)at;\nevents.perf_submit(ctx, &e, sizeof(e));\nreturn 0;\n}",
        "--emit=asm")
    t.like(asm, "__lt_scratch_f", "it moves to scratch, whatever the number of the others")
end

asm = compiles("a copy of 200 packet bytes, aligned to nothing", [[
struct bytes { u8 bytes[200]; };
BPF_PERF_OUTPUT(events);
int f(struct __sk_buff *skb)
{
	struct bytes *data = (void *)(long)skb->data, copy;

	if ((void *)(data + 1) > (void *)(long)skb->data_end)
		return 0;
	copy = *data;
	events.perf_submit(skb, &copy, sizeof(copy));
	return 0;
}]], "--emit=asm --type f=tc")
t.ok(select(2, asm:gsub("\n", "")) < 700, "a load and a store for each byte, and little else")

local chain = [[
static __noinline int third(u64 a) { volatile char b[200] = {}; b[a & 127] = a; return b[a & 63]; }
static __noinline int second(u64 a) { volatile char b[200] = {}; b[a & 127] = a; return b[a & 63] + third(a); }
static __noinline int first(u64 a) { volatile char b[%d] = {}; b[a & 63] = a; return b[a & 31] + second(a); }
int f(struct pt_regs *ctx, u64 a) { return first(a); }]]
asm = compiles("functions whose frames together are too large", chain:format(200), "--emit=asm")
t.like(asm, "__lt_scratch_first", "their locals move to scratch")
-- the kernel counts steps of 32
asm = compiles("functions whose frames fit together", chain:format(64):gsub("200", "128"), "--emit=asm")
t.ok(not asm:find("__lt_scratch", 1, true), "their locals stay where they are")

-- what the compiler annotates moved members with, written by a text
compiles("an annotation without numbers", 'struct s { int a __attribute__((annotate("lt_behind x"))); };\n'
    .. "int f(struct pt_regs *ctx, struct s *s) { return s->a; }")

-- the text is not trusted: nothing of the file system but the toolchain can be read
sh.write(sh.dir() .. "/secret", "hush\n")
refused("#include of a file outside", '#include "' .. sh.dir() .. '/secret"\nint f(void *c) { return 0; }',
    "text%.c:1:%d+: fatal error: .-secret' file not found")
refused(".incbin", '__asm__(".incbin \\"' .. sh.dir() .. '/secret\\"");\nint f(void *c) { return 0; }', "error")

-- an enum of which the text names little keeps its size and its sign
compiles("enum of one byte", "int f(struct pt_regs *ctx, struct inode *i)\n"
    .. "{ return i->i_write_hint == WRITE_LIFE_SHORT; }",
    "-DLT_CHECK_SLICE")
asm = compiles("signed enum", "int f(struct pt_regs *ctx, struct perf_event *ev)\n"
    .. "{ if (ev->state == PERF_EVENT_STATE_ACTIVE) return 1;\nreturn ev->state < 0 ? 2 : 3; }", "--emit=asm")
t.like(asm, "= 2\n", "signed enum: below zero is possible")
-- numbers keep their sign on the way into a counter
asm = compiles("unsigned count", "BPF_HASH(h);\nint f(void *ctx) { h.increment(1, bpf_get_prandom_u32()); return 0; }",
    "--emit=asm")
t.ok(not asm:find("s>>=", 1, true), "unsigned count: no sign is extended")
refused("struct in memory", "struct big { long a, b, c; };\nint f(struct pt_regs *ctx, struct big v) { return v.a; }",
    "text%.c:2: error: program 'f': argument 1 is a struct that is passed in memory")
refused("no such function", "int g(int);\nint f(void *ctx)\n{ return g(1); }",
    "text%.c:3:%d+: error: function 'g' is called but not defined")

-- string functions of constants are the compiler's
asm = compiles("string functions", [[
static int strcmp(const char *a, const char *b) { return *a - *b; }
struct record { char name[16], copy[16], print[16]; };
BPF_PERF_OUTPUT(out);
int f(void *ctx)
{
	struct record r = {};

	strcpy(r.name, "seven");
	strncpy(r.copy, "seventeen", sizeof(r.copy));
	sprintf(r.print, "%s", "literal");
	out.perf_submit(ctx, &r, sizeof(r));
	return strlen("1234567") + strcmp(r.name, r.copy);
}]], "--emit=asm")
t.ok(not asm:find("call str") and not asm:find("call sprintf"), "string functions: none is called")
refused("a string function of what is not known", "int f(struct pt_regs *ctx)\n{\n\tchar comm[16];\n\n"
    .. "\tbpf_get_current_comm(comm, sizeof(comm));\n\treturn strcmp(comm, \"init\");\n}",
    "text%.c:6:%d+: error: function 'strcmp' is called but not defined; a program has no C library.-bpf_strncmp")

-- without BTF
local function without_btf(btf, pattern)
    local status, _, messages = cc("int f(void *ctx) { return 0; }", "--btf " .. btf)
    t.eq(status, 1, "BTF " .. btf .. ": status")
    t.like(messages, pattern, "BTF " .. btf .. ": message")
end
without_btf("/nonexistent", "error: kernel BTF: /nonexistent: No such file")
without_btf("/dev/null", "error: kernel BTF: it is not well%-formed: it does not begin as BTF does")
-- arguments of USDT probes: their map is there where it is used; helpers and macros may read them
asm = compiles("no argument of a USDT probe", "int f(struct pt_regs *ctx) { return 0; }", "--emit=asm")
t.ok(not asm:find("__lt_usdt", 1, true), "no map for arguments that nothing reads")
asm = compiles("arguments of USDT probes", [[
#define READ(n, to) bpf_usdt_readarg(n, ctx, to)
static int helper(struct pt_regs *ctx, char *to) { return bpf_usdt_readarg_p(2, ctx, to, 8) + READ(3, to); }
int f(struct pt_regs *ctx)
{
	struct sock *sk;
	char text[8];

	return READ(1, &sk) + helper(ctx, text) + text[0] + sk->__sk_common.skc_dport;
}]], "--emit=asm")
t.like(asm, "%.maps.*__lt_usdt:", "a map where there is one")
refused("USDT argument 0", "int f(struct pt_regs *ctx) { int v; return bpf_usdt_readarg(0, ctx, &v); }",
    ":1:%d+: error: .*counted from 1")
local _, _, warning = cc("int f(struct pt_regs *ctx) { char v[3]; return bpf_usdt_readarg(1, ctx, &v); }")
t.like(warning, ":1:%d+: warning: .*1, 2, 4 or 8 bytes", "USDT argument into an odd size")

-- programs that are called as functions of the C library
local names = { "exit", "abort", "vfork", "longjmp", "fmod", "malloc", "printf", "memcpy", "strlen" }
local programs = {}
for i, name in ipairs(names) do
	programs[i] = ("int %s(struct pt_regs *ctx) { return %d; }"):format(name, i)
end
_, asm, warning = cc(table.concat(programs, "\n"), "--emit=asm")
t.eq(warning, "", "names of the C library: nothing is said")
for i, name in ipairs(names) do
	t.like(asm, "\n" .. name .. ":\n\t[rw]0 = " .. i .. "\n", name)
end

t.done()

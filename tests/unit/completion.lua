-- SPDX-License-Identifier: MIT
-- What may stand at a place in a BPF C text: members, methods, macros, helpers, types, in whole texts and broken ones.
local t = require "tap"
local sh = require "sh"
local completion = require "luatrace.completion"

if not sh.read("/sys/kernel/btf/vmlinux") then
	t.skip_all("no /sys/kernel/btf/vmlinux")
end

-- The cursor is at the only "¦" of the text.
local function at(text, cflags)
	local place = text:find("¦", 1, true)
	local found, err = completion.complete(text:sub(1, place - 1) .. text:sub(place + #"¦"), place - 1, cflags)
	if not found then
		error(text .. ": " .. tostring(err), 2)
	end
	return found
end

local function find(found, insert)
	for _, candidate in ipairs(found.candidates) do
		if candidate.insert == insert then
			return candidate
		end
	end
	return {}
end

local function inserts(found)
	local list = {}
	for i, candidate in ipairs(found.candidates) do
		list[i] = candidate.insert
	end
	return table.concat(list, " ")
end

-- One candidate that is expected, as "kind display".
local function offers(text, insert, wanted, name, cflags)
	local candidate = find(at(text, cflags), insert)
	t.eq(("%s %s"):format(candidate.kind, candidate.display), wanted, name)
	return candidate
end

local function none(text, name)
	local found = at(text)
	t.eq(inserts(found), "", name)
	t.eq(found.count, 0, name .. ": counted")
end

local TASK = "int f(void *ctx)\n{\n\tstruct task_struct *t = (struct task_struct *)bpf_get_current_task();\n\t"
local MAPS = "BPF_HASH(counts, u32, u64);\nBPF_PERF_OUTPUT(events);\nBPF_RINGBUF_OUTPUT(ring, 8);\n"

-- members
offers(TASK .. "t->¦", "tgid", "member int tgid", "a member")
offers(TASK .. "t->mm->ow¦", "owner", "member struct task_struct *owner", "a member behind a member")
offers(TASK .. "u64 n = 1 + (t->mm->owner->tg¦", "tgid", "member int tgid", "of a chain, in parentheses")
offers(TASK .. "t->se.¦", "vruntime", "member unsigned long long vruntime", "of a struct inside")
offers(TASK .. "typeof(t->mm) m;\n\tm->¦", "pgd", "member pgd_t *pgd", "of a type that the text does not name")
offers("int f(void *c) { return bpf_get_current_task_btf()->¦", "group_leader",
	"member struct task_struct *group_leader", "of what a helper returns")
offers("struct key { u32 pid; /* who */\n char comm[16]; };\nint f(void *c) { struct key k = {}; k.¦", "comm",
	"member char comm[16]", "of a struct of the text")
local found = at("struct key {\n\tu32 pid; /* who */\n\t// and what\n\tu32 what;\n};\n"
	.. "int f(void *c) { struct key k; k.¦")
t.eq(find(found, "pid").doc, "who", "a comment behind a member")
t.eq(find(found, "what").doc, "and what", "a comment above a member")
offers("int f(struct sock *sk) { return sk->__sk_¦", "__sk_common", "member struct sock_common __sk_common",
	"a member of a kernel's reserved name")
offers("int f(struct inet_sock *sk) { return sk->inet_da¦", "inet_daddr",
	"member inet_daddr = sk.__sk_common.skc_daddr", "what the kernel calls a member by a macro")
none("int f(struct task_struct *t) { return t->inet_da¦", "but not of another struct")
t.eq(at(TASK .. "t->mm->¦").prefix, "", "nothing typed")
t.eq(at(TASK .. "t->tg¦id = 1;").prefix, "tg", "in the middle of a word: what is ahead of the cursor")

-- maps
offers(MAPS .. "int f(void *c) { counts.¦", "lookup", "method u64 *lookup(u32 *key)", "a method")
local method = offers(MAPS .. "int f(void *c) { counts.inc¦", "increment", "method void increment(u32 key, ...)",
	"a method that is a macro as well")
t.like(method.doc, "^adds %(1 unless said%) to an integer leaf", "with what the reference says of it")
offers(MAPS .. "int f(void *c) { counts.¦", "leaf", "member u64 leaf", "a map's leaf")
offers(MAPS .. "int f(void *c) { events.¦", "perf_submit", "method int perf_submit(ctx, data, size)",
	"a method that a macro stands for")
offers(MAPS .. "int f(void *c) { ring.ringbuf_re¦", "ringbuf_reserve", "method void *ringbuf_reserve(u64 size)",
	"a ring buffer's method")
offers("BPF_SK_STORAGE(of, u64);\nint f(void *c) { of.¦", "sk_storage_get",
	"method void *sk_storage_get(void *owner, void *leaf, u64 flags)", "a method of a pasted name")
t.ok(not inserts(at(MAPS .. "int f(void *c) { events.¦")):find("__lt_", 1, true), "no name of ours among them")
t.eq(find(at(MAPS .. "int f(void *c) { perf_su¦"), "perf_submit").kind, nil, "a method stands after a map only")
offers(MAPS .. TASK .. "counts.increment(t->tg¦", "tgid", "member int tgid", "in an argument of a method")
offers(MAPS .. TASK .. "if (counts.increment(1, t->tg¦", "tgid", "member int tgid", "and inside of a condition")

-- macros
local macro = offers("BPF_HA¦", "BPF_HASH", "macro BPF_HASH(name[, key = u64[, leaf = u64[, entries = 10240]]])",
	"a macro of the dialect")
t.eq(macro.doc, "hash", "with what the reference says of it")
offers("¦", "TRACEPOINT_PROBE", "macro TRACEPOINT_PROBE(category, event)", "at the very start")
offers("int f(struct pt_regs *ctx) { return PT_REGS_PA¦", "PT_REGS_PARM1", "macro PT_REGS_PARM1(ctx)", "registers")
offers("int f(struct pt_regs *ctx) { return PT_REGS_PARM1(ct¦", "ctx", "variable struct pt_regs *ctx",
	"a macro's argument")
offers(TASK .. 'bpf_trace_printk("%d", t->tg¦', "tgid", "member int tgid", "an argument of a macro with statements")
offers("BPF_HASH(h, struct task_s¦", "task_struct", "type struct task_struct", "an argument of a macro of declarations")
macro = offers("/* At most. */\n#define LIMIT 40\nint f(void *c) { return LIM¦", "LIMIT", "macro LIMIT = 40",
	"a macro of the text")
t.eq(macro.doc, "At most.", "with the comment above it")
offers("int f(void *c) { return NUMB¦", "NUMBER", "macro NUMBER = 7", "a macro of a flag", { "-DNUMBER=7" })
none("#define FIRST(x) ((x)->pi¦", "a macro's body tells nothing of its parameters")

-- helpers and functions
local helper = offers("int f(void *c) { bpf_get_current_c¦", "bpf_get_current_comm",
	"function long bpf_get_current_comm(void *buf, u32 size_of_buf)", "a helper")
t.like(helper.doc, "^Copy the comm .* Returns: 0 on success", "with libbpf's words")
offers("int f(void *c) { bpf_get_current_comm(c, 1); bpf_get_current_c¦", "bpf_get_current_comm",
	"function long bpf_get_current_comm(void *buf, u32 size_of_buf)", "one that the text has already")
helper = offers("/* Counts. */\nstatic int count(struct pt_regs *ctx, u64 n)\n{\n\treturn 0;\n}\n"
	.. "int f(void *c) { return cou¦", "count", "function int count(struct pt_regs *ctx, u64 n)", "a function of the text")
t.eq(helper.doc, "Counts.", "with the comment above it")

-- types and constants
offers("struct task_st¦", "task_struct", "type struct task_struct", "a struct of the kernel")
offers("int f(struct task_st¦", "task_struct", "type struct task_struct", "in a parameter list")
offers("int f(void *c) { union bpf_at¦", "bpf_attr", "type union bpf_attr", "a union of the kernel")
offers("enum bpf_map_ty¦", "bpf_map_type", "type enum bpf_map_type", "an enum of the kernel")
offers("pid_¦", "pid_t", "type typedef pid_t", "a typedef of the kernel")
offers("int f(void *c) { u3¦", "u32", "type typedef __u32 u32", "a base type")
offers("int f(void *c) { return BPF_MAP_TYPE_LRU_H¦", "BPF_MAP_TYPE_LRU_HASH", "enumerator BPF_MAP_TYPE_LRU_HASH = 9",
	"an enumerator of the kernel")
offers("enum mode { MODE_ON = 3 };\nint f(void *c) { return MODE_O¦", "MODE_ON", "enumerator MODE_ON = 3",
	"of the text")
offers("enum mode { MODE_ALL = ~0ULL };\nint f(void *c) { return MODE_A¦", "MODE_ALL",
	"enumerator MODE_ALL = 18446744073709551615", "one that has no sign")
offers("enum mode { MODE_NONE = -1 };\nint f(void *c) { return MODE_N¦", "MODE_NONE", "enumerator MODE_NONE = -1",
	"one that has")
offers("int f(void *c) { return AF_INE¦", "AF_INET6", "macro AF_INET6 = PF_INET6", "a constant that BTF has not")
offers("int f(void *c) { ret¦", "return", "keyword return", "a keyword")
offers("#include <bcc/pr¦", "bcc/proto.h", "header bcc/proto.h", "a header")
offers("#include \"bcc/pr¦", "bcc/proto.h", "header bcc/proto.h", "in quotes")

-- order, and what is left out
found = at("int f(struct pt_regs *ctx) { u32 pid = 1, pix; return pi¦")
t.like(inserts(found), "^pid pix ", "variables go first")
t.like(inserts(at(TASK .. "pid_t pid_a = 1, pid_; return pid_¦")), "^pid_ pid_a pid_t",
	"what is typed already goes first")
found = at("int f(void *c) { ¦")
t.ok(not (" " .. inserts(found)):find(" _", 1, true), "no reserved names unless they are asked for")
t.like(inserts(at("int f(void *c) { __LT_HAS¦")), "^__LT_HASH", "which they can be")
t.ok(not inserts(at("int f(void *c) { __¦")):find("__lt_", 1, true), "ours by more than two underscores")
found = at("struct b¦")
t.ok(found.count > 100 and #found.candidates == math.min(found.count, 1000), "many candidates")

-- nowhere
none("int f(void *c) { /* t->¦", "a comment")
none("// bpf_ge¦", "a comment to the end of the line")
none('int f(void *c) { bpf_trace_printk("bpf_ge¦', "a string")
none('int f(void *c) { bpf_trace_printk("a\\"bpf_ge¦', "a string with a quote")
none("int f(void *c) { return 'b¦", "a character")
none("int f(void *c) { return 0x1b¦", "a number")
none("int f(void *c) { struct no_such_struct *s; s->¦", "a struct that is not there")
none("int f(void *c) { no_such->¦", "a variable that is not there")
none("int bpf_get_cu¦", "a name that is new")
offers("/* don't */ // it's\nstruct task_st¦", "task_struct", "type struct task_struct", "behind comments with quotes")
offers("#error don't\nstruct task_st¦", "task_struct", "type struct task_struct", "behind a quote that is not closed")

-- broken texts
offers("BPF_HASH(h, u32\nint g(void *c) { return }\n" .. TASK .. "t->tg¦", "tgid", "member int tgid",
	"errors ahead of it")
offers("int x = ;\nstruct {\n int a\n};\n" .. TASK .. "t->tg¦", "tgid", "member int tgid", "more errors")
offers(TASK .. "t->tg¦ }} )) int \" ' /*", "tgid", "member int tgid", "what follows counts for nothing")
offers(TASK .. "if (1) { for (;;) { while (t->tg¦", "tgid", "member int tgid", "nothing is closed")
offers(TASK .. "char *s = \"größe 日本\"; /* ünï */ t->tg¦", "tgid", "member int tgid", "UTF-8 ahead of it")
t.eq(at("int f(void *c) { größ¦").prefix, "größ", "a word in UTF-8")
offers(TASK .. ("\tt->tgid++;\n"):rep(300) .. "\tt->tg¦", "tgid", "member int tgid", "300 lines")
offers(("/* %s */\n"):format(("x"):rep(100)):rep(20000) .. TASK .. "t->tg¦", "tgid", "member int tgid", "2 MB of text")
offers("char *s = \"" .. ("x"):rep(1000000) .. "\";\n" .. TASK .. "t->tg¦", "tgid", "member int tgid",
	"a line of 1 MB ahead of it")
t.eq(at(("x"):rep(1000000) .. "(¦").prefix, "", "a word of 1 MB ahead of it")
offers("int g() { { ( [ \"\n" .. TASK .. "t->tg¦", "tgid", "member int tgid", "a function that is not closed")
offers("#define LIMIT 40\nBPF_HASH(h, u32\n" .. TASK .. "u64 n = LIM¦", "LIMIT", "macro LIMIT = 40",
	"a macro's use that is not closed")
none("int f(void *c) { return " .. ("("):rep(1000) .. "1->¦", "a thousand parentheses")
local nothing, err = completion.complete("int f(void *c) { return " .. ("("):rep(1000000), 1000000)
t.like(tostring(nothing) .. " " .. tostring(err), "^nil luatrace%-cc was ended by signal 11", "a million")
nothing, err = completion.complete("int f\0", 6)
t.eq(tostring(nothing) .. " " .. tostring(err), "nil program.c:1: the text has a NUL byte; remove it", "a NUL")
nothing, err = completion.complete("int f\xff", 6)
t.like(tostring(nothing) .. " " .. tostring(err), "^nil program%.c:1: the text is not UTF%-8", "no UTF-8")
nothing, err = completion.complete("int f", 5, { "-nonsense" })
t.like(tostring(nothing) .. " " .. tostring(err), "^nil cflag '%-nonsense'", "a flag that is none")
local symbols, errors = require "luatrace.symbols", require "luatrace.errors"
local tracepoints = symbols.get_tracepoints
symbols.get_tracepoints = function() errors.raise("planted", errors.ENOENT) end
nothing, err = completion.complete("TRACEPOINT_PROBE(sch", 20)
symbols.get_tracepoints = tracepoints
t.eq(("%s %s %d"):format(tostring(nothing), tostring(err), err.errno), "nil planted 2", "no tracepoints to be had")
t.ok(completion.complete("struct task_st", 1000).count > 0, "an offset behind the end is the end")
t.eq(completion.complete("struct task_st", -1).prefix, "", "one ahead of the beginning is the beginning")
t.done()

-- SPDX-License-Identifier: MIT
-- `luatrace cc --portable`: objects for any kernel. What can't be in one is said with its line; what is taken for
-- granted is looked at when it is loaded.
local cc = require "cc"
local sh = require "sh"
local t = require "tap"

local OBJECT = sh.dir() .. "/text.o"

local function compile(text, flags)
	os.remove(OBJECT)
	local status, _, said = cc.run(text, ("--portable -o %s %s"):format(OBJECT, flags or ""))
	return status, (said:gsub(sh.dir() .. "/", ""))
end

local function load(change)
	local object = sh.read(OBJECT)
	sh.write(OBJECT, change and change(object) or object)
	local status, out, said = sh.run(("%s cc %s --load"):format(cc.luatrace, OBJECT))
	return status, out .. said
end

local function refused(name, text, line, what)
	local status, said = compile(text)
	t.eq(status, 1, name .. ": refused")
	t.like(said, ("text%%.c:%d[:%%d]*: error: "):format(line), name .. ": its line")
	t.like(said, what, name .. ": why")
end

-- ---- what can't be -------------------------------------------------------------------------------------------------

local PROGRAM = "int f(struct pt_regs *ctx, struct task_struct *p) { return %s; }\n"
for _, condition in ipairs { "#if LINUX_VERSION_CODE > 1", "#  if 1 && HZ == 250", "#ifdef CONFIG_SMP",
	"#ifndef CONFIG_SMP", "#if 0\n#elif IS_ENABLED(CONFIG_SMP)", "#if defined(CONFIG_SMP)" } do
	refused(condition, "\n" .. condition .. "\n#endif\n" .. PROGRAM:format "0", select(2, condition:gsub("\n", "")) + 2,
		"after #if: what any kernel is to load can't be chosen when it is compiled")
end
t.eq(compile("#if HZ == 3\n#else\n#error\n#endif\n" .. PROGRAM:format "0", "-D HZ=3"), 0, "unless the text says it")
refused("a size of an array", "struct x { char name[bpf_num_cpus()]; };\n" .. PROGRAM:format "sizeof(struct x)", 1,
	"variable length array")
refused("a text of the configuration", "\n" .. PROGRAM:format "sizeof(CONFIG_DEFAULT_HOSTNAME)", 2,
	"CONFIG_DEFAULT_HOSTNAME is a text, which can't wait for the kernel that the object is loaded in")
local _, slice = cc.run("struct request;\nint f(void *c) { return 0; }", "--emit=slice")
if not slice:find "[ *]rq_disk;" then
	refused("a member behind a pointer",
		"int f(struct pt_regs *ctx, struct request *rq)\n{ return rq->rq_disk->major; }", 2,
		"request%.rq_disk: this kernel has it as request%.q%->disk; what any kernel is to load")
end

-- ---- what is taken for granted -------------------------------------------------------------------------------------

local function granted(name, text, line, what)
	local status, said = compile(text)
	t.eq(status, 0, name .. ": compiles")
	if what then
		t.like(said, ("text%%.c:%d:%%d+: warning: %s is %%d+ in this kernel: the object will only load where it is the "
			.. "same"):format(line, what:gsub("%p", "%%%0")), name .. ": warned of")
	else
		t.eq(said, "", name .. ": nothing to warn of")
	end
	status, said = load()
	t.like(status .. said, "^0f kprobe loaded\n", name .. ": loads where it was made")
	if what then
		-- another number, as of another kernel
		status, said = load(function(object)
			return (object:gsub("(\t[^\t\n]+\t)(%d)(%d*\t" .. line .. "\n)", function(before, digit, after)
				return before .. (digit + 1) % 10 .. after
			end))
		end)
		t.like(said, ("line %d: it was compiled for kernels in which the %%l+ of [%%w_ ]*%%S+ is %%d+, and in this one it "
			.. "is %%d+"):format(line), name .. ": refused elsewhere")
		t.eq(status, 1, name .. ": status")
	end
end

granted("a member", PROGRAM:format "p->pid + p->comm[1] + p->mm->total_vm")
granted("sizeof", "\n" .. PROGRAM:format "sizeof(*p)", 2, "sizeof(struct task_struct)")
granted("sizeof of a type", "\n" .. PROGRAM:format "sizeof(struct task_struct)", 2, "sizeof(struct task_struct)")
granted("offsetof", "\n\n" .. PROGRAM:format "offsetof(struct task_struct, comm[3])", 3,
	"offsetof(struct task_struct.comm[3])")
granted("container_of", PROGRAM:format "container_of(p, struct task_struct, comm)->pid"
	.. "int h(struct pt_regs *ctx, struct inode *i) { return SOCKET_I(i)->sk->sk_num; }\n"
	.. "int g(struct pt_regs *ctx, struct upid *u) { return container_of(u, struct pid, numbers[u->nr & 3])->level; }\n")
granted("the next of an array", "\n" .. PROGRAM:format "p[1].pid", 2, "sizeof(struct task_struct)")
granted("a step", "\n" .. PROGRAM:format "(p + 1)->pid", 2, "sizeof(struct task_struct)")
granted("a struct on the stack", "\nint f(struct pt_regs *ctx, struct cred *p)\n"
	.. "{ kernel_cap_t c = p->cap_effective; return *(int *)&c; }", 3, "sizeof(kernel_cap_t)")
granted("a struct within another", "struct own {\nstruct list_head l; };\nBPF_HASH(m, int, struct own);\n"
	.. PROGRAM:format "0", 2, "sizeof(struct list_head)")
local ZONE = "\nint f(struct pt_regs *ctx, struct zone *z, int i) { return %s; }\n"
granted("an element whose number is not known", ZONE:format "z->free_area[i].nr_free + z->vm_stat[i].counter")
granted("a step from an array", ZONE:format "(z->free_area + i)->nr_free", 2, "sizeof(struct zone.free_area[0])")
granted("the size of an array", "\n" .. PROGRAM:format "sizeof(p->comm)", 2, "sizeof(struct task_struct.comm)")
granted("how many elements", ZONE:format "ARRAY_SIZE(z->free_area)", 2, "sizeof(struct zone.free_area)")
granted("the size of its type", "\n" .. PROGRAM:format "sizeof(typeof(p->comm))", 2, "sizeof(struct task_struct.comm)")
granted("the size of a number", PROGRAM:format "sizeof(p->pid) + p->comm[p->pid & 3]")
t.like(sh.read(OBJECT), "width\tstruct task_struct.pid\t4\t1\nwidth\tstruct task_struct.comm%[0%]\t1\t1\n",
	"of which the object knows")
granted("offsetof with a number that is not known",
	"\nint f(struct pt_regs *ctx, int i) { return offsetof(struct signal_struct, rlim[i].rlim_max); }", 2,
	"sizeof(struct signal_struct.rlim[0])")
t.like(sh.read(OBJECT), "offset\tstruct signal_struct.rlim%[0%]%.rlim_max\t%d+\t2\n", "and where the first is")

-- How a struct is laid out matters where Lua reads it, or C writes more than zeroes.
local function laid_out(name, text, what)
	t.eq(compile(text), 0, name .. ": compiles")
	local known = sh.read(OBJECT):match "offset\tstruct [%w_.]+\t%d+"
	t.eq(known and known:match "struct [%w_.]+", what, name .. (what and ": laid out as here" or ": anyhow"))
	t.eq(load(), 0, name .. ": loads where it was made")
end
local SEEN = "BPF_HASH(seen, u32, %s, 4);\n" .. PROGRAM:format "0"
laid_out("a map's values", SEEN:format "struct file_ra_state", "struct file_ra_state.start")
laid_out("a map's values, within others",
	"struct own { int n; struct file_ra_state r[2]; };\n" .. SEEN:format "struct own", "struct file_ra_state.start")
laid_out("what is sent", "BPF_PERF_OUTPUT(out);\nint f(struct pt_regs *ctx, struct file_ra_state *p)\n"
	.. "{ struct file_ra_state r = *p; return out.perf_submit(ctx, &r, sizeof(r)); }", "struct file_ra_state.start")
laid_out("a variable that Lua sees", "struct file_ra_state last;\n"
	.. "int f(struct pt_regs *ctx, struct file_ra_state *p) { last = *p; return 0; }", "struct file_ra_state.start")
local RA = "int f(struct pt_regs *ctx, struct file_ra_state *p) { struct file_ra_state r%s; return p->start; }"
laid_out("a struct that C fills", RA:format " = { .start = 3 }; p = &r", "struct file_ra_state.start")
laid_out("one filled later", RA:format "; r = (struct file_ra_state){ .start = 3 }; p = &r",
	"struct file_ra_state.start")
laid_out("a member that C fills", RA:format " = {}; r.start = 3; p = &r")
laid_out("bits that C fills", "int f(struct pt_regs *ctx, struct signal_struct *p)\n"
	.. "{ struct mmu_gather g = {}; g.fullmm = 1; return p == (void *)&g; }", "struct mmu_gather.mm")
laid_out("zeroes", RA:format " = {}; p = &r")
laid_out("a copy", RA:format " = *p; p = &r")

-- The sizes of what is not the kernel's, or is it by another name.
local TRACEPOINT = "struct tracepoint__sched__sched_switch"
local SWITCH = "TRACEPOINT_PROBE(sched, sched_switch) { %s; }"
laid_out("a tracepoint's size", SWITCH:format "return sizeof(*args) + sizeof(args->prev_comm)")
t.like(sh.read(OBJECT), "size\t" .. TRACEPOINT .. "\t%d+\t1\nsize\t" .. TRACEPOINT .. ".prev_comm\t16\t1\n",
	"of which the object knows")
t.like(select(2, load(function(object) return (object:gsub("(prev_comm\t)16", "%124")) end)),
	"line 1: .*the size of " .. TRACEPOINT .. ".prev_comm is 24, and in this one it is 16", "and says so elsewhere")
laid_out("a tracepoint's by value", SWITCH:format(TRACEPOINT .. " c = {}; return c.next_pid"))
laid_out("a tracepoint's that C fills", SWITCH:format(TRACEPOINT .. " c = { .next_pid = 3 }; return c.next_pid"),
	TRACEPOINT .. ".prev_comm")
laid_out("an element of a tracepoint's array",
	"TRACEPOINT_PROBE(raw_syscalls, sys_enter) { return sizeof(args->args[1]); }")
local MINE = "struct task_struct___mine { int pid, list[3]; } __attribute__((preserve_access_index));\n"
laid_out("a text's own size", MINE
	.. PROGRAM:format "sizeof(struct task_struct___mine) + offsetof(struct task_struct___mine, list)")
laid_out("a name that the text has too", "struct qstr { int own; };\n"
	.. "int f(struct pt_regs *ctx, struct dentry *d) { typeof(d->d_name) q = d->d_name; return q.len; }")
t.like(sh.read(OBJECT), "size\tstruct qstr\t16\t2\n", "which is the kernel's")
granted("the interface to user space", PROGRAM:format "sizeof(struct sockaddr_in) + offsetof(struct iphdr, saddr)")
granted("an enumerator as a size", "struct x { char c[MM_SHMEMPAGES]; };\n" .. PROGRAM:format "sizeof(struct x)")
t.like(sh.read(OBJECT), "enumerator\tMM_SHMEMPAGES\t%d+\t", "of which the object knows")
local status, said = load(function(object) return (object:gsub("(MM_SHMEMPAGES\t)%d", "%19")) end)
t.like(status .. said, "1.*the value of MM_SHMEMPAGES is 9, and in this one it is %d", "and says so elsewhere")

-- ---- what is not there ---------------------------------------------------------------------------------------------

local NONE = "struct task_struct___x { int lt_none; } __attribute__((preserve_access_index));\n"
t.eq(compile(NONE .. PROGRAM:format "((struct task_struct___x *)p)->lt_none"), 0,
	"a member that no kernel has: compiles")
status, said = load()
t.like(status .. said, "^1f kprobe refused: .*struct task_struct has no member 'lt_none' in this kernel %(line 2:",
	"refused")
t.eq(compile(NONE .. [[
enum node_stat_item___x { NR_NONE___x };
BPF_ARRAY(kept, u64, 1);
int f(struct pt_regs *ctx, struct task_struct *p)
{
	u64 value = p->pid;

	kept.update(&(int){ 0 }, &value);
	value += ((struct task_struct___x *)p)->lt_none;
	kept.update(&(int){ 0 }, &value);
	return 0;
}
int g(struct pt_regs *ctx)
{
	u64 value = bpf_get_prandom_u32();

	kept.update(&(int){ 0 }, &value);
	value += bpf_core_enum_value(enum node_stat_item___x, NR_NONE___x);
	kept.update(&(int){ 0 }, &value);
	return 0;
}]]), 0, "several lines")
said = select(2, load())
t.like(said, "has no member 'lt_none' in this kernel %(line 9: value %+= ", "the line of a member")
t.like(said, "has no enumerator NR_NONE %(line 18: value %+= ", "the line of an enumerator")
t.eq(compile(NONE .. PROGRAM:format
	"bpf_core_field_exists(struct task_struct___x, lt_none) ? ((struct task_struct___x *)p)->lt_none : 7"), 0, "asked for")
t.eq(select(2, load()), "f kprobe loaded\n", "and not looked at")
-- LLVM took the one that is read for the one that is asked for, ahead of the branch
local GUARDED = [[
struct task_struct___x { u32 lt_none, tgid; } __attribute__((preserve_access_index));
BPF_ARRAY(kept, u64, 1);
BPF_ARRAY(counts, u64, 1);
#define KEEP(VALUE) do { u64 value = VALUE, one = 1; kept.update(&(int){ 0 }, &value); \
		counts.update(&(int){ 0 }, &one); } while (0)
int f(struct pt_regs *ctx)
{
	struct task_struct___x *p = (void *)bpf_get_current_task();
	u32 v = 0;

	%s
	return 0;
}
]]
for what, guarded in pairs {
	["asked for twice"] = [[if (bpf_core_field_exists(p->lt_none)) v = p->lt_none;
	KEEP(v);
	if (bpf_core_field_exists(p->lt_none)) v += p->lt_none;
	KEEP(v);]],
	["asked for its address"] = "KEEP(*(bpf_core_field_exists(p->lt_none) ? &p->lt_none : &p->tgid));",
} do
	t.eq(compile(GUARDED:format(guarded)), 0, what .. ": compiles")
	t.eq(select(2, load()), "f kprobe loaded\n", what .. ": not looked at")
end
local function lacks_dirtied(object)
	return (object:gsub("NR_DIRTIED", "NR_DORTIED"))
end
local ASKED = "bpf_core_enum_value_exists(enum node_stat_item, NR_DIRTIED)"
t.eq(compile(NONE .. PROGRAM:format(ASKED .. " ? NR_DIRTIED : ((struct task_struct___x *)p)->lt_none")), 0,
	"an enumerator that is asked for: compiles")
t.eq(select(2, load()), "f kprobe loaded\n", "is there")
said = select(2, load(lacks_dirtied))
t.like(said, "struct task_struct has no member 'lt_none' in this kernel", "is not there")
t.eq(compile(PROGRAM:format(ASKED .. " ? bpf_core_enum_value(enum node_stat_item, NR_DIRTIED) : 7")), 0, "its value")
t.eq(select(2, load(lacks_dirtied)), "f kprobe loaded\n", "is not looked at")
-- and so does what is compiled for this kernel alone
status = cc.run(NONE .. PROGRAM:format "((struct task_struct___x *)p)->lt_none", "-o " .. OBJECT)
t.eq(status, 0, "the same for this kernel: compiles")
status, said = load()
t.like(status .. said, "^1f kprobe refused: struct task_struct has no member 'lt_none' in this kernel", "refused")
-- what is asked for and not used crashed LLVM
for _, unused in ipairs { "int v = LINUX_VERSION_CODE; ", "int v = HZ; c = v - v; ", "int v = MM_SHMEMPAGES; ",
	"int v = bpf_core_type_size(struct task_struct); ", "c = bpf_core_field_exists(p->mm) & 0; " } do
	t.eq(compile("int f(struct pt_regs *ctx, struct task_struct *p) { int c = 0; " .. unused .. "return c; }"), 0,
		"not used: " .. unused)
end
t.eq(compile "TRACEPOINT_PROBE(syscalls, sys_enter_getpid) { return args->__syscall_nr; }", 0, "a tracepoint")
status, said = load(function(object) return (object:gsub("sys_enter_getpid", "sys_enter_nopoid")) end)
t.like(status .. said, "this kernel has no tracepoint syscalls:sys_enter_nopoid", "that is not there")

-- ---- damage --------------------------------------------------------------------------------------------------------

compile(PROGRAM:format "p->pid")
local whole, bad = sh.read(OBJECT), 0
for at = 65, #whole, 97 do
	local changed = string.char(bit.bxor(whole:byte(at), 0xff))
	status = load(function() return whole:sub(1, at - 1) .. changed .. whole:sub(at + 1) end)
	bad = bad + (status > 1 and 1 or 0)
end
t.eq(bad, 0, "an object with a byte changed: loads or is refused, no more")
t.done()

-- SPDX-License-Identifier: MIT
-- What the verifier refuses: the whole message for each cause, in this kernel's wording.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local refusals = require "refusals"

-- One compile for many: each function is one refusal.
local HEAD = [==[
struct rec { u64 a; char text[32]; };
BPF_HASH(hash, u32, u64);
BPF_ARRAY(arr, u64, 4);
BPF_RINGBUF_OUTPUT(ring, 8);
BPF_PERF_OUTPUT(events);
BPF_STACK_TRACE(stacks, 64);
BPF_PROG_ARRAY(programs, 4);
static const u64 constant[4] = { 1, 2, 3, 4 };
]==]

local begin, case, finish = refusals.begin, refusals.case, refusals.finish

begin(HEAD)
local LEAK = "a way out of the program keeps a record or an object: end each with ringbuf_submit, ringbuf_discard or "
	.. "the function that releases it"
local ENDED = "%s was submitted, discarded or released before, or was never taken: each ends once"
local OBJECT = "'%s' must be an object that the kernel handed to this program, or that a function acquired for it, and "
	.. "that is not released yet"

-- pointers
case("null_lookup", "u32 key = 1;\nu64 *value = hash.lookup(&key);\n*value += 1;\nreturn 0;", 3, "*value += 1;",
	"R%d invalid mem access 'map_value_or_null'",
	"'value' may be NULL: check what the lookup gave before using it, for arrays too")
case("null_call", "u32 key = 1;\nreturn *hash.lookup(&key);", 2, "return *hash.lookup(&key);",
	"R%d invalid mem access 'map_value_or_null'",
	"the pointer may be NULL: check what the lookup gave before using it, for arrays too")
case("null_math", "u32 key = 1;\nu64 *value = arr.lookup(&key);\nvalue += 1;\nasm volatile(\"\" : \"+r\"(value));\n"
	.. "return value ? *value : 0;", 3, "value += 1;",
	"R%d pointer arithmetic on map_value_or_null prohibited, null%-check it first",
	"the pointer may be NULL: check it before computing with it")
case("null_ring", "struct rec *rec = ring.ringbuf_reserve(sizeof(*rec));\nrec->a = 1;\nring.ringbuf_submit(rec, "
	.. "0);\nreturn 0;",
	2, "rec->a = 1;", "R%d invalid mem access '%a+'", "'rec' is NULL on one way through the program: check it before "
		.. "using it")
case("null_ring_plain", "u64 *rec = bpf_ringbuf_reserve(&__lt_map_ring, 8, 0);\n*rec = 1;\nbpf_ringbuf_submit(rec, "
	.. "0);\nreturn 0;",
	2, "*rec = 1;", "R%d invalid mem access '[%a_]*mem_or_null'",
	"'rec' may be NULL: check what ringbuf_reserve gave before using it")
case("kept_record", "struct rec *rec = ring.ringbuf_reserve(sizeof(*rec));\nif (!rec)\nreturn 0;\n"
	.. "rec->a = bpf_get_prandom_u32();\nif (rec->a > 5)\nreturn 0;\nring.ringbuf_submit(rec, 0);\nreturn 0;", nil, nil,
	"Unreleased reference id=%d+ alloc_insn=%d+[^(]*",
	LEAK)
case("used_after", "struct rec *rec = ring.ringbuf_reserve(sizeof(*rec));\nif (!rec)\nreturn 0;\n"
	.. "ring.ringbuf_discard(rec, 0);\nrec->a = 1;\nreturn 0;", 5, "rec->a = 1;", "R%d invalid mem access '%a+'",
	"'rec' was submitted or discarded before: what is to be read is read before that")
case("twice", "struct rec *rec = ring.ringbuf_reserve(sizeof(*rec));\nif (!rec)\nreturn 0;\n"
	.. "ring.ringbuf_discard(rec, 0);\nring.ringbuf_discard(rec, 0);\nreturn 0;", 5, "ring.ringbuf_discard(rec, 0);",
	"R1 type=%a+ expected=%a+_mem", ENDED:format("what is given back here"))
case("not_taken", "u32 key = 1;\nu64 *value = arr.lookup(&key);\nif (!value)\nreturn 0;\n"
	.. "bpf_ringbuf_discard(value, 0);\nreturn 0;", 5, "bpf_ringbuf_discard(value, 0);",
	"R1 type=map_value expected=%a+_mem", ENDED:format("'value'"))
case("kept_over_tail_call", "struct rec *rec = ring.ringbuf_reserve(sizeof(*rec));\nif (!rec)\nreturn 0;\n"
	.. "programs.call(ctx, 1);\nring.ringbuf_discard(rec, 0);\nreturn 0;", nil, nil,
	"[^;]*tail_call would lead to reference leak[^(]*", LEAK)
case("number", "asm volatile(\"*(u64 *)(%0 + 0) = %0\" : : \"r\"(n) : \"memory\");\nreturn 0;", 1, nil,
	"R%d invalid mem access '%a+'", "the pointer is no pointer that a program may follow: an address of the kernel or of "
	.. "a process is read with bpf_probe_read_kernel() or bpf_probe_read_user()")
case("multiplied", "u32 key = 1;\nu64 *value = arr.lookup(&key), x;\nif (!value)\nreturn 0;\n"
	.. "asm volatile(\"%0 = %1\\n%0 *= 3\" : \"=r\"(x) : \"r\"(value));\nreturn x;", 5, nil,
	"R%d pointer arithmetic with %*= operator prohibited[^(]*",
	"a pointer is a number that may only be added to and subtracted from: compute with a copy that was read by "
	.. "bpf_probe_read_kernel(), or with offsets")
case("never_set", "u64 x;\nasm volatile(\"%0 = r7\" : \"=r\"(x));\nreturn x;", 2, nil, "R7 !read_ok",
	"on one way through the program nothing was assigned to this value: give the variable a value where it is "
	.. "declared, and return a value everywhere")

case("added", "u64 x;\nasm volatile(\"%0 = %1\\n%0 += %1\" : \"=&r\"(x) : \"r\"(ctx));\nreturn x;", 2, nil,
	"R%d pointer %+= pointer prohibited",
	"two pointers have a difference, but no sum: add a number to one of them")

-- sizes and indexes
case("past_value", "u32 key = 1;\nu64 *value = arr.lookup(&key);\nif (!value)\nreturn 0;\nreturn value[3];", 5,
	"return value[3];", "invalid access to map value, value_size=8 off=24 size=8: R%d min value is outside of the "
	.. "allowed memory range",
	"the access ends beyond the value: check the index against the array's size, or the size against sizeof")
case("past_record", "u64 *rec = bpf_ringbuf_reserve(&__lt_map_ring, 8, 0);\nif (!rec)\nreturn 0;\nrec[2] = 1;\n"
	.. "bpf_ringbuf_submit(rec, 0);\nreturn 0;", 4, "rec[2] = 1;", "invalid access to memory, mem_size=8 off=16 size=8: "
	.. "R%d min value is outside of the allowed memory range",
	"the access ends beyond the memory: check the index against the array's size, or the size against sizeof")
case("index_large", "u32 key = 1, index = n;\nchar *value = (char *)arr.lookup(&key);\nif (!value)\nreturn 0;\n"
	.. "return value[index];", 5, "return value[index];",
	"R%d unbounded memory access, make sure to bounds check any such access",
	"the verifier sees no upper limit of 'index': make it unsigned and limit it just before, with if (n > LIMIT) or n "
	.. "&= LIMIT - 1 for a power of two")
case("index_negative", "u32 key = 1;\nlong index = n;\nchar *value = (char *)arr.lookup(&key);\n"
	.. "if (!value || index > 7)\nreturn 0;\nreturn value[index];", 6, "return value[index];",
	"[^(]*unbounded min value is not allowed",
	"'index' can be negative or any number: make it unsigned and check it against the array's size just before it is used")
case("size_large", "char buffer[32] = {};\nbpf_probe_read_user(buffer, n, from);\nbpf_trace_printk(\"%s\", buffer);\n"
	.. "return 0;", 2, "bpf_probe_read_user(buffer, n, from);",
	"R2 unbounded memory access, use 'var &= const' or 'if %(var < const%)'",
	"the verifier sees no upper limit of 'n': make it unsigned and limit it just before, with if (n > LIMIT) or n &= "
	.. "LIMIT - 1 for a power of two")
case("size_negative", "char buffer[32] = {};\nlong size = n;\nif (size > 32)\nreturn 0;\nasm volatile(\"\" : "
	.. "\"+r\"(size));\nbpf_probe_read_user(buffer, size, from);\nbpf_trace_printk(\"%s\", buffer);\nreturn 0;", 6,
	"bpf_probe_read_user(buffer, size, from);", "R2 .*", nil)
case("size_of_event", "struct rec rec = {};\nevents.perf_submit(ctx, &rec, n);\nreturn 0;", 2,
	"events.perf_submit(ctx, &rec, n);", "R5 min value is negative, either use unsigned or 'var &= const'",
	"'n' can be negative: make it unsigned, or check that it is not below 0")
case("size_constant", "char buffer[32] = {};\nbpf_probe_read_user(buffer, 64, from);\nbpf_trace_printk(\"%s\", "
	.. "buffer);\nreturn 0;", 2, "bpf_probe_read_user(buffer, 64, from);", "invalid[%a%- ]* to stack R1 off=%-32 size=64",
	"more is read or written than the variable has room: the size is at most sizeof of it")

case("size_zero", "char buffer[16] = {};\nbpf_get_current_comm(buffer, n & 15);\nreturn buffer[3];", 2,
	"bpf_get_current_comm(buffer, n & 15);", "[R2 ]*invalid zero%-sized read[^(]*",
	"a size can be 0: check it before, if (n == 0) return 0")
case("far_away", "u32 key = 1;\nchar *value = (char *)arr.lookup(&key);\nif (!value)\nreturn 0;\n"
	.. "asm volatile(\"%0 += %1\" : \"+r\"(value) : \"r\"(1ull << 40));\nreturn *value;", 5, nil,
	"math between map_value pointer and 1099511627776 is not allowed",
	"this goes far beyond every variable and record: limit the index or the offset before it is added")

-- what is not to be written
case("constant_written", "u64 *entry = (u64 *)constant;\nasm volatile(\"\" : \"+r\"(entry));\nentry[1] = n;\n"
	.. "return 0;", 3, "entry[1] = n;", "write into map forbidden, value_size=%d+ off=%d+ size=8",
	"this is read-only for programs: a const variable, or a map with BPF_F_RDONLY_PROG")
case("packet_written", "char *data = (char *)(long)skb->data, *end = (char *)(long)skb->data_end;\n"
	.. "if (data + 4 > end)\nreturn 0;\ndata[1] = 1;\nreturn 1;", 4, "data[1] = 1;", "cannot write into packet",
	"this kind of program may only read that: it asks a helper for a change", "cgroup_skb",
	"int NAME(struct __sk_buff *skb)")

-- the stack
case("read_below", "u64 x;\nasm volatile(\"%0 = *(u64 *)(r10 - 600)\" : \"=r\"(x));\nreturn x;", 2, nil,
	"invalid read from stack R10 off=%-600 size=8",
	"bytes of it were never set, or lie outside of the variable: begin with = {}, check the index")
case("index_mask", "char buffer[64] = {};\nbpf_get_current_comm(buffer, sizeof(buffer));\nreturn buffer[n & 255];", 3,
	"return buffer[n & 255];", "invalid variable%-offset read from stack R%d [^%)]*%)[^(]*",
	"an index into a local array is not limited: check it against the array's size")
case("deep", "return eighth(bpf_get_prandom_u32());", nil, nil, "the call stack of 9 frames is too deep[^;]*",
	"functions that are not inlined may call each other 8 deep: drop noinline", nil, (function()
		local chain = { "static __attribute__((noinline)) int first(int n) { return n + bpf_get_prandom_u32(); }" }
		local names = { "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth" }
		for i = 2, #names do
			chain[i] = ("static __attribute__((noinline)) int %s(int n) { return %s(n) * bpf_get_prandom_u32(); }")
				:format(names[i], names[i - 1])
		end
		return table.concat(chain, "\n") .. "\nint NAME(struct pt_regs *ctx)"
	end)())
case("local_index", "char buffer[64] = {};\nbpf_get_current_comm(buffer, sizeof(buffer));\nreturn buffer[n];", 3,
	"return buffer[n];", "[^(]*unbounded min value is not allowed",
	"'n' can be negative or any number: make it unsigned and check it against the array's size just before it is used")
case("misaligned", "char buffer[16] = {};\nasm volatile(\"*(u64 *)(%0 + 3) = %1\" : : \"r\"(buffer), \"r\"(5ull) : "
	.. "\"memory\");\nbpf_trace_printk(\"%s\", buffer);\nreturn 0;", 2, nil, "misaligned stack access off .* size 8",
	"a number of 2, 4 or 8 bytes lies at a multiple of its size: copy its bytes with memcpy, or align the member")
case("below", "char buffer[64];\nasm volatile(\"*(u64 *)(%0 - 1024) = %0\" : : \"r\"(buffer) : \"memory\");\nreturn "
	.. "0;", 2, nil,
	"invalid write to stack R%d off=%-1088 size=8",
	"more is read or written than the variable has room: the size is at most sizeof of it")

-- the context
case("ctx_past", "return *(u64 *)((char *)ctx + 400);", 1, "return *(u64 *)((char *)ctx + 400);",
	"invalid bpf_context access off=400 size=8",
	"this kind of program has no such field in its context, or it is not to be written; is it the right kind for what it "
	.. "is attached to?")
case("ctx_written", "ctx->ax = 1;\nreturn 0;", 1, "ctx->ax = 1;", "invalid bpf_context access off=80 size=8",
	"this kind of program has no such field in its context, or it is not to be written; is it the right kind for what it "
	.. "is attached to?")
case("ctx_added", "u64 x;\nasm volatile(\"%0 = %1\\n%0 += 8\\n%0 = *(u64 *)(%0 + 0)\" : \"=r\"(x) : \"r\"(ctx));\n"
	.. "return x;", 2, nil, "dereference of modified ctx ptr R%d off=8 disallowed",
	"the context is read at fixed offsets only: keep `ctx` as it is")
case("ctx_atomic", "asm volatile(\"lock *(u64 *)(%0 + 8) += %1\" : : \"r\"(ctx), \"r\"(n));\nreturn 0;", 1, nil,
	"BPF_ATOMIC stores into R%d ctx is not allowed", "the context is not to be written: change a copy of it")
case("ctx_moved", "return *(u64 *)((char *)ctx + (n & 64));", 1, "return *(u64 *)((char *)ctx + (n & 64));",
	"variable ctx access var_off=%(0x0; 0x40%) disallowed",
	"the context is read at fixed offsets only: choose the field by `if` or `switch`")

-- loops
case("for_ever", "for (;;)\n;\nreturn 0;", 1, "for (;;)", "infinite loop detected at insn 0",
	"this loop changes nothing that could end it: count its rounds up to a constant limit")

-- inline assembly
case("skipped", "asm volatile(\"goto +1\\nr0 = 7\\nr0 = 8\" ::: \"r0\");\nreturn 1;", nil, nil,
	"unreachable insn 1[^;]*",
	"part of the program is never reached: a loop without end, or __builtin_unreachable")
case("outside", "asm volatile(\"goto +1000\");\nreturn 1;", nil, nil, "jump out of range from insn 0 to 1001[^;]*",
	"the program is broken: inline assembly jumps outside")
case("no_opcode", "asm volatile(\".8byte 0x00000000000000fe\");\nreturn 1;", nil, nil, "unknown opcode fe[^;]*",
	"this kernel does not know the instruction: inline assembly for a newer one?")

-- helpers and maps
case("waits", "char buffer[16] = {};\nbpf_copy_from_user(buffer, 16, from);\nreturn buffer[1];", 2,
	"bpf_copy_from_user(buffer, 16, from);", "helper call might sleep in a non%-sleepable prog",
	"it waits, which only a sleepable program may (SEC(\"fentry.s/…\"), SEC(\"lsm.s/…\")): bpf_probe_read_user() reads "
		.. "without waiting")
case("no_map", "return bpf_map_lookup_elem((void *)0x1234, &ctx) != 0;", 1,
	"return bpf_map_lookup_elem((void *)0x1234, &ctx) != 0;", "R1 type=%a+ expected=map_ptr",
	"a map is given by its name, known at compile time")
case("wrong_map", "u32 key = 0;\nreturn bpf_map_delete_elem(&__lt_map_events, &key);", 2, nil,
	"cannot pass map_type 4 into func bpf_map_delete_elem#3", "this operation does not exist for this type of map")
case("key_by_value", "return hash.lookup((void *)n) != 0;", 1, "return hash.lookup((void *)n) != 0;",
	"R2 type=%a+ expected=fp, pkt, .*",
	"'(void *)n' must be the address of a variable, a map's value or a record (&NAME), and not a number")
case("no_context", "u32 x = 0;\nreturn stacks.get_stackid((void *)&x, 0);", 2, nil, "R1 type=fp expected=ctx",
	"it takes the program's context, as the program got it: pass `ctx` itself")
case("other_kinds", "return bpf_skb_load_bytes(ctx, 0, &ctx, 4);", 1, nil, ".* bpf_skb_load_bytes#26",
	nil)
case("no_helper", "long (*nope)(void) = (void *)9999;\nreturn nope();", 2, "return nope();",
	"invalid func unknown#9999",
	"this kernel has no helper of that number: it is newer than the kernel")

-- other kinds of program
case("packet", "char *data = (char *)(long)ctx->data;\nreturn data[14];", 2, "return data[14];",
	"invalid access to packet, off=14 size=1, R%d%([^)]*%): R%d offset is outside of the packet",
	"compare with the packet's end before each access: if (p + LENGTH > data_end) return …", "xdp",
	"int NAME(struct xdp_md *ctx)")
case("field", "return ctx->mark = ctx->tstamp;", 1, nil, "invalid bpf_context access off=%d+ size=%d", nil, "socket",
	"int NAME(struct __sk_buff *ctx)")

case("result", "return 7;", nil, nil, "At program exit the register R0 has .* should have been in [^;]*",
	"the program's return value is not one that this kind may have: see the range", "cgroup_skb",
	"int NAME(struct __sk_buff *ctx)")
case("lsm__no_such_hook", "return 0;", nil, nil, "lsm 'no_such_hook': no such hook in this kernel's BTF %(its "
	.. "function would be bpf_lsm_no_such_hook%)", nil, nil, "int NAME(unsigned long long *ctx)")

case("socket_null", "struct bpf_sock *sk = skb->sk;\nreturn sk->family & 1;", 2, "return sk->family & 1;",
	"R%d invalid mem access 'sock_common_or_null'", "'sk' may be NULL: check it before using it", "cgroup_skb",
	"int NAME(struct __sk_buff *skb)")
case("socket_twice", "struct bpf_sock_tuple tuple = {};\nstruct bpf_sock *sk = bpf_sk_lookup_tcp(ctx, &tuple, "
	.. "sizeof(tuple.ipv4), -1, 0);\nif (!sk)\nreturn 1;\nbpf_sk_release(sk);\nbpf_sk_release(sk);\nreturn 1;", 6,
	"bpf_sk_release(sk);", "R1 type=scalar expected=sock_common, [^(]*", OBJECT:format("sk"), nil,
	"int NAME(struct xdp_md *ctx)")
case("socket_not_taken", "struct bpf_sock *sk = skb->sk;\nif (!sk)\nreturn 0;\nsk = bpf_sk_fullsock(sk);\nif (!sk)\n"
	.. "return 0;\nbpf_sk_release(sk);\nreturn 1;", 7, "bpf_sk_release(sk);",
	"R1 must be referenced when passed to release function", ENDED:format("'sk'"), "cgroup_skb",
	"int NAME(struct __sk_buff *skb)")
finish()

-- objects that the kernel hands to a program
local ON_SWITCH = 'SEC("tp_btf/sched_switch") int NAME(unsigned long long *ctx)'
begin("BPF_HASH(hash, u32, u64);\n")
case("past_struct", "struct task_struct *task = (void *)ctx[1];\nu64 x;\nasm volatile(\"%0 = *(u64 *)(%1 + 30000)\" : "
	.. "\"=r\"(x) : \"r\"(task));\nreturn x;", 3, nil, "access beyond struct task_struct at off 30000 size 8",
	"the kernel's struct ends before that: the pointer is to another type", nil, ON_SWITCH)
case("struct_written", "struct task_struct *task = (void *)ctx[1];\nasm volatile(\"*(u64 *)(%0 + 16) = %1\" : : "
	.. "\"r\"(task), \"r\"(7ull) : \"memory\");\nreturn 0;", 2, nil, "only read is supported",
	"the kernel's memory cannot be written", nil, ON_SWITCH)
case("struct_as_key", "struct task_struct *task = (void *)ctx[1];\nreturn hash.lookup((u32 *)task) != 0;", 2,
	"return hash.lookup((u32 *)task) != 0;", "[^(]*%(?%)?[^(]*R2 type=[%a_]+[^(]*", {
		"this helper takes no address of the kernel's memory there: pass a local variable, or a copy in one",
		"'(u32 *)task' must be the address of a variable, a map's value or a record (&NAME), and not a number" }, nil,
	ON_SWITCH)
case("other_struct", "struct task_struct *task = (void *)ctx[1];\nreturn bpf_get_socket_cookie(task);", 2,
	"return bpf_get_socket_cookie(task);", "R1 is of type task_struct but sock_common is expected",
	"'task' points to another of the kernel's types than this helper takes", nil, ON_SWITCH)
finish()

-- functions of the kernel
local ON_TASK = 'SEC("tp_btf/task_newtask") int NAME(unsigned long long *ctx)'
begin("extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym;\n"
	.. "extern void bpf_task_release(struct task_struct *task) __ksym;\n")
case("task_kept", "struct task_struct *task = bpf_task_acquire((void *)ctx[0]);\nreturn 0;", nil, nil,
	"Unreleased reference [^;]*", LEAK, nil, ON_TASK)
case("task_null", "struct task_struct *task = bpf_task_acquire((void *)ctx[0]);\nbpf_task_release(task);\nreturn 0;", 2,
	"bpf_task_release(task);", "Possibly NULL pointer passed to trusted arg0",
	"'task' may be NULL: check it before passing it", nil, ON_TASK)
case("task_twice", "struct task_struct *task = bpf_task_acquire((void *)ctx[0]);\nif (!task)\nreturn 0;\n"
	.. "bpf_task_release(task);\nbpf_task_release(task);\nreturn 0;", 5, "bpf_task_release(task);",
	"arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar", OBJECT:format("task"), nil,
	ON_TASK)
case("task_of_task", "struct task_struct *task = (void *)ctx[0], *waker = bpf_task_acquire(task->last_wakee);\n"
	.. "if (waker)\nbpf_task_release(waker);\nreturn 0;", 1, nil, "R1 must be a rcu pointer",
	"this was read out of another object, and may go away meanwhile: the function takes only what the kernel handed to "
	.. "this program, or what was acquired; members are read as ever", nil, ON_TASK)
case("task_in_kprobe", "struct task_struct *task = bpf_task_acquire(from);\nif (task)\nbpf_task_release(task);\n"
	.. "return 0;", 1, nil, "calling kernel function bpf_task_acquire is not allowed",
	"programs of this kind may not call this function", nil, "int NAME(struct pt_regs *ctx, struct task_struct *from)")
finish("'bpf_task_acquire': the text declares it as the kernel's own (extern … __ksym), but this kernel has nothing of "
	.. "that name")

begin("extern struct task_struct *bpf_task_aquire(struct task_struct *task) __ksym;\n")
case("no_such", "return bpf_task_aquire((void *)ctx[0]) != 0;", nil, nil, "'bpf_task_aquire': the text declares it as "
	.. "the kernel's own %(extern … __ksym%), but this kernel has nothing of that name", nil, nil, ON_TASK)
finish()

-- a licence that is not GPL's
local place = live.file("#define BPF_LICENSE Proprietary\nint f(struct pt_regs *ctx, struct file *file)\n{\n\treturn "
	.. "file->f_flags;\n}\n",
	"licence.c")
local status, out = sh.run(("%s cc %s --load"):format(live.luatrace, place))
t.eq(status, 1, "licence: exit status")
t.like(out, "^f kprobe refused: cannot call GPL%-restricted function from non%-GPL compatible program %(line 4: return "
	.. "file%->f_flags;%); the text declares a licence that is not GPL's %(BPF_LICENSE%), and this helper, or a read "
	.. "through a kernel pointer, needs it\n$", "licence")

-- -v: the raw log
local _, _, err = sh.run(("%s cc -v %s --load"):format(live.luatrace, place))
t.like(err, "\n0: %(.*call bpf_probe_read.*\ncannot call GPL%-restricted function", "-v: what the verifier did")
t.done()

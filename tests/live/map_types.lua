-- SPDX-License-Identifier: MIT
-- Every kind of map that a text can have, used by a program, with exact counts; tail calls.
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"
local live = require "live"

local COUNT = 1009
local function run(text, prepare)
	local held = live.workload("getpid-threads", COUNT)
	local b = BPF { cflags = { "-DPID=" .. held.pid }, text = text }
	if prepare then
		prepare(b)
	end
	t.eq(live.poll_through(b, held), COUNT, "the workload ran")
	return b
end

local function sum(map)
	local total = 0
	for _, value in pairs(map) do
		total = total + (tonumber(value) or tonumber(value:sum()))
	end
	return total
end

local MINE = "if (bpf_get_current_pid_tgid() >> 32 != PID) return 0;"

-- Counting by key in each keyed map: each is one event, one count. Plain counting loses what two threads add to one
-- value at a time, so there each thread has a key of its own.
local b = run([[
struct key { u32 a; u64 b; };
BPF_TABLE("hash", u32, u64, by_hash, 16);
BPF_F_TABLE("hash", struct key, u64, no_prealloc, 16, BPF_F_NO_PREALLOC);
BPF_TABLE("percpu_hash", u32, u64, by_percpu_hash, 16);
BPF_PERCPU_HASH(percpu_hash2, u32, u64, 16);
BPF_TABLE("lru_hash", u32, u64, by_lru_hash, 1024);
BPF_TABLE("lru_percpu_hash", u32, u64, by_lru_percpu_hash, 64);
BPF_TABLE("array", int, u64, by_array, 16);
BPF_TABLE("percpu_array", int, u64, by_percpu_array, 16);
BPF_TABLE("histogram", int, u64, by_histogram, 16);
BPF_TABLE("histogram", struct key, u64, by_key_histogram, 16);
struct prefix { u32 length; u8 address[4]; };
BPF_LPM_TRIE(by_prefix, struct prefix, u64, 16);
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	u32 thread = bpf_get_current_pid_tgid();
	struct key key = { 7, 1ull << 40 }, own = { thread, 1ull << 40 };
	struct prefix prefix = { 32, { 10, 1, 2, 3 } };
	u64 zero = 0, *found;

	]] .. MINE .. [[

	by_hash.increment(thread);
	no_prealloc.increment(own);
	by_percpu_hash.increment(3);
	percpu_hash2.atomic_increment(3, 1);
	by_lru_hash.increment(thread);
	by_lru_percpu_hash.increment(3);
	by_array.atomic_increment(3);
	by_percpu_array.increment(3);
	by_histogram.atomic_increment(bpf_log2l(5));
	by_key_histogram.atomic_increment(key);
	found = by_prefix.lookup_or_try_init(&prefix, &zero);
	if (found)
		lock_xadd(found, 1);
	return 0;
}]])
for _, name in ipairs { "by_hash", "no_prealloc", "by_percpu_hash", "percpu_hash2", "by_lru_hash", "by_lru_percpu_hash",
	"by_array", "by_percpu_array", "by_histogram", "by_key_histogram", "by_prefix" } do
	t.eq(sum(b[name]), COUNT, name)
end
t.eq(b.by_histogram[3], COUNT + 0ULL, "in slot 3")
b:close()

-- Queues and stacks: what goes in comes out, in order.
b = run([[
BPF_QUEUE(queue, u64, 4);
BPF_STACK(stack, u64, 4);
BPF_QUEUESTACK("queue", overwriting, u64, 2, 0);
BPF_ARRAY(seen, u64, 16);
static void put(int slot, u64 value) { seen.update(&slot, &value); }
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	u64 value = 0, *done;

	]] .. MINE .. [[

	done = seen.lookup(&(int){0});
	/* once, though four threads call at the same time */
	if (!done || __sync_fetch_and_add(done, 1))
		return 0;
	value = 11; queue.push(&value, 0); stack.push(&value, 0); overwriting.push(&value, 0);
	value = 12; queue.push(&value, 0); stack.push(&value, 0); overwriting.push(&value, 0);
	value = 13; overwriting.push(&value, BPF_EXIST);
	queue.peek(&value); put(1, value);
	queue.pop(&value); put(2, value);
	queue.pop(&value); put(3, value);
	put(4, queue.pop(&value) != 0);
	stack.pop(&value); put(5, value);
	stack.peek(&value); put(6, value);
	overwriting.pop(&value); put(7, value);
	return 0;
}]])
local got = {}
for i = 1, 7 do
	got[i] = tonumber(b.seen[i])
end
t.eq(table.concat(got, " "), "11 11 12 1 12 11 12",
	"queue and stack: peek, pop, empty, last first, the oldest overwritten")
b:close()

-- Tail calls, with the slot set from Lua; what follows a call that fails runs.
b = run([[
BPF_PROG_ARRAY(programs, 8);
BPF_ARRAY(counts, u64, 8);
int second(struct tracepoint__syscalls__sys_enter_getpid *args)
{
	counts.atomic_increment(1);
	programs.call(args, 5);
	return 0;
}
int third(struct tracepoint__syscalls__sys_enter_getpid *args) { counts.atomic_increment(2); return 0; }
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	]] .. MINE .. [[

	counts.atomic_increment(0);
	programs.call(args, 7);
	counts.atomic_increment(3);
	programs.call(args, 1);
	counts.atomic_increment(4);
	return 0;
}]], function(object)
	object.programs[1] = object:load_func("second", BPF.TRACEPOINT)
	object.programs[5] = object:load_func("third", "BPF_PROG_TYPE_TRACEPOINT")
end)
got = {}
for i = 0, 4 do
	got[i + 1] = tonumber(b.counts[i])
end
t.eq(table.concat(got, " "), ("%d %d %d %d 0"):format(COUNT, COUNT, COUNT, COUNT), "tail calls, one after another")
t.raises(function() b.programs[8] = b:load_func("third", "tracepoint") end,
	"map 'programs': index 8 is out of range: it has the indexes 0 to 7", "a slot that is not there")
t.raises(function() b.programs[3] = b:load_func("third", "kprobe") end,
	"map 'programs': the kernel refuses what is put there: its programs are all of one kind", "a program of another kind")
b:close()

-- Maps of maps: the inner one is chosen at run time.
b = run([[
BPF_ARRAY(inner, u64, 4);
BPF_ARRAY(other, u64, 4);
BPF_ARRAY(longer, u64, 5);
BPF_ARRAY_OF_MAPS(outer, "inner", 4);
BPF_HASH_OF_MAPS(named, u64, "inner", 4);
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	int one = 1, two = 2;
	u64 name = 1ull << 33, *value;
	void *map;

	]] .. MINE .. [[

	map = outer.lookup(&one);
	value = map ? bpf_map_lookup_elem(map, &two) : 0;
	if (value)
		lock_xadd(value, 1);
	map = named.lookup(&name);
	value = map ? bpf_map_lookup_elem(map, &one) : 0;
	if (value)
		lock_xadd(value, 2);
	return 0;
}]], function(object)
	object.outer[1] = object.other
	object.named[0x200000000ULL] = object.inner
end)
t.eq(b.other[2], COUNT + 0ULL, "array of maps")
t.eq(b.inner[1], 2 * COUNT + 0ULL, "hash of maps")
t.raises(function() b.outer[2] = b.longer end,
	"map 'outer': the kernel refuses what is put there: a map there is like the inner map", "another sort of map")
local gone = BPF { text = "BPF_ARRAY(gone, u64, 4);" }
local of_gone = gone.gone
gone:close()
t.raises(function() b.outer[2] = of_gone end, "map 'gone': the BPF object it belongs to is closed", "a closed one")
b:close()
t.raises(function()
	BPF { text = 'BPF_ARRAY_OF_MAPS(outer, "nothing", 4);' }
end, "map 'outer': its inner map 'nothing' is none of the text's", "an inner map that is not there")

-- A value for each task, from a program that the kernel hands tasks to.
if C.lt_kind_supported("tp_btf", ffi.new("lt_error[1]")) == 0 then
	local held = live.workload("getpid-threads", COUNT)
	b = BPF { cflags = { "-DPID=" .. held.pid, "-DNR_getpid=" .. (jit.arch == "x64" and 39 or 172) }, text = [[
struct state { u64 calls; };
BPF_TASK_STORAGE(states, struct state);
BPF_ARRAY(total, u64, 2);
SEC("tp_btf/sys_enter")
int enter(unsigned long long *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct state *state;

	if (bpf_get_current_pid_tgid() >> 32 != PID || ctx[1] != NR_getpid)
		return 0;
	state = states.task_storage_get(task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state)
		return 0;
	state->calls++;
	total.atomic_increment(0);
	if (state->calls == 1)
		total.atomic_increment(1);
	return 0;
}]] }
	b:attach_raw_tracepoint { tp = "sys_enter", fn_name = "enter" }
	t.eq(live.poll_through(b, held), COUNT, "the workload ran")
	t.eq(b.total[0], COUNT + 0ULL, "task storage: every call")
	t.eq(b.total[1], 4ULL, "task storage: one value for each of four threads")
	t.raises(function() b:load_func("enter", "kprobe") end,
		"program 'enter': SEC%(\"tp_btf/sys_enter\"%) says what kind it is; it can't be loaded as kprobe",
		"a program of another kind")
	b:detach_raw_tracepoint { tp = "sys_enter" }
	b:close()
end

-- Maps whose entries others fill: they are made, and their methods are what the verifier takes.
b = run([[
BPF_PERF_ARRAY(counters, 64);
BPF_CGROUP_ARRAY(groups, 2);
BPF_DEVMAP(devices, 4);
BPF_CPUMAP(processors, 1);
BPF_XSKMAP(sockets, 4);
BPF_SOCKMAP(by_index, 4);
BPF_SOCKHASH(by_key, u64, 4);
BPF_SK_STORAGE(of_sockets, u64);
BPF_CGROUP_STORAGE(of_groups, u64);
BPF_PERCPU_CGROUP_STORAGE(of_groups_percpu, u64);
BPF_STACK_TRACE_BUILDID(files, 1000);
BPF_ARRAY(seen, u64, 4);
static void put(int slot, u64 value) { seen.update(&slot, &value); }
int redirect(struct xdp_md *ctx)
{
	return devices.redirect_map(1, 0) + processors.redirect_map(0, 0) + sockets.redirect_map(0, 0);
}
int established(struct bpf_sock_ops *ctx)
{
	u64 key = 1;
	u32 index = 1;

	by_key.sock_hash_update(ctx, &key, BPF_NOEXIST);
	by_index.sock_map_update(ctx, &index, BPF_NOEXIST);
	return 0;
}
int message(struct sk_msg_md *msg)
{
	u64 key = 1;

	return by_key.msg_redirect_hash(msg, &key, BPF_F_INGRESS);
}
int egress(struct __sk_buff *skb)
{
	u64 *mine = of_groups.get_local_storage(0), *percpu = of_groups_percpu.get_local_storage(0), *value;
	struct bpf_sock *sk = skb->sk;

	(*mine)++;
	(*percpu)++;
	sk = sk ? bpf_sk_fullsock(sk) : 0;
	value = sk ? of_sockets.sk_storage_get(sk, 0, BPF_SK_STORAGE_GET_F_CREATE) : 0;
	if (value)
		(*value)++;
	return 1;
}
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	struct bpf_perf_event_value value = {};

	]] .. MINE .. [[

	put(0, counters.perf_read(CUR_CPU_IDENTIFIER));
	put(1, counters.perf_counter_value(CUR_CPU_IDENTIFIER, &value, sizeof(value)));
	put(2, groups.check_current_task(1));
	/* not every time: while the process's map is locked there is no build id, and the same stack then looks another */
	if (files.get_stackid(args, BPF_F_USER_STACK) >= 0)
		put(3, 1);
	return 0;
}]], function(object)
	for fn, kind in pairs { redirect = "xdp", established = "sock_ops", message = "sk_msg", egress = "cgroup_skb" } do
		t.ok(object:load_func(fn, kind).fd >= 0, fn .. ": loaded")
	end
end)
got = {}
for n = 0, 3 do
	got[n + 1] = tonumber(ffi.cast("int64_t", b.seen[n]))
end
t.eq(table.concat(got, " "), "-2 -2 -11 1", "no counter there (ENOENT), no cgroup there (EAGAIN), a stack of build ids")
b:close()

t.raises(function()
	BPF { text = 'BPF_TABLE("hsah", int, u64, kept, 4);' }
end, "BPF_TABLE: no map type is called hsah", "a type that is none")
t.done()

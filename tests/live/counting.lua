-- SPDX-License-Identifier: MIT
-- Counting and creating entries in programs: increment, atomic_increment, lookup_or_init, lookup_or_try_init.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

-- Several threads at once.
local COUNT = 40009
local held = live.workload("getpid-threads", COUNT)
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
struct key { u32 pid; char c; };
BPF_HASH(counts, struct key, u64);
BPF_HASH(narrow, u32, u32);
BPF_ARRAY(array, u64, 4);
BPF_HASH(fetched, u32, u64);
BPF_HASH(tried, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct key key = {};
	u64 zero = 0, *value;

	if (pid != PID)
		return 0;
	key.pid = pid;
	key.c = 'a';
	counts.atomic_increment(key);
	key.c = 'b';
	counts.atomic_increment(key, 3);
	narrow.atomic_increment(pid, 2);
	array.atomic_increment(1);
	array.atomic_increment(2, 5);
	array.atomic_increment(4);	// past the end: nothing
	value = fetched.lookup_or_init(&pid, &zero);
	__sync_fetch_and_add(value, 1);
	value = tried.lookup_or_try_init(&pid, &zero);
	if (value)
		lock_xadd(value, 7);
	return 0;
}]] }
t.eq(live.poll_through(b, held), COUNT, "the workload made its calls")
t.eq(tonumber(b.counts[{ held.pid, 97 }]), COUNT, "atomic_increment(k)")
t.eq(tonumber(b.counts[{ held.pid, 98 }]), 3 * COUNT, "atomic_increment(k, n)")
t.eq(b.narrow[held.pid], 2 * COUNT, "of a u32")
t.eq(tonumber(b.array[1]), COUNT, "of an array")
t.eq(tonumber(b.array[2]), 5 * COUNT, "of an array, by n")
t.eq(tonumber(b.array[3] + b.array[0]), 0, "and of no other slot")
t.eq(tonumber(b.fetched[held.pid]), COUNT, "lookup_or_init")
t.eq(tonumber(b.tried[held.pid]), 7 * COUNT, "lookup_or_try_init")
b:close()

-- One thread.
COUNT = 2003
held = live.workload("getppid", COUNT)
b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
BPF_HASH(counts);
BPF_HASH(by_n, u64, u64);
BPF_HASH(by_u8, u8, u16);
BPF_ARRAY(array, u64, 2);
BPF_HASH(full, u32, u64, 3);
BPF_ARRAY(after, u64, 4);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u64 zero = 0, *value;
	u32 key;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	counts.increment(5);
	by_n.increment(bpf_get_current_pid_tgid() >> 32, 11);
	by_u8.increment(255, 2);
	array.increment(0);
	array.increment(1, 13);
	key = 4;
	value = full.lookup_or_try_init(&key, &zero);
	after.increment(value ? 3 : 0);
	key = 1;
	value = full.lookup_or_init(&key, &zero);
	(*value)++;
	after.increment(1);
	key = 4;
	value = full.lookup_or_init(&key, &zero);	// no room: the program ends here
	after.increment(2);
	(*value)++;
	return 0;
}]] }
for i = 1, 3 do
	b.full[i] = 0
end
t.eq(live.poll_through(b, held), COUNT, "the workload made its calls")
t.eq(tonumber(b.counts[5]), COUNT, "increment(k)")
t.eq(tonumber(b.by_n[held.pid]), 11 * COUNT, "increment(k, n)")
t.eq(b.by_u8[255], 2 * COUNT, "of a u16")
t.eq(tonumber(b.array[0]), COUNT, "of an array")
t.eq(tonumber(b.array[1]), 13 * COUNT, "of an array, by n")
t.eq(tonumber(b.after[0]), COUNT, "lookup_or_try_init of a full map is NULL")
t.eq(tonumber(b.after[3]), 0, "each time")
t.eq(tonumber(b.full[1]), COUNT, "lookup_or_init of an entry that is there")
t.eq(tonumber(b.after[1]), COUNT, "goes on")
t.eq(tonumber(b.after[2]), 0, "of a full map it ends the program")
t.eq(b.full[4], nil, "and adds nothing")
b:close()
t.done()

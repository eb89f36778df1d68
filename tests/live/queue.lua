-- SPDX-License-Identifier: MIT
-- Queues and stacks from Lua: what a program pushes, and what it pops.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 1009
local held = live.workload("getppid", COUNT)
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
struct work { u32 id; char name[8]; };
BPF_QUEUE(queue, struct work, 4);
BPF_STACK(stack, u64, 4);
BPF_QUEUE(made, u64, 2000);
BPF_QUEUE(given, u64, 2000);
BPF_QUEUE(flags, bool, 4);
BPF_ARRAY(taken, u64, 2);
BPF_HASH(hash, u32, u32, 4);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u64 value = 0;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	if (!given.pop(&value)) {
		taken.atomic_increment(0);
		taken.atomic_increment(1, value);
	}
	made.push(&value, 0);
	return 0;
}]] }

for i = 1, COUNT do
	b.given:push(i)
end
t.eq(live.poll_through(b, held), COUNT, "the workload ran")
t.eq(b.taken[0], COUNT + 0ULL, "a program takes what the script pushed")
t.eq(b.taken[1], COUNT * (COUNT + 1) / 2 + 0ULL, "each once")
local sum, ordered = 0ULL, true
for value in b.made:values() do
	sum = sum + 1
	ordered = ordered and value == sum
end
t.eq(sum, COUNT + 0ULL, "values() takes out what a program pushed")
t.ok(ordered, "in order")
t.eq(b.made:pop(), nil, "it is empty then")
for i = 1, 4 do
	b.flags:push(i % 2 == 0)
end
local flags = {}
for value in b.flags:values() do
	flags[#flags + 1] = tostring(value)
end
t.eq(table.concat(flags, " "), "false true false true", "values(): all of a full one; false is one")

local q = b.queue
t.eq(q:peek(), nil, "nothing to see")
q:push({ id = 1, name = "one" })
q:push({ 2, "two" })
t.eq(tostring(q:peek()) .. tostring(q:pop()), 'work{id=1, name="one"}work{id=1, name="one"}',
	"the first, which peek left")
t.eq(q:pop().id, 2, "the second")
for i = 1, 4 do
	q:push({ i })
end
t.raises(function() q:push({ 5 }) end, "map 'queue' is full: it holds 4 entries", "full")
q:push({ 5 }, 2)
t.eq(q:pop().id, 2, "BPF_EXIST: the oldest made room")
b.stack:push(1)
b.stack:push(2)
t.eq(tostring(b.stack:pop()) .. tostring(b.stack:pop()) .. tostring(b.stack:pop()), "2ULL1ULLnil", "stack: last first")
t.raises(function() q:push("x") end, "map 'queue': value: expected struct work, not string 'x'", "a wrong value")
t.raises(function() q:push() end, "value: expected struct work, not nil", "none")
t.raises(function() q:push({}, "x") end, "push: flags= takes an integer of at least 0, not string 'x'", "wrong flags")
t.raises(function() b.hash:pop() end, "pop: map 'hash' %(hash%) is neither a BPF_QUEUE nor a BPF_STACK", "a hash")
t.raises(function() return #q end, "map 'queue' %(queue%) has no keys", "#")
b:close()
t.raises(function() q:pop() end, "map 'queue': the BPF object it belongs to is closed", "closed")
t.done()

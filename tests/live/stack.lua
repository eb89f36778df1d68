-- SPDX-License-Identifier: MIT
-- Stack traces, of the kernel and of a program, with the names of their functions.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "uprobe"
local COUNT = 101
local held = live.workload("call", COUNT)
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
#include <uapi/linux/ptrace.h>
struct where { int user; int kernel; };
BPF_STACK_TRACE(stacks, 1024);
BPF_HASH(counts, struct where, u64);
int on_call(struct pt_regs *ctx)
{
	struct where w = {};

	w.user = stacks.get_stackid(ctx, BPF_F_USER_STACK);
	w.kernel = -1;
	counts.increment(w);
	return 0;
}
// Not one of syscalls: before 6.13 those know of no kernel stack.
TRACEPOINT_PROBE(sched, sched_process_exit)
{
	struct where w = { .user = -1 };

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	w.kernel = stacks.get_stackid(args, 0);
	counts.increment(w);
	return 0;
}]] }
b:attach_uprobe { name = "build/tests/workload", sym = "workload_call", fn_name = "on_call", pid = held.pid }
-- The names are read while the process exists.
BPF.sym(0, held.pid)
t.eq(live.poll_through(b, held), COUNT, "the workload made its calls")

local user, kernel, called
-- It says that it is done before it exits.
live.await(function()
	called = 0
	for where, count in pairs(b.counts) do
		if where.user >= 0 then
			user, called = where.user, called + tonumber(count)
		elseif where.kernel >= 0 then
			kernel = where.kernel
		end
	end
	return kernel
end)
t.eq(called, COUNT, "each call with its stack")
t.ok(user, "a user stack")
t.ok(kernel, "a kernel stack")

local names = {}
for address in b.stacks:walk(user or -1) do
	names[#names + 1] = BPF.sym(address, held.pid)
end
t.eq(names[1], "workload_call", "the innermost function of the program")
t.eq(BPF.sym(b.stacks[user or 0][1] or 0, held.pid, true, true), "workload_call+0x0 [workload]", "bcc's way of options")
t.like(BPF.sym(b.stacks[user or 0][1] or 0, held.pid, { show_offset = true, show_module = true }),
	"^workload_call%+0x0 %[workload%]$",
	"with offset and module")

names = b.stacks:get(kernel or -1, BPF.ksym)
t.diag(table.concat(names, " "))
t.like(table.concat(names, " "), "do_exit", "functions of the kernel")
t.like(table.concat(names, " "), "entry_SYSCALL_64_after_hwframe", "down to the entry")
local known = 0
for _, name in ipairs(names) do
	known = known + (name ~= "[unknown]" and 1 or 0)
end
t.eq(known, #names, "all of them known")

-- Ids that are none.
for _, id in ipairs { -1, -14, 4294967282, 100000 } do
	local frames = 0
	for _ in b.stacks:walk(id) do
		frames = frames + 1
	end
	t.eq(frames, 0, "no frames of stack " .. id)
end
t.raises(function() BPF.sym(0, held.pid, { show_ofset = true }) end, "did you mean 'show_offset'", "an unknown option")
t.raises(function() BPF.sym(0, held.pid, { demangle = 1 }) end, "sym: demangle= takes true or false", "a wrong option")
t.raises(function() BPF.sym(0, held.pid, 1) end, "sym: show_module= takes true or false", "a wrong flag")
t.raises(function() BPF.sym(0, "x") end, "sym: pid= takes an integer", "a wrong pid")
t.raises(function() BPF.sym({}, held.pid) end, "sym: expected an address, not table", "a wrong address")
t.raises(function() b.stacks:walk("x") end, "a stack id is an integer", "an id of the wrong type")
for _, method in ipairs { "walk", "get" } do
	t.raises(function() b.stacks[method](b.stacks, user, 5) end, method .. ": resolve= takes a function, not number 5",
		method .. "() with no function")
end
t.eq(BPF.ksym(0x10), "[unknown]", "an address of no symbol")
local address = BPF.ksymname("schedule")
t.eq(BPF.ksym(address), "schedule", "ksymname and ksym")
t.eq(BPF.ksym(address + 1, { show_offset = true }), "schedule+0x1", "with an offset")
t.eq(BPF.ksymname("no_such_symbol"), -1, "a symbol that is none")
b.stacks:clear()
local left = 0
for _ in b.stacks:walk(user or -1) do
	left = left + 1
end
t.eq(left, 0, "clear() of a stack map")
b:close()
t.done()

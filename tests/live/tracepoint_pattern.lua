-- SPDX-License-Identifier: MIT
-- A program at all tracepoints that a pattern matches, and lists of tracepoints.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

local held = live.workload("getppid", 307)
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
BPF_HASH(calls, u32, u64);
int count(struct tracepoint__syscalls__sys_enter_getppid *args)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		calls.increment(args->__syscall_nr);
	return 0;
}]] }
local GETPPID = 110

local function names(pattern)
	local list = BPF.get_tracepoints(pattern)
	table.sort(list)
	return table.concat(list, " ")
end
t.eq(names "syscalls:sys_enter_getp[gp]\\w{2}$", "syscalls:sys_enter_getpgid syscalls:sys_enter_getpgrp "
	.. "syscalls:sys_enter_getppid", "listed by a regular expression")
t.like(names "syscalls:sys_enter_getp", "sys_enter_getpeername", "which matches from the start, not to the end")
t.eq(names "no_such:.*", "", "none")
t.raises(function() BPF.get_tracepoints "syscalls:(" end, "tracepoints 'syscalls:%(': not a regular expression: ",
	"not one")

for _, args in ipairs { { tp = "syscalls:sys_*_getppid" }, { tp_re = "syscalls:sys_(enter|exit)_getpp" } } do
	held = held or live.workload("getppid", 307)
	args.fn_name = "count"
	b:attach_tracepoint(args)
	t.eq(BPF.num_open_tracepoints(), 2, "attached to two")
	local a = b:attached()[1]
	t.eq(table.concat(a.places, " "), "syscalls:sys_enter_getppid syscalls:sys_exit_getppid", "these")
	t.eq(a.kind .. " " .. a.fn_name .. " " .. a.count, "tracepoint count 2", "as one attachment")
	b:detach_tracepoint(args)
	t.eq(BPF.num_open_tracepoints(), 0, "detached")
end

b:attach_tracepoint { tp = "syscalls:sys_*_getppid", fn_name = "count" }
held:begin()
t.eq(live.await(function() return held:made() end), 307, "the workload made its calls")
t.eq(tonumber(b.calls[GETPPID]), 614, "entry and exit of each are counted")

local job = live.start(("%s -e %s"):format(live.luatrace, sh.quote([[
local BPF = require "luatrace"
local text = "int result(struct tracepoint__syscalls__sys_exit_getppid *args) { return args->ret == 1; }"
local b = BPF { text = text }
b:attach_tracepoint { tp = "syscalls:sys_*_getppid", fn_name = "result" }
local a = b:attached()[1]
print(a.count, a.refused, table.concat(a.places, " "))]])))
t.eq(job:wait(), 0, "a program that reads what one of the two has not: the other is attached")
t.eq(job:output(), "1\t1\tsyscalls:sys_exit_getppid\n", "and known")
t.like(job:errors(),
	"^luatrace: tracepoint 'syscalls:sys_%*_getppid': 1 of 2 places were refused, the first so: tracepoint "
	.. "'syscalls:sys_enter_getppid': the program reads beyond the end", "the refusal is told")

t.raises(function() b:attach_tracepoint { tp = "sched:no_such_*", fn_name = "count" } end,
	"tracepoint 'sched:no_such_%*': matches no tracepoint of this kernel", "nothing matches")
t.raises(function() b:attach_tracepoint { tp_re = "(", fn_name = "count" } end,
	"tracepoint '%(': not a regular expression: ", "not a regular expression")
t.raises(function() b:attach_tracepoint { fn_name = "count" } end,
	"attach_tracepoint: takes one of tp=, tp_re=, and none was given", "no tracepoint")
t.eq(#b:attached(), 1, "nothing more is attached")
b:close()
t.done()

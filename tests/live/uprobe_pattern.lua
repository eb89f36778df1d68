-- SPDX-License-Identifier: MIT
-- uprobes and uretprobes at all functions of a file that a regular expression matches.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

local PROGRAM = "build/tests/workload"
local b = BPF { text = [[
BPF_ARRAY(traced, u32, 1);
BPF_HASH(calls, u64, u64);
int count(struct pt_regs *ctx)
{
	int zero = 0;
	u32 *pid = traced.lookup(&zero);

	if (pid && bpf_get_current_pid_tgid() >> 32 == *pid)
		calls.increment(PT_REGS_IP(ctx));
	return 0;
}]] }

local function run(made)
	local held = live.workload("call", made)
	b.calls:clear()
	b.traced[0] = held.pid
	held:begin()
	t.eq(live.await(function() return held:made() end), made, "the workload made its calls")
	local total = 0
	for n in b.calls:values() do
		total = total + tonumber(n)
	end
	return total
end

local names = BPF.get_user_functions(PROGRAM, "workload_(call|ret)$")
local WANTED = table.concat(names, " ")
table.sort(names)
t.eq(table.concat(names, " "), "workload_call workload_ret", "functions of the program")
local multi = sh.run("grep -qw bpf_uprobe_multi_link_attach /proc/kallsyms") == 0

-- Whether the places that were counted are where the functions begin; the lowest bits are the same in memory.
local function at_entries()
	local starts, all = {}, true
	for _, address in ipairs(BPF.get_user_addresses(PROGRAM, "workload_(call|ret)$")) do
		starts[tonumber(address % 4096)] = true
	end
	for place in b.calls:keys() do
		all = all and starts[tonumber(place % 4096)]
	end
	return all or false
end

local function attached(name, mechanism)
	local a = b:attached()
	t.eq(#a, 1, name .. ": one attachment")
	t.eq(a[1].mechanism, mechanism, "its mechanism")
	t.eq(a[1].count, 2, "two places")
	t.eq(table.concat(a[1].places, " "), WANTED, "these")
	t.eq(BPF.num_open_uprobes(), 2, "both count")
end

b:attach_uprobe { name = PROGRAM, sym_re = "workload_(call|ret)$", fn_name = "count" }
attached("entry", multi and "uprobe.multi" or "perf uprobe")
t.eq(run(223), 446, "each call of both is counted")
t.eq(at_entries(), true, "where they begin")
b:detach_uprobe { sym_re = "workload_(call|ret)$" }
t.eq(run(13), 0, "detached: none")

b:attach_uretprobe { name = PROGRAM, sym_re = "workload_(call|ret)$", fn_name = "count" }
attached("return", multi and "uprobe.multi" or "perf uprobe")
t.eq(run(227), 454, "each return of both is counted")
t.eq(at_entries(), false, "where they return to")
b:detach_uretprobe { name = PROGRAM }

-- Of one process: the other one's calls are not counted.
local held, other = live.workload("call", 229), live.workload("call", 101)
b:attach_uprobe { name = PROGRAM, sym_re = "workload_(call|ret)$", fn_name = "count", pid = held.pid }
attached("of a process", "perf uprobe")
b.calls:clear()
for _, each in ipairs { { other, 101, 0 }, { held, 229, 458 } } do
	b.traced[0] = each[1].pid
	each[1]:begin()
	t.eq(live.await(function() return each[1]:made() end), each[2], "a workload made its calls")
	local total = 0
	for n in b.calls:values() do
		total = total + tonumber(n)
	end
	t.eq(total, each[3], "its calls")
end
b:detach_uprobe { pid = held.pid }

-- Of many functions of a process: its threads' calls, and not those of a child that it forks.
local CALLS = 41
local forks = live.start("python3 " .. live.file(([[
import os, sys, threading
def call():
    for i in range(CALLS):
        os.getppid()
print("there", flush=True)
sys.stdin.readline()
call()
thread = threading.Thread(target=call)
thread.start()
thread.join()
child = os.fork()
if child == 0:
    call()
    os._exit(0)
os.waitpid(child, 0)
print("done", flush=True)
sys.stdin.readline()
]]):gsub("CALLS", CALLS), "forks.py"))
forks:await "there"
local many = BPF { text = [[
BPF_HASH(calls, u32, u64);
int count(struct pt_regs *ctx) { calls.increment(bpf_get_current_pid_tgid() >> 32); return 0; }]] }
many:attach_uprobe { name = "c", sym_re = "getp(pid|w[a-z]+)$|get[a-oq-z][a-z]+$", fn_name = "count", pid = forks.pid }
local release = { sh.read("/proc/sys/kernel/osrelease"):match "^(%d+)%.(%d+)" }
t.ok(many:attached()[1].count >= 32, "many places")
t.eq(many:attached()[1].mechanism, release[1] * 1000 + release[2] >= 6012 and "uprobe.multi" or "perf uprobe",
	"their mechanism")
forks:write "\n"
forks:await "done"
local callers = {}
for pid, n in many.calls:items() do
	callers[#callers + 1] = ("%s %s"):format(pid == forks.pid and "it" or "another", n >= 2 * CALLS and n < 3 * CALLS)
end
t.eq(table.concat(callers, ", "), "it true", "calls of all its threads, and of nobody else")
forks:write "\n"
forks:wait()
many:close()

-- Two names of one place.
t.eq(#BPF.get_user_functions("c", "(__)?read$"), 2, "libc has read by two names")
b:attach_uprobe { name = "c", sym_re = "(__)?read$", fn_name = "count" }
t.eq(b:attached()[1].count, 1, "and one place of it is probed")
b:detach_uprobe { name = "c" }

t.raises(function() b:attach_uprobe { name = PROGRAM, sym_re = "no_such_", fn_name = "count" } end,
	"uprobe 'no_such_': matches no function of .*workload from its start on; of its %d+ functions, luatrace probes "
	.. "'uprobe:build/tests/workload:%*' has the names", "nothing matches")
t.raises(function() b:attach_uprobe { name = "build/tests/stacks-static", sym_re = "main", fn_name = "count" } end,
	"uprobe 'main': matches no function of .*stacks%-static; the file is stripped", "nothing is there to match")
t.raises(function() b:attach_uprobe { name = PROGRAM, sym_re = "(", fn_name = "count" } end,
	"functions '%(': not a regular expression", "not a regular expression")
t.raises(function() b:attach_uprobe { name = PROGRAM, sym = "read", sym_re = "read", fn_name = "count" } end,
	"attach_uprobe: takes sym= or sym_re=, not both", "both")
t.raises(function() b:attach_uprobe { name = "c", sym_re = ".", pid = live.pid, fn_name = "count" } end,
	"uprobe '%.': matches %d+ places, and each is attached to by itself .*more than 1000 would take too long", "too many")
t.eq(#b:attached(), 0, "nothing is attached")
b:close()
t.done()

-- SPDX-License-Identifier: MIT
-- The first of several declared alternatives that a kernel has.
-- In guests too.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

-- Whatever this kernel has of these, it gets each call once. On 6.18 without kprobes and trampolines it is the last.
local held = live.workload("getppid", 191)
local prefix = BPF.get_syscall_prefix()
local b = BPF {
	cflags = { "-DPID=" .. held.pid },
	text = ([[
BPF_HASH(calls, u32, u64);
static void count(int way)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		calls.increment(way);
}
KFUNC_PROBE(no_such_function) { count(1); return 0; }
KFUNC_PROBE(%s) { count(2); return 0; }
int kprobe__%sgetppid(struct pt_regs *ctx) { count(3); return 0; }
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) { count(4); return 0; }
]]):format(prefix .. "getppid", prefix),
	first_of = {
		{ "fentry:no_such_function", "fentry:" .. prefix .. "getppid", "kprobe:" .. prefix .. "getppid",
			"tracepoint:syscalls:sys_enter_getppid" },
	},
}
t.eq(#b:attached(), 1, "one of the four is attached")
local kind = b:attached()[1].kind
if BPF.ksymname "register_kprobe" == -1 then
	t.eq(kind, "tracepoint", "without kprobes the tracepoint")
else
	t.ok(kind == "fentry" or kind == "kprobe", "the first of the function's that can be")
end
local way = ({ fentry = 2, kprobe = 3, tracepoint = 4 })[kind]
held:begin()
t.eq(live.await(function() return held:made() end), 191, "the workload made its calls")
t.eq(tonumber(b.calls[way]), 191, "each is counted")
t.eq(#b.calls, 1, "once")

b:close()
t.done()

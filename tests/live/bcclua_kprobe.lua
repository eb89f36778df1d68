-- SPDX-License-Identifier: MIT
-- kprobes of bcc-lua's scripts, in the style of tcplife, stacksnoop, task_switch and memleak; this case is one.
-- In guests too.
local t = require "tap"
local live = require "live"

live.needs "kprobe"
local COUNT, PORT = 53, 39123

local TEXT = [[
#include <uapi/linux/ptrace.h>
#include <linux/sched.h>
#include <net/sock.h>
#include <bcc/proto.h>
struct data_t { u64 pid; u64 ports; u64 family; char task[TASK_COMM_LEN]; };
struct stack_t { u64 id; u32 pid; };
struct key_t { u32 prev_pid; u32 curr_pid; };
BPF_HASH(birth, struct sock *, u64);
BPF_PERF_OUTPUT(events);
BPF_PERF_OUTPUT(stack_events);
BPF_STACK_TRACE(stack_traces, 1024);
BPF_HASH(switches, struct key_t, u64, 1024);
BPF_ARRAY(counts, u64, 3);
int on_state(struct pt_regs *ctx, struct sock *sk, int state) {
    u64 ts = bpf_ktime_get_ns(), *tsp;
    struct data_t data = { .pid = bpf_get_current_pid_tgid() >> 32 };
    if (data.pid != PID) return 0;
    if (state < TCP_FIN_WAIT1) birth.update(&sk, &ts);
    if (state != TCP_CLOSE) return 0;
    tsp = birth.lookup(&sk);
    if (tsp == 0) return 0;
    birth.delete(&sk);
    u16 dport = sk->__sk_common.skc_dport;
    data.ports = ntohs(dport);
    data.family = sk->__sk_common.skc_family;
    bpf_get_current_comm(&data.task, sizeof(data.task));
    events.perf_submit(ctx, &data, sizeof(data));
    return 0;
}
void on_connect(struct pt_regs *ctx) {
    struct stack_t data = { .pid = bpf_get_current_pid_tgid() >> 32 };
    if (data.pid != PID) return;
    data.id = stack_traces.get_stackid(ctx, BPF_F_REUSE_STACKID);
    stack_events.perf_submit(ctx, &data, sizeof(data));
}
int on_connected(struct pt_regs *ctx) {
    if (bpf_get_current_pid_tgid() >> 32 == PID && (int)PT_REGS_RC(ctx) == 0) counts.atomic_increment(0);
    return 0;
}
int on_switch(struct pt_regs *ctx, struct task_struct *prev) {
    struct key_t key = { .prev_pid = prev->pid, .curr_pid = bpf_get_current_pid_tgid() };
    u64 zero = 0, *val = switches.lookup_or_try_init(&key, &zero);
    if (val) (*val)++;
    return 0;
}
int on_alloc(struct pt_regs *ctx, size_t size) { counts.atomic_increment(1); return 0; }
int on_free(struct pt_regs *ctx, void *address) { counts.atomic_increment(2); return 0; }]]

return function(BPF)
	local held = live.workload("connect", COUNT, PORT)
	local text = TEXT:gsub("PID", "%d" % held.pid)
	local b = BPF:new { text = text, debug = 0 }
	t.ok(b:attach_kprobe { event = "tcp_set_state", fn_name = "on_state" } == b, "attach_kprobe returns the object")
	b:attach_kprobe { event = "tcp_v4_connect", fn_name = "on_connect", fn_offset = 0 }
	b:attach_kprobe { event = "tcp_v4_connect", fn_name = "on_connected", retprobe = true }
	-- Names that kernels have changed.
	b:attach_kprobe { event = "finish_task_switch", fn_name = "on_switch" }
	b:attach_kprobe { event = "__kmalloc", fn_name = "on_alloc" }
	b:attach_kprobe { event = "kfree", fn_name = "on_free" }
	t.eq(BPF.num_open_kprobes(), 6, "num_open_kprobes")
	t.eq(table.count(BPF.open_kprobes), 6, "open_kprobes")

	local closed, stacks, resolved = 0, 0, 0
	local ksym = BPF.SymbolCache()
	b:get_table("events"):open_perf_buffer(function(_, event)
		if tonumber(event.pid) == held.pid and tonumber(event.ports) == PORT and event.family == 2
			and ffi.string(event.task) == "workload" then
			closed = closed + 1
		end
	end, "struct { uint64_t pid; uint64_t ports; uint64_t family; char task[$]; }", { 16 }, 64)
	local stack_traces = b:get_table("stack_traces")
	b:get_table("stack_events"):open_perf_buffer(function(_, event)
		stacks = stacks + 1
		local depth = 0
		for address in stack_traces:walk(tonumber(event.id)) do
			depth = depth + 1
			local name, offset = ksym:resolve(address)
			if depth == 1 and name == "tcp_v4_connect" and tonumber(offset) < 16
				and ("%-18p" % { address }):find("^ffff") then
				resolved = resolved + 1
			end
		end
	end, "struct { uint64_t id; uint32_t pid; }")
	live.poll_through(b, held)
	t.eq(closed, COUNT, "each connection that was refused, its members read through pointers")
	t.eq(stacks, COUNT, "each call, from a program that returns nothing")
	t.eq(resolved, COUNT, "with its stack")
	t.eq(tonumber(b:get_table("counts"):get(0)), COUNT, "each return")
	t.ok(tonumber(b:get_table("counts"):get(1)) > 0 and tonumber(b:get_table("counts"):get(2)) > 0,
		"allocations and releases of the kernel")
	local switches, mine = 0, 0
	for k, v in b:get_table("switches"):items() do
		switches = switches + tonumber(v)
		mine = mine + ((k.prev_pid == held.pid or k.curr_pid == held.pid) and 1 or 0)
	end
	t.ok(switches >= 2 and mine >= 1, "switches of tasks")
	BPF.cleanup()
	t.ok(BPF.num_open_kprobes() == 0 and table.count(BPF.open_kprobes) == 0, "cleanup detaches")

	b = BPF { text = "int kprobe__tcp_v4_connect(struct pt_regs *ctx) { return 0; }" }
	t.eq(BPF.num_open_kprobes(), 0, "nothing is attached by its name")
	t.raises(function() b:attach_kprobe { event = "no_such_function", fn_name = "kprobe__tcp_v4_connect" } end,
		"no_such_function", "no such function")
	t.done()
end

-- SPDX-License-Identifier: MIT
-- kprobe and kretprobe: a struct read through the bare pointer, return values, a system call's function, detaching.
-- In guests too.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "kprobe"
local COUNT, PORT = 53, 39119

local held = live.workload("connect", COUNT, PORT)
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
#include <net/sock.h>
struct event { u32 pid; u16 port; u16 family; u32 address; char comm[TASK_COMM_LEN]; };
BPF_PERF_OUTPUT(events);
BPF_HASH(started, u64, struct sock *);
BPF_HASH(results, int, u64);
int kprobe__tcp_v4_connect(struct pt_regs *ctx, struct sock *sk)
{
	u64 id = bpf_get_current_pid_tgid();

	if (id >> 32 == PID)
		started.update(&id, &sk);
	return 0;
}
int kretprobe__tcp_v4_connect(struct pt_regs *ctx)
{
	u64 id = bpf_get_current_pid_tgid();
	struct sock **skp = started.lookup(&id);
	struct event e = {};

	if (!skp)
		return 0;
	struct sock *sk = *skp;
	e.pid = id >> 32;
	e.port = sk->__sk_common.skc_dport;
	e.family = sk->__sk_common.skc_family;
	e.address = sk->__sk_common.skc_daddr;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	events.perf_submit(ctx, &e, sizeof(e));
	started.delete(&id);
	results.increment(PT_REGS_RC(ctx));
	return 0;
}]] }
local right, seen = 0, 0
b.events:open_perf_buffer(function(_, e)
	seen = seen + 1
	local port = bit.bswap(e.port) / 65536 % 65536
	if e.pid == held.pid and port == PORT and e.family == 2 and e.address == 0x0100007f
		and ffi.string(e.comm) == "workload" then
		right = right + 1
	end
end)
t.eq(BPF.num_open_kprobes(), 2, "attached by their names")
t.eq(live.poll_through(b, held), COUNT, "the workload made its connects")
t.eq(seen, COUNT, "each connect is seen")
t.eq(right, COUNT, "with the port, family and address of its socket")
t.eq(tonumber(b.results[0]), COUNT, "and each return value")
t.eq(#b.started, 0, "entry and return belong together")
b:close()
t.eq(BPF.num_open_kprobes(), 0, "closed: detached")

-- By call, and detached.
held = live.workload("getppid", 991)
local c = BPF { cflags = { "-DPID=" .. held.pid, "-DOWN=" .. live.pid }, text = [[
BPF_ARRAY(calls, u64, 4);
int on_entry(struct pt_regs *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		calls.increment(0);
	return 0;
}
int on_return(struct pt_regs *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID && PT_REGS_RC(ctx) > 0)
		calls.increment(1);
	return 0;
}
int on_open(struct pt_regs *ctx, int dfd, const char *path)
{
	char start[8] = {};

	bpf_probe_read_user_str(start, sizeof(start), path);
	if (bpf_get_current_pid_tgid() >> 32 == OWN && start[0] == '/' && start[1] == '?')
		calls.increment(2);
	return 0;
}]] }
local getppid = BPF.get_syscall_fnname("getppid")
t.like(getppid, "sys_getppid$", "the function behind a system call")
c:attach_kprobe { event = getppid, fn_name = "on_entry" }
c:attach_kretprobe { event = getppid, fn_name = "on_return" }
c:attach_kprobe { event = "do_sys_openat2", fn_name = "on_open" }
for _ = 1, 17 do
	io.open("/?/no such folder")
end
t.eq(tonumber(c.calls[2]), 17, "arguments by name, a string of user memory")
t.eq(live.poll_through(c, held), 991, "the workload made its calls")
t.eq(tonumber(c.calls[0]), 991, "attach_kprobe")
t.eq(tonumber(c.calls[1]), 991, "attach_kretprobe")
c:detach_kprobe { event = "do_sys_openat2" }
io.open("/?/no such folder")
t.eq(tonumber(c.calls[2]), 17, "detached: nothing more")
t.eq(BPF.num_open_kprobes(), 2, "the others stay")

t.raises(function() c:attach_kprobe { event = "tcp_v4_conect", fn_name = "on_entry" } end,
	"kprobe 'tcp_v4_conect': no such function in this kernel; similar: .*tcp_v4_connect",
		"an unknown function, with near names")
t.raises(function() BPF { text = "int kprobe__tcp_v4_conect(struct pt_regs *ctx) { return 0; }" } end,
	"tcp_v4_conect.*similar: .*tcp_v4_connect", "the same by a program's name")
c:close()
t.done()

-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"

return {
	summary = "TCP connections that processes accept",
	description = [[
A row for each connection of TCP, or Multipath TCP, over IPv4 or IPv6 that accept(2) or accept4(2) gives to a process:
PID and COMM are of that one, LADDR and LPORT its own end, RADDR and RPORT the peer's.

The kernel establishes connections before anybody accepts them. Those that nobody does are not seen here, nor are
those that are accepted by io_uring.]],
	overhead = "one program for each accept(2)",
	example = [[
# luatrace tcpaccept -P 8000
PID     COMM             LADDR           LPORT RADDR           RPORT
7370    python3          127.0.0.1        8000 127.0.0.1       35084
]],
	options = {
		{ "port", "P", type = "port", help = "only at this local port", sets = "wanted_port" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct event {
	u64 ts;
	struct lt_owner owner;
	struct lt_flow flow;
};
const volatile u16 wanted_port;
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int accepted(int fd)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .owner.pid = bpf_get_current_pid_tgid() >> 32 };
	struct sock *sk;

	if (fd < 0 || !wanted())
		return 0;
	sk = lt_sock_of(fd);
	if (!sk || (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_MPTCP))
		return 0;
	lt_take_flow(&event.flow, sk);
	bpf_get_current_comm(&event.owner.comm, sizeof(event.owner.comm));
	if (!wanted_port || event.flow.lport == wanted_port)
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_accept) { return accepted(args->ret); }
TRACEPOINT_PROBE(syscalls, sys_exit_accept4) { return accepted(args->ret); }]],
	clock = "ts",
	columns = address.columns(address.OWNER, {}),
}

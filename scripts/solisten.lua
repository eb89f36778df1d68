-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"
local names = require "luatrace.names"

return {
	summary = "processes that listen for connections: listen(2)",
	description = [[
A row for each call of listen(2) on a socket of IPv4 or IPv6. BACKLOG is what was asked for: the kernel takes no more
than net.core.somaxconn. LADDR "0.0.0.0" and "::" are all addresses; LPORT is the one that the socket has after the
call. NETNS is the inode number of the network namespace, as "ls -l /proc/PID/ns/net" shows it.

A server may call listen(2) again, to change its backlog: that is a row as well. Calls by io_uring (6.11) are not
seen.]],
	overhead = "one program for each listen(2)",
	example = [[
# luatrace solisten
PID     COMM                  NETNS PROTO BACKLOG LADDR           LPORT ERROR
7449    python3          4026531833 TCP        17 127.0.0.1       35535 -
7449    python3          4026531833 TCP         3 ::1              4242 -
]],
	options = {
		{ "failed", "x", help = "only calls that failed", sets = "failed_only" },
		{ "port", "P", type = "port", help = "only at this port", sets = "wanted_port" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
#include <luatrace/syscall.h>
struct event {
	u64 ts;
	struct lt_owner owner;
	struct lt_flow flow;
	u32 netns, protocol;
	int backlog, result;
};
const volatile bool failed_only;
const volatile u16 wanted_port;
BPF_RINGBUF_OUTPUT(events, 16);

TRACEPOINT_PROBE(syscalls, sys_exit_listen)
{
	struct event event = {
		.ts = bpf_ktime_get_ns(), .owner.pid = bpf_get_current_pid_tgid() >> 32,
		.backlog = ARGUMENT(2), .result = args->ret,
	};
	struct sock *sk = (failed_only && event.result >= 0) || !wanted() ? NULL : lt_sock_of(ARGUMENT(1));

	if (!sk)
		return 0;
	lt_take_flow(&event.flow, sk);
	if (wanted_port && event.flow.lport != wanted_port)
		return 0;
	event.netns = sk->__sk_common.skc_net.net->ns.inum;
	event.protocol = sk->sk_protocol;
	bpf_get_current_comm(&event.owner.comm, sizeof(event.owner.comm));
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}
]],
	clock = "ts",
	columns = {
		address.OWNER[1], address.OWNER[2], { "NETNS", width = 10, align = "right" },
		{ "PROTO", width = 5, label = true, value = function(e) return address.protocol(e.protocol) end },
		{ "BACKLOG", width = 7, align = "right" }, address.ENDS[1], address.ENDS[2],
		{ "ERROR", width = 12, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
	},
}

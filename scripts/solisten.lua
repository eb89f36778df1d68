-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"
local names = require "luatrace.names"

return {
	summary = "processes that listen for connections: listen(2)",
	description = [[
A row for each call of listen(2) on a socket of IPv4 or IPv6. BACKLOG is what was asked for: the kernel takes no more than
net.core.somaxconn. LADDR "0.0.0.0" and "::" are all addresses; LPORT is the one that the socket has after the call. NETNS is
the inode number of the network namespace, as "ls -l /proc/PID/ns/net" shows it.

A server may call listen(2) again, to change its backlog: that is a row as well. Calls by io_uring (6.11) are not seen.]],
	overhead = "two programs for each listen(2)",
	options = {
		{ "failed", "x", help = "only calls that failed" },
		{ "port", "P", type = "integer", min = 1, max = 65535, metavar = "PORT", help = "only at this port" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options) return { failed_only = options.failed, wanted_port = options.port or 0 } end,
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct call { int fd, backlog; };
struct event {
	u64 ts;
	struct lt_owner owner;
	struct lt_flow flow;
	u32 netns, protocol;
	int backlog, result;
};
const volatile bool failed_only;
const volatile u16 wanted_port;
BPF_HASH(calls, u32, struct call);
BPF_RINGBUF_OUTPUT(events, 16);

TRACEPOINT_PROBE(syscalls, sys_enter_listen)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct call call = { .fd = args->fd, .backlog = args->backlog };

	if (wanted())
		calls.update(&tid, &call);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_listen)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 tid = id;
	struct call *call = calls.lookup(&tid);
	struct event event = { .ts = bpf_ktime_get_ns(), .owner.pid = id >> 32, .result = args->ret };
	struct sock *sk;

	if (!call)
		return 0;
	event.backlog = call->backlog;
	sk = lt_sock_of(call->fd);
	calls.delete(&tid);
	if (!sk || (failed_only && event.result >= 0))
		return 0;
	bpf_get_current_comm(&event.owner.comm, sizeof(event.owner.comm));
	lt_take_flow(&event.flow, sk);
	event.netns = sk->__sk_common.skc_net.net->ns.inum;
	event.protocol = sk->sk_protocol;
	if (!wanted_port || event.flow.lport == wanted_port)
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	clock = "ts",
	columns = {
		address.OWNER[1], address.OWNER[2], { "NETNS", width = 10, align = "right" },
		{ "PROTO", width = 5, value = function(e) return address.protocol(e.protocol) end },
		{ "BACKLOG", width = 7, align = "right" }, address.ENDS[1], address.ENDS[2],
		{ "ERROR", width = 12, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
	},
}

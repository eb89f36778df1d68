-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"

return {
	summary = "how long TCP connections take to be established",
	description = [[
A row for each TCP connection over IPv4 or IPv6 that a process makes, when it is established. LATENCY is the time from
when its first SYN is about to be sent until the SYN and ACK of the peer have been taken: the way there and back, the
peer's kernel, and the time of SYNs that had to be sent again; not that of accept(2).

PID and COMM are of who connected, also where connect(2) did not wait. Attempts that fail are shown by tcpconnect -x.]],
	overhead = "one program for each change of a TCP socket's state, about five a connection",
	example = [[
# luatrace tcpconnlat
PID     COMM             LADDR           LPORT RADDR           RPORT  LATENCY(ms)
7431    curl             127.0.0.1       35098 127.0.0.1        8000        0.066
]],
	options = {
		{ "min", "m", type = "milliseconds", default = 0, help = "only what took so long", sets = "min_ns" },
		{ "port", "P", type = "port", help = "only to this remote port", sets = "wanted_port" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct event {
	u64 ts, ns;
	struct lt_owner owner;
	struct lt_flow flow;
};
const volatile u64 min_ns;
const volatile u16 wanted_port;
BPF_TABLE("lru_hash", u64, struct event, attempts, 16384);
BPF_RINGBUF_OUTPUT(events, 64);

RAW_TRACEPOINT_PROBE(inet_sock_set_state)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	int oldstate = ctx->args[1], newstate = ctx->args[2];
	u64 key = (u64)sk;
	struct event event = { .ts = bpf_ktime_get_ns() }, *attempt;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (newstate == TCP_SYN_SENT && wanted()) {
		event.owner.pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(&event.owner.comm, sizeof(event.owner.comm));
		attempts.update(&key, &event);
	}
	attempt = oldstate == TCP_SYN_SENT ? attempts.lookup(&key) : NULL;
	if (!attempt)
		return 0;
	if (newstate == TCP_ESTABLISHED) {
		event.ns = event.ts - attempt->ts;
		event.owner = attempt->owner;
		lt_take_flow(&event.flow, sk);
		if (event.ns >= min_ns && (!wanted_port || event.flow.rport == wanted_port))
			events.ringbuf_output(&event, sizeof(event), 0);
	}
	attempts.delete(&key);
	return 0;
}]],
	clock = "ts",
	columns = address.columns(address.OWNER, {
		{ "LATENCY", unit = "ms", width = 12, decimals = 3, value = function(e) return tonumber(e.ns) / 1e6 end },
	}),
}

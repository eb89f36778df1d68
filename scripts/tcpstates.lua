-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"
local names = require "luatrace.names"

return {
	summary = "states of TCP sockets as they change, with the time in each",
	description = [[
A row for each change of a TCP socket's state. TIME is how long it was in OLDSTATE; "-" if it is not known when that
began, or if it did not begin: a socket is made in CLOSE, or in LISTEN as the copy of one that listens.

PID and COMM are of who owns the socket, not of the task that an interrupt hit: who called connect(2), listen(2) or
accept(2). Before it is accepted a connection belongs to nobody ("-"); of sockets that were there before the tool, the
owner is who closes them.

Ports and addresses are those that the socket has by then: in SYN_SENT it may have no port of its own yet ("-", so
that --local-port leaves that row out), and on older kernels the copy of one that listens gets its peer in the next
state.

What the kernel keeps in TIME_WAIT, and connections that wait for the last ACK of the handshake, are no sockets of
this kind; they are not seen.

Of Multipath TCP each subflow is a connection; those that are accepted have no owner.]],
	overhead = "one program for each change of a TCP socket's state, about five a connection, and one for each accept(2)",
	example = [[
# luatrace tcpstates -D 8000
PID     COMM             LADDR           LPORT RADDR           RPORT OLDSTATE     NEWSTATE         TIME(ms)
7443    curl             127.0.0.1           - 127.0.0.1        8000 CLOSE        SYN_SENT                -
7443    curl             127.0.0.1       35124 127.0.0.1        8000 SYN_SENT     ESTABLISHED         0.083
7443    curl             127.0.0.1       35124 127.0.0.1        8000 ESTABLISHED  CLOSE_WAIT          2.226
7443    curl             127.0.0.1       35124 127.0.0.1        8000 CLOSE_WAIT   LAST_ACK            0.016
7443    curl             127.0.0.1       35124 127.0.0.1        8000 LAST_ACK     CLOSE               0.036
]],
	options = { address.LOCAL_PORT, address.REMOTE_PORT },
	filters = { "pid", "comm" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct event {
	u64 ts, ns;
	struct lt_owner owner;
	struct lt_flow flow;
	int oldstate, newstate;
};
BPF_TABLE("lru_hash", u64, u64, entered, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

RAW_TRACEPOINT_PROBE(inet_sock_set_state)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	struct event event = { .ts = bpf_ktime_get_ns(), .oldstate = ctx->args[1], .newstate = ctx->args[2] };
	u64 key = (u64)sk, *since = entered.lookup(&key);

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	lt_see_state(sk, event.oldstate, event.newstate);
	lt_owner_of(&event.owner, sk);
	event.ns = since ? event.ts - *since : 0;
	if (event.newstate == TCP_CLOSE) {
		entered.delete(&key);
		lt_forget_owner(sk);
	} else {
		entered.update(&key, &event.ts);
	}
	lt_take_flow(&event.flow, sk);
	if (wanted_owner(&event.owner) && wanted_ports(&event.flow))
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

LT_SEE_ACCEPTED]],
	clock = "ts",
	columns = address.columns(address.OWNER, {
		{ "OLDSTATE", width = 12, label = true, value = function(e) return names.tcp_state(e.oldstate) end },
		{ "NEWSTATE", width = 12, label = true, value = function(e) return names.tcp_state(e.newstate) end },
		{ "TIME", unit = "ms", width = 12, decimals = 3,
			value = function(e) return e.ns > 0 and tonumber(e.ns) / 1e6 or nil end },
	}),
}

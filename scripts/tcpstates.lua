-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"

-- Of include/net/tcp_states.h.
local STATES = { "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
	"LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV", "BOUND_INACTIVE" }

return {
	summary = "states of TCP sockets as they change, with the time in each",
	description = [[
A row for each change of a TCP socket's state. TIME is how long it was in OLDSTATE; "-" if it is not known when that began,
or if it did not begin: a socket is made in CLOSE, or in LISTEN as the copy of one that listens.

PID and COMM are of who owns the socket, not of the task that an interrupt hit: who called connect(2), listen(2) or
accept(2). Before it is accepted a connection belongs to nobody ("-"); of sockets that were there before the tool, the owner is
who closes them.

What the kernel keeps in TIME_WAIT, and connections that wait for the last ACK of the handshake, are no sockets of this kind;
they are not seen.]],
	overhead = "one program for each change of a TCP socket's state, about five a connection, and one for each accept(2)",
	options = {
		{ "local-port", "L", type = "integer", min = 1, max = 65535, metavar = "PORT", help = "only of this local port" },
		{ "remote-port", "D", type = "integer", min = 1, max = 65535, metavar = "PORT", help = "only of this remote port" },
	},
	filters = { "pid", "comm" },
	params = function(options)
		return { wanted_lport = options.local_port or 0, wanted_rport = options.remote_port or 0 }
	end,
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct event {
	u64 ts, ns;
	struct lt_owner owner;
	struct lt_flow flow;
	int oldstate, newstate;
};
const volatile u16 wanted_lport, wanted_rport;
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
	if (wanted_pid(event.owner.pid) && wanted_comm(event.owner.comm)
	    && (!wanted_lport || event.flow.lport == wanted_lport) && (!wanted_rport || event.flow.rport == wanted_rport))
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_accept) { lt_see_accepted(args->ret); return 0; }
TRACEPOINT_PROBE(syscalls, sys_exit_accept4) { lt_see_accepted(args->ret); return 0; }]],
	clock = "ts",
	columns = address.columns(address.OWNER, {
		{ "OLDSTATE", width = 12, label = true, value = function(e) return STATES[e.oldstate] or e.oldstate end },
		{ "NEWSTATE", width = 12, label = true, value = function(e) return STATES[e.newstate] or e.newstate end },
		{ "TIME", unit = "ms", width = 12, decimals = 3, value = function(e) return e.ns > 0 and tonumber(e.ns) / 1e6 or nil end },
	}),
}

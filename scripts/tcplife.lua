-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"

return {
	summary = "TCP connections as they end: whose, where to, how long they lived and what they carried",
	description = [[
A row for each TCP connection that ends, of both ends if both are on this machine. TX and RX are the bytes that this end
has sent (without what had to be sent again) and received, exactly. LIFE is the time from when the connection was established.

PID and COMM are of who connected or accepted; the connection's end is the work of whatever task an interrupt hits. A
connection that was never accepted has none ("-"). One that was there before the tool started has no LIFE, and is of
who closed it. A process that takes a connection over from another is not told from it; nor is accept(2) by io_uring
seen.

Attempts that failed are not connections: see tcpconnect.]],
	overhead = "one program for each change of a TCP socket's state, about five a connection, and one for each accept(2); packets cost nothing",
	options = {
		{ "local-port", "L", type = "integer", min = 1, max = 65535, metavar = "PORT", help = "only of this local port" },
		{ "remote-port", "D", type = "integer", min = 1, max = 65535, metavar = "PORT", help = "only of this remote port" },
		{ "min", "m", type = "number", min = 0, default = 0, metavar = "MS", help = "only what lived so long" },
	},
	filters = { "pid", "comm" },
	params = function(options)
		return { wanted_lport = options.local_port or 0, wanted_rport = options.remote_port or 0, min_ns = options.min * 1e6 }
	end,
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct event {
	u64 ts, ns, tx, rx;
	struct lt_owner owner;
	struct lt_flow flow;
};
const volatile u16 wanted_lport, wanted_rport;
const volatile u64 min_ns;
BPF_TABLE("lru_hash", u64, u64, established, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline void ended(struct sock *sk, u64 *since)
{
	struct event event = { .ts = bpf_ktime_get_ns() };
	struct tcp_sock *tp = tcp_sk(sk);

	event.ns = since ? event.ts - *since : 0;
	if (event.ns < min_ns)
		return;
	lt_owner_of(&event.owner, sk);
	lt_take_flow(&event.flow, sk);
	if (!wanted_pid(event.owner.pid) || !wanted_comm(event.owner.comm)
	    || (wanted_lport && event.flow.lport != wanted_lport) || (wanted_rport && event.flow.rport != wanted_rport))
		return;
	event.tx = tp->bytes_sent - tp->bytes_retrans;
	/* the peer's FIN, which SOCK_DONE says has come, counts as a byte there */
	event.rx = tp->bytes_received - (sk->__sk_common.skc_flags >> SOCK_DONE & 1);
	events.ringbuf_output(&event, sizeof(event), 0);
}

RAW_TRACEPOINT_PROBE(inet_sock_set_state)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	int oldstate = ctx->args[1], newstate = ctx->args[2];
	u64 key = (u64)sk, now, *since;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	lt_see_state(sk, oldstate, newstate);
	if (newstate == TCP_ESTABLISHED) {
		now = bpf_ktime_get_ns();
		established.update(&key, &now);
	} else if (newstate == TCP_CLOSE) {
		since = established.lookup(&key);
		if (since || (oldstate != TCP_SYN_SENT && oldstate != TCP_SYN_RECV && oldstate != TCP_LISTEN))
			ended(sk, since);
		established.delete(&key);
		lt_forget_owner(sk);
	}
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_accept) { lt_see_accepted(args->ret); return 0; }
TRACEPOINT_PROBE(syscalls, sys_exit_accept4) { lt_see_accepted(args->ret); return 0; }]],
	clock = "ts",
	columns = address.columns(address.OWNER, {
		{ "TX", unit = "bytes", width = 11 }, { "RX", unit = "bytes", width = 11 },
		{ "LIFE", unit = "ms", width = 12, decimals = 3, value = function(e) return e.ns > 0 and tonumber(e.ns) / 1e6 or nil end },
	}),
}

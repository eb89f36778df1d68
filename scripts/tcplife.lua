-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"

return {
	summary = "TCP connections as they end: whose, how long they lived, what they carried",
	description = [[
A row for each TCP connection that ends, of both ends if both are on this machine. TX and RX are the bytes that this
end has sent (without what had to be sent again) and received, exactly. LIFE is the time from when the connection was
established.

PID and COMM are of who connected or accepted; the connection's end is the work of whatever task an interrupt hits. A
connection that was never accepted has none ("-"). One that was there before the tool started has no LIFE, and is of
who closed it. A process that takes a connection over from another is not told from it; nor is accept(2) by io_uring
seen.

Attempts that failed are not connections: see tcpconnect.

Of Multipath TCP each subflow is a connection; those that are accepted have no owner.]],
	overhead = "one program for each change of a TCP socket's state, about five a connection, and one for each "
		.. "accept(2); packets cost nothing",
	example = [[
# luatrace tcplife
PID     COMM             LADDR           LPORT RADDR           RPORT   TX(bytes)   RX(bytes)     LIFE(ms)
7436    curl             127.0.0.1       35110 127.0.0.1        8000          87       60189        2.640
7370    python3          127.0.0.1        8000 127.0.0.1       35110       60189          87        2.586
]],
	options = {
		address.LOCAL_PORT, address.REMOTE_PORT,
		{ "min", "m", type = "milliseconds", default = 0, help = "only what lived so long", sets = "min_ns" },
	},
	filters = { "pid", "comm" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct event {
	u64 ts, ns, tx, rx;
	struct lt_owner owner;
	struct lt_flow flow;
};
const volatile u64 min_ns;
BPF_TABLE("lru_hash", u64, u64, established, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

RAW_TRACEPOINT_PROBE(inet_sock_set_state)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	int oldstate = ctx->args[1], newstate = ctx->args[2];
	struct event event = { .ts = bpf_ktime_get_ns() };
	u64 key = (u64)sk, *since = established.lookup(&key);

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	lt_see_state(sk, oldstate, newstate);
	if (newstate == TCP_ESTABLISHED)
		established.update(&key, &event.ts);
	if (newstate != TCP_CLOSE)
		return 0;
	event.ns = since ? event.ts - *since : 0;
	lt_owner_of(&event.owner, sk);
	lt_take_flow(&event.flow, sk);
	lt_take_bytes(&event.tx, &event.rx, sk);
	if ((since || (oldstate != TCP_SYN_SENT && oldstate != TCP_SYN_RECV && oldstate != TCP_LISTEN))
	    && event.ns >= min_ns && wanted_owner(&event.owner) && wanted_ports(&event.flow))
		events.ringbuf_output(&event, sizeof(event), 0);
	established.delete(&key);
	lt_forget_owner(sk);
	return 0;
}

LT_SEE_ACCEPTED]],
	clock = "ts",
	columns = address.columns(address.OWNER, {
		{ "TX", unit = "bytes", width = 11 }, { "RX", unit = "bytes", width = 11 },
		{ "LIFE", unit = "ms", width = 12, decimals = 3,
			value = function(e) return e.ns > 0 and tonumber(e.ns) / 1e6 or nil end },
	}),
}

-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"
local names = require "luatrace.names"

local OPTIONS = { "freebind", "transparent", "nolateport", "reuseaddr", "reuseport" }

local function options_of(e)
	local set = {}
	for i, name in ipairs(OPTIONS) do
		set[#set + 1] = bit.band(e.options, bit.lshift(1, i - 1)) ~= 0 and name or nil
	end
	return set[1] and table.concat(set, ",") or nil
end

return {
	summary = "addresses and ports that sockets are bound to: bind(2)",
	description = [[
A row for each call of bind(2) on a socket of IPv4 or IPv6. ADDR and PORT are what was asked for; where that is port 0
and the call succeeded, PORT is the one that the kernel chose. ERROR is why it failed: EADDRINUSE, EACCES,
EADDRNOTAVAIL.

OPTIONS are those of the socket that say which bindings are allowed: reuseaddr (SO_REUSEADDR), reuseport
(SO_REUSEPORT), freebind (IP_FREEBIND), transparent (IP_TRANSPARENT), and nolateport (IP_BIND_ADDRESS_NO_PORT: the
port is chosen by connect(2)). IF is the number of the interface that the socket is bound to, if it is bound to one.

Sockets that connect or listen without bind(2) get a port from the kernel and are not seen, nor are calls by
io_uring.]],
	overhead = "one program for each bind(2)",
	example = [[
# luatrace bindsnoop
PID     COMM             PROTO   ADDR             PORT OPTIONS                IF ERROR
7496    python3          TCP     127.0.0.1       33599 reuseaddr               - -
7496    python3          TCP     ::1              4242 freebind,reuseport      - -
7496    python3          UDP     0.0.0.0          4243 nolateport              - -
]],
	options = {
		{ "failed", "x", help = "only calls that failed", sets = "failed_only" },
		{ "port", "P", type = "port", help = "only this port", sets = "wanted_port" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
#include <luatrace/syscall.h>
struct event {
	u64 ts;
	u32 pid, protocol, options;
	int result, interface;
	u8 addr[16];
	u16 port;
	char comm[TASK_COMM_LEN];
};
const volatile bool failed_only;
const volatile u16 wanted_port;
BPF_RINGBUF_OUTPUT(events, 64);

struct inet_sock___bits {	/* before Linux 6.6 */
	u8 freebind : 1, transparent : 1, bind_address_no_port : 1;
} __attribute__((preserve_access_index));
struct inet_sock___flags { unsigned long inet_flags; } __attribute__((preserve_access_index));

static __always_inline u32 options_of(struct sock *sk)
{
	struct inet_sock___bits *bits = (void *)sk;
	struct inet_sock___flags *inet = (void *)sk;
	bool freebind, transparent, late;

	if (bpf_core_field_exists(inet->inet_flags)) {
		unsigned long flags = inet->inet_flags;

		freebind = flags >> INET_FLAGS_FREEBIND & 1;
		transparent = flags >> INET_FLAGS_TRANSPARENT & 1;
		late = flags >> INET_FLAGS_BIND_ADDRESS_NO_PORT & 1;
	} else {
		freebind = bits->freebind;
		transparent = bits->transparent;
		late = bits->bind_address_no_port;
	}
	bool reuseaddr = sk->__sk_common.skc_reuse, reuseport = sk->__sk_common.skc_reuseport;

	return freebind | transparent << 1 | late << 2 | reuseaddr << 3 | reuseport << 4;
}

TRACEPOINT_PROBE(syscalls, sys_exit_bind)
{
	struct event event = {
		.ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .result = args->ret,
	};
	struct sock *sk = (failed_only && event.result >= 0) || !wanted() ? NULL : lt_sock_of(ARGUMENT(1));

	if (!sk)
		return 0;
	lt_take_address(event.addr, &event.port, ARGUMENT(2));
	if (event.result >= 0)
		event.port = bpf_ntohs(inet_sk(sk)->inet_sport);
	if (wanted_port && event.port != wanted_port)
		return 0;
	event.protocol = sk->sk_protocol;
	event.options = options_of(sk);
	event.interface = sk->__sk_common.skc_bound_dev_if;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "PROTO", width = 7, label = true, value = function(e) return address.protocol(e.protocol) end },
		{ "ADDR", width = 15, value = function(e) return address.text(e.addr) end }, { "PORT", width = 5, align = "right" },
		{ "OPTIONS", width = 20, value = options_of },
		{ "IF", width = 4, align = "right", value = function(e) return e.interface > 0 and e.interface or nil end },
		{ "ERROR", width = 13, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
	},
}

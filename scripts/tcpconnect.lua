-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"
local names = require "luatrace.names"

return {
	summary = "TCP connections that processes make, with what came of each",
	description = [[
A row for each attempt to connect by TCP over IPv4 or IPv6, when its outcome is known: it was established (ERROR is
"-"), or it failed. ECONNREFUSED: the peer has no listener; ETIMEDOUT: no answer came; ENETUNREACH, EHOSTUNREACH:
there is no way to it; ECANCELED: the socket was closed while the attempt was under way. What is still under way when
the tool ends is shown then, with EINPROGRESS, unless only failures are asked for (--failed).

PID and COMM are of who called connect(2), also where the call did not wait. Failures that need no packet are those of
the system call; of connections by io_uring these are not seen. LPORT is "-" if there was none yet.]],
	overhead = "one program for each change of a TCP socket's state, two for each connect(2)",
	example = [[
# luatrace tcpconnect
PID     COMM             LADDR           LPORT RADDR           RPORT ERROR
7418    curl             127.0.0.1       35068 127.0.0.1        8000 -
7420    curl             127.0.0.1       47058 127.0.0.1          81 ECONNREFUSED
7420    curl             ::1             49818 ::1                81 ECONNREFUSED
]],
	options = {
		{ "port", "P", type = "port", help = "only to this remote port", sets = "wanted_port" },
		{ "failed", "x", help = "only attempts that failed", sets = "failed_only" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct event {
	u64 ts;
	struct lt_owner owner;
	struct lt_flow flow;
	int error;
};
struct call { struct sock *sk; u64 address; bool attempted; };
const volatile u16 wanted_port;
const volatile bool failed_only;
BPF_TABLE("lru_hash", u64, struct event, attempts, 16384);
BPF_CALLS(calls, struct call, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline void began(struct event *event)
{
	event->owner.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&event->owner.comm, sizeof(event->owner.comm));
}

static __always_inline void ended(struct event *event, int error)
{
	event->ts = bpf_ktime_get_ns();
	event->error = error;
	if ((!failed_only || error) && (!wanted_port || event->flow.rport == wanted_port))
		events.ringbuf_output(event, sizeof(*event), 0);
}

RAW_TRACEPOINT_PROBE(inet_sock_set_state)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	int oldstate = ctx->args[1], newstate = ctx->args[2];
	u64 key = (u64)sk;
	struct call *call = find_call(calls, 0);
	struct event event = { .error = EINPROGRESS }, *attempt;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (newstate == TCP_SYN_SENT && wanted()) {
		began(&event);
		lt_take_flow(&event.flow, sk);
		attempts.update(&key, &event);
		if (call && call->sk == sk)
			call->attempted = true;
		return 0;
	}
	attempt = oldstate == TCP_SYN_SENT ? attempts.lookup(&key) : NULL;
	if (!attempt)
		return 0;
	event = *attempt;
	attempts.delete(&key);
	lt_take_flow(&event.flow, sk);
	if (newstate != TCP_CLOSE)
		ended(&event, 0);
	else if (sk->sk_err)
		ended(&event, sk->sk_err);
	else if (call && call->sk == sk)
		call->attempted = false;	/* no packet went out: the call says why */
	else
		ended(&event, ECANCELED);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_enter_connect)
{
	struct call call = { .address = (u64)args->uservaddr };

	if (!wanted())
		return 0;
	call.sk = lt_sock_of(args->fd);
	/* that of an attempt under way asks how it is, or waits for it */
	if (call.sk && call.sk->sk_protocol == IPPROTO_TCP && call.sk->sk_socket->state == SS_UNCONNECTED)
		begin_call(calls, 0, &call);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_connect)
{
	struct event event = {};
	struct call call;

	if (!end_call(calls, 0, &call) || call.attempted || args->ret >= 0)
		return 0;
	began(&event);
	lt_take_flow(&event.flow, call.sk);
	lt_take_address(event.flow.raddr, &event.flow.rport, call.address);
	ended(&event, -args->ret);
	return 0;
}]],
	clock = "ts",
	columns = address.columns(address.OWNER, {
		{ "ERROR", width = 12, value = function(e) return e.error > 0 and names.errno(e.error) or nil end },
	}),
	finish = function(run)
		for _, attempt in ipairs(run.options.failed and {} or run:read "attempts") do
			if not run.options.port or attempt.value.flow.rport == run.options.port then
				run:row(attempt.value)
			end
		end
	end,
}

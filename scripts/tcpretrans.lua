-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"
local errors = require "luatrace.errors"
local names = require "luatrace.names"

local KINDS = { "syn", "tlp", "rto", "fast" }	-- as the text counts them

return {
	summary = "TCP segments that are sent again",
	description = [[
A row for each segment that TCP sends again. KIND says why: "syn", the peer does not answer an attempt to connect;
"rto", no acknowledgement came in time (all that is sent while TCP makes good for such a loss); "fast",
acknowledgements say that it is lost; "tlp", a tail loss probe, which sends the last segment again before that time is
over. STATE is the socket's, BYTES what the segment carries (no headers).

Timers and interrupts send segments again, so that no row has a process; tcpstates and tcplife tell whose a connection
is.

A segment that could not be sent at all does not count. The answers to a SYN that a listener sends again, and tail
loss probes that send what was not sent before, are not seen.]],
	overhead = "one program for each segment that is sent again; others cost nothing",
	example = [[
# luatrace tcpretrans
LADDR           LPORT RADDR           RPORT STATE        KIND      BYTES
127.0.7.11      49345 127.0.7.11      47333 ESTABLISHED  tlp           1
127.0.7.11      49345 127.0.7.11      47333 ESTABLISHED  rto           1
127.0.7.11      49345 127.0.7.11      47333 ESTABLISHED  rto           1
]],
	options = {
		{ "flows", "c", help = "count for each connection, and show that in the end", sets = "by_flow" },
		{ "kind", "k", choices = KINDS, metavar = "KIND", help = "only of this kind: syn, rto, fast, tlp",
			sets = "wanted_kind" },
		address.LOCAL_PORT, address.REMOTE_PORT,
	},
	params = function(options)
		if options.flows and options.prometheus then
			errors.raise("--flows is shown in the end, and --prometheus serves what there is before: without --flows it "
				.. "counts by state and kind")
		end
	end,
	text = [[
#include <luatrace/socket.h>
struct event {
	u64 ts;
	struct lt_flow flow;
	u32 state, kind, bytes, pad;
};
struct sum { u64 count, bytes; };
enum { SYN = 1, TLP, RTO, FAST, LOSS_PROBE = 5 /* ICSK_TIME_LOSS_PROBE, a macro */ };
const volatile bool by_flow;
const volatile u32 wanted_kind;
BPF_HASH(flows, struct lt_flow, struct sum, 16384);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int sent_again(struct sock *sk, struct sk_buff *skb)
{
	struct inet_connection_sock *icsk = (struct inet_connection_sock *)sk;
	struct event event = { .ts = bpf_ktime_get_ns(), .state = sk->__sk_common.skc_state, .bytes = skb->len };
	struct sum zero = {}, *sum;
	u8 recovery = icsk->icsk_ca_state;

	event.kind = event.state == TCP_SYN_SENT ? SYN : recovery == TCP_CA_Loss ? RTO
		: recovery != TCP_CA_Recovery && icsk->icsk_pending == LOSS_PROBE ? TLP : FAST;
	lt_take_flow(&event.flow, sk);
	if ((wanted_kind && event.kind != wanted_kind) || !wanted_ports(&event.flow))
		return 0;
	if (!by_flow) {
		events.ringbuf_output(&event, sizeof(event), 0);
		return 0;
	}
	sum = flows.lookup_or_try_init(&event.flow, &zero);
	if (sum) {
		__sync_fetch_and_add(&sum->count, 1);
		__sync_fetch_and_add(&sum->bytes, event.bytes);
	}
	return 0;
}

/* Kernels from 6.17 on tell of segments that could not be sent, too. */
int with_error(struct bpf_raw_tracepoint_args *ctx)
{
	return (int)ctx->args[2] ? 0 : sent_again((struct sock *)ctx->args[0], (struct sk_buff *)ctx->args[1]);
}

int without_error(struct bpf_raw_tracepoint_args *ctx)
{
	return sent_again((struct sock *)ctx->args[0], (struct sk_buff *)ctx->args[1]);
}]],
	attach = function(run)
		local probe = "raw_tracepoint:tcp_retransmit_skb"
		run.b:attach { first_of = {
			{ probe = probe, fn_name = "with_error" }, { probe = probe, fn_name = "without_error" },
		} }
	end,
	clock = "ts",
	columns = address.columns({}, {
		{ "STATE", width = 12, label = true, when = function(options) return not options.flows end,
			value = function(e) return names.tcp_state(e.state) end },
		{ "KIND", width = 5, label = true, when = function(options) return not options.flows end,
			value = function(e) return KINDS[e.kind] end },
		{ "COUNT", width = 8, align = "right", when = "flows" },
		{ "BYTES", width = 9, align = "right" },
	}),
	finish = function(run)
		local list = run:take "flows"
		table.sort(list, function(a, b) return a.value.count > b.value.count end)
		for _, entry in ipairs(list) do
			run:row { flow = entry.key, count = entry.value.count, bytes = entry.value.bytes }
		end
	end,
}

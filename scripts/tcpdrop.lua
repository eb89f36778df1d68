-- SPDX-License-Identifier: MIT
local BPF = require "luatrace"
local address = require "luatrace.address"
local later = require "luatrace.later"
local names = require "luatrace.names"
---@module "luatrace.types"
local types = later "luatrace.types"

local FLAGS = { "F", "S", "R", "P", "A", "U", "E", "C" }

local function flags_of(event)
	local text = ""
	for i, letter in ipairs(FLAGS) do
		text = text .. (bit.band(event.flags, bit.lshift(1, i - 1)) ~= 0 and letter or "")
	end
	return text
end

-- What is asked of this kernel is kept in recordings.
local reasons
local function reason_of(event, run)
	local number = event.reason
	return run:observe(("reason %d"):format(number), function()
		if not reasons then
			reasons = {}
			for name, value in types.describe("skb_drop_reason"):gmatch "([%u%d_]+) = (%d+)" do
				reasons[tonumber(value)] = name:gsub("^SKB_DROP_REASON_", "")
			end
		end
		return reasons[number] or tostring(number)
	end)
end

local function stack_of(event, run)
	local id = event.stack
	return id >= 0 and run:observe(("stack %d"):format(id), function()
		local functions = {}
		for where in run.b.stacks:walk(id) do
			local name = BPF.ksym(where)
			if #functions > 0 or not name:find "^bpf_" then	-- the program that looks is none of it
				functions[#functions + 1] = name
			end
		end
		return table.concat(functions, " ")
	end) or nil
end

return {
	summary = "TCP packets that the kernel drops, with the reason and where",
	description = [[
A row for each packet of TCP, over IPv4 or IPv6, that the kernel drops, on its way in or out. SADDR, SPORT, DADDR and
DPORT are the packet's, FLAGS those of its TCP header: S for SYN, F FIN, R RST, P PSH, A ACK, U URG, E ECE, C CWR.
REASON is the kernel's (enum skb_drop_reason), WHERE the function that dropped it, STATE that of the socket if the
packet has been given to one.

NO_SOCKET: nobody listens. SOCKET_FILTER: a filter of the socket. NETFILTER_DROP: a rule. NOT_SPECIFIED: that part of
the kernel gives no reason; WHERE and --stack tell more. Not each drop is a loss: some packets are not needed any
more.

IPv6 packets with extension headers are not seen, nor what a device drops.]],
	overhead = "one program for each packet of any kind that is dropped, about a microsecond; others cost nothing",
	example = [[
# luatrace tcpdrop
SADDR           SPORT DADDR           DPORT STATE        FLAGS REASON               WHERE
127.0.7.11      38235 127.0.7.11      51287 -            PA    SOCKET_FILTER        tcp_v4_rcv
127.0.7.11      38235 127.0.7.11      51287 -            PA    SOCKET_FILTER        tcp_v4_rcv
127.0.7.11      38235 127.0.7.11      51287 -            PA    SOCKET_FILTER        tcp_v4_rcv
127.0.7.11      38235 127.0.7.11      51287 CLOSE        FA    QUEUE_PURGE          sk_stream_kill_queues
]],
	options = {
		{ "stack", "s", help = "also how the kernel came there: functions, innermost first", sets = "with_stack" },
		{ "port", "P", type = "port", help = "only from or to this port", sets = "wanted_port" },
	},
	text = [[
#include <luatrace/socket.h>
struct event {
	u64 ts, location;
	u8 saddr[16], daddr[16];
	u16 sport, dport;
	u32 reason, flags, state;
	s32 stack;
};
const volatile bool with_stack;
const volatile u16 wanted_port;
BPF_STACK_TRACE(stacks, 4096);
BPF_RINGBUF_OUTPUT(events, 64);

/* Where the TCP header is; 0: it is no packet of TCP. */
static __always_inline u64 parse(struct sk_buff *skb, struct event *event)
{
	u64 packet = (u64)skb->head + skb->network_header;
	struct ipv6hdr v6 = {};
	struct iphdr v4 = {};

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		bpf_probe_read_kernel(&v4, sizeof(v4), (void *)packet);
		lt_map_address(event->saddr, v4.saddr);
		lt_map_address(event->daddr, v4.daddr);
		/* of a fragment but the first there is no header */
		return v4.protocol == IPPROTO_TCP && !(v4.frag_off & bpf_htons(0x1fff)) ? packet + v4.ihl * 4 : 0;
	}
	if (skb->protocol != bpf_htons(ETH_P_IPV6))
		return 0;
	bpf_probe_read_kernel(&v6, sizeof(v6), (void *)packet);
	memcpy(event->saddr, &v6.saddr, 16);
	memcpy(event->daddr, &v6.daddr, 16);
	return v6.nexthdr == IPPROTO_TCP ? packet + sizeof(v6) : 0;
}

RAW_TRACEPOINT_PROBE(kfree_skb)
{
	struct sk_buff *skb = (struct sk_buff *)ctx->args[0];
	struct event event = { .ts = bpf_ktime_get_ns(), .location = ctx->args[1], .reason = ctx->args[2], .stack = -1 };
	u64 header = parse(skb, &event);
	struct { u16 source, dest; u32 seq, ack; u8 offset, flags; } tcp;

	if (!header || bpf_probe_read_kernel(&tcp, sizeof(tcp), (void *)header))
		return 0;
	event.sport = bpf_ntohs(tcp.source);
	event.dport = bpf_ntohs(tcp.dest);
	event.flags = tcp.flags;
	if (wanted_port && event.sport != wanted_port && event.dport != wanted_port)
		return 0;
	if (skb->sk)
		event.state = skb->sk->__sk_common.skc_state;
	if (with_stack)
		event.stack = stacks.get_stackid(ctx, 0);
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	clock = "ts",
	columns = {
		{ "SADDR", width = 15, value = function(e) return address.text(e.saddr) end },
		{ "SPORT", width = 5, align = "right" },
		{ "DADDR", width = 15, value = function(e) return address.text(e.daddr) end },
		{ "DPORT", width = 5, align = "right" },
		{ "STATE", width = 12, value = function(e) return e.state > 0 and names.tcp_state(e.state) or nil end },
		{ "FLAGS", width = 5, value = flags_of },
		{ "REASON", width = 20, label = true, value = reason_of },
		{ "WHERE", width = 24, value = function(e, run) return run:ksym(e.location) end },
		{ "STACK", when = "stack", value = stack_of },
	},
}

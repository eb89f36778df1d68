-- SPDX-License-Identifier: MIT
-- perf_submit_skb: the record, and then the packet as it lies in the kernel.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs("socket")
local sh = require "sh"

local COUNT, PORT = 53, 41009
local b = BPF { cflags = { "-DPORT=" .. PORT }, text = [[
#include <bcc/proto.h>
struct packet { u32 length; u32 number; u16 port; };
BPF_PERF_OUTPUT(packets);
BPF_PERF_OUTPUT(heads);
static u32 number;
int on_packet(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
	struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
	struct packet p = {};

	if (ethernet->type != 0x0800 || ip->nextp != 17 || udp->dport != PORT || skb->pkt_type == 4)
		return 0;
	p.length = skb->len;
	p.number = number++;
	p.port = udp->dport;
	packets.perf_submit_skb(skb, skb->len, &p, sizeof(p));
	heads.perf_submit_skb(skb, 14, &p, sizeof(p));
	/* More than there is: the kernel refuses, which is a lost record. */
	if (heads.perf_submit_skb(skb, skb->len + 1, &p, sizeof(p)) != -14)
		number += 1000;
	return 0;
}]] }

-- Ethernet, IPv4 and UDP headers, then what was sent.
local LENGTH, SIZE = 14 + 20 + 8 + 11, ffi.sizeof("uint32_t[3]")
local seen, right, numbers = 0, true, 0
b.packets:open_perf_buffer(function(_, p, size)
	local bytes = ffi.string(ffi.cast("const char *", p) + SIZE, LENGTH)
	seen, numbers = seen + 1, numbers + p.number
	right = right and p.length == LENGTH and p.port == PORT and size >= SIZE + LENGTH and size < SIZE + LENGTH + 8
		and bytes:sub(13, 14) == "\8\0" and bytes:byte(15) == 0x45 and bytes:byte(24) == 17
		and bytes:sub(27, 34) == "\127\0\0\1\127\0\0\1" and bytes:byte(37) * 256 + bytes:byte(38) == PORT
		and bytes:sub(-11) == "hello world"
end)
local heads, lost = 0, 0
b.heads:open_perf_buffer(function(_, p, size)
	heads = heads + 1
	right = right and p.port == PORT and size >= SIZE + 14 and size < SIZE + 14 + 8
		and ffi.string(ffi.cast("const char *", p) + SIZE + 12, 2) == "\8\0"
end, { lost_cb = function(n) lost = lost + n end })
b:attach_raw_socket { fn_name = "on_packet", dev = "lo" }
t.eq(sh.workload("udp", COUNT, PORT):go(), COUNT, "packets sent")
live.await(function()
	b:perf_buffer_poll(1)
	return seen >= COUNT and heads >= COUNT
end)
t.eq(seen .. " " .. heads, COUNT .. " " .. COUNT, "a record for each packet")
t.eq(numbers, COUNT * (COUNT - 1) / 2, "each once")
t.ok(right, "its struct, and behind it the packet: as a whole, or as much as was asked for")
b:perf_buffer_poll(0)
t.eq(lost, COUNT, "asking for more than there is is a lost record")
b:close()
t.done()

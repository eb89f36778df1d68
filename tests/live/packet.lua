-- SPDX-License-Identifier: MIT
-- Packet headers of bcc/proto.h and a text's own: what their members read is what the protocols say stands there.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs("socket")
local frames = require "frames"
local sh = require "sh"

local COUNT = 11

-- ---- reading ----

-- One program for each header; its values are from key 64 * n on.
local function reader(n, name, offset)
	local reads = {}
	for i, field in ipairs(frames.fields(name)) do
		reads[i] = ("\tkey = %d; value = header->%s; values.update(&key, &value);\n"):format(64 * n + i, field.name)
	end
	return "int read_" .. name .. [[(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = (void *)cursor;
	struct ]] .. name .. [[ *header;
	u64 value;
	int key;

	if (ethernet->src != 0x]] .. frames.SOURCE .. [[)
		return 0;
	cursor += ]] .. offset .. [[;
	header = cursor_advance(cursor, sizeof(*header));
]] .. table.concat(reads) .. [[
	value = (u64)cursor;
	key = ]] .. 64 * n .. [[;
	values.update(&key, &value);
	return 0;
}
]]
end

local function offset_of(n, name)
	return name == "ethernet_t" and 0 or 15 + n % 4 -- no alignment is promised
end

local readers = { "#include <bcc/proto.h>\nBPF_ARRAY(values, u64, 1024);\n" .. frames.OWN }
for n, name in ipairs(frames.names) do
	readers[n + 1] = reader(n, name, offset_of(n, name))
end
local b = BPF { text = table.concat(readers) }
for n, name in ipairs(frames.names) do
	local fields, size = frames.fields(name)
	local offset, wrong = offset_of(n, name), {}
	local bytes = frames.make(offset + size, n) -- the header ends where the frame does
	b:attach_raw_socket { fn_name = "read_" .. name, dev = frames.OUT }
	frames.send(bytes, 1)
	b:detach_raw_socket { fn_name = "read_" .. name }
	for i, field in ipairs(fields) do
		local want, got = frames.get_bits(bytes, offset * 8 + field.at, field.bits), b.values[64 * n + i]
		if got ~= want then
			wrong[#wrong + 1] = ("%s: %s, not %s"):format(field.name, tostring(got), tostring(want))
		end
	end
	t.eq(table.concat(wrong, "; "), "", name .. ": all members are the frame's bits")
	t.eq(tonumber(b.values[64 * n]), offset + size, name .. ": its size is the protocol's")
end
b:close()

-- ---- a real packet, by the chain of its headers ----

local UDP_COUNT, PORT = 1009, 40961
b = BPF { cflags = { "-DPORT=" .. PORT }, text = [[
#include <bcc/proto.h>
struct seen { u64 packets; u32 src, dst; u16 tlen, length; u8 ver, hlen, ttl, df; u32 text; };
BPF_HASH(seen, u32, struct seen, 16);

int on_packet(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	u32 type = skb->pkt_type;
	struct seen zero = {}, *s;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));

	switch (ethernet->type) {
	case 0x0800: goto ip;
	default: goto drop;
	}

ip: {
		struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
		struct udp_t *udp;

		if (ip->nextp != 17)
			goto drop;
		cursor += (ip->hlen << 2) - sizeof(*ip);
		udp = cursor_advance(cursor, sizeof(*udp));
		if (udp->dport != PORT)
			goto drop;
		s = seen.lookup_or_init(&type, &zero);
		s->packets++;
		s->src = ip->src; s->dst = ip->dst; s->tlen = ip->tlen; s->length = udp->length;
		s->ver = ip->ver; s->hlen = ip->hlen; s->ttl = ip->ttl; s->df = ip->df;
		s->text = load_word(skb, (u64)cursor);
		return -1;
	}
drop:
	return 0;
}]] }
b:attach_raw_socket { fn_name = "on_packet", dev = "lo" }
t.eq(sh.workload("udp", UDP_COUNT, PORT):go(), UDP_COUNT, "packets sent")
live.await(function() return b.seen[0] and b.seen[0].packets >= UDP_COUNT end)
for type, way in pairs { [4] = "going out", [0] = "coming in" } do
	local s = b.seen[type]
	t.eq(tonumber(s.packets), UDP_COUNT, way .. ": each packet")
	t.eq(("%08x %08x"):format(s.src, s.dst), "7f000001 7f000001", way .. ": addresses")
	t.eq(("%d %d %d %d %d %d"):format(s.ver, s.hlen, s.tlen, s.length, s.ttl, s.df), "4 5 39 19 64 1", way .. ": fields")
	t.eq(("%08x"):format(s.text), "68656c6c", way .. ": the payload, by load_word")
end
b:detach_raw_socket { dev = "lo" }
sh.workload("udp", 7, PORT):go()
t.eq(tonumber(b.seen[0].packets), UDP_COUNT, "none once detached")
b:close()

-- ---- a cursor handed on to another program ----

b = BPF { text = [[
#include <bcc/proto.h>
BPF_PROG_ARRAY(parsers, 8);
BPF_HASH(ports, u32, u64);
int second(struct __sk_buff *skb)
{
	u8 *cursor = (u8 *)(u64)skb->cb[1];
	struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));

	ports.increment(udp->dport);
	return 0;
}
int first(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));

	if (ethernet->type != 0x0800 || ip->nextp != 17 || skb->pkt_type != 4)
		return 0;
	skb->cb[1] = (u64)ip + (ip->hlen << 2);
	parsers.call(skb, 3);
	ports.increment(0);
	return 0;
}]] }
b.parsers[3] = b:load_func("second", "socket")
b:attach_raw_socket { fn_name = "first", dev = "lo" }
sh.workload("udp", UDP_COUNT, PORT):go()
t.eq(tonumber(b.ports[PORT]), UDP_COUNT, "through cb[] and a tail call")
t.eq(b.ports[0], nil, "which did not fail")
b:close()

-- ---- a packet that ends within a header ends the program with 0 ----

b = BPF { text = [[
#include <bcc/proto.h>
BPF_ARRAY(at, u64, 2);
int f(struct __sk_buff *skb)
{
	struct ethernet_t *ethernet = 0;
	struct tcp_t *tcp = (void *)14;

	if (ethernet->src != 0x]] .. frames.SOURCE .. [[)
		return 0;
	at.atomic_increment(0);
	if (tcp->urg_ptr == 1)
		return 1;
	at.atomic_increment(1);
	return 0;
}]] }
b:attach_raw_socket { fn_name = "f", dev = frames.OUT }
frames.send(frames.make(14 + 19, 1), COUNT)
t.eq(frames.count(b.at, 0, COUNT * frames.SIGHTS), COUNT * frames.SIGHTS, "up to the member that is not there")
t.eq(tonumber(b.at[1]), 0, "and no further")
frames.send(frames.make(14 + 20, 1), COUNT)
t.eq(frames.count(b.at, 1, COUNT * frames.SIGHTS), COUNT * frames.SIGHTS, "a member at the very end can be read")
b:close()

-- ---- what it cannot be ----

t.raises(function()
	BPF { text = "int f(struct __sk_buff *skb) { return 0; }" }:attach_raw_socket { fn_name = "f", dev = "lo0" }
end, "socket 'lo0': there is no such network interface; similar: .*lo", "an unknown interface")
b = BPF { text = "BPF_HASH(n, u32, u64); int f(struct __sk_buff *skb) { n.increment(skb->ifindex); return 0; }" }
b:attach_raw_socket { fn_name = "f", dev = "" }
frames.send(frames.make(60, 1), COUNT)
local all = 0
for _, count in pairs(b.n) do
	all = all + tonumber(count)
end
t.ok(all >= 2 * COUNT, "no interface: all of them")
b:close()
t.done()

-- SPDX-License-Identifier: MIT
-- Packet headers of bcc/proto.h and a text's own, on frames of known bytes: what members read is what the protocols
-- say stands there, and what is written to them is what arrives.
local ffi = require "ffi"
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

live.needs("socket")
ffi.cdef "int unshare(int);"
if ffi.C.unshare(0x40000000) ~= 0 then -- CLONE_NEWNET
	t.skip_all("no network namespace of its own: " .. ffi.errno())
end
local function setup(command)
	local status, out, err = sh.run(command)
	t.eq(status .. out .. err, "0", command)
end
local status, _, err = sh.run("ip link add lt0 type veth peer name lt1")
if status ~= 0 then
	t.skip_all("no veth devices: " .. err)
end
setup("ip link set lo up && ip link set lt0 up && ip link set lt1 up")

-- ---- the truth: bits of a frame, counted from the first byte's highest ----

local SOURCE = "020000000001" -- tells these frames from what the kernel sends by itself

-- Bytes in which neighbours and halves differ.
local function make_frame(size, seed)
	local bytes = {}
	for i = 1, size do
		bytes[i] = (i * 73 + seed * 41 + math.floor(i / 7) * 31) % 256
	end
	for i = 1, 6 do
		bytes[6 + i] = tonumber(SOURCE:sub(2 * i - 1, 2 * i), 16)
	end
	bytes[13], bytes[14] = 0x88, 0xb5 -- for experiments: no protocol takes it
	return bytes
end

local function get_bits(bytes, at, count)
	local value = 0ULL
	for i = at, at + count - 1 do
		local byte = bytes[math.floor(i / 8) + 1]
		value = value * 2 + math.floor(byte / 2 ^ (7 - i % 8)) % 2
	end
	return value
end

local function set_bits(bytes, at, count, value)
	value = ffi.cast("uint64_t", value)
	for i = at + count - 1, at, -1 do
		local index, weight = math.floor(i / 8) + 1, 2 ^ (7 - i % 8)
		bytes[index] = bytes[index] - math.floor(bytes[index] / weight) % 2 * weight + tonumber(value % 2) * weight
		value = value / 2
	end
end

local function hex(bytes)
	local out = {}
	for i, byte in ipairs(bytes) do
		out[i] = ("%02x"):format(byte)
	end
	return table.concat(out)
end

local function send(device, bytes, count)
	local held = sh.workload("frame", count, device .. ":" .. hex(bytes))
	t.eq(held:go(), count, "frames sent")
end

-- ---- members, by the order and width that the protocols' documents give ----

local OWN = [[
struct inner_t {
	unsigned char upper:3, lower:5;
	unsigned short plain;
} BPF_PACKET_HEADER;
struct own_t {
	unsigned long long wide:60;
	unsigned char four:4;
	unsigned short across:11;
	unsigned short rest:5;
	unsigned char bytes[5];
	struct { unsigned char a:1, b:6, c:1; } anonymous;
	struct inner_t inner[2];
	union { unsigned int word; unsigned char parts[4]; struct { unsigned char d:2, e:6; }; } either;
	unsigned int:12, late:20;
	unsigned long long sixtyfour;
	_Bool flag:1;
	unsigned char tail:7;
} BPF_PACKET_HEADER;
]]
local HEADERS = {
	ethernet_t = { "dst 48", "src 48", "type 16" },
	dot1q_t = { "pri 3", "cfi 1", "vlanid 12", "type 16" },
	arp_t = { "htype 16", "ptype 16", "hlen 8", "plen 8", "oper 16", "sha 48", "spa 32", "tha 48", "tpa 32" },
	ip_t = { "ver 4", "hlen 4", "tos 8", "tlen 16", "identification 16", "ffo_unused 1", "df 1", "mf 1",
		"foffset 13", "ttl 8", "nextp 8", "hchecksum 16", "src 32", "dst 32" },
	icmp_t = { "type 8", "code 8", "checksum 16" },
	ip6_t = { "ver 4", "priority 8", "flow_label 20", "payload_len 16", "next_header 8", "hop_limit 8", "src_hi 64",
		"src_lo 64", "dst_hi 64", "dst_lo 64" },
	ip6_opt_t = { "next_header 8", "ext_len 8", "pad[0] 8", "pad[1] 8", "pad[2] 8", "pad[3] 8", "pad[4] 8", "pad[5] 8" },
	icmp6_t = { "type 8", "code 8", "checksum 16" },
	udp_t = { "sport 16", "dport 16", "length 16", "crc 16" },
	tcp_t = { "src_port 16", "dst_port 16", "seq_num 32", "ack_num 32", "offset 4", "reserved 4", "flag_cwr 1",
		"flag_ece 1", "flag_urg 1", "flag_ack 1", "flag_psh 1", "flag_rst 1", "flag_syn 1", "flag_fin 1", "rcv_wnd 16", "cksum 16",
		"urg_ptr 16" },
	vxlan_t = { "rsv1 4", "iflag 1", "rsv2 3", "rsv3 24", "key 24", "rsv4 8" },
	vxlan_gbp_t = { "gflag 1", "rsv1 3", "iflag 1", "rsv2 3", "rsv3 1", "dflag 1", "rsv4 2", "aflag 1", "rsv5 3", "tag 16",
		"key 24", "rsv6 8" },
	own_t = { "wide 60", "four 4", "across 11", "rest 5", "bytes[0] 8", "bytes[1] 8", "bytes[2] 8", "bytes[3] 8",
		"bytes[4] 8", "anonymous.a 1", "anonymous.b 6", "anonymous.c 1", "inner[0].upper 3", "inner[0].lower 5",
		"inner[0].plain 16", "inner[1].upper 3", "inner[1].lower 5", "inner[1].plain 16", "either.d 2", "either.e 6",
		"either.parts[1] 8", "either.parts[2] 8", "either.parts[3] 8", "- 12", "late 20", "sixtyfour 64", "flag 1",
		"tail 7" },
}

---@return { name: string, at: integer, bits: integer }[] fields, integer size of the header in bytes
local function fields_of(name)
	local fields, at = {}, 0
	for _, field in ipairs(HEADERS[name]) do
		local member, bits = field:match("^(%S+) (%d+)$")
		bits = tonumber(bits)
		if member ~= "-" then
			fields[#fields + 1] = { name = member, at = at, bits = bits }
		end
		at = at + bits
	end
	return fields, at / 8
end

local names = {}
for name in pairs(HEADERS) do
	names[#names + 1] = name
end
table.sort(names)

-- Programs that end with `frame[]` holding the bytes of the last of our frames.
local CAPTURE = [[
#include <bcc/proto.h>
BPF_ARRAY(frame, u8, 256);
BPF_ARRAY(frames, u64, 1);
int capture(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));

	if (ethernet->src != 0x]] .. SOURCE .. [[)
		return 0;
	for (int i = 0; i < skb->len && i < 256; i++) {
		u8 byte = load_byte(skb, i);
		frame.update(&i, &byte);
	}
	frames.atomic_increment(0);
	return 0;
}
]]
local COUNT = 11

-- ---- reading ----

for seed, name in ipairs(names) do
	local fields, size = fields_of(name)
	local offset = name == "ethernet_t" and 0 or 15 + seed % 4 -- no alignment is promised
	local reads = {}
	for i, field in ipairs(fields) do
		reads[i] = ("\tkey = %d; value = header->%s; values.update(&key, &value);\n"):format(i, field.name)
	end
	local b = BPF { text = "#include <bcc/proto.h>\n" .. (name == "own_t" and OWN or "") .. [[
BPF_ARRAY(values, u64, 64);
int read_all(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = (void *)cursor;
	struct ]] .. name .. [[ *header;
	u64 value;
	int key = 0;

	if (ethernet->src != 0x]] .. SOURCE .. [[)
		return 0;
	cursor += ]] .. offset .. [[;
	header = cursor_advance(cursor, sizeof(*header));
]] .. table.concat(reads) .. [[
	value = (u64)cursor;
	key = 0;
	values.update(&key, &value);
	return 0;
}]] }
	b:attach_raw_socket { fn_name = "read_all", dev = "lt0" }
	local bytes = make_frame(offset + size, seed) -- the header ends where the frame does
	local held = sh.workload("frame", 1, "lt0:" .. hex(bytes))
	held:go()
	local wrong = {}
	for i, field in ipairs(fields) do
		local want = get_bits(bytes, offset * 8 + field.at, field.bits)
		if b.values[i] ~= want then
			wrong[#wrong + 1] = ("%s: %s, not %s"):format(field.name, tostring(b.values[i]), tostring(want))
		end
	end
	t.eq(table.concat(wrong, "; "), "", name .. ": all members are the frame's bits")
	t.eq(tonumber(b.values[0]), offset + size, name .. ": its size is the protocol's")
	b:close()
end

-- ---- a real packet, by the chain of its headers ----

local UDP_COUNT, PORT = 1009, 40961
local b = BPF { cflags = { "-DPORT=" .. PORT }, text = [[
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

	if (ethernet->src != 0x]] .. SOURCE .. [[)
		return 0;
	at.atomic_increment(0);
	if (tcp->urg_ptr == 1)
		return 1;
	at.atomic_increment(1);
	return 0;
}]] }
b:attach_raw_socket { fn_name = "f", dev = "lt0" }
send("lt0", make_frame(14 + 19, 1), COUNT)
t.eq(tonumber(b.at[0]), COUNT, "up to the member that is not there")
t.eq(tonumber(b.at[1]), 0, "and no further")
send("lt0", make_frame(14 + 20, 1), COUNT)
t.eq(tonumber(b.at[1]), COUNT, "a member at the very end can be read")
b:close()

-- ---- writing ----

-- Sends `bytes` through the program `w` of a text, on its way out of lt0, and gives what arrives at lt1.
local function through(text, bytes)
	local path = sh.dir() .. "/write"
	sh.write(path .. ".c", "#include <bcc/proto.h>\n" .. text)
	setup(("%s cc --type w=tc -o %s.o %s.c"):format(live.luatrace, path, path))
	setup("tc qdisc add dev lt0 clsact")
	setup(("tc filter add dev lt0 egress bpf direct-action object-file %s.o section lt/w"):format(path))
	local capture = BPF { text = CAPTURE }
	capture:attach_raw_socket { fn_name = "capture", dev = "lt1" }
	send("lt0", bytes, COUNT)
	t.eq(tonumber(capture.frames[0]), COUNT, "frames arrived")
	local arrived = {}
	for i = 1, #bytes do
		arrived[i] = capture.frame[i - 1]
	end
	capture:close()
	setup("tc qdisc del dev lt0 clsact")
	return arrived
end

local function copy_of(bytes)
	return { unpack(bytes) }
end

-- Of each header every second member, in one program and then in another the others: neighbours keep their bits. The
-- mark is 0, which the compiler does not know.
for seed, name in ipairs(names) do
	local fields, size = fields_of(name)
	local offset = 40 + seed % 3
	for half = 0, 1 do
		local writes = {}
		local bytes = make_frame(offset + size, seed)
		local want = copy_of(bytes)
		for i, field in ipairs(fields) do
			if i % 2 == half then
				local value = 0x9e3779b97f4a7c15ULL * i
				writes[#writes + 1] = ("\theader->%s = (skb->mark ^ %sull)%s;\n"):format(field.name, tostring(value):match("%d+"),
					field.name == "flag" and " & 1" or "")
				set_bits(want, offset * 8 + field.at, field.bits, value)
			end
		end
		local got = through((name == "own_t" and OWN or "") .. [[
int w(struct __sk_buff *skb)
{
	struct ethernet_t *ethernet = 0;
	struct ]] .. name .. " *header = (void *)" .. offset .. [[;

	if (ethernet->src != 0x]] .. SOURCE .. [[)
		return 0;
]] .. table.concat(writes) .. [[
	return 0;
}]], bytes)
		t.eq(hex(got), hex(want), ("%s: members written, half %d"):format(name, half))
	end
end

local function checksum(bytes, from, to)
	local sum = 0
	for i = from, to, 2 do
		sum = sum + bytes[i] * 256 + bytes[i + 1]
	end
	return sum % 65535
end

-- Compound assignments, a member read back, and the checksum of a header that stays right.
local bytes = make_frame(60, 5)
set_bits(bytes, 14 * 8, 8, 0x45)
set_bits(bytes, 24 * 8, 16, 0)
set_bits(bytes, 24 * 8, 16, 65535 - checksum(bytes, 15, 34))
t.eq(checksum(bytes, 15, 34), 0, "a right checksum to begin with")
local want = copy_of(bytes)
set_bits(want, 22 * 8, 8, get_bits(bytes, 22 * 8, 8) - 1)
set_bits(want, 20 * 8 + 3, 13, get_bits(bytes, 20 * 8 + 3, 13) + 5)
set_bits(want, 20 * 8 + 1, 1, 1 - get_bits(bytes, 20 * 8 + 1, 1))
set_bits(want, 30 * 8, 32, 0x0a0b0c0d)
set_bits(want, 16 * 8, 16, get_bits(want, 22 * 8, 8) * 3)
local got = through([[
static void change(struct ip_t *ip, u32 to)
{
	u32 from = ip->dst;

	ip->dst = to;
	incr_cksum_l3(&ip->hchecksum, from, to);
}
int w(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
	u16 ttl, half = bpf_dext_pkt(skb, 22, 0, 16), tlen, old = bpf_dext_pkt(skb, 20, 0, 16);

	if (ethernet->src != 0x]] .. SOURCE .. [[)
		return 0;
	ip->ttl--;
	incr_cksum_l3(&ip->hchecksum, half, (u16)load_half(skb, 22));
	ip->foffset += 5;
	ip->df ^= 1;
	incr_cksum_l3(&ip->hchecksum, old, (u16)load_half(skb, 20));
	change(ip, 0x0a0b0c0d);
	tlen = ip->tlen;
	ttl = ip->ttl * 3;
	ip->tlen = ttl;
	incr_cksum_l3(&ip->hchecksum, (u64)tlen << 32 | 1, (u64)ttl << 32 | 1);
	return 0;
}]], bytes)
t.eq(checksum(got, 15, 34), 0, "the checksum is right again")
want[25], want[26] = got[25], got[26]
t.eq(hex(got), hex(want), "compound assignments")

-- bpf_dins_pkt, and a pseudo header's share in UDP's checksum.
bytes = make_frame(60, 6)
set_bits(bytes, 40 * 8, 16, 0x1234)
want = copy_of(bytes)
set_bits(want, 50 * 8 + 5, 33, 0x123456789)
got = through([[
int w(struct __sk_buff *skb)
{
	struct ethernet_t *ethernet = 0;
	struct udp_t *udp = (void *)34;

	if (ethernet->src != 0x]] .. SOURCE .. [[)
		return 0;
	bpf_dins_pkt(skb, 50, 5, 33, 0x123456789);
	incr_cksum_l4(&udp->crc, (u32)0x0a000001, (u32)0x0a000003, 0);
	return 0;
}]], bytes)
-- the sum's complement: 2 more in the words is 2 less in it
set_bits(want, 40 * 8, 16, 0x1232)
t.eq(hex(got), hex(want), "bpf_dins_pkt and incr_cksum_l4")

-- ---- what it cannot be ----

t.raises(function()
	BPF { text = "int f(struct __sk_buff *skb) { return 0; }" }:attach_raw_socket { fn_name = "f", dev = "lt00" }
end, "socket 'lt00': there is no such network interface; similar: .*lt0", "an unknown interface")
b = BPF { text = "BPF_HASH(n, u32, u64); int f(struct __sk_buff *skb) { n.increment(skb->ifindex); return 0; }" }
b:attach_raw_socket { fn_name = "f", dev = "" }
send("lt0", make_frame(60, 1), COUNT)
local all = 0
for _, count in pairs(b.n) do
	all = all + tonumber(count)
end
t.ok(all >= 2 * COUNT, "no interface: all of them")
b:close()
t.done()

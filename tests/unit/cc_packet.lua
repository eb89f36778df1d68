-- SPDX-License-Identifier: MIT
-- Packet headers: what code their members become, and what is wrong with a text that takes them for memory.
local t = require "tap"

local function cc(text, flags)
	return require("cc").run("#include <bcc/proto.h>\n" .. text, flags)
end

local function assembly(name, text, kind)
	local status, out, messages = cc(text, "--emit=asm --type f=" .. kind)
	t.eq(messages, "", name .. ": no messages")
	t.eq(status, 0, name .. ": status")
	return out
end

local function refused(name, text, line, message, flags)
	local status, _, messages = cc(text, flags or "--type f=tc")
	t.eq(status, 1, name .. ": status")
	-- the include is line 1
	local pattern = ("text.c:%d:%%d+: error: [^\n]*"):format(line + 1) .. message
	t.like(messages, pattern, name .. ": message")
	t.eq(select(2, messages:gsub("error:", "")), 1, name .. ": one error")
end

local function loads(asm)
	local list = {}
	for load in asm:gmatch("= %*%((%w+ %*%)skb%[[^%]]+%])") do
		list[#list + 1] = load
	end
	table.sort(list) -- the compiler may load in any order
	return table.concat(list, " ")
end

-- ---- code ----

local asm = assembly("constant offsets", [[
int f(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));

	return ethernet->type == 0x0800 && ip->ver == 4 && ip->foffset == 0;
}]], "socket")
t.eq(loads(asm), "u16 *)skb[12] u16 *)skb[20] u8 *)skb[14]", "a load of what holds the member, at its offset")

asm = assembly("no byte behind a member", [[
int f(struct __sk_buff *skb)
{
	struct ethernet_t *ethernet = (void *)100;

	return ethernet->src == 0x112233445566;
}]], "socket")
t.eq(loads(asm), "u16 *)skb[110] u32 *)skb[106]", "48 bits are 6 bytes")

asm = assembly("a write to whole bytes", [[
int f(struct __sk_buff *skb)
{
	struct ip_t *ip = (void *)14;

	ip->ttl = 64;
	return 0;
}]], "tc")
t.eq(loads(asm), "", "loads nothing")
t.eq(select(2, asm:gsub("\tcall 9\n", "")), 1, "and stores once")

asm = assembly("a write to some bits", [[
int f(struct __sk_buff *skb)
{
	struct ip_t *ip = (void *)14;

	ip->df = 1;
	return 0;
}]], "tc")
t.eq(loads(asm), "u8 *)skb[20]", "loads their byte, once")

asm = assembly("a struct by a typedef's name", [[
typedef struct { u8 upper : 3, lower : 5; u16 rest; } BPF_PACKET_HEADER header_t;
int f(struct __sk_buff *skb)
{
	const header_t *header = (void *)14;

	return header[2].rest == 7;
}]], "socket")
t.eq(loads(asm), "u16 *)skb[21]", "is a header too")

asm = assembly("a cursor in the context's cb[]", [[
int f(struct __sk_buff *skb)
{
	u8 *cursor = (u8 *)(u64)skb->cb[2];
	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));

	return ip->ttl;
}]], "tc")
t.like(loads(asm), "^u8 %*%)skb%[r%d]$", "is an offset too")

asm = assembly("a header on the stack", [[
int f(struct __sk_buff *skb)
{
	struct ip_t header = { .ttl = skb->len };

	header.df = 1;
	return header.ttl + header.df;
}]], "socket")
t.eq(loads(asm), "", "is memory")

-- ---- what it cannot be ----

local COPIED = "a packet header lies in the packet, not in memory, so it cannot be copied or changed as a whole"
local PASSED = "the address of a packet header's member is an offset in the packet"
refused("a copy", [[
int f(struct __sk_buff *skb)
{
	struct ip_t *ip = (void *)14, copy = *ip;
	return copy.ttl;
}]], 3, COPIED)
refused("a copy at an offset that is computed", [[
int f(struct __sk_buff *skb)
{
	struct ip_t *ip = (void *)14;
	struct tcp_t *tcp = (void *)ip + ip->hlen * 4, copy;
	copy = *tcp;
	return tcp->flag_syn + copy.flag_fin;
}]], 5, COPIED)
refused("bytes through the cursor", [[
int f(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
	return ethernet->type + *cursor;
}]], 5, COPIED)
refused("a member's address as a key", [[
BPF_HASH(hash, u32, u64);
int f(struct __sk_buff *skb)
{
	struct ip_t *ip = (void *)14;
	hash.lookup(&ip->src);
	return 0;
}]], 5, PASSED)
refused("a member's address kept", [[
struct keep { u32 *at; };
BPF_HASH(hash, u32, struct keep);
int f(struct __sk_buff *skb)
{
	struct ip_t *ip = (void *)14;
	struct keep keep = { &ip->src };
	u32 zero = 0;
	hash.update(&zero, &keep);
	return 0;
}]], 6, PASSED)
refused("an atomic change", [[
int f(struct __sk_buff *skb)
{
	struct ip_t *ip = (void *)14;
	__sync_fetch_and_add(&ip->src, 1);
	return 0;
}]], 4, "a packet header's member cannot be changed atomically", "-Wno-sync-alignment --type f=tc")
refused("the context's data pointer", [[
int f(struct __sk_buff *skb)
{
	struct ip_t *ip = (void *)(long)skb->data;
	return ip->ttl;
}]], 4, "this pointer was made of the context's data pointer")
refused("a wide member", [[
struct wide { unsigned __int128 number; } BPF_PACKET_HEADER;
int f(struct __sk_buff *skb)
{
	struct wide *wide = (void *)14;
	return wide->number;
}]], 5, "an integer of at most 64 bits that lies in 8 bytes; declare this one as several")
refused("a member of 9 bytes", [[
struct nine { u64 head : 7; u64 number : 60; } BPF_PACKET_HEADER;
int f(struct __sk_buff *skb)
{
	struct nine *nine = (void *)14;
	return nine->number;
}]], 5, "an integer of at most 64 bits that lies in 8 bytes")
refused("a floating-point member", [[
struct real { float number; } BPF_PACKET_HEADER;
int f(struct __sk_buff *skb)
{
	struct real *real = (void *)14;
	return real->number > 1;
}]], 5, "an integer of at most 64 bits")
refused("bits of another struct", [[
struct bits { u8 a : 3, b : 5; };
struct header { struct bits bits; } BPF_PACKET_HEADER;
int f(struct __sk_buff *skb)
{
	struct header *header = (void *)14;
	return header->bits.b;
}]], 6, "the struct of this member has bit%-fields, but no BPF_PACKET_HEADER")

local own = assembly("a header of the text's own by the name of one of ours", [[
struct icmp_t {
	u8 type, code;
	u16 checksum, echo_id;
} BPF_PACKET_HEADER;
int f(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct icmp_t *icmp = cursor_advance(cursor, sizeof(*icmp));
	struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
	return icmp->echo_id + udp->dport;
}]], "tc")
t.like(own, "skb%[4%]", "the member that only the text's own has")
t.like(own, "skb%[8%]", "what follows it, in a struct of ours")

-- ---- programs without packet loads ----

local HEADER = "\n{\n\tstruct ip_t *ip = (void *)14;\n\treturn ip->ttl;\n}"
refused("XDP by its context", "int f(struct xdp_md *ctx)" .. HEADER, 4,
	"not for 'xdp_md'; XDP reads the packet between ctx%->data and ctx%->data_end", "")
refused("XDP by its kind", "int f(void *ctx)" .. HEADER, 4, "not for 'xdp'; XDP reads", "--type f=xdp")
refused("cgroup_skb", "int f(struct __sk_buff *skb)" .. HEADER, 4, "not for 'cgroup_skb'", "--type f=cgroup_skb")
refused("a kprobe", "int kprobe__f(struct pt_regs *ctx)\n{\n\treturn load_dword(ctx, 0);\n}", 3, "not for 'pt_regs'",
	"")

t.done()

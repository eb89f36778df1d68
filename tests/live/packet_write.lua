-- SPDX-License-Identifier: MIT
-- Packet headers: what is written to their members is what arrives, and all else stays as it was.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs("socket")
local frames = require "frames"
local sh = require "sh"

if sh.run(("tc qdisc add dev %s clsact && tc qdisc del dev %s clsact"):format(frames.OUT, frames.OUT)) ~= 0 then
	t.skip("this kernel has no clsact, on which tc's programs sit")
	t.done()
	os.exit(0)
end

local COUNT = 11

-- Programs that end with `frame[]` holding the bytes of the last of our frames.
local CAPTURE = [[
#include <bcc/proto.h>
BPF_ARRAY(frame, u8, 256);
BPF_ARRAY(frames, u64, 1);
int capture(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));

	if (ethernet->src != 0x]] .. frames.SOURCE .. [[)
		return 0;
	for (int i = 0; i < skb->len && i < 256; i++) {
		u8 byte = load_byte(skb, i);
		frame.update(&i, &byte);
	}
	frames.atomic_increment(0);
	return 0;
}
]]

-- A case is a program, the frame it gets, and the frame that it makes of it.
---@type { name: string, body: string, bytes: integer[], want: integer[], check: fun(got: integer[], want: table)? }[]
local cases = {}

local function copy_of(bytes)
	return { unpack(bytes) }
end

-- ---- of each header every second member, and then the others: neighbours keep their bits ----

for n, name in ipairs(frames.names) do
	local fields, size = frames.fields(name)
	local offset = 40 + n % 3
	for half = 0, 1 do
		local writes = { ("\tstruct %s *header = (void *)%d;\n"):format(name, offset) }
		local bytes = frames.make(offset + size, n)
		local want = copy_of(bytes)
		for i, field in ipairs(fields) do
			if i % 2 == half then
				local value = 0x9e3779b97f4a7c15ULL * i
				-- The mark is 0, which the compiler does not know.
				writes[#writes + 1] = ("\theader->%s = (skb->mark ^ %sull)%s;\n"):format(field.name,
					tostring(value):match("%d+"), field.name == "flag" and " & 1" or "")
				frames.set_bits(want, offset * 8 + field.at, field.bits, value)
			end
		end
		cases[#cases + 1] = {
			name = ("%s: members written, half %d"):format(name, half), body = table.concat(writes), bytes = bytes, want = want,
		}
	end
end

-- ---- compound assignments, a member read back, and a header's checksum that stays right ----

local function checksum(bytes, from, to)
	local sum = 0
	for i = from, to, 2 do
		sum = sum + bytes[i] * 256 + bytes[i + 1]
	end
	return sum % 65535
end

local bytes = frames.make(60, 5)
frames.set_bits(bytes, 14 * 8, 8, 0x45)
frames.set_bits(bytes, 24 * 8, 16, 0)
frames.set_bits(bytes, 24 * 8, 16, 65535 - checksum(bytes, 15, 34))
t.eq(checksum(bytes, 15, 34), 0, "a right checksum to begin with")
local want = copy_of(bytes)
frames.set_bits(want, 22 * 8, 8, frames.get_bits(bytes, 22 * 8, 8) - 1)
frames.set_bits(want, 20 * 8 + 3, 13, frames.get_bits(bytes, 20 * 8 + 3, 13) + 5)
frames.set_bits(want, 20 * 8 + 1, 1, 1 - frames.get_bits(bytes, 20 * 8 + 1, 1))
frames.set_bits(want, 30 * 8, 32, 0x0a0b0c0d)
frames.set_bits(want, 16 * 8, 16, frames.get_bits(want, 22 * 8, 8) * 3)
cases[#cases + 1] = {
	name = "compound assignments", bytes = bytes, want = want,
	check = function(got, wanted)
		t.eq(checksum(got, 15, 34), 0, "the checksum is right again")
		wanted[25], wanted[26] = got[25], got[26]
	end,
	body = [[
	struct ip_t *ip = (void *)14;
	u16 half = bpf_dext_pkt(skb, 22, 0, 16), old = bpf_dext_pkt(skb, 20, 0, 16), ttl, tlen;

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
]],
}

-- ---- bpf_dins_pkt, and UDP's checksum, the complement of a sum: 2 more in the words is 2 less in it ----

bytes = frames.make(60, 6)
frames.set_bits(bytes, 40 * 8, 16, 0x1234)
want = copy_of(bytes)
frames.set_bits(want, 50 * 8 + 5, 33, 0x123456789)
frames.set_bits(want, 40 * 8, 16, 0x1232)
cases[#cases + 1] = {
	name = "bpf_dins_pkt and incr_cksum_l4", bytes = bytes, want = want, body = [[
	struct udp_t *udp = (void *)34;

	bpf_dins_pkt(skb, 50, 5, 33, 0x123456789);
	incr_cksum_l4(&udp->crc, (u32)0x0a000001, (u32)0x0a000003, 0);
]],
}

-- ---- all of them in one text, one after the other on the way out of a device ----

local text = { [[
#include <bcc/proto.h>
]] .. frames.OWN .. [[
static void change(struct ip_t *ip, u32 to)
{
	u32 from = ip->dst;

	ip->dst = to;
	incr_cksum_l3(&ip->hchecksum, from, to);
}
]] }
local types = {}
for n, case in ipairs(cases) do
	text[#text + 1] = ("int w%d(struct __sk_buff *skb)\n{\n\tstruct ethernet_t *ethernet = 0;\n"):format(n) ..
		"\tif (ethernet->src != 0x" .. frames.SOURCE .. ")\n\t\treturn 0;\n" .. case.body .. "\treturn 0;\n}\n"
	types[n] = "--type w" .. n .. "=tc"
end
local path = sh.dir() .. "/write"
sh.write(path .. ".c", table.concat(text))
frames.setup(("%s cc %s -o %s.o %s.c"):format(live.luatrace, table.concat(types, " "), path, path))
local capture = BPF { text = CAPTURE }
capture:attach_raw_socket { fn_name = "capture", dev = frames.IN }
for n, case in ipairs(cases) do
	frames.setup(("tc qdisc add dev %s clsact"):format(frames.OUT))
	frames.setup(("tc filter add dev %s egress bpf direct-action object-file %s.o section lt/w%d"):format(frames.OUT,
		path, n))
	frames.send(case.bytes, COUNT)
	local all = n * COUNT * frames.SIGHTS
	t.eq(frames.count(capture.frames, 0, all), all, "frames arrived")
	local got = {}
	for i = 1, #case.bytes do
		got[i] = capture.frame[i - 1]
	end
	if case.check then
		case.check(got, case.want)
	end
	t.eq(frames.hex(got), frames.hex(case.want), case.name)
	frames.setup(("tc qdisc del dev %s clsact"):format(frames.OUT))
end
capture:close()
t.done()

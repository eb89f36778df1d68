-- SPDX-License-Identifier: MIT
-- Frames of known bytes on devices of the case's own, and what stands in them by the protocols' documents.
require "own_network"
local ffi = require "ffi"
local live = require "live"
local sh = require "sh"
local t = require "tap"

local M = {}

---Runs a command of the shell, which must have nothing to say.
---@param command string
function M.setup(command)
	local status, out, err = sh.run(command)
	t.eq(status .. out .. err, "0", command)
end

-- Frames go out of one device and come in by another. Without veth it is one device, which sees each of them twice.
M.OUT, M.IN, M.SIGHTS = "lo", "lo", 2
if sh.run("ip link add lt0 type veth peer name lt1") == 0 then
	M.setup("ip link set lt0 up && ip link set lt1 up")
	M.OUT, M.IN, M.SIGHTS = "lt0", "lt1", 1
end

---The source address that tells these frames from what the kernel sends by itself.
M.SOURCE = "020000000001"

---Bytes in which neighbours and halves differ.
---@param size integer
---@param seed integer
---@return integer[]
function M.make(size, seed)
	local bytes = {}
	for i = 1, size do
		bytes[i] = (i * 73 + seed * 41 + math.floor(i / 7) * 31) % 256
	end
	for i = 1, 6 do
		bytes[6 + i] = tonumber(M.SOURCE:sub(2 * i - 1, 2 * i), 16)
	end
	bytes[13], bytes[14] = 0x88, 0xb5 -- for experiments: no protocol takes it
	return bytes
end

---Bits are counted from the first byte's highest.
---@return ffi.cdata* uint64_t
function M.get_bits(bytes, at, count)
	local value = 0ULL
	for i = at, at + count - 1 do
		local byte = bytes[math.floor(i / 8) + 1]
		value = value * 2 + math.floor(byte / 2 ^ (7 - i % 8)) % 2
	end
	return value
end

function M.set_bits(bytes, at, count, value)
	value = ffi.cast("uint64_t", value)
	for i = at + count - 1, at, -1 do
		local index, weight = math.floor(i / 8) + 1, 2 ^ (7 - i % 8)
		bytes[index] = bytes[index] - math.floor(bytes[index] / weight) % 2 * weight + tonumber(value % 2) * weight
		value = value / 2
	end
end

---@param bytes integer[]
---@return string
function M.hex(bytes)
	local out = {}
	for i, byte in ipairs(bytes) do
		out[i] = ("%02x"):format(byte)
	end
	return table.concat(out)
end

---@param bytes integer[]
---@param count integer
function M.send(bytes, count)
	local held = sh.workload("frame", count, M.OUT .. ":" .. M.hex(bytes))
	t.eq(held:go(), count, "frames sent")
end

---Waits until a counter is as high as it must get: what comes in may still be on its way when the sender has ended.
---@param map luatrace.Map
---@param key integer
---@param count integer
---@return integer what it counted
function M.count(map, key, count)
	live.await(function() return tonumber(map[key] or 0) >= count or nil end)
	return tonumber(map[key])
end

---Structs that no protocol has, with what bit-fields can be.
M.OWN = [[
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
-- Members in their order, with their width.
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
		"flag_ece 1", "flag_urg 1", "flag_ack 1", "flag_psh 1", "flag_rst 1", "flag_syn 1", "flag_fin 1", "rcv_wnd 16",
		"cksum 16", "urg_ptr 16" },
	vxlan_t = { "rsv1 4", "iflag 1", "rsv2 3", "rsv3 24", "key 24", "rsv4 8" },
	vxlan_gbp_t = { "gflag 1", "rsv1 3", "iflag 1", "rsv2 3", "rsv3 1", "dflag 1", "rsv4 2", "aflag 1", "rsv5 3", "tag 16",
		"key 24", "rsv6 8" },
	own_t = { "wide 60", "four 4", "across 11", "rest 5", "bytes[0] 8", "bytes[1] 8", "bytes[2] 8", "bytes[3] 8",
		"bytes[4] 8", "anonymous.a 1", "anonymous.b 6", "anonymous.c 1", "inner[0].upper 3", "inner[0].lower 5",
		"inner[0].plain 16", "inner[1].upper 3", "inner[1].lower 5", "inner[1].plain 16", "either.d 2", "either.e 6",
		"either.parts[1] 8", "either.parts[2] 8", "either.parts[3] 8", "- 12", "late 20", "sixtyfour 64", "flag 1",
		"tail 7" },
}

---@param name string
---@return { name: string, at: integer, bits: integer }[] fields
---@return integer size of the header in bytes
function M.fields(name)
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

M.names = {}
for name in pairs(HEADERS) do
	M.names[#M.names + 1] = name
end
table.sort(M.names)

return M

-- SPDX-License-Identifier: MIT
-- Addresses of networks as text.
local ffi = require "ffi"

local M = {}

local function dotted(bytes, from)
	return ("%d.%d.%d.%d"):format(bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3])
end

local function is_mapped(bytes)
	for i = 0, 9 do
		if bytes[i] ~= 0 then
			return false
		end
	end
	return bytes[10] == 255 and bytes[11] == 255
end

-- As RFC 5952 has it: the longest run of two or more zero groups, the first of several, is "::".
local function grouped(bytes)
	local groups, best, length, run = {}, nil, 1, 0
	for i = 1, 8 do
		groups[i] = bytes[2 * i - 2] * 256 + bytes[2 * i - 1]
		run = groups[i] == 0 and run + 1 or 0
		if run > length then
			best, length = i - run + 1, run
		end
	end
	local function text(from, to)
		local words = {}
		for i = from, to do
			words[#words + 1] = ("%x"):format(groups[i])
		end
		return table.concat(words, ":")
	end
	return best and text(1, best - 1) .. "::" .. text(best + length, 8) or text(1, 8)
end

---An address of IPv4 (4 bytes, or 16 that map it: ::ffff:1.2.3.4) or IPv6 (16 bytes), in the order of the wire.
---@param bytes ffi.cdata* an array of uint8_t
---@return string
function M.text(bytes)
	if ffi.sizeof(bytes) == 4 then
		return dotted(bytes, 0)
	end
	return is_mapped(bytes) and dotted(bytes, 12) or grouped(bytes)
end

---4 or 6, of 16 bytes.
---@param bytes ffi.cdata* an array of uint8_t
---@return integer
function M.version(bytes)
	return is_mapped(bytes) and 4 or 6
end

local PROTOCOLS = { [1] = "ICMP", [6] = "TCP", [17] = "UDP", [58] = "ICMPV6", [132] = "SCTP", [136] = "UDPLITE",
	[255] = "RAW", [262] = "MPTCP" }

---The name of a protocol of sockets; its number as text when it has none here.
---@param number integer
---@return string
function M.protocol(number)
	return PROTOCOLS[number] or tostring(number)
end

---Columns of the two ends of a record's `struct lt_flow flow` of <luatrace/socket.h>.
M.ENDS = {
	{ "LADDR", width = 15, value = function(e) return M.text(e.flow.laddr) end },
	{ "LPORT", width = 5, align = "right", value = function(e) return e.flow.lport > 0 and e.flow.lport or nil end },
	{ "RADDR", width = 15, value = function(e) return M.text(e.flow.raddr) end },
	{ "RPORT", width = 5, align = "right", value = function(e) return e.flow.rport > 0 and e.flow.rport or nil end },
}

---Options whose ports wanted_ports() of <luatrace/socket.h> asks for.
M.LOCAL_PORT = { "local-port", "L", type = "port", help = "only of this local port", sets = "lt_local_port" }
M.REMOTE_PORT = { "remote-port", "D", type = "port", help = "only of this remote port", sets = "lt_remote_port" }

---Columns of a tool: those given first, local and remote address and port of the record's `flow`, the other ones given.
---@param before luatrace.ToolColumn[]
---@param after luatrace.ToolColumn[]
---@return luatrace.ToolColumn[]
function M.columns(before, after)
	local all = {}
	for _, list in ipairs { before, M.ENDS, after } do
		for _, column in ipairs(list) do
			all[#all + 1] = column
		end
	end
	return all
end

---Columns of a record's `struct lt_owner owner`: "-" where that is not known.
M.OWNER = {
	{ "PID", width = 7, value = function(e) return e.owner.pid > 0 and e.owner.pid or nil end },
	{ "COMM", width = 16, value = function(e) return e.owner.pid > 0 and e.owner.comm or nil end },
}

return M

-- SPDX-License-Identifier: MIT
-- Keys of LPM tries written as people write them: "10.0.0.0/8", "fd00::/8". The key is the length in bits, a u32, and
-- the 4 or 16 bytes of an address in the network's order.
local ffi = require "ffi"
local check = require "luatrace.check"

local M = {}

local function ipv4(text)
	local bytes = { text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
	for i = 1, #bytes do
		bytes[i] = tonumber(bytes[i])
		if bytes[i] > 255 then
			return nil
		end
	end
	return #bytes == 4 and bytes or nil
end

-- The 16-bit groups of one side of "::", as bytes.
local function groups(text)
	local bytes = {}
	for group in (text .. ":"):gmatch("([^:]*):") do
		local number = group:match("^%x%x?%x?%x?$") and tonumber(group, 16)
		if not number then
			return nil
		end
		bytes[#bytes + 1], bytes[#bytes + 2] = math.floor(number / 256), number % 256
	end
	return bytes
end

local function ipv6(text)
	local head, tail = text:match("^(.-)::(.*)$")
	if not head then
		local bytes = groups(text)
		return bytes and #bytes == 16 and bytes or nil
	end
	local before, after = head == "" and {} or groups(head), tail == "" and {} or groups(tail)
	if not before or not after or #before + #after > 14 then
		return nil
	end
	for i = #before + 1, 16 - #after do
		before[i] = 0
	end
	for _, byte in ipairs(after) do
		before[#before + 1] = byte
	end
	return before
end

local PARSE = { [8] = ipv4, [20] = ipv6 }

---Writes the key for `text` at `p`; an address without a length is all of it. Returns why not, if it cannot.
---@param p ffi.cdata* uint8_t *
---@param key_size integer
---@param text string
---@return string? err
function M.store(p, key_size, text)
	local parse = PARSE[key_size]
	if not parse then
		return ("a string is a key of 4 + 4 bytes (IPv4) or 4 + 16 (IPv6), it has %d"):format(key_size)
	end
	local address, length = text:match("^([^/]*)/(%d+)$")
	local bytes = parse(address or text)
	local bits = tonumber(length) or (key_size - 4) * 8
	if not bytes or bits > (key_size - 4) * 8 then
		return ("expected %s, not %s"):format(key_size == 8 and '"10.0.0.0/8"' or '"fd00::/8"', check.given(text))
	end
	ffi.cast("uint32_t *", p)[0] = bits
	for i = 1, key_size - 4 do
		p[3 + i] = bytes[i]
	end
end

return M

-- SPDX-License-Identifier: MIT
-- Addresses as text.
local ffi = require "ffi"
local t = require "tap"
local address = require "luatrace.address"

local function text(hex)
	local bytes = ffi.new("uint8_t[?]", #hex / 2)
	for i = 0, #hex / 2 - 1 do
		bytes[i] = tonumber(hex:sub(2 * i + 1, 2 * i + 2), 16)
	end
	return address.text(bytes)
end

t.eq(text "7f000001", "127.0.0.1", "IPv4")
t.eq(text "00000000000000000000ffffc0000201", "192.0.2.1", "mapped")
t.eq(text "00000000000000000000000000000000", "::", "none")
t.eq(text "00000000000000000000000000000001", "::1", "loopback")
t.eq(text "fe800000000000000000000000000000", "fe80::", "zeros at the end")
t.eq(text "20010db8000000000001000000000001", "2001:db8::1:0:0:1", "the first of two runs")
t.eq(text "20010db8000000010001000000000001", "2001:db8:0:1:1::1", "the longest")
t.eq(text "20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1", "a single group of zeros stays")
t.eq(text "0000000000000000000000000a000001", "::a00:1", "not mapped")
t.eq(address.protocol(6), "TCP", "a protocol")
t.eq(address.protocol(99), "99", "one without a name")
t.done()

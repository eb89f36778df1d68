-- SPDX-License-Identifier: MIT
-- Prefixes of addresses as keys of LPM tries, byte by byte.
local ffi = require "ffi"
local t = require "tap"
local prefix = require "luatrace.prefix"

-- "BITS: BYTES" of the key, or why it is none.
local function key(text, size)
	local bytes = ffi.new("uint8_t[32]")
	local why = prefix.store(bytes, size, text)
	if why then
		return why
	end
	local shown = {}
	for i = 4, size - 1 do
		shown[i - 3] = ("%x"):format(bytes[i])
	end
	return ffi.cast("uint32_t *", bytes)[0] .. ": " .. table.concat(shown, " ")
end

for text, expected in pairs {
	["10.0.0.0/8"] = "8: a 0 0 0", ["192.168.1.255"] = "32: c0 a8 1 ff", ["0.0.0.0/0"] = "0: 0 0 0 0",
	["1.2.3.4/32"] = "32: 1 2 3 4",
} do
	t.eq(key(text, 8), expected, text)
end
for text, expected in pairs {
	["::/0"] = "0: " .. ("0 "):rep(15) .. "0",
	["::1"] = "128: " .. ("0 "):rep(15) .. "1",
	["fd00::/8"] = "8: fd 0 " .. ("0 "):rep(13) .. "0",
	["2001:db8::ff00:42/127"] = "127: 20 1 d b8 " .. ("0 "):rep(8) .. "ff 0 0 42",
	["1:2:3:4:5:6:7:8"] = "128: 0 1 0 2 0 3 0 4 0 5 0 6 0 7 0 8",
	["1:2:3:4:5:6:7::"] = "128: 0 1 0 2 0 3 0 4 0 5 0 6 0 7 0 0",
} do
	t.eq(key(text, 20), expected, text)
end
for _, text in ipairs { "10.0.0.256", "10.0.0.0/33", "10.0.0", "10.0.0.0/", "/8", "", "x", "10.0.0.0.0", "10.0.0.0/8/8",
	"::1" } do
	t.like(key(text, 8), '^expected "10%.0%.0%.0/8", not string', "not IPv4: " .. text)
end
for _, text in ipairs { "1:2:3", "1::2::3", ":::", "12345::", "g::", "::/129", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
	"10.0.0.0/8", ":1:2:3:4:5:6:7", "" } do
	t.like(key(text, 20), '^expected "fd00::/8", not string', "not IPv6: " .. text)
end
t.like(key("10.0.0.0/8", 12), "^a string is a key of 4 %+ 4 bytes %(IPv4%) or 4 %+ 16 %(IPv6%), it has 12",
	"another size")
t.done()

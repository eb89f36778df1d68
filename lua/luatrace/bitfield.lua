-- SPDX-License-Identifier: MIT
-- Access to bit-fields. LuaJIT's own bit-fields know neither packed ones that cross their container nor 64-bit ones, so
-- records hold them as bytes and these functions cut them out.
local ffi = require "ffi"
local bit = require "bit"

local M = {}

local bytes_ptr = ffi.typeof("uint8_t *")
local u32_ptr = ffi.typeof("uint32_t *")
local band, rshift, lshift, bor, bnot = bit.band, bit.rshift, bit.lshift, bit.bor, bit.bnot
local BIG_ENDIAN = ffi.abi("be")

-- Bit `i` of a field, counted from its least significant bit, as byte and bit in that byte.
local function place(at, width, i)
	if BIG_ENDIAN then
		local position = at + width - 1 - i
		return rshift(position, 3), 7 - band(position, 7)
	end
	local position = at + i
	return rshift(position, 3), band(position, 7)
end

-- For fields that no aligned 32-bit load holds.
local function load_slow(p, at, width)
	local value = 0ULL
	for i = 0, width - 1 do
		local byte, shift = place(at, width, i)
		value = bor(value, lshift(band(rshift(p[byte], shift), 1) + 0ULL, i))
	end
	return value
end

local function finish(value, width, signed, bool)
	if bool then
		return value ~= 0
	end
	if signed and value >= 2 ^ (width - 1) then
		return value - 2 ^ width
	end
	return value
end

---A function that reads the field from a pointer to the start of its struct.
---@param at integer bit offset in the struct
---@param width integer bits
---@param signed boolean
---@param bool boolean
---@param struct_size integer bytes that may be read
---@return fun(struct: ffi.cdata*): number|boolean|ffi.cdata*
function M.getter(at, width, signed, bool, struct_size)
	local base = rshift(at, 5) * 4
	local shift = at - base * 8
	if not BIG_ENDIAN and shift + width <= 32 and base + 4 <= struct_size then
		local mask = 2 ^ width
		return function(struct)
			local word = ffi.cast(u32_ptr, ffi.cast(bytes_ptr, struct) + base)[0]
			-- bit.* works on signed 32-bit numbers; the modulo brings the value back to unsigned.
			return finish(rshift(word, shift) % mask, width, signed, bool)
		end
	end
	return function(struct)
		local value = load_slow(ffi.cast(bytes_ptr, struct), at, width)
		if width <= 32 then
			return finish(tonumber(value), width, signed, bool)
		elseif signed then
			-- Shift the sign bit to the top and back.
			return bit.arshift(ffi.cast("int64_t", lshift(value, 64 - width)), 64 - width)
		end
		return value
	end
end

---A function that writes the field: setter(struct, value), value an integer or boolean.
---@param at integer bit offset in the struct
---@param width integer bits
---@return fun(struct: ffi.cdata*, value: any)
function M.setter(at, width)
	return function(struct, value)
		local p = ffi.cast(bytes_ptr, struct)
		if type(value) == "boolean" then
			value = value and 1 or 0
		end
		-- Through int64_t: a negative double as uint64_t is undefined.
		local wide = ffi.cast("uint64_t", type(value) == "number" and ffi.cast("int64_t", value) or value)
		for i = 0, width - 1 do
			local byte, shift = place(at, width, i)
			local on = tonumber(band(rshift(wide, i), 1ULL))
			p[byte] = bor(band(p[byte], bnot(lshift(1, shift))), lshift(on, shift))
		end
	end
end

return M

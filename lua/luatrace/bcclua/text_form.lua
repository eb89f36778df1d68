-- SPDX-License-Identifier: MIT
-- Keys and values as libbcc writes them, { 0x2 [ 0x1 0x2 ] "name" }: from the memory of a value to text and back, by
-- layout. Integers are hexadecimal, negative ones as their bits.
local bit = require "bit"
local ffi = require "ffi"

local M = {}

local bytes_ptr, u64_ptr = ffi.typeof("uint8_t *"), ffi.typeof("uint64_t *")
local LOW, HIGH = ffi.abi("be") and 1 or 0, ffi.abi("be") and 0 or 1
local BYTE = { kind = "int", size = 1, pointer = bytes_ptr }

-- The parts of arrays and structs: each is { layout, memory } or, of a bit-field, { struct's layout, memory, member }.
local function elements(element, count, p)
	local parts = {}
	for i = 0, count - 1 do
		parts[i + 1] = { element, p + i * element.size }
	end
	return parts
end

local function members(layout, p)
	local parts = {}
	for i, m in ipairs(layout.members) do
		if not m.width then
			parts[#parts + 1] = { m.layout, p + m.offset }
		elseif m.name then	-- one without a name is padding
			parts[#parts + 1] = { layout, p, m }
		end
		if layout.kind == "union" and i == 1 then	-- the others lie over it
			break
		end
	end
	return parts
end

-- "[", parts, "]" of what consists of others, else nil.
local function compound(layout, p)
	if layout.kind == "array" then
		return "[", elements(layout.element, layout.count, p), "]"
	elseif layout.kind == "bytes" then
		return "[", elements(BYTE, layout.size, p), "]"
	elseif layout.kind == "struct" or layout.kind == "union" then
		return "{", members(layout, p), "}"
	end
end

local function hex(value, bits)
	value = ffi.cast("uint64_t", type(value) == "number" and ffi.cast("int64_t", value) or value)
	if bits < 64 then
		value = bit.band(value, bit.lshift(1ULL, bits) - 1)
	end
	return "0x" .. (bit.tohex(value, 16):gsub("^0+(.)", "%1"))
end

local write = {}

function write.int(layout, p)
	return hex(ffi.cast(layout.pointer, p)[0], layout.size * 8)
end
write.enum, write.ptr = write.int, write.int

function write.bool(_, p)
	return hex(p[0], 8)
end

function write.float(layout, p)
	return ("%.17g"):format(ffi.cast(layout.pointer, p)[0])
end

function write.int128(_, p)
	local halves = ffi.cast(u64_ptr, p)
	return "0x" .. ((bit.tohex(halves[HIGH], 16) .. bit.tohex(halves[LOW], 16)):gsub("^0+(.)", "%1"))
end

function write.chars(layout, p)
	local text = ffi.string(p, layout.size):match("^%Z*")
	return '"' .. text:gsub('["\\%c]', function(c) return ("\\x%02x"):format(c:byte()) end) .. '"'
end

---The value at `p` as text.
---@param layout luatrace.Layout
---@param p ffi.cdata* uint8_t *
---@return string
function M.write(layout, p)
	local open, parts, close = compound(layout, p)
	if not open then
		return write[layout.kind](layout, p)
	end
	local out = { open }
	for _, part in ipairs(parts) do
		local of, at, field = unpack(part)
		if field then
			local value = of.getters[field.name](at)
			out[#out + 1] = hex(type(value) == "boolean" and (value and 1 or 0) or value, field.width)
		else
			out[#out + 1] = M.write(of, at)
		end
	end
	out[#out + 1] = close
	return table.concat(out, " ")
end

-- What is read next, and where.
local function refuse(cursor, expected)
	error(("expected %s at '%s'"):format(expected, cursor.text:sub(cursor.at, cursor.at + 20)), 0)
end

local function take(cursor, pattern, expected)
	local found, after = cursor.text:match("^%s*(" .. pattern .. ")()", cursor.at)
	if not found then
		refuse(cursor, expected)
	end
	cursor.at = after
	return found
end

local function take_integer(cursor)
	local word = take(cursor, "%-?%w+", "an integer")
	local digits = word:match("^%-?0[xX](%x+)$")
	local value = 0ULL
	for digit in (digits or word:match("^%-?(%d+)$") or refuse(cursor, "an integer")):gmatch(".") do
		value = value * (digits and 16 or 10) + tonumber(digit, 16)
	end
	return word:sub(1, 1) == "-" and -value or value
end

local read = {}

function read.int(layout, p, cursor)
	-- Through int64_t: the bits of a negative one are cut to its size.
	ffi.cast(layout.pointer, p)[0] = ffi.cast("int64_t", take_integer(cursor))
end
read.enum, read.ptr = read.int, read.int

function read.bool(_, p, cursor)
	p[0] = take_integer(cursor) ~= 0 and 1 or 0
end

function read.float(layout, p, cursor)
	ffi.cast(layout.pointer, p)[0] = tonumber(take(cursor, "[-+.%w]+", "a number")) or refuse(cursor, "a number")
end

function read.int128(_, p, cursor)
	local digits = take(cursor, "0[xX]%x+", "a hexadecimal number"):sub(3)
	local halves = ffi.cast(u64_ptr, p)
	halves[LOW] = take_integer { text = "0x" .. digits:sub(-16), at = 1 }
	halves[HIGH] = #digits > 16 and take_integer { text = "0x" .. digits:sub(1, -17), at = 1 } or 0
end

function read.chars(layout, p, cursor)
	local text = take(cursor, '"[^"]*"', "a string"):sub(2, -2)
	text = text:gsub("\\x(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
	ffi.fill(p, layout.size)
	ffi.copy(p, text, math.min(#text, layout.size))
end

---Reads the value at `cursor` into the memory at `p`. Raises when the text is none of this layout.
---@param layout luatrace.Layout
---@param p ffi.cdata* uint8_t *
---@param cursor { text: string, at: integer }
function M.read(layout, p, cursor)
	local open, parts, close = compound(layout, p)
	if not open then
		read[layout.kind](layout, p, cursor)
		return
	end
	take(cursor, "%" .. open, "'" .. open .. "'")
	for _, part in ipairs(parts) do
		local of, at, field = unpack(part)
		if field then
			of.setters[field.name](at, take_integer(cursor))
		else
			M.read(of, at, cursor)
		end
	end
	take(cursor, "%" .. close, "'" .. close .. "'")
end

return M

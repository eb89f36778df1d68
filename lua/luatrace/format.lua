-- SPDX-License-Identifier: MIT
-- Values as text: records field by field, and strings of the traced system without their control characters.
local ffi = require "ffi"
local bit = require "bit"
local C = require "luatrace.abi"

local M = {}

local bytes_ptr = ffi.typeof("uint8_t *")

-- Each byte may become four.
local ROOM = 4096
local buffer = ffi.new("char[?]", 4 * ROOM)

---`s` with control characters and bytes that are no UTF-8 escaped, fit for a terminal.
---@param s string
---@return string
function M.escape(s)
	local out = #s <= ROOM and buffer or ffi.new("char[?]", 4 * #s)
	return ffi.string(out, C.lt_text_escape(out, s, #s))
end

---A string, number or boolean as JSON has it; nil is null, other values are what tostring() makes of them.
---@param value any
---@return string
function M.json(value)
	local kind = type(value)
	if value == nil then
		return "null"
	elseif kind == "boolean" or kind == "cdata" and tonumber(value) then
		return M.plain(value)
	elseif kind == "number" then
		return (value ~= value or math.abs(value) == math.huge) and "null" or M.plain(value)
	end
	local text = tostring(value)
	local out = ffi.new("char[?]", C.LT_JSON_SIZE * #text + 1)
	return '"' .. ffi.string(out, C.lt_text_json(out, text, #text)) .. '"'
end

---The text in a char array of `size` bytes: up to its NUL, if it has one.
---@param p ffi.cdata* uint8_t *
---@param size integer
---@return string
function M.chars(p, size)
	local length = 0
	while length < size and p[length] ~= 0 do
		length = length + 1
	end
	return ffi.string(p, length)
end

---A number, boolean, string or 64-bit integer as people write it (no "ULL").
---@param value any
---@return string
function M.plain(value)
	if type(value) == "cdata" then
		return (tostring(value):gsub("U?LL$", ""))
	elseif type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 63 then
		return ("%d"):format(value)
	end
	return tostring(value)
end

local show = {}

---A value in memory as text.
---@param layout luatrace.Layout
---@param p ffi.cdata* uint8_t * to its first byte
---@return string
function M.memory(layout, p)
	local f = show[layout.kind]
	if f then
		return f(layout, p)
	end
	return M.plain(ffi.cast(layout.pointer, p)[0])
end

function show.ptr(layout, p)
	local value = ffi.cast(layout.pointer, p)[0]
	return value == 0 and "NULL" or "0x" .. bit.tohex(value):gsub("^0+", "")
end

function show.enum(layout, p)
	local text = M.plain(ffi.cast(layout.pointer, p)[0])
	return layout.names[layout.size == 8 and text or tonumber(text)] or text
end

function show.int128(_, p)
	local words = ffi.cast("uint64_t *", p)
	local low, high = words[0], words[1]
	if ffi.abi("be") then
		low, high = high, low
	end
	return "0x" .. (bit.tohex(high) .. bit.tohex(low)):gsub("^0+(.)", "%1")
end

function show.float(layout, p)
	return ("%.14g"):format(ffi.cast(layout.pointer, p)[0])
end

function show.chars(layout, p)
	return '"' .. M.escape(M.chars(p, layout.size)):gsub('"', '\\"') .. '"'
end

function show.bytes(layout, p)
	local out = {}
	for i = 0, layout.size - 1 do
		out[i + 1] = ("%02x"):format(p[i])
	end
	return table.concat(out, " ")
end
show.ctype = show.bytes

function show.array(layout, p)
	local out = {}
	for i = 0, layout.count - 1 do
		out[i + 1] = M.memory(layout.element, p + i * layout.element.size)
	end
	return "[" .. table.concat(out, ", ") .. "]"
end

local function bit_field(layout, m, p)
	local value = layout.getters[m.name](p)
	local l = m.layout
	return l.kind == "enum" and l.names[value] or M.plain(value)
end

local function show_struct(layout, p)
	local out = {}
	for _, m in ipairs(layout.members) do
		if m.width then
			-- Nameless ones are padding that the text spelt out.
			out[#out + 1] = m.name and m.name .. "=" .. bit_field(layout, m, p)
		else
			local text = M.memory(m.layout, p + m.offset)
			out[#out + 1] = m.name and m.name .. "=" .. text or text
		end
	end
	return "{" .. table.concat(out, ", ") .. "}"
end
show.struct, show.union = show_struct, show_struct

---A record as text: "event{ts=12, pid=1, comm="init"}".
---@param layout luatrace.Layout
---@param record ffi.cdata* the struct or a pointer to it
---@return string
function M.record(layout, record)
	local p = ffi.cast(bytes_ptr, record)
	if p == nil then
		return "NULL"
	end
	local name = layout.name:gsub("^struct ", ""):gsub("^union ", "")
	return (name == "struct" or name == "union") and show_struct(layout, p) or name .. show_struct(layout, p)
end

return M

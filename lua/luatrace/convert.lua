-- SPDX-License-Identifier: MIT
-- Between Lua values and the memory of keys and values, by layout. Nothing is rounded, cut or guessed in silence: what
-- does not fit is refused with the reason.
local ffi = require "ffi"
local check = require "luatrace.check"
local format = require "luatrace.format"
local near = require "luatrace.near"

local M = {}

local bytes_ptr = ffi.typeof("uint8_t *")
local u64, i64 = ffi.typeof("uint64_t"), ffi.typeof("int64_t")

local store = {}

-- nil when `value` fits an integer of `bits`, else why not. Numbers up to 2^53 are exact; a 64-bit cdata fits every
-- 64-bit integer, as in C.
local function integer_misfit(value, bits, signed)
	if type(value) == "cdata" then
		if not ffi.istype(u64, value) and not ffi.istype(i64, value) then
			if tonumber(value) == nil or ffi.sizeof(value) > 8 then
				return "type"
			end
		elseif bits == 64 then
			return nil
		end
		value = tonumber(value)
	elseif type(value) ~= "number" then
		return "type"
	end
	if value % 1 ~= 0 then
		return "type"
	end
	local low, high = 0, 2 ^ bits
	if signed then
		low, high = -2 ^ (bits - 1), 2 ^ (bits - 1)
	end
	return (value < low or value >= high) and "range" or nil
end

local function refuse(layout, value, misfit)
	if misfit == "range" then
		return ("%s does not fit %s"):format(format.plain(value), layout.name)
	end
	return ("expected %s, not %s"):format(layout.name, check.given(value))
end

function store.int(layout, p, value)
	local misfit = integer_misfit(value, layout.size * 8, layout.signed)
	if misfit then
		return refuse(layout, value, misfit)
	end
	ffi.cast(layout.pointer, p)[0] = value
end
store.ptr, store.enum = store.int, store.int

function store.bool(layout, p, value)
	if type(value) ~= "boolean" and value ~= 0 and value ~= 1 then
		return refuse(layout, value)
	end
	p[0] = (value == true or value == 1) and 1 or 0
end

function store.float(layout, p, value)
	if type(value) ~= "number" then
		return refuse(layout, value)
	end
	ffi.cast(layout.pointer, p)[0] = value
end

-- Handles of ours: what they stand for is not in their bytes.
local handles = {}

---Values of this ctype are refused, whatever their size.
---@param ct ffi.ctype*
function M.refuse_copies_of(ct)
	handles[#handles + 1] = ct
end

---Whether cdata is a struct or an array, whose bytes can be copied: numbers and pointers have no address of their own.
---@param value ffi.cdata*
---@return boolean
function M.has_memory(value)
	local name = tostring(ffi.typeof(value))
	if tonumber(value) or name:find("%*>$") or name:find("(*)", 1, true) then
		return false
	end
	for _, ct in ipairs(handles) do
		if ffi.istype(ct, value) then
			return false
		end
	end
	return true
end

-- cdata of the very type, or of one of the script's own that is as large.
local function copy_cdata(layout, p, value)
	if ffi.istype(layout.ct, value) then
		local from = ffi.cast(bytes_ptr, value)	-- a struct or a pointer to one
		if from == nil then
			return ("expected %s, not a NULL pointer"):format(layout.name)
		end
		ffi.copy(p, from, layout.size)
		return nil
	end
	if not M.has_memory(value) then
		return refuse(layout, value)
	end
	if ffi.sizeof(value) ~= layout.size then
		return ("expected %s of %d bytes, not %s of %d"):format(layout.name, layout.size, check.given(value),
			ffi.sizeof(value) or 0)
	end
	ffi.copy(p, value, layout.size)
end

function store.int128(layout, p, value)
	if type(value) == "cdata" and integer_misfit(value, 64, false) == "type" then
		return copy_cdata(layout, p, value)
	end
	local misfit = type(value) ~= "cdata" and integer_misfit(value, 128, layout.signed)
	if misfit then
		return refuse(layout, value, misfit)
	end
	-- What is wider than 64 bits is given as both halves; of a number the rest is its sign.
	if type(value) == "number" and math.abs(value) > 2 ^ 53 then
		return ("%s is not exact: give both halves, ffi.new('uint64_t[2]', …)"):format(format.plain(value))
	end
	local words, low = ffi.cast("int64_t *", p), ffi.abi("be") and 1 or 0
	local wide = ffi.istype(u64, value) and value or ffi.cast(i64, value)
	words[low] = wide
	words[1 - low] = (ffi.istype(i64, wide) and wide < 0) and -1 or 0
end

function store.chars(layout, p, value)
	if type(value) == "cdata" then
		return copy_cdata(layout, p, value)
	elseif type(value) ~= "string" then
		return refuse(layout, value)
	elseif #value > layout.size then
		return ("%s is longer than %s"):format(check.given(value), layout.name)
	end
	ffi.fill(p, layout.size)
	ffi.copy(p, value, #value)
end

function store.bytes(layout, p, value)
	if type(value) == "string" and #value ~= layout.size then
		return ("expected %d bytes, not a string of %d"):format(layout.size, #value)
	end
	return store.chars(layout, p, value)
end

function store.array(layout, p, value)
	if type(value) == "cdata" then
		return copy_cdata(layout, p, value)
	elseif type(value) ~= "table" then
		return refuse(layout, value)
	end
	local first = value[0] ~= nil and 0 or 1
	for key in pairs(value) do
		if type(key) ~= "number" or key % 1 ~= 0 or key < 0 then
			return ("%s has no element [%s]"):format(layout.name, tostring(key))
		elseif key >= first + layout.count then
			return ("more than the %d elements of %s"):format(layout.count, layout.name)
		end
	end
	ffi.fill(p, layout.size)
	for i = 0, layout.count - 1 do
		local item = value[first + i]
		if item ~= nil then
			local why = M.store(layout.element, p + i * layout.element.size, item)
			if why then
				return ("[%d]: %s"):format(first + i, why)
			end
		end
	end
end

-- Of the script's own making: LuaJIT fills it, and passes over names that it does not know.
function store.ctype(layout, p, value)
	if type(value) == "cdata" then
		return copy_cdata(layout, p, value)
	elseif type(value) ~= "table" then
		return refuse(layout, value)
	end
	for name in pairs(value) do
		if type(name) == "string" and not ffi.offsetof(layout.ct, name) then
			return ("%s has no member '%s'"):format(layout.name, name)
		end
	end
	local ok, filled = pcall(ffi.new, layout.ct, value)
	if not ok then
		return ("%s: %s"):format(layout.name, filled)
	end
	ffi.copy(p, filled, layout.size)
end

---Writes the bit-field `name` of the struct at `p`. Returns why not, if it cannot.
---@param layout luatrace.Layout of the struct
---@param p ffi.cdata* uint8_t *
---@param name string
---@param m table the member
---@param value any
---@return string? err
function M.store_bits(layout, p, name, m, value)
	local misfit = type(value) ~= "boolean" and integer_misfit(value, m.width, m.layout.signed)
	if misfit then
		return refuse({ name = ("%s:%d"):format(m.layout.name, m.width) }, value, misfit)
	end
	layout.setters[name](p, value)
end

local function store_member(layout, p, name, m, value)
	local why
	if m.width then
		why = M.store_bits(layout, p, name, m, value)
	else
		why = M.store(m.layout, p + m.offset, value)
	end
	return why and ("%s: %s"):format(name, why)
end

local function store_struct(layout, p, value)
	if type(value) == "cdata" then
		return copy_cdata(layout, p, value)
	elseif type(value) ~= "table" then
		return refuse(layout, value)
	end
	ffi.fill(p, layout.size)
	if layout.kind == "union" and next(value) ~= nil and next(value, (next(value))) ~= nil then
		return ("%s takes one of its members"):format(layout.name)
	end
	for key, item in pairs(value) do
		local m, name = layout.by_name[key], key
		if type(key) == "number" then
			m = layout.members[key]
			name = m and m.name or "member " .. key
		end
		if not m then
			local names = {}
			for known in pairs(layout.by_name) do
				names[#names + 1] = known
			end
			return ("%s has no member '%s'%s"):format(layout.name, tostring(key), near.hint(key, names))
		end
		local why = store_member(layout, p, name, m, item)
		if why then
			return why
		end
	end
end
store.struct, store.union = store_struct, store_struct

---Writes `value` at `p`. Returns nil, or why it cannot be written (the memory is then undefined).
---@param layout luatrace.Layout
---@param p ffi.cdata* uint8_t *
---@param value any number, boolean, string, cdata or table
---@return string? err
function M.store(layout, p, value)
	return store[layout.kind](layout, p, value)
end

-- The bytes of a char array as a key that finds its entry again: without trailing NULs.
local function chars_string(p, size)
	while size > 0 and p[size - 1] == 0 do
		size = size - 1
	end
	return ffi.string(p, size)
end

local function itself(array, i)
	return array[i]
end

local COPIED = { struct = true, union = true, array = true, bytes = true, int128 = true, ctype = true }

---Whether values of this layout are given out as cdata copies.
---@param layout luatrace.Layout
---@return boolean
function M.is_copied(layout)
	return COPIED[layout.kind] or false
end

---A function that reads element `i` of an array of the layout's ctype as a Lua value: integers of up to 32 bits,
---booleans and floats as Lua's own, 64-bit integers as cdata, char arrays as strings, the rest as cdata copies.
---@param layout luatrace.Layout
---@return fun(array: ffi.cdata*, i: integer): any
function M.reader(layout)
	local ct, size = layout.ct, layout.size
	if layout.kind == "chars" then
		return function(array, i)
			return chars_string(ffi.cast(bytes_ptr, array) + i * size, size)
		end
	elseif COPIED[layout.kind] then
		return function(array, i)
			local copy = ffi.new(ct)
			ffi.copy(copy, ffi.cast(bytes_ptr, array) + i * size, size)
			return copy
		end
	end
	return itself
end

return M

-- SPDX-License-Identifier: MIT
-- From BTF to LuaJIT: each type becomes a layout, which knows its ctype. Structs are anonymous to LuaJIT (two objects
-- may each have their own `struct event`), packed, with the padding spelt out, so that every member lies where BTF
-- says and not where LuaJIT would put it; sizes and offsets are checked all the same.
local ffi = require "ffi"
local bitfield = require "luatrace.bitfield"
local near = require "luatrace.near"

local M = {}

---@class luatrace.Layout
---@field kind "int"|"bool"|"float"|"enum"|"ptr"|"int128"|"struct"|"union"|"array"|"chars"|"bytes"|"ctype"
---@field name string the type as C writes it
---@field size integer bytes
---@field ct ffi.ctype*
---@field signature string equal for types of equal layout and names
---@field signed boolean?
---@field members table[]? struct, union: { name=, offset=, bit_offset=, width= (of a bit-field), layout= }
---@field by_name table<string, table>? members, those of anonymous members too
---@field element luatrace.Layout? array
---@field count integer? array, chars, bytes
---@field names table<number|string, string>? enum

-- ctypes are never freed and LuaJIT has room for 65,536 of them, so equal layouts share one, whatever object they are
-- of.
local shared = {}

-- Of structs, by the number of their ctype and of a pointer to it.
local by_ctype = {}

---The layout of a struct or of a pointer to one, if it is one of ours.
---@param value ffi.cdata*
---@return luatrace.Layout?
function M.of_value(value)
	return by_ctype[tonumber(ffi.typeof(value))]
end

---@param kind string
---@param name string
---@param ct ffi.ctype*|string
---@param extra table? what else the layout says
---@return luatrace.Layout
function M.scalar(kind, name, ct, extra)
	local layout = extra or {}
	layout.kind, layout.name, layout.size = kind, name, ffi.sizeof(ct)
	layout.ct = ffi.typeof(ct)
	layout.pointer = ffi.typeof("$ *", layout.ct)
	layout.signature = layout.signature or name .. ":" .. kind .. layout.size .. (layout.signed and "s" or "u")
	return layout
end
local scalar = M.scalar

local int128 = ffi.metatype("struct { uint64_t lo, hi; } __attribute__((packed))", {
	__tostring = function(value)
		return require("luatrace.format").memory({ kind = "int128" }, ffi.cast("uint8_t *", value))
	end,
})

local build = {}

function build.int(_, t, name)
	if t.bool then
		return scalar("bool", name, t.size == 1 and "bool" or ("uint%d_t"):format(t.size * 8))
	elseif t.size == 16 then
		return scalar("int128", name, int128, { signed = t.signed })
	elseif t.name == "char" then
		return scalar("int", name, "char", { signed = t.signed, char = true })
	end
	return scalar("int", name, ("%sint%d_t"):format(t.signed and "" or "u", t.size * 8), { signed = t.signed })
end

function build.float(_, t, name)
	if t.size == 4 then
		return scalar("float", name, "float")
	elseif t.size == 8 then
		return scalar("float", name, "double")
	end
	return M.bytes(t.size, name)
end

-- A kernel address is a number: nobody is to follow it here.
function build.ptr(_, _, name)
	return scalar("ptr", name, "uint64_t")
end

local function build_enum(_, t, name)
	local names, parts, signed = {}, {}, t.flag
	for _, v in ipairs(t.values) do
		local key = t.size == 8 and (tostring(v.value):gsub("U?LL$", "")) or v.value
		names[key] = names[key] or v.name
		parts[#parts + 1] = v.name .. "=" .. tostring(v.value)
	end
	return scalar("enum", name, ("%sint%d_t"):format(signed and "" or "u", t.size * 8), {
		names = names, signed = signed,
		signature = name .. "{" .. table.concat(parts, ",") .. "}" .. t.size .. (signed and "s" or "u"),
	})
end
build.enum, build.enum64 = build_enum, build_enum

function build.array(btf, t, name)
	local element = assert(M.of(btf, t.element))
	local kind = element.char and "chars" or "array"
	return {
		kind = kind, name = name, element = element, count = t.count, size = element.size * t.count,
		ct = ffi.typeof(("$[%d]"):format(t.count), element.ct),
		signature = ("%s[%d]"):format(element.signature, t.count),
	}
end

local function read_member(btf, m)
	local layout, why = M.of(btf, m.type)
	if not layout then
		error(("member '%s': %s"):format(m.name, why), 0)
	end
	local raw = btf:strip(m.type)
	local width = m.width
	-- Before kernel flag bit-fields (old compilers), an int whose own size in bits is odd.
	if width == 0 and raw.kind == "int" and (raw.bits ~= raw.size * 8 and not raw.bool or m.bit_offset % 8 ~= 0) then
		width = raw.bits
	end
	return {
		name = m.name ~= "" and m.name or nil,
		layout = layout,
		offset = math.floor(m.bit_offset / 8),
		bit_offset = m.bit_offset,
		width = width > 0 and width or nil,
	}
end

-- The members by name, an anonymous member's ones as the struct's own.
local function flatten(members)
	local by_name = {}
	for _, m in ipairs(members) do
		if m.name then
			by_name[m.name] = m
		elseif m.layout.by_name and not m.width then
			for name, inner in pairs(m.layout.by_name) do
				by_name[name] = {
					name = name, layout = inner.layout, width = inner.width,
					offset = m.offset + inner.offset, bit_offset = m.offset * 8 + inner.bit_offset,
				}
			end
		end
	end
	return by_name
end

-- LuaJIT C text of the body, with "$" for the types in `types`. Bit-fields are padding here.
local function body(kind, members, size)
	local text, types, at, pads = {}, {}, 0, 0
	local function pad(bytes)
		text[#text + 1] = ("uint8_t __lt_pad%d[%d];"):format(pads, bytes)
		pads = pads + 1
	end
	for _, m in ipairs(members) do
		if not m.width then
			if kind == "struct" then
				if m.offset > at then
					pad(m.offset - at)
				elseif m.offset < at then
					error(("member '%s' overlaps the one before"):format(m.name or "?"), 0)
				end
				at = m.offset + m.layout.size
			end
			text[#text + 1] = "$ " .. (m.name or "") .. ";"
			types[#types + 1] = m.layout.ct
		end
	end
	if kind == "union" or size > at then
		pad(kind == "union" and size or size - at)
	end
	return table.concat(text, " "), types
end

local function check(layout)
	if ffi.sizeof(layout.ct) ~= layout.size then
		error(("%s has %d bytes here, %d in BTF"):format(layout.name, ffi.sizeof(layout.ct), layout.size), 0)
	end
	for name, m in pairs(layout.by_name) do
		if not m.width and ffi.offsetof(layout.ct, name) ~= m.offset then
			error(("%s.%s lies at %s here, at %d in BTF"):format(layout.name, name,
				tostring(ffi.offsetof(layout.ct, name)), m.offset), 0)
		end
	end
end

-- __index and __newindex are asked only for names that the ctype has not got: bit-fields and mistakes.
local function record_metatype(layout)
	local getters, setters = {}, {}
	for name, m in pairs(layout.by_name) do
		if m.width then
			local l = m.layout
			getters[name] = bitfield.getter(m.bit_offset, m.width, l.signed, l.kind == "bool", layout.size)
			setters[name] = bitfield.setter(m.bit_offset, m.width)
		end
	end
	layout.getters, layout.setters = getters, setters
	local function unknown(name)
		error(("%s has no member '%s'%s"):format(layout.name, tostring(name), near.hint(name, near.names(layout.by_name))), 3)
	end
	return {
		__index = function(struct, name)
			local get = getters[name] or unknown(name)
			return get(struct)
		end,
		__newindex = function(struct, name, value)
			local set = setters[name] or unknown(name)
			set(struct, value)
		end,
		__tostring = function(struct)
			return require("luatrace.format").record(layout, struct)
		end,
	}
end

local function signature_of(t, name, members)
	local parts = {}
	for i, m in ipairs(members) do
		parts[i] = ("%s@%d:%d=%s"):format(m.name or "", m.bit_offset, m.width or 0, m.layout.signature)
	end
	return ("%s{%s}%d"):format(name, table.concat(parts, ";"), t.size)
end

local function build_struct(btf, t, name)
	local members = {}
	if t.name ~= "" then	-- reached through a typedef or by its tag, it is one type
		name = t.kind .. " " .. t.name
	end
	for i, m in ipairs(t.members) do
		members[i] = read_member(btf, m)
	end
	local signature = signature_of(t, name, members)
	if shared[signature] then
		return shared[signature]
	end
	local text, types = body(t.kind, members, t.size)
	local layout = {
		kind = t.kind, name = name, size = t.size, members = members, by_name = flatten(members),
		ct = ffi.typeof(("%s { %s } __attribute__((packed))"):format(t.kind, text), unpack(types)),
		signature = signature,
	}
	layout.pointer = ffi.typeof("$ *", layout.ct)
	check(layout)
	ffi.metatype(layout.ct, record_metatype(layout))
	shared[signature] = layout
	by_ctype[tonumber(layout.ct)], by_ctype[tonumber(layout.pointer)] = layout, layout
	return layout
end
build.struct, build.union = build_struct, build_struct

---The layout of a type without BTF: `size` bytes.
---@param size integer
---@param name string?
---@return luatrace.Layout
function M.bytes(size, name)
	return {
		kind = "bytes", name = name or ("%d bytes"):format(size), size = size, count = size,
		ct = ffi.typeof(("uint8_t[%d]"):format(size)), signature = "bytes" .. size,
	}
end

---An unsigned integer of 1, 2, 4 or 8 bytes, for maps whose types the text did not name.
---@param size integer
---@return luatrace.Layout
function M.unsigned(size)
	local name = ("uint%d_t"):format(size * 8)
	return scalar("int", name, name, { signed = false })
end

---The layout of type `id`, or nil and why it has none.
---@param btf luatrace.Btf
---@param id integer
---@return luatrace.Layout? layout
---@return string? err
function M.of(btf, id)
	local layout = btf.layouts[id]
	if layout then
		return layout
	end
	local t = btf:strip(id)
	local make = t and build[t.kind]
	if not make then
		return nil, ("a %s has no size"):format(t and t.kind or "type that is not in BTF")
	end
	local ok, result = pcall(make, btf, t, btf:c_name(id))
	if not ok then
		return nil, tostring(result)
	end
	btf.layouts[id] = result
	return result
end

return M

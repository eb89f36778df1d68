-- SPDX-License-Identifier: MIT
-- Reads raw BTF, type by type as it is asked for. What a type looks like in memory is layout.lua's concern.
local ffi = require "ffi"
local bit = require "bit"

local M = {}

-- BTF_KIND_*, in their order in the kernel's uapi/linux/btf.h.
local KINDS = {
	[0] = "void", "int", "ptr", "array", "struct", "union", "enum", "fwd", "typedef", "volatile", "const", "restrict",
	"func", "func_proto", "var", "datasec", "float", "decl_tag", "type_tag", "enum64",
}
-- Bytes after the 12 of every type: fixed, and for each of its vlen entries.
local FIXED = { int = 4, array = 12, var = 4, decl_tag = 4 }
local ENTRY = { struct = 12, union = 12, enum = 8, func_proto = 8, datasec = 12, enum64 = 12 }
local MODIFIER = { typedef = true, volatile = true, const = true, restrict = true, type_tag = true }

local u32_ptr = ffi.typeof("const uint32_t *")

---@class luatrace.Btf
local Btf = {}
Btf.__index = Btf

---@param data ffi.cdata*|string the bytes, struct btf_header first; they are copied
---@param size integer
---@return luatrace.Btf? btf nil when this is no BTF of this machine
---@return string? err
function M.parse(data, size)
	-- The types outlive the object they came from: records kept by a script still print themselves.
	local raw = ffi.string(data, size)
	if #raw < 24 then
		return nil, "too short to be BTF"
	end
	local bytes = ffi.cast("const uint8_t *", raw)
	if ffi.cast("const uint16_t *", bytes)[0] ~= 0xeb9f then
		return nil, "not BTF of this machine's byte order"
	end
	local header = ffi.cast(u32_ptr, bytes)
	local header_size, type_off, type_len, str_off, str_len = header[1], header[2], header[3], header[4], header[5]
	if header_size + type_off + type_len > #raw or header_size + str_off + str_len > #raw then
		return nil, "BTF is cut short"
	end
	return setmetatable({
		raw = raw,
		types = bytes + header_size + type_off,
		type_len = type_len,
		strings = bytes + header_size + str_off,
		str_len = str_len,
		cache = {},
		layouts = {},
	}, Btf)
end

-- Offsets of all types, found on the first use.
function Btf:index()
	local at, offsets = 0, {}
	while at + 12 <= self.type_len do
		local info = ffi.cast(u32_ptr, self.types + at)[1]
		local kind = KINDS[bit.band(bit.rshift(info, 24), 0x1f)]
		local size = 12 + (FIXED[kind] or 0) + (ENTRY[kind] or 0) * bit.band(info, 0xffff)
		if not kind or at + size > self.type_len then
			break
		end
		offsets[#offsets + 1] = at
		at = at + size
	end
	self.offsets = offsets
	return offsets
end

function Btf:string(offset)
	return offset < self.str_len and ffi.string(self.strings + offset) or ""
end

local function signed_bits(value, bits)
	return value >= 2 ^ (bits - 1) and value - 2 ^ bits or value
end

local read = {}

function read.int(_, t, p)
	local encoding = p[3]
	t.bits = bit.band(encoding, 0xff)
	local flags = bit.band(bit.rshift(encoding, 24), 0x0f)
	t.signed, t.bool = bit.band(flags, 1) ~= 0, bit.band(flags, 4) ~= 0
end

function read.array(_, t, p)
	t.element, t.count = p[3], p[5]
end

function read.struct(btf, t, p)
	t.members = {}
	for i = 0, t.vlen - 1 do
		local m = p + 3 + i * 3
		local bits, width = m[2], 0
		if t.flag then
			bits, width = bit.band(m[2], 0xffffff), bit.rshift(m[2], 24)
		end
		t.members[i + 1] = { name = btf:string(m[0]), type = m[1], bit_offset = bits, width = width }
	end
end
read.union = read.struct

function read.enum(btf, t, p)
	t.values = {}
	for i = 0, t.vlen - 1 do
		local e = p + 3 + i * 2
		t.values[i + 1] = { name = btf:string(e[0]), value = t.flag and signed_bits(e[1], 32) or e[1] }
	end
end

function read.enum64(btf, t, p)
	t.values = {}
	for i = 0, t.vlen - 1 do
		local e = p + 3 + i * 3
		t.values[i + 1] = { name = btf:string(e[0]), value = e[1] + e[2] * 0x100000000ULL }
	end
end

function read.datasec(_, t, p)
	t.entries = {}
	for i = 0, t.vlen - 1 do
		local e = p + 3 + i * 3
		t.entries[i + 1] = { type = e[0], offset = e[1], size = e[2] }
	end
end

---The type `id`: { kind=, name=, size= or type=, and what its kind adds }. nil when there is none.
---@param id integer
---@return table?
function Btf:type(id)
	local t = self.cache[id]
	if t then
		return t
	end
	if id == 0 then
		return { kind = "void", name = "void" }
	end
	local offset = (self.offsets or self:index())[id]
	if not offset then
		return nil
	end
	local p = ffi.cast(u32_ptr, self.types + offset)
	local info = p[1]
	t = {
		kind = KINDS[bit.band(bit.rshift(info, 24), 0x1f)],
		name = self:string(p[0]),
		vlen = bit.band(info, 0xffff),
		flag = bit.rshift(info, 31) ~= 0,
		size = p[2],	-- one field of the format: a size for some kinds, a type for the others
		type = p[2],
	}
	if read[t.kind] then
		read[t.kind](self, t, p)
	end
	self.cache[id] = t
	return t
end

---Follows typedefs and qualifiers to the type proper.
---@param id integer
---@return table? type
---@return integer id
function Btf:strip(id)
	local t = self:type(id)
	for _ = 1, 64 do	-- a cycle is no valid BTF
		if not t or not MODIFIER[t.kind] then
			return t, id
		end
		id = t.type
		t = self:type(id)
	end
	return nil, id
end

---The type as C writes it, e.g. "u32", "struct event", "char[16]".
---@param id integer
---@return string
function Btf:c_name(id)
	local t = self:type(id)
	if not t then
		return "?"
	elseif t.kind == "ptr" then
		return self:c_name(t.type) .. " *"
	elseif t.kind == "array" then
		return ("%s[%d]"):format(self:c_name(t.element), t.count)
	elseif t.kind == "struct" or t.kind == "union" or t.kind == "enum" then
		return t.kind .. (t.name ~= "" and " " .. t.name or "")
	elseif t.kind == "enum64" then
		return "enum" .. (t.name ~= "" and " " .. t.name or "")
	elseif t.kind == "func_proto" then
		return "function"
	elseif MODIFIER[t.kind] and (t.kind ~= "typedef" or t.name:find("^__lt_")) then	-- the dialect's own typedefs
		return self:c_name(t.type)
	end
	return t.name ~= "" and t.name or t.kind
end

---All types of `kind`.
---@param kind string
---@return table[]
function Btf:all(kind)
	local all = {}
	for id = 1, #(self.offsets or self:index()) do
		local t = self:type(id)
		all[#all + 1] = t.kind == kind and t or nil
	end
	return all
end

---The id of the first type of `kind` called `name`, or nil.
---@param kind string
---@param name string
---@return integer?
function Btf:find(kind, name)
	for id = 1, #(self.offsets or self:index()) do
		local t = self:type(id)
		if t.kind == kind and t.name == name then
			return id
		end
	end
	return nil
end

return M

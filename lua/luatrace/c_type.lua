-- SPDX-License-Identifier: MIT
-- Layouts of types that a script names in C: "u32", "char[16]", "struct { u32 pid; char comm[16]; }", or a struct that
-- it declared itself. How members of a struct are converted is LuaJIT's concern, which knows their types.
local ffi = require "ffi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local layout = require "luatrace.layout"

local M = {}

-- The kernel's names of integers: LuaJIT has not got them, and declaring them would be seen by the script.
local function spell_out(text)
	return (text:gsub("%f[%w_]_*([us])(%d+)%f[^%w_]", function(sign, bits)
		return (sign == "u" and "uint%d_t" or "int%d_t"):format(bits)
	end))
end

local function layout_of(name, ct)
	local value, size, shown = ffi.new(ct), ffi.sizeof(ct), tostring(ct)
	if ffi.istype("bool", value) then
		return layout.scalar("bool", name, "bool")
	elseif ffi.istype("float", value) or ffi.istype("double", value) then
		return layout.scalar("float", name, ct)
	elseif shown:find("%*>$") then
		return layout.scalar("ptr", name, "uint64_t")
	elseif tonumber(value) then
		local signed = tonumber(ffi.cast(ct, -1)) < 0
		return layout.scalar("int", name, ("%sint%d_t"):format(signed and "" or "u", size * 8), { signed = signed })
	end
	local kind = shown:find("^ctype<char %[%d+%]>$") and "chars" or "ctype"
	return { kind = kind, name = name, size = size, ct = ct, signature = shown }
end

---The layout of the type that a script names.
---@param where string for messages: the function
---@param argument string for messages: the argument
---@param text any
---@param size integer bytes that it must have
---@return luatrace.Layout
function M.layout(where, argument, text, size)
	check.value(where, argument, text, "string")
	local ok, ct = pcall(ffi.typeof, spell_out(text))
	if not ok or not ffi.sizeof(ct) then
		errors.misuse("%s: %s= takes a C type, not '%s': %s", where, argument, text, ok and "it has no size" or ct)
	elseif ffi.sizeof(ct) ~= size then
		errors.misuse("%s: %s= '%s' has %d bytes, the map's has %d", where, argument, text, ffi.sizeof(ct), size)
	end
	return layout_of(text, ct)
end

return M

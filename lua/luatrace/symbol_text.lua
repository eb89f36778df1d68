-- SPDX-License-Identifier: MIT
-- What the name of an address looks like: demangled, with offset and module, fit for a terminal. And the arguments of
-- the calls that give such names.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

M.UNKNOWN = "[unknown]"

local u64 = ffi.typeof("uint64_t")

local ROOM = 4096
local buffer = ffi.new("char[?]", ROOM)

local function escaped(name)
	return format.escape(ffi.string(name))
end

local function demangled(name)
	return escaped(C.lt_demangle(name, buffer, ROOM) > 0 and buffer or name)
end

-- Of a path its last part, in brackets. There are few.
local suffixes = setmetatable({}, { __index = function(all, module)
	local suffix = (" [%s]"):format(format.escape(module:match("[^/]+$") or ""))
	all[module] = suffix
	return suffix
end })

-- What was made of a symbol, by its id: stacks come with the same ones again and again, and demangling one takes 2 us.
-- Making is not for the compiler: it would record a script's loop the way it goes at first, with names that are new.
local LIMIT = 65536
local function cache(make)
	local known, count = {}, 0
	local function add(symbol, id)
		if count == LIMIT then
			known, count = {}, 0
		end
		known[id], count = make(symbol.name), count + 1
		return known[id]
	end
	jit.off(add)
	return function(symbol)
		local id = tonumber(symbol.id)
		return known[id] or add(symbol, id)
	end
end

local readable_name, plain_name = cache(demangled), cache(escaped)

---@class luatrace.SymbolOptions
---@field show_offset boolean? "+0xOFFSET" behind the name
---@field show_module boolean? " [MODULE]" behind that
---@field demangle boolean? C++ and Rust names as they were written; the default

local RULES = { show_offset = "boolean?", show_module = "boolean?", demangle = "boolean?" }

local function flag(where, name, value)
	if value ~= nil and type(value) ~= "boolean" then
		check.value(where, name, value, "boolean?")
	end
	return value
end

-- Without a loop, so that one of the script's that calls this is compiled as one piece.
local function check_names(where, opts)
	local first = next(opts)
	local second = first ~= nil and next(opts, first)
	local third = second and next(opts, second)
	if first ~= nil and not RULES[first] or second and not RULES[second] or third and
		(not RULES[third] or next(opts, third) ~= nil) then
		check.arguments(where, opts, RULES)
	end
end

---The options of a call, which are a table or, as in bcc, booleans in a row.
---@param where string
---@param opts luatrace.SymbolOptions|boolean|nil a table of all, or show_module
---@param show_offset boolean?
---@param demangle boolean?
---@return boolean? show_module
---@return boolean? show_offset
---@return boolean demangle
function M.options(where, opts, show_offset, demangle)
	local show_module = opts
	if type(opts) == "table" then
		check_names(where, opts)
		show_module, show_offset, demangle = opts.show_module, opts.show_offset, opts.demangle
	end
	flag(where, "show_module", show_module)
	flag(where, "show_offset", show_offset)
	return show_module, show_offset, flag(where, "demangle", demangle) ~= false
end

---A found symbol as text.
---@param symbol ffi.cdata* lt_symbol
---@param show_module boolean?
---@param show_offset boolean?
---@param demangle boolean
---@return string
function M.show(symbol, show_module, show_offset, demangle)
	local name = demangle and readable_name(symbol) or plain_name(symbol)
	if show_offset then
		name = ("%s+0x%x"):format(name, tonumber(symbol.offset))
	end
	if show_module and symbol.module ~= nil then
		name = name .. suffixes[ffi.string(symbol.module)]
	end
	return name
end

---The file of an address that no symbol covers.
---@param symbol ffi.cdata* lt_symbol with a module
---@return string
function M.file(symbol)
	return suffixes[ffi.string(symbol.module)]:sub(2)
end

---An address as a number of C's. It may come as a Lua number, a 64-bit cdata, or a pointer.
---@param where string
---@param address any
---@return ffi.cdata* uint64_t
function M.address(where, address)
	if ffi.istype(u64, address) then
		return address
	elseif type(address) == "cdata" and tonumber(address) == nil then
		local ok, value = pcall(ffi.cast, "uintptr_t", address)
		if ok then
			return ffi.cast(u64, value)
		end
	elseif type(address) == "number" and address >= 0 and address % 1 == 0 or type(address) == "cdata" then
		return ffi.cast(u64, address)
	end
	errors.misuse("%s: expected an address, not %s (call it with a dot: BPF.%s(address))", where,
		check.given(address), where)
end

return M

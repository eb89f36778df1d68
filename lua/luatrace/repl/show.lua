-- SPDX-License-Identifier: MIT
-- Values as a person wants to see them.
local ffi = require "ffi"
local C = require "luatrace.abi"
local bpf = require "luatrace.bpf"
local format = require "luatrace.format"
local layout = require "luatrace.layout"
local later = require "luatrace.later"
local map = require "luatrace.map"
local paint = require "luatrace.repl.paint"
local session = require "luatrace.repl.session"
local symbols = require "luatrace.symbols"
---@module "luatrace.repl.show_map"
local show_map = later "luatrace.repl.show_map"
---@module "luatrace.repl.show_bpf"
local show_bpf = later "luatrace.repl.show_bpf"

local M = {}

-- Rows of a table; levels of tables in tables; bytes of a string.
local ROWS, DEPTH, LONGEST = 50, 3, 4000
-- Lines of a text.
local TEXT_LINES = 200

local size = ffi.new("int32_t[2]")

---Columns and rows of the screen.
---@return integer columns
---@return integer rows
function M.screen()
	C.lt_terminal_size(size, size + 1)
	return size[0], size[1]
end

---A quoted string, with what it holds of control characters escaped, cut where it is very long.
---@param s string
---@return string
function M.quoted(s)
	local cut = #s > LONGEST and ("… (%d bytes)"):format(#s) or ""
	return '"' .. format.escape(s:sub(1, LONGEST)):gsub('"', '\\"') .. '"' .. cut
end

-- Kernel addresses have their upper bit set, on every machine there is luatrace for.
local KERNEL = ffi.new("uint64_t", 2) ^ 63

-- What lies at an address of the kernel, if that is code.
local function code_at(value)
	if ffi.cast("uint64_t", value) < KERNEL then
		return nil
	end
	local name = symbols.ksym(value, { show_offset = true })
	return name ~= "[unknown]" and name or nil
end

---An integer, or an address with what it is the address of.
---@param value integer|ffi.cdata*
---@return string
function M.integer(value)
	local name = type(value) == "cdata" and code_at(value)
	return name and ("0x%s %s"):format(bit.tohex(value), name) or format.plain(value)
end

---What a sort goes by: a number, of per-CPU values their sum; else nil.
---@param value any
---@return number?
function M.number(value)
	local number = type(value) ~= "string" and tonumber(value)
	if number then
		return number
	end
	local ok, sum = pcall(function() return tonumber(value:sum()) end)
	return ok and sum or nil
end

-- Pointers, and 64-bit integers, which texts keep them in.
local function may_be_address(l)
	return l.kind == "ptr" or l.kind == "int" and l.size == 8 and not l.signed
end

-- Whether a struct holds the address of code: then it has a line for each member, with names.
local function holds_code(l, p)
	for _, m in ipairs(l.members) do
		local inner = m.layout
		if not m.width and (inner.members and holds_code(inner, p + m.offset)
			or may_be_address(inner) and code_at(ffi.cast(inner.pointer, p + m.offset)[0])) then
			return true
		end
	end
	return false
end

local lines_of

local function struct_lines(l, p, indent, out)
	for _, m in ipairs(l.members) do
		local inner = m.layout
		local name = m.name and m.name .. " = " or ""
		if m.width then
			if m.name then
				out[#out + 1] = indent .. name .. format.plain(l.getters[m.name](p))
			end
		else
			lines_of(inner, p + m.offset, indent, name, out)
		end
	end
end

-- Adds the lines of what lies at `p`: one where there is room, else one a member.
function lines_of(l, p, indent, before, out)
	local value = may_be_address(l) and ffi.cast(l.pointer, p)[0]
	local text = value and code_at(value) and M.integer(value) or format.memory(l, p)
	local columns = M.screen()
	if l.members and (#indent + #before + #text > columns or holds_code(l, p)) then
		out[#out + 1] = indent .. before .. "{"
		struct_lines(l, p, indent .. "  ", out)
		out[#out + 1] = indent .. "}"
	else
		out[#out + 1] = indent .. before .. text
	end
end

---A struct by its layout.
---@param l luatrace.Layout
---@param value ffi.cdata* it, or a pointer to it
---@return string
function M.struct(l, value)
	local p = ffi.cast("uint8_t *", value)
	if p == nil then
		return "NULL"
	end
	local copy = ffi.new("uint8_t[?]", math.max(l.size, 1))
	if C.lt_memory_copy(copy, p, l.size) < 0 then
		return ("%s that is gone: a record is there while its function runs; :copy(e) of its output keeps one"):format(l.name)
	end
	p = copy + 0
	local name = l.name:gsub("^struct ", ""):gsub("^union ", "")
	local out = {}
	lines_of(l, p, "", (name == "struct" or name == "union") and "" or name, out)
	return table.concat(out, "\n")
end

local function cdata_text(value)
	if map.is(value) then
		return show_map.text(value)
	elseif tonumber(value) then	-- or a type, which is one as well
		local text = tostring(value)
		return text:find("^ctype<") and format.escape(text)
			or (ffi.istype("uint64_t", value) or ffi.istype("int64_t", value)) and M.integer(value)
			or format.plain(tonumber(value))
	end
	local l = layout.of_value(value)
	if l then
		return M.struct(l, value)
	end
	return format.escape(tostring(value))
end

local function function_text(value)
	local info = debug.getinfo(value, "S")
	return info.what == "C" and "function: built in"
		or ("function: %s:%d"):format(format.escape(info.short_src), info.linedefined)
end

local function key_text(key)
	if type(key) == "string" then
		return key:find("^[%a_][%w_]*$") and key or "[" .. M.quoted(key) .. "]"
	end
	return "[" .. M.text(key, DEPTH + 1) .. "]"
end

-- Numbers first, then names, each in their order.
local function sorted_keys(value)
	local keys = {}
	for key in pairs(value) do
		keys[#keys + 1] = key
	end
	table.sort(keys, function(a, b)
		if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then
			return a < b
		end
		return type(a) == "number" or type(b) ~= "number" and tostring(a) < tostring(b)
	end)
	return keys
end

-- A text of several lines, fit for a terminal.
local function lines_text(text)
	return (text:gsub("[^\n\t]+", format.escape))
end

local function table_text(value, depth, seen)
	local own = getmetatable(value)
	if type(own) == "table" and rawget(own, "__tostring") then
		return lines_text(tostring(value))
	elseif seen[value] or depth > DEPTH then
		return "{…}"
	elseif next(value) == nil then
		return "{}"
	end
	seen[value] = true
	local keys, parts, length = sorted_keys(value), {}, 0
	for i, key in ipairs(keys) do
		if i > ROWS then
			parts[i] = ("… %d more"):format(#keys - ROWS)
			break
		end
		local text = M.text(value[key], depth + 1, seen)
		parts[i] = key == i and text or key_text(key) .. " = " .. text
		length = length + #parts[i] + 2
	end
	seen[value] = nil
	if length <= M.screen() - 2 * depth - 2 and not table.concat(parts):find("\n", 1, true) then
		return "{ " .. table.concat(parts, ", ") .. " }"
	end
	local indent = "\n" .. ("  "):rep(depth + 1)
	for i, part in ipairs(parts) do
		parts[i] = part:gsub("\n", "\n  ")
	end
	return "{" .. indent .. table.concat(parts, "," .. indent) .. "\n" .. ("  "):rep(depth) .. "}"
end

---A value as text, of one line or several.
---@param value any
---@param depth integer? of a value in a table: how deep
---@param seen table? tables that it is in
---@return string
function M.text(value, depth, seen)
	local kind = type(value)
	if kind == "string" then
		return M.quoted(value)
	elseif kind == "number" then
		return format.plain(value)
	elseif kind == "cdata" then
		return cdata_text(value)
	elseif kind == "function" then
		return function_text(value)
	elseif kind == "table" and bpf.is(value) then
		return show_bpf.text(value)
	elseif kind == "table" then
		return table_text(value, depth or 0, seen or {})
	end
	return tostring(value)
end

-- A text as it is, up to what a screen or two show.
local function print_text(text)
	local _, total = text:gsub("\n", "")
	local at = 0
	for _ = 1, math.min(total, TEXT_LINES) do
		at = text:find("\n", at + 1, true)
	end
	if total > TEXT_LINES then
		io.stdout:write(lines_text(text:sub(1, at)), paint("dim", ("… %d lines more (print(_) prints all)"):format(
			total - TEXT_LINES)), "\n")
	else
		io.stdout:write(lines_text(text), text:sub(-1) ~= "\n" and "\n" or "")
	end
end

-- A one-liner that the line at hand has started: it has had no time to see anything.
local function just_started(value)
	local handles = package.loaded["luatrace.oneliners.handle"]
	return handles and handles.is(value) and value.on and not value.shown and value.since >= session.line_began
end

---Prints what an expression gave. A string of several lines is a text, and printed as it is.
---@param ... any
function M.values(...)
	for i = 1, select("#", ...) do
		local value = (select(i, ...))
		if type(value) == "string" and value:find("\n", 1, true) then
			print_text(value)
		elseif just_started(value) then
			io.stdout:write(paint("dim", ("%s(%s) is on: `_` shows what it has, `_:stop()` ends it"):format(value.kind.name,
				value.probe)), "\n")
		else
			io.stdout:write(type(value) == "nil" and paint("dim", "nil") or M.text(value), "\n")
		end
	end
end

return M

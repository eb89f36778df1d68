-- SPDX-License-Identifier: MIT
-- What bcc-lua adds to Lua's own string, table and os. Each function here goes into the script's copy of that library.
local bit = require "bit"
local ffi = require "ffi"

local M = { string = {}, table = {}, os = {} }

local format = string.format

-- A value for %p: an integer is an address, in hexadecimal without 0x; nil leaves it to Lua's own %p.
local function address(value)
	local is_integer = type(value) == "number" and value >= 0 and value % 1 == 0
		or ffi.istype("uint64_t", value) or ffi.istype("int64_t", value)
	return is_integer and (bit.tohex(value + 0ULL, 16):gsub("^0+(.)", "%1")) or nil
end

---string.format, with %p for addresses.
function M.string.format(text, ...)
	if type(text) ~= "string" or not text:find("%%[-0-9]*p") then
		return format(text, ...)
	end
	local values, n = { ... }, 0
	text = text:gsub("%%([-+ #0-9.]*)([%a%%])", function(flags, letter)
		n = n + (letter == "%" and 0 or 1)
		local shown = letter == "p" and address(values[n])
		if shown then
			values[n] = shown
			return "%" .. flags .. "s"
		end
	end)
	return format(text, unpack(values, 1, select("#", ...)))
end

function M.string.starts(s, prefix)
	return s:sub(1, #prefix) == prefix
end

---`s` without as many bytes as `prefix` has.
function M.string.lstrip(s, prefix)
	return s:sub(#prefix + 1)
end

function M.string.ends(s, suffix)
	return suffix == "" or s:sub(-#suffix) == suffix
end

---A pattern that matches `s` itself.
function M.string.escape(s)
	return s:gsub("[%-.+%[%]()$^%%?*]", "%%%0")
end

---The parts of `s` between matches of `separator` (blanks), at most `limit`, of which the last is the rest. What
---follows the last match is no part when it is empty.
function M.string.split(s, separator, plain, limit)
	if separator == "" then
		return { s }
	end
	local parts, from = {}, 1
	while not limit or #parts < limit - 1 do
		local first, last = s:find(separator or "%s+", from, plain)
		if not first then
			break
		end
		parts[#parts + 1] = s:sub(from, first - 1)
		from = last + 1
	end
	local rest = s:sub(from)
	if rest ~= "" or limit and #parts == limit - 1 then
		parts[#parts + 1] = rest
	end
	return #parts == 1 and parts[1] == "" and {} or parts
end

---How many keys `t` has.
function M.table.count(t)
	local count = 0
	for _ in pairs(t) do
		count = count + 1
	end
	return count
end

---Where `value` is in a sorted list, or nil. `of(item)` is what of each item is sorted by.
function M.table.bsearch(list, value, of)
	local low, high = 1, #list
	while low <= high do
		local middle = math.floor((low + high) / 2)
		local this = of and of(list[middle]) or list[middle]
		if this == value then
			return middle
		elseif this > value then
			high = middle - 1
		else
			low = middle + 1
		end
	end
	return nil
end

---A list of the items of `a`, then those of `b`; `a` itself where `b` has none.
function M.table.join(a, b)
	assert(a, "table.join: takes a list, not nil")
	if b == nil or #b == 0 then
		return a
	end
	local all = {}
	for _, list in ipairs { a, b } do
		for _, item in ipairs(list) do
			all[#all + 1] = item
		end
	end
	return all
end

---A list of build({ values of next() }), or of those values, until next() gives nil.
function M.table.build(next_values, build)
	local list, values = {}, { next_values() }
	while values[1] ~= nil do
		list[#list + 1] = build and build(values) or values
		values = { next_values() }
	end
	return list
end

---The values of `t`, in any order.
function M.table.values(t)
	local values = {}
	for _, value in pairs(t) do
		values[#values + 1] = value
	end
	return values
end

---An iterator over the pairs in a list of pairs.
function M.table.tuples(list)
	local i = 0
	return function()
		i = i + 1
		if list[i] then
			return list[i][1], list[i][2]
		end
	end
end

---Whether a file can be opened for reading.
function M.os.exists(path)
	local file = io.open(path)
	return file ~= nil and file:close()
end

---What a command of the shell prints. The script writes the command: what it puts into it is for the script to quote.
function M.os.spawn(...)
	local process = assert(io.popen(M.string.format(...)))
	local output = process:read("*a")
	process:close()
	return output
end

---`text % value`: text:format(value), or of all items of a table; the text itself for nil and false.
function M.interpolate(text, value)
	if not value then
		return text
	elseif type(value) == "table" then
		return M.string.format(text, unpack(value))
	end
	return M.string.format(text, value)
end

return M

-- SPDX-License-Identifier: MIT
-- Keys and fields of one-liners as Lua has them, and tables of them as text.
local ffi = require "ffi"
local format = require "luatrace.format"

local M = {}

local EXACT = 2 ^ 53

---A member of a record as plain Lua data: a number where it is exact, else a string.
---@param value any
---@return number|string|boolean
function M.plain(value)
	if type(value) ~= "cdata" then
		return value
	end
	local number = tonumber(value)
	if not number then	-- an array of char
		return format.chars(ffi.cast("uint8_t *", value), ffi.sizeof(value))
	elseif math.abs(number) < EXACT then
		return number
	elseif ffi.istype("uint64_t", value) then	-- an address of the kernel, most often
		return ("0x%s"):format(bit.tohex(value))
	end
	return format.plain(value)
end

---The members k1, k2, … of a struct, in their order.
---@param record ffi.cdata*
---@param list luatrace.Expression[]
---@param places string[] names of probes by number
---@return any[]
function M.of(record, list, places)
	local out = {}
	for i, e in ipairs(list) do
		local value = M.plain(record["k" .. i])
		if M.is_probe(e) then
			value = places[value] or "[unknown]"
		end
		out[i] = value
	end
	return out
end

---Whether an expression is the probe's name, which no text knows.
---@param e luatrace.Expression
---@return boolean
function M.is_probe(e)
	return e.text == "probe" or e.text == "func"
end

---What a column of an expression is called: without what only says how it is read.
---@param e luatrace.Expression
---@return string
function M.heading(e)
	local text = e.text:match "^str%(%s*data_loc%(%s*([%w_]+)%s*%)[^()]*%)$" or e.text:match "^str%(%s*([^(),]*)[^()]*%)$"
		or e.text
	return format.escape((text:gsub("^args%s*->%s*", "")))
end

---@param value any
---@return string
function M.show(value)
	return type(value) == "string" and format.escape(value) or format.plain(value)
end

---"comm = cat, pid = 7".
---@param list luatrace.Expression[]
---@param key any[]
---@return string
function M.line(list, key)
	local parts = {}
	for i, e in ipairs(list) do
		parts[i] = ("%s = %s"):format(M.heading(e), M.show(key[i]))
	end
	return table.concat(parts, ", ")
end

---Sorts by a number, the largest first; equal ones by their keys, so that two looks at one state are alike.
---@param rows { key: any[] }[]
---@param field string
function M.sort(rows, field)
	local texts = {}
	local function text(row)
		if not texts[row] then
			local parts = {}
			for i, value in ipairs(row.key) do
				parts[i] = type(value) == "number" and ("%020.3f"):format(value) or tostring(value)
			end
			texts[row] = table.concat(parts, "\0")
		end
		return texts[row]
	end
	table.sort(rows, function(a, b)
		if a[field] ~= b[field] then
			return a[field] > b[field]
		end
		return text(a) < text(b)
	end)
end

return M

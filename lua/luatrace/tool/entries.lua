-- SPDX-License-Identifier: MIT
-- Entries of a map as rows of a table: members by name.
local ffi = require "ffi"
local format = require "luatrace.format"

local M = {}

local bytes_ptr = ffi.typeof "uint8_t *"

-- Texts and numbers as Lua has them; numbers that it cannot hold exactly, and structs, as they are.
local function plain(layout, value)
	if layout.kind == "chars" then
		return type(value) == "string" and value or format.chars(ffi.cast(bytes_ptr, value), layout.size)
	end
	local number = type(value) == "cdata" and tonumber(value)
	return number and number < 2 ^ 53 and number or value
end

local function add(row, layout, value, name)
	if not layout.by_name then
		row[name] = plain(layout, value)
		return
	end
	for member, m in pairs(layout.by_name) do
		row[member] = plain(m.layout, value[member])
	end
end

---A row of each: the members of its key and of its value. One that is no struct is called `key`, or `value`.
---@param entries { key: any, value: any }[]
---@param key luatrace.Layout?
---@param value luatrace.Layout?
---@return table[] rows
function M.rows(entries, key, value)
	local rows = {}
	for i, entry in ipairs(entries) do
		-- members that are structs or arrays are parts of the entry: it has to live as long
		rows[i] = setmetatable({}, { entry = entry })
		add(rows[i], key, entry.key, "key")
		add(rows[i], value, entry.value, "value")
	end
	return rows
end

---Rows whose `member` is the same as one: their other numbers are added up.
---@param rows table[]
---@param member string
---@return table[] rows
function M.merge(rows, member)
	local out, by_value = {}, {}
	for _, row in ipairs(rows) do
		local sum = by_value[row[member]]
		if not sum then
			by_value[row[member]], out[#out + 1] = row, row
		end
		for name, value in pairs(sum and row or {}) do
			local other = sum[name] or 0
			if name ~= member and tonumber(value) and tonumber(other) and type(value) ~= "string" then
				sum[name] = other + value
			end
		end
	end
	return out
end

return M

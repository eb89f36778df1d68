-- SPDX-License-Identifier: MIT
-- Histograms as data: counts by slot, one for each first member of a map's keys.
local ffi = require "ffi"
local format = require "luatrace.format"

local M = {}

---@class luatrace.tool.Histogram
---@field key any of what; nil: of all
---@field counts table<integer, number> by slot: of log2 ones, slot n counts values below 2^n

-- Equal keys shall be equal values: cdata is no table key.
local function plain(key)
	if type(key) ~= "cdata" then
		return key
	elseif tostring(ffi.typeof(key)):find "^ctype<char %(&%)%[" then
		return format.chars(ffi.cast("uint8_t *", key), ffi.sizeof(key))
	end
	return tonumber(key) and format.plain(key) or tostring(key)
end

---Histograms of a map's entries, sorted by key. A key is a slot, or a struct of two members, `key` and `slot`.
---@param entries { key: any, value: any }[]
---@param opts { label: string?, name: fun(key: any): any } name: what a key is shown as; without a label
---keys do not matter
---@return luatrace.tool.Histogram[]
function M.group(entries, opts)
	local groups, by_key = {}, {}
	for _, entry in ipairs(entries) do
		local key, slot = nil, tonumber(entry.key)
		if not slot then
			slot = tonumber(entry.key.slot)
			key = opts.label and plain(opts.name and opts.name(entry.key.key) or entry.key.key) or nil
		end
		local id = key == nil and "" or key
		local group = by_key[id]
		if not group then
			group = { key = key, counts = {} }
			by_key[id], groups[#groups + 1] = group, group
		end
		group.counts[slot] = (group.counts[slot] or 0) + tonumber(entry.value)
	end
	table.sort(groups, function(a, b)
		if type(a.key) == "number" and type(b.key) == "number" then
			return a.key < b.key
		end
		return tostring(a.key) < tostring(b.key)
	end)
	return groups
end

---The lowest and the highest value that a slot counts, as text.
---@param slot integer
---@param linear boolean?
---@return string from
---@return string to
function M.bounds(slot, linear)
	if linear then
		return format.plain(slot), format.plain(slot)
	end
	return require("luatrace.hist").bounds(slot)
end

---Calls `fn` for each slot from the first to the last that counted something.
---@param counts table<integer, number>
---@param fn fun(slot: integer, count: number)
function M.each(counts, fn)
	local first, last
	for slot, count in pairs(counts) do
		if count > 0 then
			first, last = math.min(first or slot, slot), math.max(last or slot, slot)
		end
	end
	for slot = first or 1, last or 0 do
		fn(slot, counts[slot] or 0)
	end
end

return M

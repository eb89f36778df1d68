-- SPDX-License-Identifier: MIT
-- Histograms as data: counts by slot, one for each first member of a map's keys.
local ffi = require "ffi"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

---@class luatrace.tool.Histogram
---@field key any of what; nil: of all
---@field counts table<integer, number> by slot: of log2 ones, slot n counts values below 2^n
---@field sums { [1]: string, [2]: number }[]? what else is known of the values: { "average", 7 }

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

-- The slots that bpf_log2l() gives, and 0.
local MOST_LOG2 = 64

---Raises what is wrong with slots: what would be shown between two of them is as much as they are apart.
---@param groups luatrace.tool.Histogram[]
---@param linear boolean?
---@param map string? its name
function M.check(groups, linear, map)
	local where = map and ("map '%s'"):format(map) or "hist"
	for _, group in ipairs(groups) do
		for slot in pairs(group.counts) do
			if type(slot) ~= "number" or slot % 1 ~= 0 then
				errors.raise(("%s: %s is no slot of a histogram, which is a whole number"):format(where,
					format.escape(tostring(slot))), errors.EINVAL)
			elseif not linear and (slot < 0 or slot > MOST_LOG2) then
				errors.raise(("%s: %s is no slot of a histogram of powers of two (0 to %d)"):format(where, format.plain(slot),
					MOST_LOG2), errors.EINVAL)
			end
		end
	end
end

---Calls `fn` for each slot from the first to the last that counted something; of linear ones for those alone.
---@param counts table<integer, number>
---@param linear boolean?
---@param fn fun(slot: integer, count: number)
function M.each(counts, linear, fn)
	local slots = {}
	for slot, count in pairs(counts) do
		slots[#slots + 1] = count > 0 and slot or nil
	end
	table.sort(slots)
	if linear then
		for _, slot in ipairs(slots) do
			fn(slot, counts[slot])
		end
		return
	end
	for slot = slots[1] or 1, slots[#slots] or 0 do
		fn(slot, counts[slot] or 0)
	end
end

return M

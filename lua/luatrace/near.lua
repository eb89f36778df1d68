-- SPDX-License-Identifier: MIT
-- The known name nearest to a mistyped one, for error messages.
local M = {}

-- How many letters are missing, too many, wrong, or changed places with their neighbour.
local function distance(a, b)
	local row, previous = {}, nil
	for j = 0, #b do
		row[j] = j
	end
	for i = 1, #a do
		local next_row = { [0] = i }
		for j = 1, #b do
			local cost = a:byte(i) == b:byte(j) and 0 or 1
			local least = math.min(row[j] + 1, next_row[j - 1] + 1, row[j - 1] + cost)
			if previous and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
				least = math.min(least, previous[j - 2] + 1)
			end
			next_row[j] = least
		end
		row, previous = next_row, row
	end
	return row[#b]
end

---The name of `list` that `name` most likely meant, or nil when none is near.
---@param name string
---@param list string[]
---@return string?
function M.nearest(name, list)
	local best, least
	local wanted = name:lower()
	for _, candidate in ipairs(list) do
		local d = distance(wanted, candidate:lower())
		if not least or d < least then
			best, least = candidate, d
		end
	end
	if best and least <= math.max(1, math.floor(math.max(#name, #best) / 3)) then
		return best
	end
	return nil
end

---The names of a table that is by name, sorted.
---@param by_name table<string, any>
---@return string[]
function M.names(by_name)
	local names = {}
	for name in pairs(by_name) do
		names[#names + 1] = name
	end
	table.sort(names)
	return names
end

---"; did you mean 'x'?", or "; known: a, b, c" when nothing is near, or "" when nothing is known.
---@param name any
---@param list string[]
---@return string
function M.hint(name, list)
	table.sort(list)
	local best = type(name) == "string" and M.nearest(name, list)
	if best then
		return ("; did you mean '%s'?"):format(best)
	end
	if #list == 0 then
		return ""
	end
	local shown = table.concat(list, ", ", 1, math.min(#list, 12))
	return "; known: " .. shown .. (#list > 12 and ", …" or "")
end

return M

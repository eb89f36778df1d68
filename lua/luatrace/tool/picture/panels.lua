-- SPDX-License-Identifier: MIT
-- Histograms of a whole run, one for each thing that they are of: what was counted in all, and what an interval added.
local format = require "luatrace.format"
local svg = require "luatrace.tool.picture.svg"

local M = {}

-- Characters of a panel's title.
local TITLE = 90
-- Values of their own that a panel of a whole run has at most.
local MOST_VALUES = 65536

---@class luatrace.tool.Panel
---@field name string? of what it is: "disk = sda"; nil: of all
---@field key any
---@field unit string
---@field linear boolean?
---@field counts table<integer, number> by slot
---@field total number
---@field values integer how many slots
---@field kept table<integer, number>? of a map that is kept: what it told last
---@field beyond number what was counted at others, that there was no room for

---@class luatrace.tool.Panels
---@field list luatrace.tool.Panel[]
local Panels = {}
Panels.__index = Panels

---@return luatrace.tool.Panels
function M.new()
	return setmetatable({ list = {}, by_id = {} }, Panels)
end

local function text_of(key)
	return type(key) == "string" and key or format.plain(key)
end

local function panel_of(self, group, opts)
	local key = group.key ~= nil and text_of(group.key) or nil
	local id = table.concat({ opts.title or "", opts.label or "", opts.unit or "", key or "" }, "\0")
	local panel = self.by_id[id]
	if not panel then
		local name = key and ("%s = %s"):format(opts.label or "key", key)
		if opts.title then
			name = name and opts.title .. ", " .. name or opts.title
		end
		panel = { name = name, title = opts.title or "", key = key, unit = opts.unit or "value", linear = opts.linear,
			counts = {}, total = 0, values = 0, beyond = 0 }
		self.by_id[id], self.list[#self.list + 1] = panel, panel
	end
	return panel
end

local function add(panel, slot, count)
	local before = panel.counts[slot]
	panel.total = panel.total + count
	if not before and panel.values >= MOST_VALUES then
		panel.beyond = panel.beyond + count
		return
	elseif not before then
		panel.values = panel.values + 1
	end
	panel.counts[slot] = (before or 0) + count
end

---Adds what a tool shows.
---@param groups luatrace.tool.Histogram[]
---@param opts table as of Run:hist()
---@return { panel: luatrace.tool.Panel, counts: table<integer, number> }[] added what is new
function Panels:add(groups, opts)
	local added = {}
	for _, group in ipairs(groups) do
		local panel, new = panel_of(self, group, opts), {}
		-- a map that is kept tells all that it ever counted
		local before, kept = opts.keep and panel.kept or {}, opts.keep and {} or nil
		for slot, count in pairs(group.counts) do
			new[slot] = count - (before[slot] or 0)
			add(panel, slot, new[slot])
			if kept then
				kept[slot] = count
			end
		end
		panel.kept = kept
		added[#added + 1] = { panel = panel, counts = new }
	end
	return added
end

-- Numbers as numbers.
local function is_ahead(a, b)
	local x, y = tonumber(a.key), tonumber(b.key)
	if a.title ~= b.title then
		return a.title < b.title
	elseif x and y and x ~= y then
		return x < y
	end
	return tostring(a.key) < tostring(b.key)
end

---Those that are drawn: `most` at most, the ones that counted most, in the order of their keys.
---@param most integer
---@return luatrace.tool.Panel[] list
---@return integer more how many are not in it
function Panels:chosen(most)
	local list = {}
	for _, panel in ipairs(self.list) do
		list[#list + 1] = panel.total > 0 and panel or nil
	end
	table.sort(list, function(a, b) return a.total > b.total end)
	local chosen = { unpack(list, 1, most) }
	table.sort(chosen, is_ahead)
	return chosen, #list - #chosen
end

---What is above a panel.
---@param panel luatrace.tool.Panel
---@return string xml
function M.title(panel)
	return svg.entities(svg.fit(svg.escape(panel.name or "all"), TITLE))
end

---Counts by value as counts by slots of powers of two.
---@param counts table<integer, number>
---@return table<integer, number>
function M.log2(counts)
	local out = {}
	for value, count in pairs(counts) do
		local _, slot = math.frexp(math.max(value, 1))
		slot = math.min(slot, 64)	-- the highest values are beyond what a double holds exactly
		out[slot] = (out[slot] or 0) + count
	end
	return out
end

return M

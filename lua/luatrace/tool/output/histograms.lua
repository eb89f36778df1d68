-- SPDX-License-Identifier: MIT
-- --svg FILE: the histograms of a whole run as bars, one panel below the other.
local histograms = require "luatrace.tool.histograms"
local panels = require "luatrace.tool.picture.panels"
local picture_file = require "luatrace.tool.picture.file"
local svg = require "luatrace.tool.picture.svg"

local M = {}

local MARGIN, ROW, CHAR, BAR, TOP = 24, 20, 7.23, 480, 76
-- More panels, and more rows of one, nobody looks through.
local MOST_PANELS, MOST_ROWS = 64, 64

local STYLE = ([[text{font:12px MONO;fill:#1a1a1a}.sans{font:12px SANS;fill:#555}.title{font:600 18px SANS;fill:#111}
.name{font:600 13px SANS}.end{text-anchor:end}.bar{fill:#4a8ccb}.track{fill:#eef2f6}.row:hover .bar{fill:#2a669f}
]]):gsub("MONO", svg.MONO):gsub("SANS", svg.SANS)

---@class luatrace.tool.HistogramOutput
local Histograms = {}
Histograms.__index = Histograms

---@param run luatrace.Run
---@return luatrace.tool.HistogramOutput
function M.new(run)
	return setmetatable({ run = run, panels = panels.new(), file = picture_file.new("svg", run.options.svg) }, Histograms)
end

---@param groups luatrace.tool.Histogram[]
---@param opts table
function Histograms:hist(groups, opts)
	self.panels:add(groups, opts)
end

local function label(from, to)
	from, to = svg.digits(from), svg.digits(to)
	return from == to and from or from .. " – " .. to
end

local function longest_of(list, rows)
	local longest = 8
	for i, panel in ipairs(list) do
		longest = math.max(longest, #panel.unit)
		for _, row in ipairs(rows[i]) do
			longest = math.max(longest, #row.label - 2)	-- the dash is of three bytes
		end
	end
	return longest
end

-- Rows of a panel: of values of their own, where there are many, several are one.
local function rows_of(panel)
	local rows, first, last = {}, nil, nil
	histograms.each(panel.counts, function(slot, count)
		first, last = first or slot, slot
		rows[#rows + 1] = { slot = slot, to = slot, count = count }
	end)
	local width = first and math.ceil((last - first + 1) / MOST_ROWS) or 1
	if panel.linear and width > 1 then
		local wide = {}
		for _, row in ipairs(rows) do
			local at = math.floor((row.slot - first) / width) + 1
			local one = wide[at] or { slot = row.slot, count = 0 }
			wide[at], one.to, one.count = one, row.slot, one.count + row.count
		end
		rows = wide
	end
	for _, row in ipairs(rows) do
		local from, to = histograms.bounds(row.slot, panel.linear)
		if panel.linear then
			to = histograms.bounds(row.to, true)
		end
		row.label = label(from, to)
	end
	return rows
end

local function put_panel(out, panel, rows, y, gutter)
	local most = 0
	for _, row in ipairs(rows) do
		most = math.max(most, row.count)
	end
	local left = MARGIN + gutter + 12
	out[#out + 1] = svg.label("name", MARGIN, y, panels.title(panel)) .. "\n"
	out[#out + 1] = svg.label("sans end", MARGIN + gutter, y + 20, svg.text(panel.unit))
	out[#out + 1] = svg.label("sans", left, y + 20, svg.number(panel.total) .. " counted") .. "\n"
	y = y + 26
	for _, row in ipairs(rows) do
		local share = panel.total > 0 and 100 * row.count / panel.total or 0
		out[#out + 1] = ('<g class="row"><title>%s %s: %s (%.2f%%)</title>'):format(row.label, svg.text(panel.unit),
			svg.number(row.count), share)
		out[#out + 1] = svg.label("end", MARGIN + gutter, y + 14, row.label)
		out[#out + 1] = svg.box("track", left, y + 1, BAR, ROW - 3) .. "/>"
		-- what was counted can be seen
		local width = row.count > 0 and math.max(BAR * row.count / most, 1.5) or 0
		out[#out + 1] = svg.box("bar", left, y + 1, width, ROW - 3) .. "/>"
		out[#out + 1] = svg.label("count", left + BAR + 8, y + 14, svg.number(row.count)) .. "</g>\n"
		y = y + ROW
	end
	return y + 34
end

function Histograms:finish()
	local list, more = self.panels:chosen(MOST_PANELS)
	local body, rows, y = {}, {}, TOP + 12
	for i, panel in ipairs(list) do
		rows[i] = rows_of(panel)
	end
	local gutter = math.ceil(longest_of(list, rows) * CHAR)
	for i, panel in ipairs(list) do
		y = put_panel(body, panel, rows[i], y, gutter)
	end
	local rest = svg.rest(#list, more, MARGIN, y)
	if rest then
		body[#body + 1], y = rest, y + 30
	end
	local file = self.file
	file:open()
	file:write(svg.head(math.max(2 * MARGIN + gutter + BAR + 110, 640), y - 6, STYLE))
	file:write(svg.title(self.run, MARGIN), table.concat(body), "</svg>\n")
	file:close()
end

return M

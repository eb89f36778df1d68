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
	out[#out + 1] = ('<text class="name" x="%d" y="%d">%s</text>\n'):format(MARGIN, y, svg.text(svg.fit(svg.escape(panel.name
		or "all"), 90)))
	out[#out + 1] = ('<text class="sans end" x="%d" y="%d">%s</text><text class="sans" x="%d" y="%d">%s counted</text>\n'):format(
		MARGIN + gutter, y + 20, svg.text(panel.unit), MARGIN + gutter + 12, y + 20, svg.number(panel.total))
	y = y + 26
	for _, row in ipairs(rows) do
		local share = panel.total > 0 and 100 * row.count / panel.total or 0
		out[#out + 1] = ('<g class="row"><title>%s %s: %s (%.2f%%)</title><text class="end" x="%d" y="%d">%s</text>'):format(row.label,
			svg.text(panel.unit), svg.number(row.count), share, MARGIN + gutter, y + 14, row.label)
		out[#out + 1] = ('<rect class="track" x="%d" y="%d" width="%d" height="%d"/>'):format(MARGIN + gutter + 12, y + 1, BAR, ROW - 3)
		-- what was counted can be seen
		local width = row.count > 0 and math.max(BAR * row.count / most, 1.5) or 0
		out[#out + 1] = ('<rect class="bar" x="%d" y="%d" width="%s" height="%d"/><text x="%d" y="%d">%s</text></g>\n'):format(
			MARGIN + gutter + 12, y + 1, svg.at(width), ROW - 3, MARGIN + gutter + BAR + 20, y + 14, svg.number(row.count))
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
	if #list == 0 or more > 0 then
		body[#body + 1] = ('<text class="sans" x="%d" y="%d">%s</text>\n'):format(MARGIN, y, #list == 0 and "nothing was counted"
			or ("and %s more, which counted less"):format(svg.number(more)))
		y = y + 30
	end
	local file = self.file
	file:open()
	file:write(svg.head(math.max(2 * MARGIN + gutter + BAR + 110, 640), y - 6, STYLE))
	file:write(svg.title(self.run, MARGIN), table.concat(body), "</svg>\n")
	file:close()
end

return M

-- SPDX-License-Identifier: MIT
-- --svg FILE: the histograms of a whole run as bars, one panel below the other.
local hist = require "luatrace.hist"
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

local function row_of(slot, to, count, linear)
	local from, last = histograms.bounds(slot, linear)
	return { count = count, label = label(from, linear and histograms.bounds(to, true) or last) }
end

-- One is for several values.
local function wide_rows(counts)
	local rows, list = {}, {}
	histograms.each(counts, true, function(slot, count) list[#list + 1] = { slot, count } end)
	local first, last = list[1][1], list[#list][1]
	local width = math.ceil((last - first + 1) / MOST_ROWS)
	for _, one in ipairs(list) do
		local at = math.min(math.floor((one[1] - first) / width), MOST_ROWS - 1)
		rows[at] = (rows[at] or 0) + one[2]
	end
	local out = {}
	for at = 0, math.floor((last - first) / width) do
		out[at + 1] = row_of(first + at * width, math.min(first + (at + 1) * width - 1, last), rows[at] or 0, true)
	end
	return out
end

local function rows_of(panel)
	local rows = {}
	if not panel.linear then
		histograms.each(panel.counts, false, function(slot, count) rows[#rows + 1] = row_of(slot, slot, count) end)
		return rows
	end
	hist.values(panel.counts, nil, function(slot, count) rows[#rows + 1] = { slot, count } end,
		function() rows[#rows + 1] = {} end)
	if #rows > MOST_ROWS then
		return wide_rows(panel.counts)
	end
	for i, row in ipairs(rows) do
		rows[i] = row[1] and row_of(row[1], row[1], row[2], true) or { label = "…" }
	end
	return rows
end

local function bar(panel, row, most, y, gutter)
	local share, left = panel.total > 0 and 100 * row.count / panel.total or 0, MARGIN + gutter + 12
	-- what was counted can be seen
	local width = row.count > 0 and math.max(BAR * row.count / most, 1.5) or 0
	return table.concat {
		('<g class="row"><title>%s %s: %s (%.2f%%)</title>'):format(row.label, svg.text(panel.unit), svg.number(row.count),
			share), svg.label("end", MARGIN + gutter, y + 14, row.label), svg.box("track", left, y + 1, BAR, ROW - 3), "/>",
		svg.box("bar", left, y + 1, width, ROW - 3), "/>",
		svg.label("count", left + BAR + 8, y + 14, svg.number(row.count)), "</g>\n",
	}
end

local function put_panel(out, panel, rows, y, gutter)
	local most = 0
	for _, row in ipairs(rows) do
		most = math.max(most, row.count or 0)
	end
	local left = MARGIN + gutter + 12
	out[#out + 1] = svg.label("name", MARGIN, y, panels.title(panel)) .. "\n"
	out[#out + 1] = svg.label("sans end", MARGIN + gutter, y + 20, svg.text(panel.unit))
	out[#out + 1] = svg.label("sans", left, y + 20, svg.number(panel.total) .. " counted" .. (panel.beyond > 0
		and (", %s of them at values that there was no room for"):format(svg.number(panel.beyond)) or "")) .. "\n"
	y = y + 26
	for _, row in ipairs(rows) do
		out[#out + 1] = row.count and bar(panel, row, most, y, gutter)
			or svg.label("end", MARGIN + gutter, y + 14, row.label) .. "\n"
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

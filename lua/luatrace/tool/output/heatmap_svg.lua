-- SPDX-License-Identifier: MIT
-- --heatmap-svg FILE: histograms over time, time from left to right, larger values above, darker where there were more.
local colours = require "luatrace.tool.picture.colours"
local histograms = require "luatrace.tool.histograms"
local panels = require "luatrace.tool.picture.panels"
local picture_file = require "luatrace.tool.picture.file"
local svg = require "luatrace.tool.picture.svg"

local M = {}

local MARGIN, ROW, CHAR, TOP, WIDTH = 24, 18, 7.23, 76, 960
-- Of more intervals than these several are one column; more panels nobody looks through.
local MOST_COLUMNS, MOST_PANELS, WIDEST, SHADES = 480, 32, 32, 12
local TIME_WIDTH = 90

local STYLE = ([[text{font:12px MONO;fill:#1a1a1a}.sans{font:12px SANS;fill:#555}.title{font:600 18px SANS;fill:#111}
.name{font:600 13px SANS}.end{text-anchor:end}.ground{fill:#f4f5f7}.cell:hover{stroke:#111}
]]):gsub("MONO", svg.MONO):gsub("SANS", svg.SANS)

---@class luatrace.tool.HeatmapSvg
local HeatmapSvg = {}
HeatmapSvg.__index = HeatmapSvg

---@param run luatrace.Run
---@return luatrace.tool.HeatmapSvg
function M.new(run)
	return setmetatable({ run = run, panels = panels.new(), times = {}, cells = {},
		file = picture_file.new("heatmap-svg", run.options.heatmap_svg) }, HeatmapSvg)
end

---What is shown next is of another interval.
function HeatmapSvg:interval()
	self.times[#self.times + 1] = self.run.clock.time_of_day():sub(1, 8)
end

---@param groups luatrace.tool.Histogram[]
---@param opts table
function HeatmapSvg:hist(groups, opts)
	for _, one in ipairs(self.panels:add(groups, opts)) do
		local cells = self.cells[one.panel] or {}
		self.cells[one.panel], cells[#self.times] = cells, opts.linear and panels.log2(one.counts) or one.counts
	end
end

-- A panel's columns, the first and the last slot, and the greatest count.
local function columns_of(cells, count, merged)
	local columns, first, last, most = {}, nil, nil, 0
	for i = 1, count do
		local at = math.floor((i - 1) / merged) + 1
		local column = columns[at] or {}
		columns[at] = column
		for slot, n in pairs(cells[i] or {}) do
			column[slot] = (column[slot] or 0) + n
			if column[slot] > 0 then
				first, last, most = math.min(first or slot, slot), math.max(last or slot, slot), math.max(most, column[slot])
			end
		end
	end
	return columns, first or 1, last or 1, most
end

local function put_cells(out, panel, x, y, step, column, time)
	for slot = panel.first, panel.last do
		local count = column[slot] or 0
		if count > 0 then
			local from, to = histograms.bounds(slot)
			local shade = math.floor((SHADES - 1) * math.log(count) / math.max(math.log(panel.most), 1e-9) + 0.5)
			out[#out + 1] = ('%s fill="%s"><title>%s, %s – %s %s: %s</title></rect>'):format(svg.box("cell", x,
				y + (panel.last - slot) * ROW, step > 4 and step - 1 or step, ROW - 1), colours.heat(shade / (SHADES - 1)), time,
				svg.digits(from), svg.digits(to), panel.unit, svg.number(count))
		end
	end
	out[#out + 1] = "\n"
end

local function put_scale(out, x, y, most)
	for shade = 0, SHADES - 1 do
		out[#out + 1] = ('%s fill="%s"/>'):format(svg.box("scale", x + 12 * shade, y - 10, 12, 11),
			colours.heat(shade / (SHADES - 1)))
	end
	out[#out + 1] = svg.label("sans end", x - 6, y, "1")
	out[#out + 1] = svg.label("sans", x + 12 * SHADES + 6, y, svg.number(most) .. " in a cell") .. "\n"
end

-- Times below the columns, as many as there is room for.
local function put_times(out, times, merged, x, y, step)
	local every = math.ceil(TIME_WIDTH / step)
	for at = 1, math.ceil(#times / merged), every do
		local left = x + (at - 1) * step
		out[#out + 1] = ('<path d="M%s %dv5" stroke="#888"/>%s\n'):format(svg.at(left), y,
			svg.label("sans", left, y + 17, times[(at - 1) * merged + 1]))
	end
end

local function put_panel(self, out, panel, y, gutter)
	local times, merged = self.times, math.ceil(#self.times / MOST_COLUMNS)
	local columns, first, last, most = columns_of(self.cells[panel], #times, merged)
	local drawn = { unit = svg.text(panel.unit), first = first, last = last, most = most }
	local step, x = math.min(WIDTH / #columns, WIDEST), MARGIN + gutter + 10
	local high = (last - first + 1) * ROW
	out[#out + 1] = svg.label("name", MARGIN, y, panels.title(panel)) .. "\n"
	out[#out + 1] = svg.label("sans end", MARGIN + gutter, y + 20, drawn.unit) .. "\n"
	put_scale(out, x + 12, y + 20, most)
	y = y + 30
	out[#out + 1] = svg.box("ground", x, y, step * #columns, high) .. "/>\n"
	for slot = first, last do
		local from, to = histograms.bounds(slot)
		out[#out + 1] = svg.label("end", MARGIN + gutter, y + (last - slot) * ROW + 13, ("%s – %s"):format(svg.digits(from),
			svg.digits(to))) .. "\n"
	end
	for i, column in ipairs(columns) do
		put_cells(out, drawn, x + (i - 1) * step, y, step, column, times[(i - 1) * merged + 1])
	end
	put_times(out, times, merged, x, y + high, step)
	return y + high + 54
end

-- Characters of the longest range of values.
local function longest_of(list)
	local longest = 8
	for _, panel in ipairs(list) do
		histograms.each(panel.linear and panels.log2(panel.counts) or panel.counts, false, function(slot)
			local from, to = histograms.bounds(slot)
			longest = math.max(longest, #svg.digits(from) + #svg.digits(to) + 3)
		end)
	end
	return longest
end

function HeatmapSvg:finish()
	local list, more = self.panels:chosen(MOST_PANELS)
	local gutter = math.ceil(longest_of(list) * CHAR)
	local out, y = {}, TOP + 12
	for _, panel in ipairs(list) do
		y = put_panel(self, out, panel, y, gutter)
	end
	local rest = svg.rest(#list, more, MARGIN, y)
	if rest then
		out[#out + 1], y = rest, y + 30
	end
	local file = self.file
	file:open()
	file:write(svg.head(2 * MARGIN + gutter + 10 + WIDTH + 40, y - 10, STYLE))
	file:write(svg.title(self.run, MARGIN), table.concat(out), "</svg>\n")
	file:close()
end

return M

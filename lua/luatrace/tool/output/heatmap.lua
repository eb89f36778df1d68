-- SPDX-License-Identifier: MIT
-- --heatmap: a line an interval, a column for each power of two, shaded by how many of the line's events were there.
local ffi = require "ffi"
local C = require "luatrace.abi"
local format = require "luatrace.format"
local histograms = require "luatrace.tool.histograms"
local panels = require "luatrace.tool.picture.panels"

local M = {}

local STDOUT, WIDTH = 1, 100
local LEVELS = 8
-- Of the 256: from what is seen on dark and on light to what stands out.
local COLOURS = { 53, 90, 126, 161, 202, 208, 214, 226 }
local BLOCKS, LETTERS = { "░", "▒", "▓", "█" }, { ".", ":", "*", "#" }
-- A header again after so many lines.
local PAGE = 40
local UNITS = { "", "K", "M", "G", "T", "P", "E" }

---@class luatrace.tool.Heatmap
local Heatmap = {}
Heatmap.__index = Heatmap

local function has_colours()
	local term, no_color = os.getenv "TERM" or "", os.getenv "NO_COLOR" or ""
	return C.lt_is_terminal(STDOUT) == 1 and term ~= "" and term ~= "dumb" and no_color == ""
end

local function has_blocks()
	for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
		local value = os.getenv(name)
		if value and value ~= "" then
			return value:lower():find "utf%-?8" ~= nil
		end
	end
	return false
end

local function screen_width()
	if C.lt_is_terminal(STDOUT) == 0 then
		return WIDTH
	end
	local width, height = ffi.new "int32_t[1]", ffi.new "int32_t[1]"
	C.lt_terminal_size(width, height)
	return width[0] > 0 and width[0] or WIDTH
end

---@param run luatrace.Run
---@return luatrace.tool.Heatmap
function M.new(run)
	return setmetatable({ run = run, panels = panels.new(), colours = has_colours(), lines = 0,
		shades = has_blocks() and BLOCKS or LETTERS }, Heatmap)
end

-- How strong a share is: each level is twice the one below, the last is half of all and more.
local function level_of(share)
	return math.max(1, math.min(LEVELS, LEVELS + 1 - math.ceil(-math.log(share) / math.log(2) - 1e-9)))
end

function Heatmap:cell(share)
	local width = self.width
	if share == 0 then
		return (" "):rep(width)
	end
	if self.colours then
		return ("\27[48;5;%dm%s\27[0m"):format(COLOURS[level_of(share)], (" "):rep(width))
	end
	return self.shades[share < 1 / 32 and 1 or share < 1 / 8 and 2 or share < 1 / 4 and 3 or 4]:rep(width)
end

-- The least value of a slot, in at most four characters.
local function short(slot)
	if slot <= 1 then
		return "0"
	end
	return ("%d%s"):format(2 ^ ((slot - 1) % 10), UNITS[math.floor((slot - 1) / 10) + 1])
end

-- Columns from the least to the greatest slot that was seen; more of them than the screen is wide are narrower.
function Heatmap:widen(first, last)
	self.first, self.last = math.min(self.first or first, first), math.max(self.last or last + 1, last)
	local room = screen_width() - (self.keyed and 39 or 22)
	local count = self.last - self.first + 1
	self.width = count * 5 <= room and 5 or count * 3 <= room and 3 or 1
	self.lines = 0
end

function Heatmap:legend()
	if self.colours then
		local out = {}
		for level = 1, LEVELS do
			out[level] = ("\27[48;5;%dm  \27[0m"):format(COLOURS[level])
		end
		return table.concat(out) .. " up to 1/128, 1/64, ... 1/2, and more of a line's events"
	end
	return ("%s below 1/32, %s below 1/8, %s below 1/4, %s above, of a line's events"):format(unpack(self.shades))
end

function Heatmap:header(unit)
	local every = math.ceil(5 / self.width)
	local columns = math.max((self.last - self.first + 1) * self.width, #unit)
	local scale = ""
	for slot = self.first, self.last, every do
		local name = short(slot)
		-- as wide as the cells: half a name would be another one
		if #scale + #name <= columns then
			scale = scale .. ("%-" .. math.min(self.width * every, columns - #scale) .. "s"):format(name)
		end
	end
	scale = scale .. (" "):rep(columns - #scale)
	io.write(self.begun and "" or self:legend(), "\n")
	io.write(("%-8s  %s%s  %8s  %s\n"):format("TIME", self.keyed and ("%-15s  "):format(self.keyed:upper()) or "", scale,
		"COUNT", format.escape(unit)))
	self.begun = true
end

local function range_of(counts)
	local first, last, total
	histograms.each(counts, false, function(slot, count)
		first, last, total = first or slot, slot, (total or 0) + count
	end)
	return first, last, total or 0
end

-- The key's first characters; names may be of any length.
local function key_field(key)
	local text = format.escape(key or "-")
	-- with the character that is past them, whole or not
	return ("%-15s  "):format(#text > 15 and text:sub(1, 16):gsub("[^\128-\191][\128-\191]*$", "") or text)
end

function Heatmap:line(time, key, counts, unit)
	local first, last, total = range_of(counts)
	first, last = first or self.first or 1, last or self.last or 8
	if not self.first or first < self.first or last > self.last or unit ~= self.unit or self.lines == PAGE then
		self.unit = unit
		self:widen(first, last)
		self:header(unit)
	end
	local cells = {}
	for slot = self.first, self.last do
		cells[#cells + 1] = self:cell(total > 0 and (counts[slot] or 0) / total or 0)
	end
	io.write(time, "  ", self.keyed and key_field(key) or "", table.concat(cells), ("  %8s\n"):format(format.plain(total)))
	self.lines = self.lines + 1
end

---@param groups luatrace.tool.Histogram[]
---@param opts table
function Heatmap:hist(groups, opts)
	self.keyed = opts.label
	local time = self.run.clock.time_of_day():sub(1, 8)
	for _, one in ipairs(self.panels:add(groups, opts)) do
		self:line(time, one.panel.key, opts.linear and panels.log2(one.counts) or one.counts, one.panel.unit)
	end
	if #groups == 0 and not opts.label and not self.run.last then
		self:line(time, nil, {}, opts.unit or "value")
	end
end

---@param text string
function Heatmap:say(text)	-- luacheck: ignore 212
	io.write(format.escape(text), "\n")
end

return M

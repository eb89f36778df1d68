-- SPDX-License-Identifier: MIT
-- Figures with labels, and their text in Prometheus' exposition format. Label values are anyone's: what they are is
-- escaped, and how many there are is limited.
local ffi = require "ffi"
local format = require "luatrace.format"

local M = {}

---Several metrics whose series have the same labels.
---@class luatrace.tool.Metrics
---@field labels string[] names
---@field limit integer
---@field count integer of series, without that of the others
---@field folded number how many rows were counted as "other"
---@field scrapes integer how often all of it was read; a series has in `changed` how often that was when it changed
---@field old integer the last of them that is older than AGE
---@field times table<integer, number> when the later ones were
local Metrics = {}
Metrics.__index = Metrics

---@class luatrace.tool.Metric
---@field name string
---@field kind "counter"|"gauge"|"summary"|"histogram"
---@field help string
---@field scale number what values are multiplied by

-- Seconds that a series stays as it is after it was read, for sure: as long as Prometheus looks back.
local AGE = 300

-- Values that are no text yet, by raw value: how often they are escaped shall not be how often they come.
local RAW_PER_SERIES = 4

---@param labels string[]
---@param limit integer
---@return luatrace.tool.Metrics
function M.new(labels, limit)
	local self = setmetatable({ labels = labels, limit = limit, folded = 0, scrapes = 0, old = 0, times = {} }, Metrics)
	self:clear()
	return self
end

---Forgets all series.
function Metrics:clear()
	self.series, self.by_text, self.by_raw, self.raw_count, self.count, self.other = {}, {}, {}, 0, 0, nil
	self.spare, self.swept = {}, false
end

---All series have been read.
---@param now number seconds
function Metrics:scraped(now)
	self.scrapes = self.scrapes + 1
	self.times[self.scrapes] = now
	while self.times[self.old + 1] <= now - AGE do
		self.old, self.swept = self.old + 1, false
		self.times[self.old] = nil
	end
end

-- By the number of its type: whether a value is text, with a NUL behind it where there is room.
local is_chars = {}
local function learn(id, value)
	is_chars[id] = tostring(ffi.typeof(value)):find "^ctype<char [(&) ]*%[" ~= nil
	return is_chars[id]
end

local function text_in(value)
	local id = tonumber(ffi.typeof(value))
	local chars = is_chars[id]
	if chars == nil then
		chars = learn(id, value)
	end
	return chars and format.chars(ffi.cast("uint8_t *", value), ffi.sizeof(value)) or format.plain(value)
end

local function raw(value)
	local kind = type(value)
	if kind == "string" then
		return value
	elseif value == nil then
		return ""
	elseif kind == "cdata" then
		return text_in(value)
	end
	return format.plain(value)
end

-- As the format has it; control characters and bytes that are no UTF-8 come out escaped as in tables.
local QUOTED = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }
local function quote(text)
	return '"' .. format.escape(text):gsub('[\\"\n]', QUOTED) .. '"'
end

local function text_of(labels, values)
	local parts = {}
	for i, name in ipairs(labels) do
		parts[i] = ("%s=%s"):format(name, quote(values[i]))
	end
	return table.concat(parts, ",")
end

local function add(self, text, place)
	local one = { labels = text, changed = self.scrapes }
	self.series[place or #self.series + 1] = one
	return one
end

-- Whether it has not changed since it was read long ago.
local function is_old(self, one)
	return one.changed < self.old and one ~= self.other
end

-- Places of old series, the oldest last. More become old by a scrape alone.
local function sweep(self)
	local series, spare = self.series, {}
	for place, one in ipairs(series) do
		spare[#spare + 1] = is_old(self, one) and place or nil
	end
	table.sort(spare, function(a, b)
		local x, y = series[a].changed, series[b].changed
		return x > y or x == y and a > b
	end)
	self.spare, self.swept = spare, true
end

-- Removes the oldest one, if it is old: its place.
local function make_room(self)
	if not self.swept then
		sweep(self)
	end
	local place = table.remove(self.spare)
	while place and not is_old(self, self.series[place]) do
		place = table.remove(self.spare)
	end
	if place then
		self.by_text[self.series[place].labels], self.count = nil, self.count - 1
		self.by_raw, self.raw_count = {}, 0
	end
	return place
end

-- What is beyond the limit is one series.
local function other(self)
	self.folded = self.folded + 1
	if not self.other then
		local values = {}
		for i in ipairs(self.labels) do
			values[i] = "other"
		end
		local text = text_of(self.labels, values)
		self.other = self.by_text[text] or add(self, text)
	end
	return self.other
end

local function find(self, values, key)
	local text = text_of(self.labels, values)
	local one = self.by_text[text]
	if not one then
		local is_other, place = self.other and self.other.labels == text, nil
		if self.count >= self.limit then
			place = not is_other and make_room(self)
			if not place then
				return other(self)
			end
		end
		one = is_other and self.other or add(self, text, place)
		self.by_text[text], self.count = one, self.count + 1
	end
	if self.raw_count >= RAW_PER_SERIES * self.limit then
		self.by_raw, self.raw_count = {}, 0
	end
	self.by_raw[key], self.raw_count = one, self.raw_count + 1
	return one
end

---The series of label values, a table for figures.
---@param values any[] one for each label, which may be nil
---@return table
function Metrics:at(values)
	local key
	for i = 1, #self.labels do
		local value = raw(values[i])
		values[i] = value
		key = key and key .. "\0" .. value or value
	end
	key = key or ""
	local one = self.by_raw[key] or find(self, values, key)
	one.changed = self.scrapes
	return one
end

---@param value number
---@return string
function M.number(value)
	if value ~= value then
		return "NaN"
	elseif math.abs(value) == math.huge then
		return value > 0 and "+Inf" or "-Inf"
	end
	return value % 1 == 0 and math.abs(value) < 2 ^ 53 and ("%d"):format(value) or ("%.15g"):format(value)
end

---A name as metrics and labels have it.
---@param text string
---@return string
function M.word(text)
	local word = text:lower():gsub("[^%w]+", "_"):gsub("^_+", ""):gsub("_+$", "")
	return word:find "^%d" and "_" .. word or word
end

---@param out string[]
---@param metric luatrace.tool.Metric
function M.head(out, metric)
	out[#out + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(metric.name,
		(format.escape(metric.help):gsub("\\", "\\\\")), metric.name, metric.kind)
end

---A line. `labels`: as text, without braces.
---@param out string[]
---@param name string
---@param labels string
---@param value number
function M.line(out, name, labels, value)
	out[#out + 1] = ("%s%s %s\n"):format(name, labels ~= "" and "{" .. labels .. "}" or "", M.number(value))
end

---What is written of a figure, by its metric's kind.
local write = {}

function write.counter(out, metric, one)
	M.line(out, metric.name, one.labels, one[metric.name] * metric.scale)
end
write.gauge = write.counter

function write.summary(out, metric, one)
	local figure = one[metric.name]
	M.line(out, metric.name .. "_sum", one.labels, figure.sum * metric.scale)
	M.line(out, metric.name .. "_count", one.labels, figure.count)
end

-- Figure: `counts` by slot. Metric: `top(slot)`, the highest value that it counts; `first` and `last`.
function write.histogram(out, metric, one)
	local counts, total = one[metric.name], 0
	local start = one.labels ~= "" and one.labels .. "," or ""
	for slot, count in pairs(counts) do
		if slot < metric.first then
			total = total + count
		end
	end
	for slot = metric.first, metric.last do
		total = total + (counts[slot] or 0)
		M.line(out, metric.name .. "_bucket", ('%sle="%s"'):format(start, M.number(metric.top(slot))), total)
	end
	for slot, count in pairs(counts) do
		if slot > metric.last then
			total = total + count
		end
	end
	M.line(out, metric.name .. "_bucket", start .. 'le="+Inf"', total)
	M.line(out, metric.name .. "_count", one.labels, total)
end

---Writes all series of a metric.
---@param out string[]
---@param metric luatrace.tool.Metric
function Metrics:write(out, metric)
	local begun = false
	for _, one in ipairs(self.series) do
		if one[metric.name] ~= nil then
			if not begun then
				M.head(out, metric)
				begun = true
			end
			write[metric.kind](out, metric, one)
		end
	end
end

return M

-- SPDX-License-Identifier: MIT
-- A tool's figures for Prometheus: counted from what would have been shown, and given to whoever asks over HTTP.
local BPF = require "luatrace"
local errors = require "luatrace.errors"
local http = require "luatrace.http"
local metrics = require "luatrace.tool.metrics"
local outputs = require "luatrace.output"
local rows = require "luatrace.tool.rows"
local units = require "luatrace.tool.units"

local M = {}

---@class luatrace.tool.Prometheus
local Prometheus = {}
Prometheus.__index = Prometheus

-- How far buckets of histograms go from the first on, so that they do not come and go.
local LONGEST_S, LARGEST = 64, 2 ^ 27
-- Linear ones have as many as there are slots, but no more.
local LINEAR_BUCKETS = 128
local RESERVED = { le = true, quantile = true }

-- nil of a recording
local server
-- Until the tool is there, nothing is known of it.
local text_now = function() return "" end

---Listens where the options say.
---@param options table
function M.listen(options)
	server = http.listen("--prometheus", options.prometheus, function() return text_now() end)
end

local function label_name(text)
	local word = metrics.word(text)
	return RESERVED[word] and word .. "_" or word ~= "" and word or "key"
end

-- "NAME_FIELD_UNIT", the unit once.
local function metric_name(self, field, unit)
	local name = metrics.word(field)
	if unit and not ("_" .. name):find("_" .. unit .. "$") then
		name = name .. "_" .. unit
	end
	return self.prefix .. name
end

-- Names are told apart from those that there are.
local function take_name(self, name)
	if self.names[name] then
		return nil
	end
	self.names[name] = true
	return name
end

-- The function that gives a column's value of a row.
local function getter(column, run)
	local field, value = column.field, column.value
	if value then
		return function(row) return value(row, run) end
	end
	return function(row) return row[field] end
end

-- A column as a metric of one of these kinds; `default`: of which kind one is that has a unit.
local function metric_of(self, column, default, kinds)
	local kind = column.metric or column.unit and default
	if column.label or not kinds[kind or "none"] then
		return nil
	end
	local unit, scale
	if column.unit then
		unit, scale = units.base(column.unit)
	end
	local field = column.field == "count" and kind == "counter" and "events" or column.name
	local name = take_name(self, metric_name(self, field, unit) .. (kind == "counter" and "_total" or ""))
	return name and { name = name, kind = kind, scale = scale or 1, get = getter(column, self.run),
		help = ("%s: %s"):format(self.run.tool.summary, column.name) }
end

-- What becomes of rows: their labels, and what is counted of them.
local function group(self, default, ...)
	local names, gets, list, kinds, taken = {}, {}, {}, {}, {}
	for _, kind in ipairs { ... } do
		kinds[kind] = true
	end
	for _, column in ipairs(rows.shown(self.run)) do
		local label = column.label and label_name(column.field)
		if label and not taken[label] then
			names[#names + 1], gets[#gets + 1], taken[label] = label, getter(column, self.run), true
		end
		list[#list + 1] = metric_of(self, column, default, kinds)
	end
	return { series = metrics.new(names, self.limit), gets = gets, metrics = list }
end

local function series_of(one, row)
	local values, gets = one.values or {}, one.gets
	one.values = values
	for i = 1, #gets do
		values[i] = gets[i](row)
	end
	return one.series:at(values)
end

-- A finite number, or nil.
local function figure(value)
	value = tonumber(value)
	return value and value == value and math.abs(value) < math.huge and value or nil
end

local add = {}
function add.counter(series, name, value)
	series[name] = (series[name] or 0) + math.max(value, 0)
end
function add.gauge(series, name, value)
	series[name] = (series[name] or 0) + value
end
function add.summary(series, name, value)
	local sum = series[name]
	if not sum then
		sum = { sum = 0, count = 0 }
		series[name] = sum
	end
	sum.sum, sum.count = sum.sum + value, sum.count + 1
end

local function add_row(one, row)
	local series = series_of(one, row)
	for _, metric in ipairs(one.metrics) do
		local value = metric.get and figure(metric.get(row)) or not metric.get and 1
		if value and metric.latest then
			series[metric.name] = value
		elseif value then
			add[metric.kind](series, metric.name, value)
		end
	end
end

-- Columns are of tables where there are some: then records are counted, and nothing else of them.
local function set_up(self)
	local tool = self.run.tool
	if tool.every then
		self.counters, self.gauges = group(self, "gauge", "counter"), group(self, "gauge", "gauge")
		self.groups = { self.counters, self.gauges }
	end
	local name = take_name(self, self.prefix .. "events_total") or take_name(self, self.prefix .. "records_total")
	self.records = tool.every and group(self) or group(self, "summary", "counter", "summary", "gauge")
	if name then
		table.insert(self.records.metrics, 1, { name = name, kind = "counter", scale = 1, help = tool.summary })
	end
	for _, metric in ipairs(self.records.metrics) do
		metric.latest = metric.kind == "gauge"
	end
	self.groups[#self.groups + 1] = self.records
end

---@param run luatrace.Run
---@return luatrace.tool.Prometheus
function M.new(run)
	local self = setmetatable({ run = run, limit = run.options.prometheus_series, names = {},
		prefix = ("luatrace_%s_"):format(metrics.word(run.tool.name)), histograms = {}, groups = {} }, Prometheus)
	text_now = function() return self:text() end
	if run.tool.columns then
		set_up(self)
		self.row = function(record) add_row(self.records, record) end
	end
	return self
end

---Where it listens: probes are on by now.
function Prometheus:begin()
	local run = self.run
	if server then
		if not (run.has_records or run.tool.every or run.tool.stacks) then
			errors.raise(("--prometheus: %s shows nothing before it ends: it has neither records nor intervals"):format(
				run.tool.name), errors.EINVAL)
		end
		io.stderr:write(("luatrace: metrics at http://%s/metrics\n"):format(server.address))
	end
end

---A recording is not waited for: what its figures were in the end.
function Prometheus:finish()
	if not server then
		io.write(self:text())
	end
end

---Gauges are those of the last interval.
function Prometheus:interval()
	if self.gauges then
		self.gauges.series:clear()
	end
end

---@param _more integer
---@param all table[]
function Prometheus:rows(_, _more, all)
	for _, one in ipairs { self.counters, self.gauges } do
		for _, row in ipairs(#one.metrics > 0 and all or {}) do
			add_row(one, row)
		end
	end
end

-- The highest value that a slot counts: of log2 ones, slot n has what is below 2^n. What is counted in a larger unit
-- was rounded down to it.
local function bounds(unit, scale, linear)
	local rounded = scale > (unit == "seconds" and 1e-9 or 1)
	local more = (rounded and 0 or -1) + (linear and 1 or 0)
	if linear then
		return function(slot) return (slot + more) * scale end
	end
	return function(slot) return (2 ^ slot + more) * scale end
end

local function first_buckets(unit, scale)
	return math.ceil(math.log(unit == "seconds" and LONGEST_S / scale or LARGEST) / math.log(2))
end

local function histogram(self, opts, map)
	local unit, scale = units.base(opts.unit or "value")
	local name = metric_name(self, map or "values", unit ~= "value" and unit or nil)
	local one = self.histograms[name]
	if not one then
		take_name(self, name)
		one = { series = metrics.new(opts.label and { label_name(opts.label) } or {}, self.limit),
			metrics = { { name = name, kind = "histogram", help = self.run.tool.summary, first = opts.linear and 0 or 1,
			last = opts.linear and 0 or first_buckets(unit, scale), top = bounds(unit, scale, opts.linear) } } }
		self.histograms[name], self.groups[#self.groups + 1] = one, one
	end
	return one
end

---@param groups luatrace.tool.Histogram[]
---@param opts table
---@param map string? its name
function Prometheus:hist(groups, opts, map)
	local one = histogram(self, opts, map)
	local metric = one.metrics[1]
	if opts.keep then
		one.series:clear()
	end
	for _, from in ipairs(groups) do
		local series = one.series:at { from.key }
		local counts = series[metric.name] or {}
		series[metric.name] = counts
		for slot, count in pairs(from.counts) do
			-- one for all that have no bucket
			slot = opts.linear and math.max(math.min(slot, LINEAR_BUCKETS + 1), -1) or slot
			counts[slot] = (counts[slot] or 0) + count
			metric.last = math.max(metric.last, opts.linear and math.min(slot, LINEAR_BUCKETS) or slot)
		end
	end
end

---@param list luatrace.tool.Stack[]
---@param opts { unit: string? }
function Prometheus:stacks(list, opts)
	if not self.samples then
		local unit, scale = units.base(opts.unit or "samples")
		self.samples = { series = metrics.new({ "comm" }, self.limit), gets = { function(stack) return stack.comm end },
			metrics = { { name = self.prefix .. unit .. "_total", kind = "counter", scale = scale, help = self.run.tool.summary,
			get = function(stack) return stack.count end } } }
		self.groups[#self.groups + 1] = self.samples
	end
	for _, stack in ipairs(list) do
		add_row(self.samples, stack)
	end
end

local function folded(self, out)
	local metric = { name = "luatrace_folded_total", kind = "counter",
		help = "what was added to series with labels \"other\", since there are as many as there may be" }
	local begun = false
	for _, one in ipairs(self.groups) do
		for _, of in ipairs(one.series.folded > 0 and one.metrics or {}) do
			if not begun then
				metrics.head(out, metric)
				begun = true
			end
			metrics.line(out, metric.name, ('metric="%s"'):format(of.name), one.series.folded)
		end
	end
end

local function lost(out)
	local metric = { name = "luatrace_lost_records_total", kind = "counter",
		help = "records that there was no room for" }
	for i, from in ipairs(outputs.all) do
		if i == 1 then
			metrics.head(out, metric)
		end
		metrics.line(out, metric.name, ('output="%s"'):format(from.name), from.lost_seen)
	end
end

---All figures, for who scrapes them.
---@return string
function Prometheus:text()
	local out = {}
	metrics.head(out, { name = "luatrace_build_info", kind = "gauge", help = "the version of luatrace, and the tool" })
	metrics.line(out, "luatrace_build_info", ('tool="%s",version="%s"'):format(self.run.tool.name, BPF.version), 1)
	lost(out)
	folded(self, out)
	for _, one in ipairs(self.groups) do
		for _, metric in ipairs(one.metrics) do
			one.series:write(out, metric)
		end
		one.series:scraped(self.run.clock.now() / 1e9)
	end
	return table.concat(out)
end

return M

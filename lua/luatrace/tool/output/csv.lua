-- SPDX-License-Identifier: MIT
-- A tool's output as comma-separated values, with a header; histograms as a row for each of their slots, stacks as one.
local columns = require "luatrace.columns"
local folded = require "luatrace.tool.output.folded"
local histograms = require "luatrace.tool.histograms"
local rows = require "luatrace.tool.rows"

local M = {}

---@class luatrace.tool.Csv
local Csv = {}
Csv.__index = Csv

---@param run luatrace.Run
---@return luatrace.tool.Csv
function M.new(run)
	local self = setmetatable({ run = run }, Csv)
	if run.tool.columns then
		self.columns, self.row = rows.new(run, "csv", run.options.timestamp or run.tool.every ~= nil)
	end
	return self
end

---One header, whatever comes.
function Csv:begin()
	if self.columns then
		self.columns:header()
	end
end

---@param list table[]
function Csv:rows(list)
	for _, row in ipairs(list) do
		self.row(row)
	end
end

---@param groups luatrace.tool.Histogram[]
---@param opts table
function Csv:hist(groups, opts)
	if not self.slots then
		self.slots = columns.new { { "time" }, { opts.label or "key" }, { "from" }, { "to" }, { "count" }, { "unit" },
			format = "csv" }
		self.slots:header()
	end
	local now = self.run.clock.date_and_time()
	for _, group in ipairs(groups) do
		histograms.each(group.counts, opts.linear, function(slot, count)
			local from, to = histograms.bounds(slot, opts.linear)
			self.slots:row(now, group.key, from, to, count, opts.unit or "value")
		end)
	end
end

---A row for each stack, its frames as `--folded` has them.
---@param list luatrace.tool.Stack[]
---@param opts { unit: string?, times: string? }
function Csv:stacks(list, opts)
	if not self.counts then
		self.counts = columns.new { { "time" }, { "pid" }, { "comm" }, { "count" }, { "unit" }, { "stack" },
			opts.times and { opts.times }, format = "csv" }
		self.counts:header()
	end
	local now = self.run.clock.date_and_time()
	for _, one in ipairs(list) do
		local stack = folded.stack(one)
		if opts.times then
			self.counts:row(now, one.pid, one.comm, one.count, opts.unit or "samples", stack, one.times)
		else
			self.counts:row(now, one.pid, one.comm, one.count, opts.unit or "samples", stack)
		end
	end
end

return M

-- SPDX-License-Identifier: MIT
-- A tool's output as JSON, an object a line: rows, and of histograms one for each.
local format = require "luatrace.format"
local histograms = require "luatrace.tool.histograms"
local rows = require "luatrace.tool.rows"

local M = {}

---@class luatrace.tool.Json
local Json = {}
Json.__index = Json

---@param run luatrace.Run
---@return luatrace.tool.Json
function M.new(run)
	local self = setmetatable({ run = run }, Json)
	if run.tool.columns then
		self.columns, self.row = rows.new(run, "json", true)
	end
	return self
end

---@param list table[]
function Json:rows(list)
	for _, row in ipairs(list) do
		self.row(row)
	end
end

---@param groups luatrace.tool.Histogram[]
---@param opts table
function Json:hist(groups, opts)
	for _, group in ipairs(groups) do
		local buckets = {}
		histograms.each(group.counts, opts.linear, function(slot, count)
			local from, to = histograms.bounds(slot, opts.linear)
			buckets[#buckets + 1] = ('{"from":%s,"to":%s,"count":%s}'):format(from, to, format.plain(count))
		end)
		local sums = {}
		for i, sum in ipairs(group.sums or {}) do
			sums[i] = (',%s:%.14g'):format(format.json(sum[1]), sum[2])
		end
		io.write(('{"time":%s'):format(format.json(self.run.clock.date_and_time())),
			group.key ~= nil and (',%s:%s'):format(format.json(opts.label or "key"), format.json(group.key)) or "",
			(',"unit":%s%s,"buckets":[%s]}\n'):format(format.json(opts.unit or "value"), table.concat(sums),
				table.concat(buckets, ",")))
	end
end

---@param list luatrace.tool.Stack[]
---@param opts { unit: string?, times: string? }
function Json:stacks(list, opts)
	local now = format.json(self.run.clock.date_and_time())
	for _, one in ipairs(list) do
		local frames = {}
		for i, frame in ipairs(one.frames) do
			frames[i] = format.json(frame)
		end
		io.write(('{"time":%s,"pid":%s,"comm":%s,"count":%s,"unit":%s%s,"stack":[%s]}\n'):format(now, format.json(one.pid),
			format.json(one.comm), format.plain(one.count), format.json(opts.unit or "samples"),
			one.times and (",%s:%s"):format(format.json(opts.times), format.plain(one.times)) or "", table.concat(frames, ",")))
	end
end

return M

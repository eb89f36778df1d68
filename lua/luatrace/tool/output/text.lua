-- SPDX-License-Identifier: MIT
-- A tool's output as people read it: an aligned table, histograms of stars, stacks.
local format = require "luatrace.format"
local hist = require "luatrace.hist"
local rows = require "luatrace.tool.rows"

local M = {}

---@class luatrace.tool.Text
local Text = {}
Text.__index = Text

---@param run luatrace.Run
---@return luatrace.tool.Text
function M.new(run)
	local self = setmetatable({ run = run, sections = 0 }, Text)
	if run.tool.columns then
		self.columns, self.print = rows.new(run, "table", run.options.timestamp)
		self.row = run.tool.every and function(record) self:row_of_interval(record) end or self.print
	end
	return self
end

-- A tool that shows one row an interval, not a table: below one header, too.
function Text:row_of_interval(record)
	if not self.has_header then
		self.columns:header()
		self.has_header = true
	end
	self.print(record)
	io.stdout:flush()
end

---Records are rows below one header, which is there ahead of them.
function Text:begin()
	if self.columns and not self.run.tool.every then
		self.columns:header()
		io.stdout:flush()
	end
end

-- Ahead of what one interval showed: when that was, where there are several.
local function heading(self)
	self.sections = self.sections + 1
	if self.run.options.interval then
		io.write(self.sections > 1 and "\n" or "", self.run.clock.time(), "\n")
	end
end

---@param list table[]
---@param more integer
function Text:rows(list, more)
	heading(self)
	self.columns:header()
	for _, row in ipairs(list) do
		self.print(row)
	end
	if more > 0 then
		io.write(("... and %d more\n"):format(more))
	end
end

---@param groups luatrace.tool.Histogram[]
---@param opts table
function Text:hist(groups, opts)
	heading(self)
	local first = true
	for _, group in ipairs(groups) do
		if not first then
			io.write "\n"
		end
		first = false
		if group.key ~= nil then
			io.write(("%s = %s\n"):format(opts.label or "key", format.escape(tostring(group.key))))
		end
		local lines
		local unit = opts.unit or "value"
		if opts.linear then
			lines = hist.linear(group.counts, unit, false, true)
		else
			lines = hist.log2(group.counts, unit)
		end
		for _, line in ipairs(lines) do
			io.write(line, "\n")
		end
		local sums = {}
		for i, sum in ipairs(group.sums or {}) do
			sums[i] = ("%s %.14g"):format(sum[1], sum[2])
		end
		io.write(group.sums and table.concat(sums, ", ") .. "\n" or "")
	end
end

---@param list luatrace.tool.Stack[] the most first
---@param opts { unit: string?, times: string? }
function Text:stacks(list, opts)
	heading(self)
	for i = #list, 1, -1 do
		local one = list[i]
		for at = #one.frames, 1, -1 do
			io.write("    ", format.escape((one.frames[at]:gsub("_%[[kj]%]$", ""))), "\n")
		end
		io.write("    -                ", format.escape(one.comm or "-"), one.pid and (" (%d)"):format(one.pid) or "", "\n",
			("        %s %s%s\n\n"):format(format.plain(one.count), opts.unit or "samples",
				one.times and (" in %s %s"):format(format.plain(one.times), opts.times) or ""))
	end
end

---@param text string
function Text:say(text)	-- luacheck: ignore 212
	io.write(format.escape(text), "\n")
end

return M

-- SPDX-License-Identifier: MIT
-- Rows of a tool's columns: the function that prints one, made of the columns' declarations.
local columns = require "luatrace.columns"

local M = {}

-- Members and functions as the compiler sees them best: each column on its own.
local function compile(rows, specs, run)
	local names, values, gets = { "rows" }, { rows }, {}
	for i, spec in ipairs(specs) do
		if spec.value then
			names[#names + 1], values[#values + 1] = "get" .. i, spec.value
			gets[i] = ("get%d(e, run)"):format(i)
		else
			gets[i] = "e." .. spec.field
		end
	end
	names[#names + 1], values[#values + 1] = "run", run
	local source = ("local %s = ...\nreturn function(e) return rows:row(%s) end"):format(table.concat(names, ", "),
		table.concat(gets, ", "))
	return assert(loadstring(source, "=rows"))(unpack(values))
end

local function is_shown(column, options)
	local when = column.when
	if type(when) == "string" then
		return options[when:gsub("-", "_")]
	end
	return not when or when(options)
end

---The columns that are shown with the options as they are.
---@param run luatrace.Run
---@return table[]
function M.shown(run)
	local out = {}
	for _, column in ipairs(run.tool.columns) do
		if is_shown(column, run.options) then
			out[#out + 1] = column
		end
	end
	return out
end

---The columns of a tool, a time ahead of them if that is asked for.
---@param run luatrace.Run
---@param format "table"|"json"|"csv"
---@param time boolean
---@return luatrace.Columns rows
---@return fun(record: any) print
function M.new(run, format, time)
	local specs = {}
	if time then
		specs[1] = { header = "TIME", key = "time", width = format == "table" and 15 or nil,
			value = format == "table" and run.clock.time_of_day or run.clock.date_and_time }
	end
	for _, column in ipairs(M.shown(run)) do
		specs[#specs + 1] = column
	end
	local raw = { format = format }
	for i, spec in ipairs(specs) do
		raw[i] = { format == "table" and spec.header or spec.key, key = spec.key, width = spec.width, align = spec.align,
			decimals = spec.decimals, hex = spec.hex }
	end
	local rows = columns.new(raw)
	return rows, compile(rows, specs, run)
end

return M

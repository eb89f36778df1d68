-- SPDX-License-Identifier: MIT
-- Whether what a tool shows has the members that its columns and clock= name.
local errors = require "luatrace.errors"
local near = require "luatrace.near"
local rows = require "luatrace.tool.rows"

local M = {}

---Raises where a tool does not fit what it is given: a recording says whose it is.
---@param run luatrace.Run
---@param format string
---@param ... any
function M.misfit(run, format, ...)
	errors.raise(("%s%s: %s"):format(run.source.origin or "", run.tool.path, format:format(...)), errors.EINVAL)
end

local function check(run, who, name, what, members)
	if not members[name] then
		M.misfit(run, "%s: %s no member '%s'%s", who, what, name, near.hint(name, near.names(members)))
	end
end

local function check_columns(run, what, members)
	for _, column in ipairs(rows.shown(run)) do
		if not column.value then
			check(run, ("column '%s'"):format(column.name), column.field, what, members)
		end
	end
end

---Of an output whose records are rows.
---@param run luatrace.Run
---@param output string
---@param layout luatrace.Layout? nil: they are of no struct, or of several
function M.check_records(run, output, layout)
	local what = layout and layout.name .. " has"
		or ("the records of output '%s' are of no struct, or of different ones, and have"):format(output)
	local members = layout and layout.by_name or {}
	check_columns(run, what, members)
	if run.tool.clock then
		check(run, "clock=", run.tool.clock, what, members)
	end
end

---Of outputs whose records a tool may make rows of: one of them has the time.
---@param run luatrace.Run
---@param layouts luatrace.Layout[]
function M.check_clock(run, layouts)
	local clock = run.tool.clock
	for _, layout in ipairs(clock and layouts or {}) do
		if layout.by_name and layout.by_name[clock] then
			return
		end
	end
	if clock and layouts[1] then
		check(run, "clock=", clock, layouts[1].name .. " has", layouts[1].by_name or {})
	end
end

---Of a map whose entries are rows.
---@param run luatrace.Run
---@param map string
---@param key luatrace.Layout
---@param value luatrace.Layout
function M.check_entries(run, map, key, value)
	local members = {}
	for name, layout in pairs { key = key, value = value } do
		for member in pairs(layout.by_name or { [name] = true }) do
			members[member] = true
		end
	end
	check_columns(run, ("the entries of map '%s' (%s, %s) have"):format(map, key.name, value.name), members)
end

return M

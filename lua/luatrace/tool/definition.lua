-- SPDX-License-Identifier: MIT
-- What a tool's file returns: its table, checked, with what it left out filled in.
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local near = require "luatrace.near"

local M = {}

---An option of a tool: `--NAME`.
---@class luatrace.ToolOption
---@field [1] string its name, words parted by "-"; in `options` they are parted by "_"
---@field [2] string? a letter
---@field help string
---@field type "flag"|"number"|"integer"|"seconds"|"milliseconds"|"port"|"string"|nil a flag unless given
---@field default any
---@field min number? the least number that it takes
---@field max number?
---@field choices string[]? the only strings that it takes
---@field convert? fun(text: string): any, string? of a string: what it says; nil and a message when that is nothing
---@field metavar string? what the help calls its value
---@field positional boolean? it is an argument, without "--"; it may be left out
---@field required boolean?
---@field many boolean? it may be given several times, one that is positional as several words; `options` has an array
---@field sets string? the `const volatile` variable of the text that has its value, if it was given or has a default;
---of `choices` the number of the one that was chosen
---@field times number? what the variable has is the value times this, a whole number; of a flag, this

---A column of a tool's table.
---@class luatrace.ToolColumn
---@field [1] string its name, as the header has it
---@field field string? the member of the record, or of the row's table; the name in lower case unless given
---@field value fun(row: any): any? what it shows, where that is no member
---@field width integer?
---@field align "left"|"right"? numbers of a unit are on the right unless given
---@field unit string? what it is measured in, e.g. "ms"; header and JSON name it
---@field decimals integer?
---@field hex boolean?
---@field label boolean? it says of what a row's numbers are: of metrics, a label. COMM and ERROR are unless it is false
---@field metric "counter"|"gauge"|"none"|nil of metrics: a number that adds up; one that is as it is; nothing. COUNT is
---a counter unless given
---@field when string|fun(options: table): any only if this option is given, or this is true of the options

---A tool: the table that its file returns.
---@class luatrace.Tool
---@field name string? the file's name unless given
---@field words string? what runs it, "acme:slowdisk": not of the table, of the command line
---@field summary string one line, what it shows
---@field description string? paragraphs, for `luatrace info` and the manual
---@field example string? real output
---@field overhead string? what it costs the traced system
---@field options luatrace.ToolOption[]?
---@field filters string[]? of "pid", "tid", "uid", "comm", "cgroup": those that its text asks <luatrace/filter.h> for
---@field text string|fun(options: table): string|luatrace.oneliners.Text the BPF C, or what luatrace.tool.probed made;
---a tool without any traces nothing, and `every` shows what it finds
---@field bundled string[]? of a text that options make: command lines, "-p 1", whose texts `luatrace bundle` compiles
---@field params? fun(options: table): table<string, any> values of the text's `const volatile` variables that no option
---sets
---@field probes table? alternatives, as first_of= of BPF { … } has them
---@field attach? fun(run: luatrace.Run) attaches what names in the text do not
---@field columns luatrace.ToolColumn[]|(fun(options: table): luatrace.ToolColumn[]?)|nil
---@field clock string? the member of records that has their time, of bpf_ktime_get_ns()
---@field on table<string, fun(run: luatrace.Run, record: ffi.cdata*)>? functions of outputs; an output without one
---makes a row of each record
---@field stacks { unit: string?, colour: "on"|"off"|nil, held: fun(maps: table, hold: fun(key: any))?,
---sized: string[]? }? its text counts stacks by <luatrace/stacks.h>; `sized`: own maps that --stack-entries is for
---too; `every`, unless there is another, shows them. unit: what is counted, "usecs";
---colour: of a flame graph, "off" for what waits; held: calls `hold` with each key of stacks that the text has taken
---and not counted yet, out of what maps:read(name) gives
---@field histograms boolean|string|nil it shows histograms, or does with this option; nil: it does if it has `every` or
---`finish`, and no columns or stacks
---@field span? fun(record: any, run: luatrace.Run): any, any, string, integer, integer, string? what a row is on a line
---of time: when it began and how long it took, in ns; its name, process, thread, and what that is called. nil: nothing
---@field interval number? seconds from one call of `every` to the next; nil: it is called once, in the end
---@field every? fun(run: luatrace.Run) shows what was counted since it was called last
---@field finish? fun(run: luatrace.Run) shows what was counted, in the end
---@field sort string? the column that tables of `every` are sorted by, largest first
---@field rows integer? how many rows of them are shown at most
local FIELDS = {
	name = "string", summary = "string!", description = "string", example = "string", overhead = "string",
	options = "table", filters = "table", text = "string|function", params = "function", probes = "table",
	attach = "function", columns = "table|function", clock = "string", on = "table", interval = "number",
	every = "function", finish = "function", sort = "string", rows = "number", cflags = "table", stacks = "table",
	histograms = "boolean|string", span = "function", bundled = "table",
}
local OPTION_FIELDS = {
	help = "string!", type = "string", default = "any", min = "number", max = "number", choices = "table",
	convert = "function", metavar = "string", positional = "boolean", required = "boolean", many = "boolean",
	sets = "string", times = "number",
}
local COLUMN_FIELDS = {
	field = "string", value = "function", width = "number", align = "string", unit = "string", decimals = "number",
	hex = "boolean", label = "boolean", metric = "string", when = "string|function",
}
-- What each type of option has unless its definition says otherwise; `type` of one is the type that it is made of.
local TYPES = {
	flag = {}, number = {}, integer = {}, seconds = {}, string = {},
	milliseconds = { type = "number", min = 0, metavar = "MS", times = 1e6 },
	port = { type = "integer", min = 1, max = 65535, metavar = "PORT" },
}
local TYPE_NAMES = { "flag", "number", "integer", "seconds", "milliseconds", "port", "string" }
local LABELS = { COMM = true, ERROR = true }
local METRICS = { "counter", "gauge", "none" }
local FILTERS = { "pid", "tid", "uid", "comm", "cgroup" }

local function contains(list, value)
	for _, item in ipairs(list) do
		if item == value then
			return true
		end
	end
	return false
end

local function wrong(tool, ...)
	errors.raise(("%s: %s"):format(tool.path, (...):format(select(2, ...))), errors.EINVAL)
end

local function check_fields(tool, where, t, rules)
	for name, value in pairs(t) do
		local rule = rules[name]
		if type(name) == "string" and not rule then
			local known = {}
			for k in pairs(rules) do
				known[#known + 1] = k
			end
			wrong(tool, "%s: unknown field '%s'%s", where, name, near.hint(name, known))
		elseif rule and rule ~= "any" and not ("|" .. rule:gsub("!", "") .. "|"):find("|" .. type(value) .. "|", 1, true) then
			wrong(tool, "%s: %s= takes a %s, not a %s", where, name, rule:gsub("!", ""):gsub("|", " or a "), type(value))
		end
	end
	for name, rule in pairs(rules) do
		if rule:find("!", 1, true) and (t[name] == nil or t[name] == "") then
			wrong(tool, "%s: %s= is missing", where, name)
		end
	end
end

local function one_of(list, value)
	local nearest = near.nearest(value, list)
	return ("one of %s, not '%s'%s"):format(table.concat(list, ", "), value,
		nearest and ("; did you mean '%s'?"):format(nearest) or "")
end

local function check_default(tool, where, option)
	local default = option.default
	if option.many and type(default) ~= "table" then
		wrong(tool, "%s: default= of one that has many = true is an array", where)
	end
	for _, value in ipairs(option.choices and (option.many and default or { default }) or {}) do
		if not contains(option.choices, value) then
			wrong(tool, "%s: default= is %s", where, one_of(option.choices, tostring(value)))
		end
	end
end

local function check_option(tool, i, option)
	local name = type(option) == "table" and option[1]
	if type(name) ~= "string" or not name:find "^%l[%l%d-]*$" then
		wrong(tool, "options: number %d takes a table like { \"min\", help = \"…\" }, whose name is of small letters, digits "
			.. "and '-'", i)
	end
	local where = ("option '%s'"):format(name)
	check_fields(tool, where, option, OPTION_FIELDS)
	if option[2] ~= nil and not tostring(option[2]):find "^%a$" then
		wrong(tool, "%s: its second item is one letter", where)
	elseif option.type and not TYPES[option.type] then
		wrong(tool, "%s: type= is %s", where, one_of(TYPE_NAMES, option.type))
	elseif option.default ~= nil then
		check_default(tool, where, option)
	end
	local kind = option.type or (option.choices or option.positional) and "string" or "flag"
	local checked = { key = name:gsub("-", "_"), type = TYPES[kind].type or kind }
	if option.many and kind == "flag" then
		wrong(tool, "%s: many = true is of options that take something", where)
	elseif option.many and option.positional then
		checked.metavar = (option.metavar or name:upper()) .. "..."
	end
	for field, value in pairs(TYPES[kind]) do
		checked[field] = checked[field] or option[field] or value
	end
	return setmetatable(checked, { __index = option })
end

local function check_column(tool, i, column)
	if type(column) ~= "table" or type(column[1]) ~= "string" then
		wrong(tool, "columns: number %d takes a table like { \"PID\", width = 7 }", i)
	end
	local name = column[1]
	check_fields(tool, ("column '%s'"):format(name), column, COLUMN_FIELDS)
	if column.metric and not contains(METRICS, column.metric) then
		wrong(tool, "column '%s': metric= is %s", name, one_of(METRICS, column.metric))
	elseif column.metric and column.label then
		wrong(tool, "column '%s': it is a label or a metric, not both", name)
	end
	local label, metric = column.label, column.metric or name == "COUNT" and "counter" or nil
	if label == nil then
		label = LABELS[name] and not metric
	end
	local field = column.field or name:lower():gsub("[^%w]+", "_")
	if not field:find "^[%a_][%w_]*$" then
		wrong(tool, "column '%s': '%s' is no member's name: give field= or value=", name, field)
	end
	local unit = column.unit and column.unit:gsub("%%", "percent"):gsub("[^%w]+", "_")
	return {
		name = name, field = field, value = column.value, label = label, metric = metric,
		unit = column.unit, when = column.when,
		header = column.unit and ("%s(%s)"):format(name, column.unit) or name,
		key = unit and not field:find("_" .. unit .. "$") and field .. "_" .. unit or field,
		width = column.width, align = column.align or column.unit and "right", decimals = column.decimals, hex = column.hex,
	}
end

local function each(tool, list, check)
	local out = {}
	for i, item in ipairs(list or {}) do
		out[i] = check(tool, i, item)
	end
	return out
end

---Checks what a file returned.
---@param definition table
---@param path string of the file
---@return luatrace.Tool tool with `options` and `columns` as this runtime uses them
function M.check(definition, path)
	local base = path:match "([^/]+)$"
	local tool = setmetatable({ path = path, name = definition.name or base:gsub("%.lua$", "") }, { __index = definition })
	check_fields(tool, "the tool's table", definition, FIELDS)
	if not tool.name:find "^[%w][%w_-]*$" then
		wrong(tool, "name= is of letters, digits, '-' and '_', not '%s'", tool.name)
	end
	tool.options = each(tool, definition.options, check_option)
	if type(definition.columns) == "table" then
		tool.columns = each(tool, definition.columns, check_column)
	end
	tool.filters = definition.filters or {}
	for _, filter in ipairs(tool.filters) do
		if not contains(FILTERS, filter) then
			wrong(tool, "filters: '%s' is none%s", tostring(filter), near.hint(tostring(filter), FILTERS))
		end
	end
	if not tool.text and not tool.every then
		wrong(tool, "text= is missing, or every= of a tool that traces nothing")
	end
	if tool.sort and type(tool.columns) == "table" then
		local names = {}
		for i, column in ipairs(tool.columns or {}) do
			names[i] = column.name
		end
		if not contains(names, tool.sort) then
			wrong(tool, "sort= names no column%s", near.hint(tool.sort, names))
		end
	end
	return tool
end

-- The column that tables are sorted by; nil and a message when there is none.
local function column_named(columns, name)
	local names = {}
	for i, column in ipairs(columns) do
		if column.name == name or column.key == name then
			return column
		end
		names[i] = column.name
	end
	return nil, ("--sort takes the name of a column, one of %s, not '%s'"):format(table.concat(names, ", "),
		format.escape(name))
end

---What depends on the options: columns (false: these ask for none), and the one that tables are sorted by.
---@param tool luatrace.Tool
---@param options table
---@return boolean? ok nil: the command line is wrong
---@return string? why
function M.settle(tool, options)
	-- histograms instead of a table
	if type(tool.histograms) == "string" and options[tool.histograms:gsub("-", "_")] then
		tool.columns = false
	end
	if type(tool.columns) == "function" then
		local columns = tool.columns(options)
		tool.columns = columns and each(tool, columns, check_column) or false
	end
	if tool.columns and options.sort then
		local why
		tool.sort_column, why = column_named(tool.columns, options.sort)
		if why and options.sort == tool.sort then
			wrong(tool, "sort= names no column")
		end
		return not why or nil, why
	end
	return true
end

return M

-- SPDX-License-Identifier: MIT
-- A tool's command line: its own options, and those that every tool has.
local argparse = require "luatrace.argparse"
local errors = require "luatrace.errors"
local help = require "luatrace.tool.help"
local pictures = require "luatrace.tool.pictures"

local M = {}

local function range_of(option)
	local what = option.type == "integer" and "a whole number" or option.type == "seconds" and "a number of seconds"
		or "a number"
	if option.min and option.max then
		return ("%s from %.14g to %.14g"):format(what, option.min, option.max)
	elseif option.min then
		return ("%s, at least %.14g"):format(what, option.min)
	elseif option.max then
		return ("%s, at most %.14g"):format(what, option.max)
	end
	return what
end

-- As it stands on a command line.
local function shown(option)
	return (option.positional and "" or "--") .. option[1]
end

local function number_in(option)
	local name, what = shown(option), range_of(option)
	return function(text)
		local value = tonumber(text)
		if not value or value ~= value or math.abs(value) == math.huge or option.type == "integer" and value % 1 ~= 0
			or option.min and value < option.min or option.max and value > option.max then
			return nil, ("%s takes %s, not '%s'"):format(name, what, text)
		end
		return value
	end
end

local function keyed(option)
	return setmetatable({ key = option[1]:gsub("-", "_"), min = option.min or option.type == "seconds" and 0 or nil },
		{ __index = option })
end

-- Of options: `live`, that they say what is traced, so that they come too late for a recording.
local FILTERS = {
	pid = { { "pid", "p", type = "integer", min = 1, max = 2 ^ 22, metavar = "PID", help = "only this process" } },
	tid = { { "tid", "t", type = "integer", min = 1, max = 2 ^ 22, metavar = "TID", help = "only this thread" } },
	uid = { { "uid", "u", type = "string", metavar = "USER", help = "only this user, by name or number" } },
	comm = { { "comm", "n", type = "string", metavar = "NAME", help = "only processes of this name" } },
	cgroup = {
		{ "cgroup", type = "string", metavar = "PATH", help = "only this control group and those below it" },
		{ "container", type = "string", metavar = "ID", help = "only this container, by the start of its id" },
	},
}

local function filters(tool)
	local out = {}
	for _, name in ipairs(tool.filters) do
		for _, option in ipairs(FILTERS[name]) do
			local filter = keyed(option)
			filter.live = true
			out[#out + 1] = filter
		end
	end
	return out
end

local function add(list, option)
	list[#list + 1] = keyed(option)
end

-- Whether all words of a command line that are no options are an option's.
local function takes_all_words(tool)
	for _, option in ipairs(tool.options) do
		if option.positional and option.many then
			return true
		end
	end
	return false
end

local function timing(tool)
	local out = {}
	if not tool.text then
		return out
	end
	if (tool.every or tool.stacks) and not takes_all_words(tool) then
		add(out, { "interval", type = "seconds", min = 0.001, positional = true, metavar = "INTERVAL",
			help = tool.interval and ("seconds from one output to the next (default: %g)"):format(tool.interval)
			or "seconds from one output to the next; without it there is one, in the end" })
		add(out, { "count", type = "integer", min = 1, positional = true, metavar = "COUNT",
			help = "end after so many outputs" })
	end
	add(out, { "duration", "d", type = "seconds", live = true, help = "end after so many seconds" })
	return out
end

-- How a tool shows what it has; those with `format` exclude each other.
local function output(tool)
	local out = {}
	if tool.columns then
		add(out, { "timestamp", "T", type = "flag", help = "a column with the time of day" })
	end
	if tool.every and tool.columns and tool.text then
		add(out, { "top", type = "flag", format = true, help = "in place, as top does" })
		add(out, { "rows", "r", type = "integer", min = 1, default = tool.rows, metavar = "ROWS",
			help = "show at most so many rows" })
		add(out, { "sort", type = "string", default = tool.sort, metavar = "COLUMN", help = "sort by this column" })
	end
	if tool.stacks then
		add(out, { "user-stacks", "U", type = "flag", help = "only the user's half of stacks" })
		add(out, { "kernel-stacks", "K", type = "flag", help = "only the kernel's half of stacks" })
		add(out, { "stack-entries", type = "integer", live = true, min = 64, max = 2 ^ 20, metavar = "COUNT",
			help = "room for so many different stacks at a time (default: 16384)" })
		add(out, { "folded", "f", type = "flag", format = true, help = "a stack a line, as flame graphs are made of" })
	end
	add(out, { "json", type = "flag", format = true, help = "one JSON object a line" })
	add(out, { "csv", type = "flag", format = true, help = "comma-separated values" })
	if tool.text then
		add(out, { "prometheus", type = "string", format = true, metavar = "[IP]:PORT",
			help = "serve the figures to Prometheus at http://IP:PORT/metrics, and show nothing; without IP to this machine "
			.. "alone" })
		add(out, { "prometheus-series", type = "integer", min = 1, max = 1e6, default = 1000, metavar = "NUMBER",
			help = "series of a metric at most; what is beyond them is \"other\"" })
		add(out, { "record", type = "string", live = true, metavar = "FILE",
			help = "write all that is shown to FILE too, for 'luatrace replay FILE'" })
		for _, option in ipairs(pictures.options(tool)) do
			add(out, option)
		end
		add(out, { "dry-run", type = "flag", live = true,
			help = "say what would be attached and shown, and end; needs no root" })
	end
	add(out, { "help", "h", type = "flag", help = "print this" })
	return out
end

---What a tool takes, in groups. A letter is who asks for it first: the tool's, then a filter's.
---@param tool luatrace.Tool
---@return { [1]: string, [integer]: table }[] groups
function M.groups(tool)
	local groups = {
		{ "Options", tool.options }, { "Whose events", filters(tool) }, { "When", timing(tool) }, { "Output", output(tool) },
	}
	local letters, names = {}, {}
	for i, group in ipairs(groups) do
		local list = {}
		for _, option in ipairs(group[2]) do
			local letter = option[2]
			if not names[option[1]] then
				names[option[1]] = i
				list[#list + 1] = setmetatable({ letter = letter and not letters[letter] and letter or nil }, { __index = option })
				letters[letter or 0] = true
			elseif names[option[1]] == i then
				errors.raise(("%s: option '%s' is there twice"):format(tool.path, option[1]), errors.EINVAL)
			end
		end
		group[2] = list
	end
	return groups
end

local function add_to(parser, option, required)
	local element
	local times = option.many and (required and "+" or "*") or required and 1 or "?"
	if option.positional then
		element = parser:argument(option.key):args(times)
	else
		local name = (option.letter and "-" .. option.letter .. " " or "") .. "--" .. option[1]
		element = option.type == "flag" and parser:flag(name) or parser:option(name):count(times)
	end
	element:target(option.key)
	if option.many then
		element:init(nil)
	end
	if option.choices then
		element:choices(option.choices)
	elseif option.convert then
		element:convert(option.convert)
	elseif option.type ~= "string" and option.type ~= "flag" then
		element:convert(number_in(option))
	end
	return element
end

---@param tool luatrace.Tool
---@param before table<string, any>? options that are given already
---@return table parser of argparse
---@return table groups
function M.parser(tool, before)
	local parser = argparse(help.command(tool)):add_help(false)
	local groups, formats, cgroups = M.groups(tool), {}, {}
	for _, group in ipairs(groups) do
		for _, option in ipairs(group[2]) do
			local element = add_to(parser, option, option.required and not (before and before[option.key] ~= nil))
			formats[#formats + 1] = option.format and element or nil
			cgroups[#cgroups + 1] = (option.key == "cgroup" or option.key == "container") and element or nil
		end
	end
	parser:mutex(unpack(formats))
	parser:mutex(unpack(cgroups))
	return parser, groups
end

-- Whether an option's values are the same; of `many` they are arrays.
local function same(a, b)
	if type(a) ~= "table" or type(b) ~= "table" then
		return a == b
	end
	for i = 1, math.max(#a, #b) do
		if a[i] ~= b[i] then
			return false
		end
	end
	return true
end

---Says what is wrong with a tool's command line.
---@param tool luatrace.Tool
---@param what string
---@return nil
---@return integer status
function M.refuse(tool, what)
	local command = help.command(tool)
	io.stderr:write(("%s: %s\n'%s --help' lists its options\n"):format(command, what, command))
	return nil, 2
end

---A tool's options. nil and an exit status when there is nothing to run: --help and mistakes are answered.
---@param tool luatrace.Tool
---@param args string[]
---@param before table<string, any>? options that hold unless others are given
---@return table<string, any>?
---@return integer? status
function M.parse(tool, args, before)
	local parser, groups = M.parser(tool, before)
	for _, word in ipairs(args) do
		if word == "--help" or word == "-h" then
			io.write(help.text(tool, groups))
			return nil, 0
		end
	end
	local ok, result = parser:pparse(args)
	if not ok then
		return M.refuse(tool, (tostring(result):gsub("\nDid you mean", "; did you mean")))
	end
	local format_given = false
	for _, group in ipairs(groups) do
		for _, option in ipairs(group[2]) do
			local given = result[option.key]
			if option.many and given and #given == 0 then	-- no words
				given, result[option.key] = nil, nil
			end
			if before and given ~= nil and (option.live or option.sets and not same(given, before[option.key])) then
				return M.refuse(tool, ("%s says what is traced: it is too late for a recording"):format(shown(option)))
			end
			format_given = format_given or option.format and result[option.key] ~= nil
		end
	end
	for _, group in ipairs(groups) do
		for _, option in ipairs(group[2]) do
			if result[option.key] == nil and before and not (option.format and format_given) then
				result[option.key] = before[option.key]
			end
			if result[option.key] == nil then
				result[option.key] = option.default
			end
			if result[option.key] == nil and option.many then
				result[option.key] = {}
			end
		end
	end
	result.interval = result.interval or tool.interval or result.prometheus and 1 or nil
	pictures.imply(tool, result)
	if before and pictures.missing(tool, result, before) then
		return M.refuse(tool, ("there are no histograms in a recording that was made without --%s"):format(tool.histograms))
	end
	return result
end

return M

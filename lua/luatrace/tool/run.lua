-- SPDX-License-Identifier: MIT
-- A tool at work: what its functions are given, and what becomes of what they show.
local BPF = require "luatrace"
local entries = require "luatrace.tool.entries"
local errors = require "luatrace.errors"
local histograms = require "luatrace.tool.histograms"
local later = require "luatrace.later"
local members = require "luatrace.tool.members"
local pictures = require "luatrace.tool.pictures"
---@module "luatrace.tool.stacks"
local stacks = later "luatrace.tool.stacks"
---@module "luatrace.user_symbols"
local user_symbols = later "luatrace.user_symbols"

local M = {}

---A tool at work. Its functions (`on`, `every`, `finish`) get it first.
---@class luatrace.Run
---@field tool luatrace.Tool
---@field options table<string, any> by name, "-" as "_"
---@field b luatrace.BPF? the object of the text; nil while records are replayed
---@field clock luatrace.tool.Clock
---@field has_records boolean? there are outputs that records come from
---@field last boolean of `every`: it is called for the last time
---@field row fun(self: luatrace.Run, record: ffi.cdata*|table) shows a row: a record, or a table of its members
local Run = {}
Run.__index = Run

-- What the user reads, and what is made beside it.
local function outputs_of(run)
	local options = run.options
	local main = options.prometheus and "prometheus" or options.json and "json" or options.csv and "csv"
		or options.top and "top" or options.folded and "folded" or options.heatmap and "heatmap" or "text"
	local outputs = { require("luatrace.tool.output." .. main).new(run) }
	pictures.add(run, outputs)
	return outputs
end

local function row_of(run)
	local prints = {}
	for _, output in ipairs(run.outputs) do
		prints[#prints + 1] = output.row
	end
	if #prints == 1 then
		local print_row = prints[1]
		return function(_, record) print_row(record) end
	end
	return function(_, record)
		for _, print_row in ipairs(prints) do
			print_row(record)
		end
	end
end

---@param tool luatrace.Tool
---@param options table
---@param source table where its data comes from
---@param clock luatrace.tool.Clock
---@return luatrace.Run
function M.new(tool, options, source, clock)
	local run = setmetatable({ tool = tool, options = options, source = source, b = source.b, clock = clock,
		last = false, fitting = {} }, Run)
	run.outputs = outputs_of(run)
	run.row = row_of(run)
	return run
end

local function tell(run, what, ...)
	for _, output in ipairs(run.outputs) do
		if output[what] then
			output[what](output, ...)
		end
	end
end

local function by_column(run, column, rows)
	local values = {}
	for _, row in ipairs(rows) do
		local value = row[column.field]
		if column.value then
			value = column.value(row, run)
		end
		values[row] = type(value) == "cdata" and tonumber(value) or value
	end
	table.sort(rows, function(a, b)
		local x, y = values[a], values[b]
		if type(x) == "number" and type(y) == "number" then
			return x > y
		end
		return tostring(x) < tostring(y)
	end)
end

-- Of a map whose entries are shown, once.
local function check_entries(run, map)
	local key, value = run.source:layouts(map)
	if key and run.tool.columns and not run.fitting[map] then
		members.check_entries(run, map, key, value)
		run.fitting[map] = true
	end
end

---Shows a table, sorted and cut as the user asked for.
---@param rows string|table[] of each row its members; or the name of a map, as take_rows() gives it
---@param by string? a member: rows that have the same are one, and their other numbers are added up
function Run:rows(rows, by)
	if type(rows) == "string" then
		check_entries(self, rows)
		rows = self:take_rows(rows)
	end
	if by then
		rows = entries.merge(rows, by)
	end
	if self.tool.sort_column then
		by_column(self, self.tool.sort_column, rows)
	end
	local shown, limit = rows, self.options.rows
	if limit and #rows > limit then
		shown = {}
		for i = 1, limit do
			shown[i] = rows[i]
		end
	end
	tell(self, "rows", shown, #rows - #shown, rows)
end

---Shows what a map counts as a histogram, or as one for each first member of its keys.
---@param map string|table<integer, number>|luatrace.tool.Histogram[] its name, counts by slot, or histograms
---@param opts { unit: string?, label: string?, linear: boolean?, keep: boolean?, name: fun(key: any): any }? unit: what
---is measured, "usecs"; label: what the keys are, "disk"; without it there is one for all of them; keep: the map goes
---on counting; name: what a key is shown as
function Run:hist(map, opts)
	opts = opts or {}
	local groups
	if type(map) == "string" then
		groups = histograms.group(opts.keep and self:read(map) or self:take(map), opts)
	elseif type(map[1]) == "table" then
		groups = map
	else
		groups = { { counts = map } }
	end
	histograms.check(groups, opts.linear, type(map) == "string" and map or nil)
	tell(self, "hist", groups, opts, type(map) == "string" and map or nil)
end

---Shows what was counted at stacks by <luatrace/stacks.h> since it was shown last.
---@param what luatrace.tool.Stack[]|string|nil stacks of the tool's own instead, or the name of a map whose keys have
---several
---@param read? fun(key: any, frames_of: fun(key: any): string[]): string, integer, string[] of such a key the name and
---number of a process, and frames, outermost first; frames_of() gives those of a struct lt_stack_key
function Run:show_stacks(what, read)
	local list, form = what, self.tool.stacks or {}
	if type(what) ~= "table" then
		local counts = what or "lt_stack_counts"
		list = stacks.collect(self.source, self:take(counts, true), read)
		self.source:keep_only("lt_stacks", function(maps) return stacks.in_use(maps, counts, read, form.held) end)
		self:say_lost("lt_stack_lost", (form.unit or "samples") .. " of stacks", "--stack-entries")
	end
	tell(self, "stacks", list, form)
end

---Shows a line that is no row, where rows are for people to read.
---@param format string
---@param ... any
function Run:say(format, ...)
	tell(self, "say", select("#", ...) > 0 and format:format(...) or format)
end

---The entries of a map; values of several CPUs are summed up.
---@param name string
---@return { key: any, value: any }[]
function Run:read(name)
	return self.source:read(name)
end

---What a map has counted since it was taken from last: entries of a hash are deleted.
---@param name string
---@param counted boolean? the text counts what it has no room for, which say_lost() tells
---@return { key: any, value: any }[]
function Run:take(name, counted)
	return self.source:take(name, counted)
end

---Says how much there was no room for, which the text has counted in an array.
---@param map string
---@param what string what it counts, "requests"
---@param option? string that makes more room
function Run:say_lost(map, what, option)
	for _, lost in ipairs(self:take(map)) do
		io.stderr:write(("luatrace: %s %s that there was no room for%s\n"):format(tostring(lost.value), what,
			option and " (" .. option .. ")" or ""))
	end
end

---Attaches programs of the text where a function of a program or library begins and where it returns.
---@param file string its path, or the name of a library: "c"
---@param name string the function's
---@param opts { enter: string?, leave: string?, pid: integer?, optional: boolean? } names of the programs; the only
---process, if there is one; optional: the file need not have the function
function Run:attach_function(file, name, opts)
	local ok, why = pcall(function()
		if opts.enter then
			self.b:attach_uprobe { name = file, sym = name, pid = opts.pid, fn_name = opts.enter }
		end
		if opts.leave then
			self.b:attach_uretprobe { name = file, sym = name, pid = opts.pid, fn_name = opts.leave }
		end
	end)
	if not ok and not (opts.optional and errors.is(why) and why.errno == errors.ENOENT) then
		error(why, 0)
	end
end

---What take() gives, as rows: of each entry the members of key and value. What is no struct is `key`, or `value`.
---@param name string
---@return table[]
function Run:take_rows(name)
	return entries.rows(self:take(name), self.source:layouts(name))
end

---Attaches a program of the text to a USDT probe: of a program or library, or with --pid of the files of that process.
---@param file string
---@param probe string PROVIDER:NAME
---@param program string
function Run:attach_usdt(file, probe, program)
	local pid = self.options.pid
	self.b:attach_usdt { name = not pid and file or nil, pid = pid, probe = probe, fn_name = program }
end

---What is neither a record nor in a map: files, names. A recording has it by the name it is given here.
---@param name string
---@param observe fun(): any a string, a number, or a table of them
---@return any value
function Run:observe(name, observe)
	return self.source:observe(name, observe)
end

---The kernel symbol that covers an address.
---@param address integer|ffi.cdata*
---@return string
function Run:ksym(address)
	return self:observe(("symbol %s"):format(tostring(address)), function() return BPF.ksym(address) end)
		or "[unknown]"
end

---The symbol of a process that covers an address.
---@param address integer|ffi.cdata*
---@param pid integer
---@return string
function Run:usym(address, pid)
	return self:observe(("symbol %s of %d"):format(tostring(address), pid), function() return BPF.sym(address, pid) end)
		or "[unknown]"
end

-- Records of an output go to the tool's function, or become rows.
local function handler(run, output, layout)
	if output == "lt_processes" then
		return function(record) return run.b and user_symbols.see(record) end
	end
	local fn = run.tool.on and run.tool.on[output]
	if fn then
		return function(record) return fn(run, record) end
	elseif not run.tool.columns then
		members.misfit(run, "the records of output '%s' are for nobody: give columns=, or on = { %s = "
			.. "function(run, record) … end }", output, output)
	end
	local checked = not (run.tool.every or run.tool.finish)
	if checked then
		members.check_records(run, output, layout)
	end
	return function(record)
		if not checked then	-- with the options as they are, columns may be of something else, and no record come
			members.check_records(run, output, layout)
			checked = true
		end
		return run:row(record)
	end
end

-- Shows what was counted in an interval.
local function interval(self, every)
	self.shown = self.shown + 1
	self.last = self.last or self.options.count ~= nil and self.shown >= self.options.count
	self.source:interval()
	tell(self, "interval")
	every(self)
	self.source:flush()
end

local function open(self)
	self.shown = 0
	local layouts = {}
	self.source:open(function(output, layout)
		self.has_records = true
		layouts[#layouts + 1] = output ~= "lt_processes" and layout or nil
		return handler(self, output, layout)
	end)
	members.check_clock(self, layouts)
	self.began = true
	tell(self, "begin")
	return self.tool.every or self.tool.stacks and Run.show_stacks
end

-- What has no interval is shown in the end, which a tool at the prompt has none of.
local PROMPT_SECONDS = 5

---Opens the outputs, and leaves the loop to others.
function Run:start()
	local every = open(self)
	if every then
		BPF.every(self.options.interval or PROMPT_SECONDS, function(timer)
			if self.source:is_open() then
				interval(self, every)
			else
				timer:cancel()
			end
		end)
	end
end

local function run_through(self)
	local tool, options = self.tool, self.options
	local every = open(self)
	self.source:run(options.duration, every and options.interval, every and function(last)
		self.last = last
		interval(self, every)
		if self.last then
			self.source:stop()
		end
	end)
	if every and not self.last then
		self.last = true
		interval(self, every)
	end
	if tool.finish then
		tool.finish(self)
	end
	tell(self, "finish")
	self.source:finish()
end

---Opens the outputs, and runs to the end.
function Run:go()
	local restore, record = self.outputs[1].restore, self.options.record
	if not restore and not record then
		return run_through(self)
	end
	local ok, e = pcall(run_through, self)
	if ok then
		return
	end
	if restore then
		restore(self.outputs[1])
	end
	if record then	-- what was shown is in it; what could not begin leaves none
		pcall(self.began and self.source.flush or self.source.discard, self.source)
	end
	error(e, 0)
end

return M

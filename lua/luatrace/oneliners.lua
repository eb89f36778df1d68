-- SPDX-License-Identifier: MIT
-- One-liners: questions that are asked often, each one call. `local one = require "luatrace.oneliners"`, then
-- `one.count("tracepoint:syscalls:sys_enter_*")`. Filters and keys are C expressions: see docs/guide.md.
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local expression = require "luatrace.oneliners.expression"
local handle = require "luatrace.oneliners.handle"
local probes = require "luatrace.oneliners.probe"
local texts = require "luatrace.oneliners.text"

local M = {}

---What every one-liner takes: C expressions as strings, or for several an array of them or one string with commas.
---@class luatrace.OneLinerOptions
---@field filter string? only events for which it holds
---@field by string|string[]|nil of count, hist, latency: the key
---@field value string? of hist: what is distributed
---@field fields string|string[]|nil of trace: what is printed of each event
---@field unit "ns"|"us"|"ms"|"s"|nil of latency: "us"
---@field user boolean? of stacks: with the process's stack, true
---@field kernel boolean? of stacks: with the kernel's stack, true
---@field top integer? how many rows, histograms or stacks are shown; 20 of count, else 10
---@field seconds number? it is stopped after so many, while the script polls

-- What an option that is no expression takes.
local PLAIN = { unit = "string?", user = "boolean?", kernel = "boolean?", top = "count?", seconds = "seconds?" }

-- By function: the option that a string in second place is, and what else there is besides filter, top and seconds.
local FUNCTIONS = {
	count = { main = "by", top = 20 },
	hist = { main = "value", others = { "by" }, top = 10 },
	trace = { main = "fields" },
	stacks = { others = { "user", "kernel" }, top = 10 },
	latency = { main = "by", others = { "unit" }, top = 10 },
}

-- The options as one table, whichever way they were given.
local function options_of(name, main, opts)
	local fn = FUNCTIONS[name]
	if type(main) == "table" and #main == 0 and opts == nil then
		main, opts = nil, main
	end
	local given = {}
	check.value(name, "options", opts, "table?")
	for key, value in pairs(opts or {}) do
		given[key] = value
	end
	if main ~= nil then
		if not fn.main then
			errors.misuse("%s: takes a probe and a table of options, not %s", name, check.given(main))
		elseif given[fn.main] ~= nil then
			errors.misuse("%s: %s= is given twice", name, fn.main)
		end
		given[fn.main] = main
	end
	return given, fn
end

local function rules_of(fn)
	local rules = { filter = "any?", seconds = PLAIN.seconds, top = fn.top and PLAIN.top }
	if fn.main then
		rules[fn.main] = "any?"
	end
	for _, option in ipairs(fn.others or {}) do
		rules[option] = PLAIN[option] or "any?"
	end
	return rules
end

local function default_by(probe)
	return probe.pattern and "probe" or {}
end

-- Expressions are checked and taken apart.
local function read_options(name, probe, given, fn)
	local rules = rules_of(fn)
	check.arguments(name, given, rules)
	local opts = { filter = given.filter ~= nil and expression.one(name, "filter", given.filter) or nil,
		top = given.top or fn.top, seconds = given.seconds, user = given.user ~= false, kernel = given.kernel ~= false,
		unit = given.unit or "us" }
	local lists = {}
	if rules.by then
		local by = given.by == nil and default_by(probe) or given.by
		opts.by = type(by) == "table" and next(by) == nil and {} or expression.list(name, "by", by)
		lists[#lists + 1] = opts.by
	end
	if rules.value then
		if given.value == nil then
			errors.misuse("%s: value= is missing: it takes a C expression, as in hist(\"kretprobe:vfs_read\", \"retval\")", name)
		end
		opts.value = expression.one(name, "value", given.value)
		lists[#lists + 1] = { opts.value }
	end
	if rules.fields then
		opts.fields = expression.list(name, "fields", given.fields or (probe.pattern and "probe, pid, comm" or "pid, comm"))
		lists[#lists + 1] = opts.fields
	end
	opts.expressions = { opts.filter }
	for _, list in ipairs(lists) do
		for _, e in ipairs(list) do
			table.insert(opts.expressions, e)
		end
	end
	return opts
end

-- Numbers of places mean the same where a call begins and where it ends.
local function check_pairs(name, b)
	local ends, begins = b:attached()[1], b:attached()[2]
	if not begins or ends.kind == begins.kind and ends.kind ~= "tracepoint" then
		return
	end
	for i, place in ipairs(begins.places) do
		if #begins.places ~= #ends.places or (ends.places[i] or ""):gsub("sys_exit_", "sys_enter_", 1) ~= place then
			errors.raise(("%s: what '%s' covers is not what '%s' covers; a narrower pattern helps"):format(name, begins.target,
				ends.target))
		end
	end
end

local function attach_all(name, b, programs)
	for _, program in ipairs(programs) do
		probes.attach(name, b, program.probe, program.name)
	end
	if #programs == 2 and programs[1].probe.cookies then
		check_pairs(name, b)
	end
end

---A tool's text, see luatrace.tool.probed.
---@param where string the tool
---@param name string whose options it has
---@param word string the probe
---@param given table
---@param write? function
---@return luatrace.oneliners.Text
function M.text(where, name, word, given, write)
	local fn, probe = FUNCTIONS[name], probes.parse(where, word)
	local opts = read_options(where, probe, given, fn)
	local text = texts.new(where, true)
	opts.ring = true
	text.probe, text.opts = probe, opts
	text.attached = (write or require("luatrace.oneliners." .. name).write)(text, probe, opts)
	return text
end

M.attach_all = attach_all

local function start(name, word, main, opts)
	local kind = require("luatrace.oneliners." .. name)
	local given, fn = options_of(name, main, opts)
	local probe = probes.parse(name, word)
	opts = read_options(name, probe, given, fn)
	if kind.units and not kind.units[opts.unit] then
		errors.misuse("%s: unit= takes \"ns\", \"us\", \"ms\" or \"s\", not %s", name, check.given(opts.unit))
	end
	local text = texts.new(name)
	local programs = kind.write(text, probe, opts)
	local b = text:open()
	local new
	local ok, e = pcall(function()
		text:protect(attach_all, name, b, programs)
		new = handle.new(kind, b, programs[#programs].probe, opts)
		if kind.started then
			kind.started(new)
		end
	end)
	if not ok then
		b:close()
		if new then	-- it is among the running ones, and has its timers
			new:stop()
		end
		error(e, 0)
	end
	return new
end

---Those that are on, in the order of their start.
---@type fun(): luatrace.OneLiner[]
M.running = handle.running

---Counts events by key. Without `by`, of a pattern by the probe's name, else all together.
---@param probe string "KIND:TARGET"
---@param by string|string[]|luatrace.OneLinerOptions|nil
---@param opts luatrace.OneLinerOptions?
---@return luatrace.OneLiner
function M.count(probe, by, opts)
	return start("count", probe, by, opts)
end

---The distribution of a value, as a histogram of powers of two.
---@param probe string "KIND:TARGET"
---@param value string|luatrace.OneLinerOptions|nil
---@param opts luatrace.OneLinerOptions?
---@return luatrace.OneLiner
function M.hist(probe, value, opts)
	return start("hist", probe, value, opts)
end

---Prints a line for each event.
---@param probe string "KIND:TARGET"
---@param fields string|string[]|luatrace.OneLinerOptions|nil "pid, comm" unless given
---@param opts luatrace.OneLinerOptions?
---@return luatrace.OneLiner
function M.trace(probe, fields, opts)
	return start("trace", probe, fields, opts)
end

---Counts stacks, the kernel's and the process's.
---@param probe string "KIND:TARGET", or "profile:99hz"
---@param opts luatrace.OneLinerOptions?
---@return luatrace.OneLiner
function M.stacks(probe, opts)
	return start("stacks", probe, opts)
end

---How long calls of a function, or a system call, take.
---@param probe string a function of the kernel, or "KIND:TARGET" of a function or of tracepoint:syscalls:sys_enter_NAME
---@param by string|string[]|luatrace.OneLinerOptions|nil
---@param opts luatrace.OneLinerOptions?
---@return luatrace.OneLiner
function M.latency(probe, by, opts)
	return start("latency", probe, by, opts)
end

return M

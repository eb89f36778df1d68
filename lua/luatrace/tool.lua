-- SPDX-License-Identifier: MIT
-- Tools: scripts that return a table. It says what is the tool's own; options, help, the loop, output and the rest are
-- made here.
local definition = require "luatrace.tool.definition"
local options = require "luatrace.tool.options"
local pictures = require "luatrace.tool.pictures"
local source = require "luatrace.source"

local M = {}

---Whether what a script returned is a tool.
---@param value any
---@return boolean
function M.is(value)
	return type(value) == "table" and (value.summary ~= nil or value.text ~= nil)
end

-- What could not begin leaves no recording.
local function attach_recorded(tool, run, recorder)
	local ok, e = pcall(tool.attach, run)
	if not ok then
		recorder:discard()
		error(e, 0)
	end
end

-- A tool with its options, attached, or nil and an exit status when its command line asks for something else.
local function prepare(table_of_tool, path, args, chunk, words)
	local tool = definition.check(table_of_tool, path)
	tool.words = words
	local chosen, status = options.parse(tool, args)
	source.tool_chunk = chunk
	if not chosen then
		return nil, status
	elseif chosen.dry_run then
		require("luatrace.tool.dry_run").show(tool, chosen)
		return nil, 0
	end
	local settled, why = definition.settle(tool, chosen)
	if not settled then
		return options.refuse(tool, why)
	end
	pictures.check(chosen)
	if chosen.prometheus then
		require("luatrace.tool.output.prometheus").listen(chosen)
	end
	local data = require(tool.text and "luatrace.tool.live" or "luatrace.tool.nothing").new(tool, chosen)
	local clock = require("luatrace.tool.clock").new(tool.clock)
	if chosen.record then
		data = require("luatrace.tool.record").new(data, tool, chosen, clock)
	end
	local run = require("luatrace.tool.run").new(tool, chosen, data, clock)
	if tool.attach and chosen.record then
		attach_recorded(tool, run, data)
	elseif tool.attach then
		tool.attach(run)
	end
	return run
end

---Runs a tool by its command line, to its end.
---@param table_of_tool table what its file returned
---@param path string of its file
---@param args string[]
---@param chunk string name of its chunk
function M.main(table_of_tool, path, args, chunk)
	local run, status = prepare(table_of_tool, path, args, chunk, package.loaded["luatrace.words"])
	if not run then
		os.exit(status)
	end
	run:go()
end

---Starts a tool where something else is the loop, the prompt: it shows what it has until its object is closed.
---@param table_of_tool table
---@param path string
---@param args string[]
---@param chunk string
function M.start(table_of_tool, path, args, chunk)
	local run = prepare(table_of_tool, path, args, chunk)
	if run and run.b then
		run:start()
	elseif run then
		run:go()	-- what traces nothing has its end at once
	end
end

return M

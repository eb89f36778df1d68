-- SPDX-License-Identifier: MIT
-- Tools: scripts that return a table. It says what is the tool's own; options, help, the loop, output and the rest are
-- made here.
local definition = require "luatrace.tool.definition"
local options = require "luatrace.tool.options"
local source = require "luatrace.source"

local M = {}

---Whether what a script returned is a tool.
---@param value any
---@return boolean
function M.is(value)
	return type(value) == "table" and (value.summary ~= nil or value.text ~= nil)
end

---Runs a tool by its command line.
---@param table_of_tool table what its file returned
---@param path string of its file
---@param args string[]
---@param chunk string name of its chunk
function M.main(table_of_tool, path, args, chunk)
	local tool = definition.check(table_of_tool, path)
	local chosen = options.parse(tool, args)
	source.tool_chunk = chunk
	if chosen.dry_run then
		require("luatrace.tool.dry_run").show(tool, chosen)
		return
	end
	if chosen.prometheus then
		require("luatrace.tool.output.prometheus").listen(chosen)
	end
	local data, clock = require("luatrace.tool.live").new(tool, chosen), require("luatrace.tool.clock").new(tool.clock)
	if chosen.record then
		data = require("luatrace.tool.record").new(data, tool, chosen, clock)
	end
	local run = require("luatrace.tool.run").new(tool, chosen, data, clock)
	if tool.attach then
		tool.attach(run)
	end
	run:go()
end

return M

-- SPDX-License-Identifier: MIT
-- luatrace info NAME: what a tool does, what it costs, and what its output looks like.
local catalog = require "luatrace.tool.catalog"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local help = require "luatrace.tool.help"
local options = require "luatrace.tool.options"

local M = {}

local USAGE = "usage: luatrace info NAME\n\nWhat a tool does, costs and looks like, with its options.\n"

local function section(title, text)
	if text then
		io.write("\n", title, ":\n", help.indent(text))
	end
end

---@param ... string arguments
---@return integer status
function M.main(...)
	local name, more = ...
	if name == "--help" or name == "-h" then
		io.write(USAGE)
		return 0
	elseif not name or more or name:find "^%-" then
		io.stderr:write("luatrace info: takes the name of a tool\n")
		return 2
	end
	local path, collection = catalog.path(name)
	local tool, why = catalog.load(path, collection)
	if not tool then
		errors.raise(why, errors.EINVAL)
	end
	io.write(help.text(tool, options.groups(tool)))
	section("Description", tool.description)
	section("Cost", tool.overhead)
	if collection and not collection.shipped then
		section("Collection", format.escape(("%s %s: %s"):format(collection.name, collection.version,
			collection.summary)))
	end
	section("File", path)
	return 0
end

return M

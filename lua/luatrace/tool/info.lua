-- SPDX-License-Identifier: MIT
-- luatrace info NAME: what a tool does, what it costs, and what its output looks like.
local bundle = require "luatrace.bundle"
local catalog = require "luatrace.tool.catalog"
local collections = require "luatrace.tool.collections"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local help = require "luatrace.tool.help"
local options = require "luatrace.tool.options"

local M = {}

local USAGE = [[
usage: luatrace info NAME|COLLECTION
       luatrace info FILE.ltb NAME

What a tool does, costs and looks like, with its options; one of a bundle, too.
Of a collection's name, which tools it has.
]]

local function section(title, text)
	if text then
		io.write("\n", title, ":\n", help.indent(text))
	end
end

-- The tool, where it is, and its collection.
local function find(file, name)
	if file then
		local opened = bundle.look_into(file)
		local tool, why = opened:tool(name)
		return tool, why, ("%s/%s.lua"):format(file, name), opened.collection
	end
	bundle.refuse_others "info"
	local path, collection = catalog.path(name)
	local tool, why = catalog.load(path, collection)
	return tool, why, path, collection
end

local function described(collection)
	return format.escape(("%s %s: %s"):format(collection.name, collection.version, collection.summary))
end

-- Of a name that is a collection's and no tool's: what it has. False where it is none.
local function show_collection(name)
	local collection = not name:find "[/:]" and not bundle.keys() and not catalog.find(name) and collections.at(name)
	if not collection or collection.refused or collection.shipped then
		return false
	end
	io.write(described(collection), "\n")
	section("Tools", table.concat((collections.tools(collection)), "\n"))
	section("Folder", format.escape(collection.folder))
	return true
end

---@param ... string arguments
---@return integer status
function M.main(...)
	local words = { ... }
	if words[1] == "--help" or words[1] == "-h" then
		io.write(USAGE)
		return 0
	end
	local file = words[1] and words[1]:find "%.ltb$" and table.remove(words, 1)
	if not words[1] or words[2] or words[1]:find "^%-" then
		io.stderr:write("luatrace info: takes the name of a tool, after a bundle if one is meant\n")
		return 2
	end
	if not file and show_collection(words[1]) then
		return 0
	end
	local tool, why, path, collection = find(file, words[1])
	if not tool then
		errors.raise(why, errors.EINVAL)
	end
	tool.words = file and file .. " " .. words[1] or words[1]
	io.write(help.text(tool, options.groups(tool)))
	section("Description", tool.description)
	section("Cost", tool.overhead)
	if collection and not collection.shipped then
		section("Collection", described(collection))
	end
	section("File", format.escape(path))
	return 0
end

return M

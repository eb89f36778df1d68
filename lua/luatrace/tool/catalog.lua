-- SPDX-License-Identifier: MIT
-- The tools that are run by name: files of collections.
local collections = require "luatrace.tool.collections"
local definition = require "luatrace.tool.definition"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local near = require "luatrace.near"
local source = require "luatrace.source"

local M = {}

---@class luatrace.tool.Entry
---@field name string what it is run by: NAME, or COLLECTION:NAME where NAME is another's
---@field path string
---@field collection luatrace.tool.Collection

-- What `luatrace list` says of a collection besides.
local function add_remarks(remarks, collection, others)
	if collection.missing then
		remarks[#remarks + 1] = collection.refused
	elseif collection.refused then
		remarks[#remarks + 1] = ("collection '%s' is refused: %s"):format(collection.name, collection.refused)
	end
	for _, name in ipairs(others) do
		remarks[#remarks + 1] = ("%s/%s.lua: a tool is called NAME.lua, of letters, digits, '-' and '_'"):format(
			collection.folder, name)
	end
end

---All tools that can be run by name, those of a collection sorted.
---@return luatrace.tool.Entry[]
---@return string[] remarks on what is no tool, and why
function M.entries()
	local entries, remarks, count = {}, {}, {}
	for _, collection in ipairs(collections.all()) do
		local names, others = {}, {}
		if not collection.refused then
			names, others = collections.tools(collection)
		end
		add_remarks(remarks, collection, others)
		for _, name in ipairs(names) do
			entries[#entries + 1] = { name = name, path = collections.file(collection, name), collection = collection }
			count[name] = (count[name] or 0) + 1
		end
	end
	for _, entry in ipairs(entries) do
		if count[entry.name] > 1 and not entry.collection.shipped then
			entry.name = entry.collection.name .. ":" .. entry.name
		end
	end
	return entries, remarks
end

-- Those that a name may mean. Luatrace's own tools keep their names, whatever is installed, and are not searched for.
local function candidates(name)
	local of, plain = name:match "^([%w_-]+):(.+)$"
	local own, found, refused = collections.shipped(), {}, nil
	plain = plain or name
	if not plain:find "^[%w_-]+$" then
		return found
	end
	local path = (of or own.name) == own.name and collections.file(own, plain)
	if path then
		return { { name = name, path = path, collection = own } }
	end
	for _, collection in ipairs(collections.all()) do
		path = (not of or collection.name == of) and not collection.shipped and collections.file(collection, plain)
		if path and collection.refused then
			refused = refused or collection
		elseif path then
			found[#found + 1] = { name = name, path = path, collection = collection }
		end
	end
	return found, refused
end

-- What a name that none has was meant to be.
local function nearest(name)
	local names, with_collection = {}, name:find ":"
	local entries, remarks = M.entries()
	for i, entry in ipairs(entries) do
		names[i] = with_collection and not entry.name:find ":" and entry.collection.name .. ":" .. entry.name or entry.name
	end
	return near.nearest(name, names), remarks
end

---The tool called `name`. Raises when it means more than one, or one that is refused.
---@param name string NAME or COLLECTION:NAME
---@return luatrace.tool.Entry? nil: there is none
---@return string? nearest the name of one that may be meant
---@return string[]? remarks on what was passed over
function M.find(name)
	local found, refused = candidates(name)
	if #found > 1 then
		local names = {}
		for i, entry in ipairs(found) do
			names[i] = ("'%s:%s' (%s)"):format(entry.collection.name, name:match "[^:]*$", entry.path)
		end
		errors.raise(("'%s' is a tool of %d collections: say %s"):format(name, #found, table.concat(names, " or ")),
			errors.EEXIST)
	elseif not found[1] and refused then
		errors.raise(("'%s' is of a collection that is refused: %s"):format(name, refused.refused), errors.EPERM)
	elseif found[1] then
		return found[1]
	end
	return nil, nearest(name)
end

---For who runs a tool: its path and where its collection's modules are, or the nearest name. Says what was passed over
---where there is none.
---@param name string
---@return { path: string?, search: string?, nearest: string? }
function M.locate(name)
	local entry, other, remarks = M.find(name)
	for _, remark in ipairs(remarks or {}) do
		io.stderr:write(("luatrace: %s\n"):format(format.escape(remark)))
	end
	if not entry then
		return { nearest = other }
	end
	M.running = entry.collection
	return { path = entry.path, search = collections.search_path(entry.collection) }
end

---What a tool that runs is found by again.
---@param name string its own
---@return string
function M.name_of(name)
	return M.running and M.running.name ~= collections.shipped().name and M.running.name .. ":" .. name or name
end

-- Modules that a tool's file required are its own: another collection may have others of their names.
local function run_alone(chunk, search)
	local before, loaded = package.path, {}
	for name in pairs(package.loaded) do
		loaded[name] = true
	end
	package.path = search .. before
	local ok, result = pcall(chunk)
	package.path = before
	for name in pairs(package.loaded) do
		if not loaded[name] and not name:find "^luatrace%f[^%w_]" then
			package.loaded[name] = nil
		end
	end
	return ok, result
end

-- What went wrong, without all the files that Lua has looked for a module in.
local function reason(wrong)
	return (tostring(wrong):gsub("(module '[^\n]*' not found):\n\t.*", "%1"))
end

---Reads a tool's file. A script that does not return a table is not run. nil and why, when it is no tool.
---@param path string
---@param collection luatrace.tool.Collection?
---@param stays boolean? what its functions require when they run is found too
---@param text string? what the file holds, if it is none
---@return luatrace.Tool?
---@return string? why
function M.load(path, collection, stays, text)
	text = text or source.read_file(path)
	if text and not ("\n" .. text):find "\nreturn%f[^%w_]%s*[%w_{]" then
		return nil, path .. ": a script that is no tool: it returns no table"
	end
	local chunk, why = nil, path .. ": cannot be read"
	if text then
		chunk, why = source.load(text, "@" .. path)
	end
	if not chunk then
		return nil, why
	end
	-- As of a script that runs: what lies beside it can be required, and what its collection has.
	local folder = path:match "^(.*)/[^/]*$" or "."
	local of = collection or collections.is_collection(folder) and { folder = folder } or nil
	local search = ("%s%s/?.lua;"):format(of and collections.search_path(of) or "", folder)
	local ok, result = run_alone(chunk, search)
	package.path = (stays and search or "") .. package.path
	if not ok or not require("luatrace.tool").is(result) then
		return nil, ok and path .. ": it returns no table of a tool" or reason(result)
	end
	local checked, tool = pcall(definition.check, result, path)
	if not checked then
		return nil, tostring(tool)
	end
	return tool
end

---The tool called `name`, or at that path: a word with a slash, or with ".lua" at its end. Raises when there is none.
---@param name string
---@return string path
---@return luatrace.tool.Collection?
function M.path(name)
	if name:find("/", 1, true) or name:find "%.lua$" then
		return name
	end
	local entry, other = M.find(name)
	if not entry then
		errors.usage(("'%s': no such tool%s; 'luatrace list' has them all"):format(name,
			other and ("; did you mean '%s'?"):format(other) or ""))
	end
	return entry.path, entry.collection
end

return M

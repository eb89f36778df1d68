-- SPDX-License-Identifier: MIT
-- The tools that are run by name: files of the folder that they are installed in.
local definition = require "luatrace.tool.definition"
local errors = require "luatrace.errors"
local folders = require "luatrace.folders"
local near = require "luatrace.near"
local source = require "luatrace.source"

local M = {}

local function folder()
	return package.loaded["luatrace.scripts"] or "scripts"
end

---Names of the tools, sorted.
---@return string[]
function M.names()
	local names = {}
	for _, file in ipairs(folders.list(folder())) do
		local name = file:match "^([^.].*)%.lua$"
		if name and name ~= "collection" then
			names[#names + 1] = name
		end
	end
	return names
end

---Reads a tool's file. A script that does not return a table is not run. nil and why, when it is no tool.
---@param path string
---@return luatrace.Tool?
---@return string? why
function M.load(path)
	local text = source.read_file(path)
	if text and not ("\n" .. text):find "\nreturn%f[^%w_]%s*[%w_{]" then
		return nil, path .. ": a script that is no tool: it returns no table"
	end
	local chunk, why = loadfile(path, "t")
	if not chunk then
		return nil, why
	end
	-- As of a script that runs: what lies beside it can be required.
	local search = package.path
	package.path = ("%s/?.lua;%s"):format(path:match "^(.*)/[^/]*$" or ".", search)
	local ok, result = pcall(chunk)
	package.path = search
	if not ok or not require("luatrace.tool").is(result) then
		return nil, ok and path .. ": it returns no table of a tool" or tostring(result)
	end
	local checked, tool = pcall(definition.check, result, path)
	if not checked then
		return nil, tostring(tool)
	end
	return tool
end

---The path of the tool called `name`; a word with a slash, or with ".lua" at its end, is a path already.
---@param name string
---@return string
function M.path(name)
	if name:find("/", 1, true) or name:find "%.lua$" then
		return name
	end
	local names = M.names()
	for _, known in ipairs(names) do
		if known == name then
			return folder() .. "/" .. name .. ".lua"
		end
	end
	errors.raise(("'%s': no such tool%s; 'luatrace list' has them all"):format(name, near.hint(name, names)),
		errors.ENOENT)
end

return M

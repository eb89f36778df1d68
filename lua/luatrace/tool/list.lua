-- SPDX-License-Identifier: MIT
-- luatrace list [PATTERN]: the tools that are run by name.
local C = require "luatrace.abi"
local catalog = require "luatrace.tool.catalog"
local format = require "luatrace.format"
local help = require "luatrace.tool.help"

local M = {}

local MARGIN = 17

local USAGE = [[
usage: luatrace list [PATTERN]
       luatrace list FILE.ltb [PATTERN]

The tools that are run by name, with what they show and, where they did not
come with luatrace, their collection. PATTERN, any part of these, or with *
and ? all of a name, leaves the others out. Where luatrace's own tool or
another collection's has a name, it is COLLECTION:NAME here. Of a bundle,
what can be run of it.
]]

-- A pattern of the shell's kind, of a whole name.
local function matches(name, tool, collection, pattern)
	if not pattern then
		return true
	elseif pattern:find "[*?]" then
		local lua = pattern:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".")
		return name:find("^" .. lua .. "$") ~= nil
	end
	local text = ("%s\n%s\n%s"):format(name, tool and tool.summary or "", collection.shipped and "" or collection.name)
	return text:lower():find(pattern:lower(), 1, true) ~= nil
end

-- A line of it, if it matches.
local function show(name, tool, why, collection, pattern)
	if not matches(name, tool, collection, pattern) then
		return 0
	end
	local text = format.escape(tool and tool.summary or "(" .. why .. ")")
		.. (collection.shipped and "" or " (" .. collection.name .. ")")
	local head = ("%-16s "):format(name)
	if C.lt_is_terminal(1) == 1 then
		head = #head > MARGIN and name .. "\n" .. (" "):rep(MARGIN) or head
		text = help.wrap(text, MARGIN, help.width())
	end
	io.write(head, text, "\n")
	return 1
end

local function list_bundle(path, pattern)
	local bundle = require("luatrace.bundle").look_into(path)
	local shown = 0
	for _, name in ipairs(bundle:tools()) do
		local tool, why = bundle:tool(name)
		why = bundle.about.script and not tool and "a script" or why
		shown = shown + show(name, tool, why, { shipped = true }, pattern)
	end
	return shown, {}
end

local function list_installed(pattern)
	require("luatrace.bundle").refuse_others "list"
	local shown = 0
	local entries, remarks = catalog.entries()
	for _, entry in ipairs(entries) do
		local tool, why = catalog.load(entry.path, entry.collection)
		shown = shown + show(entry.name, tool, why, entry.collection, pattern)
	end
	return shown, remarks
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
	local pattern = words[1]
	if words[2] or pattern and pattern:find "^%-" then
		io.stderr:write("luatrace list: takes one pattern, after a bundle if one is meant\n")
		return 2
	end
	local shown, remarks
	if file then
		shown, remarks = list_bundle(file, pattern)
	else
		shown, remarks = list_installed(pattern)
	end
	io.flush()
	for _, remark in ipairs(remarks) do
		io.stderr:write(("luatrace list: %s\n"):format(format.escape(remark)))
	end
	if shown == 0 then
		io.stderr:write(("luatrace list: %s\n"):format(pattern and ("no tool matches '%s'"):format(format.escape(pattern))
			or "there are no tools"))
		return 1
	end
	return 0
end

return M

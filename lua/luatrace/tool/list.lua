-- SPDX-License-Identifier: MIT
-- luatrace list [PATTERN]: the tools that are run by name.
local catalog = require "luatrace.tool.catalog"
local format = require "luatrace.format"

local M = {}

local USAGE = [[
usage: luatrace list [PATTERN]

The tools that are run by name, with what they show and, where they did not come with luatrace, their collection.
PATTERN, any part of these, or with * and ? all of a name, leaves the others out. Where luatrace's own tool or
another collection's has a name, it is COLLECTION:NAME here.
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

---@param ... string arguments
---@return integer status
function M.main(...)
	local pattern, more = ...
	if pattern == "--help" or pattern == "-h" then
		io.write(USAGE)
		return 0
	elseif more or pattern and pattern:find "^%-" then
		io.stderr:write("luatrace list: takes one pattern\n")
		return 2
	end
	local shown = 0
	local entries, refused = catalog.entries()
	for _, entry in ipairs(entries) do
		local tool, why = catalog.load(entry.path, entry.collection)
		if matches(entry.name, tool, entry.collection, pattern) then
			io.write(("%-16s %s%s\n"):format(entry.name, tool and tool.summary or "(" .. format.escape(why) .. ")",
				entry.collection.shipped and "" or " (" .. entry.collection.name .. ")"))
			shown = shown + 1
		end
	end
	io.flush()
	for _, collection in ipairs(refused) do
		io.stderr:write(("luatrace list: collection '%s' is refused: %s\n"):format(format.escape(collection.name),
			format.escape(collection.refused)))
	end
	if shown == 0 then
		io.stderr:write(("luatrace list: no tool matches '%s'\n"):format(format.escape(pattern or "")))
		return 1
	end
	return 0
end

return M

-- SPDX-License-Identifier: MIT
-- luatrace list [PATTERN]: the tools that are run by name.
local catalog = require "luatrace.tool.catalog"
local format = require "luatrace.format"

local M = {}

local USAGE = "usage: luatrace list [PATTERN]\n\nThe tools that are run by name, with what they show. PATTERN, any "
	.. "part of a name or of\nwhat it shows, or with * and ? all of a name, leaves the others out.\n"

-- A pattern of the shell's kind, of a whole name.
local function matches(name, tool, pattern)
	if not pattern then
		return true
	elseif pattern:find "[*?]" then
		local lua = pattern:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".")
		return name:find("^" .. lua .. "$") ~= nil
	end
	local text = name .. "\n" .. (tool and tool.summary or "")
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
	for _, name in ipairs(catalog.names()) do
		local tool, why = catalog.load(catalog.path(name))
		if matches(name, tool, pattern) then
			io.write(("%-16s %s\n"):format(name, tool and tool.summary or "(" .. format.escape(why) .. ")"))
			shown = shown + 1
		end
	end
	if shown == 0 then
		io.stderr:write(("luatrace list: no tool matches '%s'\n"):format(format.escape(pattern or "")))
		return 1
	end
	return 0
end

return M

-- SPDX-License-Identifier: MIT
-- Modules that files require, to go into a bundle with them.
local source = require "luatrace.source"

local M = {}

-- The runtime has these.
local function is_given(name)
	return name == "luatrace" or name:find "^luatrace%." or package.loaded[name] ~= nil and not package.searchpath(name,
		package.path) or name:find "^bcc%f[.%z]" ~= nil
end

---Names that a Lua text requires by literal strings.
---@param text string
---@return string[]
function M.required(text)
	local names = {}
	for name in text:gmatch "require%s*%(?%s*[\"']([%w_.-]+)[\"']" do
		names[#names + 1] = name
	end
	return names
end

---Adds all modules that `files` require to them, as "lib/…", wherever they were found.
---@param files table<string, string> what each file holds, by name
---@param path string where they are looked for, as package.path
---@param complain fun(message: string)
function M.add(files, path, complain)
	local queue, seen = {}, {}
	for name, text in pairs(files) do
		if name:find "%.lua$" then
			queue[#queue + 1] = text
		end
	end
	while queue[1] do
		for _, name in ipairs(M.required(table.remove(queue))) do
			local part = name:gsub("%.", "/")
			local there = seen[name] or is_given(name) or files[part .. ".lua"] or files[("lib/%s.lua"):format(part)]
				or files[("lib/%s/init.lua"):format(part)]
			seen[name] = true
			local found = not there and package.searchpath(name, path)
			if found then
				local text = source.read_file(found)
				files[("lib/%s.lua"):format(part)] = text
				queue[#queue + 1] = text
			elseif not there then
				complain(("module '%s' is not found, or is written in C: it is not in the bundle"):format(name))
			end
		end
	end
end

return M

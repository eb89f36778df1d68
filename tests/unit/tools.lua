-- SPDX-License-Identifier: MIT
-- The tools that come with luatrace, as files: what each has to have, and what is the runtime's to do.
local t = require "tap"
local sh = require "sh"
local definition = require "luatrace.tool.definition"
local folders = require "luatrace.folders"
local help = require "luatrace.tool.help"
local options = require "luatrace.tool.options"

package.path = "scripts/?.lua;" .. package.path	-- a tool may require what lies beside it
local MOST_LINES, USUAL_LINES = 150, 80
-- Real output needs a machine with hardware counters, or a file system that the tests have in guests only.
local NO_EXAMPLE = { llcstat = true }
local short, all = 0, 0

local function lines_of(text)
	return select(2, text:gsub("\n", ""))
end

-- What the files of a folder are called, and what they name in the comments at their heads.
local function named_in(folder)
	local named = {}
	for _, file in ipairs(folders.list(folder)) do
		named[file:match "^(.*)%.lua$" or ""] = true
		for line in sh.read(folder .. "/" .. file):gmatch "[^\n]+" do
			if line:sub(1, 2) ~= "--" then
				break
			end
			for name in line:gmatch "[%w_]+" do
				named[name] = true
			end
		end
	end
	return named
end
local tested, compared = named_in "tests/tools", named_in "tests/peers"

for _, file in ipairs(folders.list "scripts") do
	if file == "collection.lua" then
		goto continue
	end
	local name, path = file:match "^(.*)%.lua$", "scripts/" .. file
	local text = sh.read(path)
	local ok, tool = pcall(function() return definition.check(assert(loadfile(path))(), path) end)
	t.ok(ok, ("%s: %s"):format(file, ok and "a tool" or tostring(tool)))
	tool = ok and tool or {}
	t.eq(tool.name, name, name .. ": its name")
	local missing = {}
	for _, field in ipairs { "summary", "description", "example", "overhead" } do
		local there = tool[field] and tool[field]:find "%S" or field == "example" and NO_EXAMPLE[name]
		missing[#missing + 1] = not there and field or nil
	end
	t.eq(table.concat(missing, " "), "", name .. ": what a person is told of it")
	t.ok(not tool.summary or not tool.summary:find "^%u%l" and not tool.summary:find "[.!]$" and #tool.summary <= 80,
		name .. ": its summary is one short line: no capital, no full stop")
	t.like(tool.example or NO_EXAMPLE[name] and "# luatrace " .. name or "", "^# luatrace [^\n]*%f[%w_]" .. name,
		name .. ": its example begins with the command")
	t.ok(tested[name], name .. ": it has a case in tests/tools")
	t.ok(compared[name], name .. ": it is beside others of its name in tests/peers, if there are any")
	local count = lines_of(text)
	short, all = short + (count <= USUAL_LINES and 1 or 0), all + 1
	t.ok(count <= MOST_LINES, ("%s: %d lines"):format(name, count))
	-- of the text in the kernel it may be a name
	local lua = text:gsub("%[(=*)%[.-%]%1%]", "")
	t.ok(not lua:find "%f[%w_]print%s*[%(\"']" and not lua:find "io%.write" and not lua:find "io%.stdout",
		name .. ": what it shows goes through the runtime")
	if ok then
		local shown, wide = help.text(tool, options.groups(tool)), nil
		for line in shown:gsub("\nExample:.*", ""):gmatch "[^\n]+" do
			wide = #line > help.width() and line or wide
		end
		t.eq(wide, nil, name .. ": its help is not too wide")
		t.ok(not shown:gsub("%s+", " "):find "%(default: [^)]*%) %(default", name .. ": it says a default once")
		options.parser(tool)
	end
	::continue::
end

t.ok(short > all / 2, ("most tools have at most %d lines, with their manual: %d of %d"):format(USUAL_LINES, short, all))
t.done()

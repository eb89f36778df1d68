-- SPDX-License-Identifier: MIT
-- Build step: luatrace make.lua VERSION FOLDER SCRIPT...
-- Writes a manual page, luatrace-NAME.1, for each tool: what `luatrace info` says of it.
local catalog = require "luatrace.tool.catalog"
local help = require "luatrace.tool.help"
local options = require "luatrace.tool.options"

local version, folder = ...

-- Text as it is, whatever roff would make of it.
local function plain(text)
	text = text:gsub("\\", "\\e"):gsub("%-", "\\-")
	return (("\n" .. text):gsub("\n([.'])", "\n\\&%1"):sub(2))
end

local function paragraphs(text)
	return (plain(text:gsub("^%s+", ""):gsub("%s+$", "")):gsub("\n\n+", "\n.PP\n"):gsub("\n[ \t]+", "\n"))
end

local function verbatim(text)
	return ".nf\n.RS 2\n" .. plain((text:gsub("^\n+", ""):gsub("\n+$", ""))) .. "\n.RE\n.fi\n"
end

local function option_lines(groups)
	local out = {}
	for _, group in ipairs(groups) do
		if group[2][1] then
			out[#out + 1] = (".SS %s\n"):format(group[1])
		end
		for _, option in ipairs(group[2]) do
			out[#out + 1] = (".TP\n.B %s\n%s\n"):format(
				plain((help.label(option):gsub("^ +", ""))), paragraphs(help.meaning(option)))
		end
	end
	return table.concat(out)
end

local function page(tool)
	local groups = options.groups(tool)
	local out = { ('.TH LUATRACE\\-%s 1 "" "luatrace %s" "luatrace tools"\n'):format(plain(tool.name:upper()), version),
		".SH NAME\n", ("luatrace\\-%s \\- %s\n"):format(plain(tool.name), plain(tool.summary)),
		".SH SYNOPSIS\n", (".B %s\n"):format(plain((help.usage(tool, groups):gsub("^usage: ", "")))) }
	local function section(title, text)
		if text and text ~= "" then
			out[#out + 1] = (".SH %s\n%s\n"):format(title, text)
		end
	end
	section("DESCRIPTION", paragraphs(tool.description or tool.summary))
	section("OPTIONS", option_lines(groups))
	section("EXAMPLE", tool.example and verbatim(tool.example))
	section("COST", tool.overhead and paragraphs(tool.overhead))
	section("SEE ALSO", ".BR luatrace (1)")
	return (table.concat(out):gsub("\n\n+", "\n"))
end

for i = 3, select("#", ...) do
	local path = select(i, ...)
	if not path:find "/collection%.lua$" then
		local tool = assert(catalog.load(path))
		local file = assert(io.open(("%s/luatrace-%s.1"):format(folder, tool.name), "w"))
		assert(file:write(page(tool)))
		file:close()
	end
end

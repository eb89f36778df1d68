-- SPDX-License-Identifier: MIT
-- The texts that a tool or a script is compiled of, as objects for any kernel.
local ffi = require "ffi"
local C = require "luatrace.abi"
local catalog = require "luatrace.tool.catalog"
local compile = require "luatrace.compile"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local gather = require "luatrace.bundling.gather"
local live = require "luatrace.tool.live"
local options = require "luatrace.tool.options"
local source = require "luatrace.source"

local M = {}

---Words of a command line, with quotes as in a shell.
---@param line string
---@return string[]
function M.words(line)
	local words, word, quote = {}, nil, nil
	for c in line:gmatch "." do
		if quote then
			if c == quote then
				quote = nil
			else
				word = word .. c
			end
		elseif c == "'" or c == '"' then
			quote, word = c, word or ""
		elseif c:find "%s" then
			words[#words + 1], word = word, nil
		else
			word = (word or "") .. c
		end
	end
	words[#words + 1] = word
	return words
end

-- One command line of a tool.
local function add_line(list, tool, line)
	local chosen = options.parse(tool, M.words(line))
	if not chosen then
		errors.raise(("%s: '%s %s' is not a command line of the tool"):format(tool.path, tool.name, line), errors.EINVAL)
	end
	local text, _, _, made = live.inputs(tool, chosen)
	list[#list + 1] = { text = text, cflags = made and made:flags(tool.cflags) or tool.cflags or {},
		where = source.locate(text) }
end

-- A tool has its text, or one for each command line that its text depends on.
local function of_tool(tool, lines)
	local list = {}
	source.tool_chunk = "@" .. tool.path
	if type(tool.text) == "string" then
		list[1] = { text = tool.text, cflags = tool.cflags or {}, where = source.locate(tool.text) }
	end
	for _, line in ipairs(type(tool.text) == "function" and tool.bundled or {}) do
		add_line(list, tool, line)
	end
	for _, line in ipairs(lines or {}) do
		add_line(list, tool, line)
	end
	return list
end

-- Those of a script that is no tool, run without arguments and with each of the command lines.
local function of_script(path, lines)
	local list, remarks = {}, {}
	for _, line in ipairs { "", unpack(lines or {}) } do
		local chunk, wrong = loadfile(path, "t")
		if not chunk then
			errors.raise(wrong, errors.EINVAL)
		end
		local found, stopped = gather.texts(chunk, path, unpack(M.words(line)))
		for _, one in ipairs(found) do
			list[#list + 1] = one
		end
		remarks[#remarks + 1] = stopped and ("%sit was looked through as far as this: %s. Texts that it makes after that "
			.. "are not in the bundle"):format(line ~= "" and ("with '%s' "):format(line) or "", stopped) or nil
	end
	return list, remarks
end

---The texts of a file of a collection, or of a script.
---@param path string
---@param collection luatrace.tool.Collection?
---@param lines string[]? command lines that it is to be given
---@return luatrace.bundling.Text[]
---@return string[] remarks on why it may have more
function M.of(path, collection, lines)
	local tool, why = catalog.load(path, collection, true)
	if tool then
		local open = type(tool.text) == "function" and not tool.bundled
		return of_tool(tool, lines), { open and "its text depends on its options: bundled= in its table, or --with, "
			.. "says which" or nil }
	elseif collection and why and not why:find "returns no table" then
		errors.raise(why, errors.EINVAL)
	end
	return of_script(path, lines)
end

---An object of a text, for any kernel. Warnings go to stderr.
---@param one luatrace.bundling.Text
---@return string elf
function M.compile(one)
	local elf = compile.portable(one.text, one.cflags, one.where)
	-- as a test: it has to be one that this kernel takes apart
	local out, err = ffi.new "lt_object *[1]", errors.buffer()
	local rc = C.lt_object_open(elf[0].data, elf[0].size, out, err)
	if rc < 0 then
		errors.raise_c(rc, err, one.where:mapper())
	end
	C.lt_object_free(out[0])
	return ffi.string(elf[0].data, elf[0].size)
end

---Says something of a file.
---@param path string
---@param ... string format and its arguments
function M.say(path, ...)
	io.stderr:write(("luatrace bundle: %s: %s\n"):format(format.escape(path), (...):format(select(2, ...))))
end

return M

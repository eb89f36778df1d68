-- SPDX-License-Identifier: MIT
-- The examples of a document: its fenced code blocks, and the comment before each that says what is done with it.
--   <!-- run file=opens.lua seconds=0.5 workload="ls" expect="ls%s" -->   a complete script
--   <!-- fragment -->                                                     part of one: only its syntax is looked at
-- Words of `run`, all optional: options (luatrace's own), file, args, seconds (how long it is traced before Ctrl-C; it
-- ends sooner when all that is expected was printed), workload (a command of the shell, repeated meanwhile), needs (a
-- kind of probe), status (0 unless said otherwise), expect (a Lua pattern; may be given several times).
local M = {}

---@class luatrace.test.Example
---@field document string
---@field line integer of the first line in the block
---@field language string
---@field text string
---@field verb string? "run" or "fragment"
---@field words table<string, string>
---@field expect string[]

local ESCAPES = { n = "\n", t = "\t" }

-- What stands from `at` up to the closing quote, and what follows it.
local function quoted(text, at)
	local from = at
	while true do
		local stop = text:find('["\\]', at)
		if not stop then
			error(("marker: no closing quote in '%s'"):format(text), 0)
		elseif text:sub(stop, stop) == '"' then
			local value = text:sub(from, stop - 1):gsub("\\(.)", function(c) return ESCAPES[c] or c end)
			return value, text:match("^%s*(.*)$", stop + 1)
		end
		at = stop + 2
	end
end

-- key=value and key="value with spaces"; \n, \t and \" stand for themselves within quotes.
local function parse_marker(comment)
	local verb, rest = comment:match("^%s*(%l+)%s*(.-)%s*$")
	local words, expect = {}, {}
	while rest and rest ~= "" do
		local key, opening = rest:match('^(%l+)="()')
		local value, after
		if key then
			value, after = quoted(rest, opening)
		else
			key, value, after = rest:match("^(%l+)=(%S+)%s*(.*)$")
		end
		if not key then
			error(("marker '%s': what is '%s'?"):format(comment, rest), 0)
		elseif key == "expect" then
			expect[#expect + 1] = value
		else
			words[key] = value
		end
		rest = after
	end
	return verb, words, expect
end

---The code blocks of a document written in Markdown.
---@param name string what messages call it
---@param text string
---@return luatrace.test.Example[]
function M.of(name, text)
	local list, open, marker, number = {}, nil, nil, 0
	for line in text:gmatch("([^\n]*)\n") do
		number = number + 1
		local fence = line:match("^```(.*)$")
		if open and fence then
			open.text = table.concat(open.lines, "\n") .. "\n"
			list[#list + 1], open = open, nil
		elseif open then
			open.lines[#open.lines + 1] = line
		elseif fence then
			open = { document = name, line = number + 1, language = fence, lines = {}, words = {}, expect = {} }
			if marker then
				open.verb, open.words, open.expect = parse_marker(marker)
			end
			marker = nil
		elseif line:find("%S") then
			marker = line:match("^<!%-%-(.*)%-%->%s*$")
		end
	end
	return list
end

return M

-- SPDX-License-Identifier: MIT
-- The examples of a document: its fenced code blocks, and the comment before each that says what is done with it.
--   <!-- run file=opens.lua seconds=0.5 workload="ls" expect="ls%s" -->   a complete script
--   <!-- fragment -->                                                     part of one: only its syntax is looked at
-- Words of `run`, all optional: file, args, seconds (how long it is traced before Ctrl-C; it ends sooner when all that
-- is expected was printed), workload (a command of the shell, repeated meanwhile), needs (a kind of probe), status (0
-- unless said otherwise), expect (a Lua pattern; may be given several times).
local M = {}

---@class luatrace.test.Example
---@field document string
---@field line integer of the first line in the block
---@field language string
---@field text string
---@field verb string? "run" or "fragment"
---@field words table<string, string>
---@field expect string[]

-- key=value and key="value with spaces".
local function parse_marker(comment)
	local verb, rest = comment:match("^%s*(%l+)%s*(.-)%s*$")
	local words, expect = {}, {}
	rest = rest:gsub('(%l+)="([^"]*)"', function(key, value)
		if key == "expect" then
			expect[#expect + 1] = value
		else
			words[key] = value
		end
		return ""
	end)
	for key, value in rest:gmatch("(%l+)=(%S+)") do
		if key == "expect" then
			expect[#expect + 1] = value
		else
			words[key] = value
		end
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

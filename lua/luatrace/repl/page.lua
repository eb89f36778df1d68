-- SPDX-License-Identifier: MIT
-- What is longer than the screen, a screen at a time. Events go on meanwhile.
local line = require "luatrace.repl.line"
local paint = require "luatrace.repl.paint"
local show = require "luatrace.repl.show"

-- Rows that a line takes; its colours take none.
local function rows_of(text, columns)
	return math.max(1, math.ceil(#text:gsub("\27%[[%d;]*m", "") / columns))
end

---Writes a text and a newline.
---@param text string
return function(text)
	local lines = {}
	for one in (text .. "\n"):gmatch("([^\n]*)\n") do
		lines[#lines + 1] = one
	end
	local columns, rows = show.screen()
	local first = 1
	while first <= #lines do
		local last, used = first, rows_of(lines[first], columns)
		while last < #lines and (not line.can_ask() or used + rows_of(lines[last + 1], columns) < rows) do
			last = last + 1
			used = used + rows_of(lines[last], columns)
		end
		io.stdout:write(table.concat(lines, "\n", first, last), "\n")
		first = last + 1
		if first <= #lines and line.ask(paint("dim", ("… %d lines more: Enter, or q"):format(#lines - last))) ~= "" then
			return
		end
	end
end

-- SPDX-License-Identifier: MIT
-- The help of a tool.
local ffi = require "ffi"
local C = require "luatrace.abi"
local format = require "luatrace.format"

local M = {}

local MARGIN, WIDEST = 30, 100

---How many characters a line has on standard output.
---@return integer
function M.width()
	local size = ffi.new "int32_t[2]"
	C.lt_terminal_size(size, size + 1)
	return math.min(size[0], WIDEST)
end

---A text in lines, with blanks ahead of all but the first.
---@param text string
---@param margin integer how many
---@param width integer of a line, blanks included
---@return string
function M.wrap(text, margin, width)
	local lines, line = {}, ""
	for word in text:gmatch "%S+" do
		if #line > 0 and #line + 1 + #word > width - margin then
			lines[#lines + 1], line = line, word
		else
			line = #line > 0 and line .. " " .. word or word
		end
	end
	lines[#lines + 1] = line
	return table.concat(lines, "\n" .. (" "):rep(margin))
end

local METAVARS = { number = "NUMBER", integer = "NUMBER", seconds = "SECONDS", string = "TEXT" }

---A text, two blanks ahead of its lines.
---@param text string
---@return string
function M.indent(text)
	return (text:gsub("^\n+", ""):gsub("\n+$", ""):gsub("[^\n]+", "  %0")) .. "\n"
end

---What stands for an option's value, or nil.
---@param option table
---@return string?
function M.value_of(option)
	return option.type ~= "flag" and (option.metavar or option.choices and table.concat(option.choices, "|")
		or METAVARS[option.type]) or nil
end

---How an option is written.
---@param option table
---@return string
function M.label(option)
	local value = M.value_of(option)
	if option.positional then
		return option.metavar or option[1]:upper()
	end
	local letter = option.letter and "-" .. option.letter .. ", " or "    "
	return letter .. "--" .. option[1] .. (value and " " .. value or "")
end

---What it does.
---@param option table
---@return string
function M.meaning(option)
	local default = option.default
	if type(default) == "table" then
		default = default[1] ~= nil and table.concat(default, ", ") or nil
	end
	if default ~= nil and option.type ~= "flag" then
		return ("%s (default: %s)"):format(option.help, tostring(default))
	end
	return option.help
end

---The words that run it.
---@param tool luatrace.Tool
---@return string
function M.command(tool)
	return "luatrace " .. format.escape(tool.words or tool.name)
end

---The first line of the help.
---@param tool luatrace.Tool
---@param groups table
---@return string
function M.usage(tool, groups)
	local words = { "usage:", M.command(tool), "[options]" }
	for _, group in ipairs(groups) do
		for _, option in ipairs(group[2]) do
			if option.positional then
				words[#words + 1] = option.required and M.label(option) or "[" .. M.label(option) .. "]"
			end
		end
	end
	return table.concat(words, " ")
end

---@param tool luatrace.Tool
---@param groups table of options.groups()
---@return string
function M.text(tool, groups)
	local summary, width = format.escape(tool.summary), M.width()
	if summary:find "^[%l-]+[,:]?%f[%s%z]" then	-- another word is a name, which stays as it is: clock_nanosleep
		summary = summary:gsub("^%l", string.upper)
	end
	local out = { M.usage(tool, groups), "\n\n", M.wrap(summary .. ".", 0, width), "\n" }
	for _, group in ipairs(groups) do
		if #group[2] > 0 then
			out[#out + 1] = ("\n%s:\n"):format(group[1])
		end
		for _, option in ipairs(group[2]) do
			local label = "  " .. M.label(option)
			local gap = #label + 2 > MARGIN and "\n" .. (" "):rep(MARGIN) or (" "):rep(MARGIN - #label)
			out[#out + 1] = label .. gap .. M.wrap(M.meaning(option), MARGIN, width) .. "\n"
		end
	end
	if tool.example then
		out[#out + 1] = "\nExample:\n" .. M.indent(tool.example)
	end
	return table.concat(out)
end

return M

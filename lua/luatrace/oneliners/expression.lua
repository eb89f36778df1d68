-- SPDX-License-Identifier: MIT
-- The C expressions of one-liners, before they go into a text: each has to be one expression and nothing else, so that
-- what it does not close, or closes too much, is an error here and no other program. What it means is the compiler's
-- matter.
local errors = require "luatrace.errors"

local M = {}

---@class luatrace.Expression
---@field option string the argument that it was given as
---@field text string in one line
---@field names table<string, boolean> all identifiers in it

-- What begins a statement or a declaration, or speaks to the compiler: nothing of it is a value.
local NO_VALUES = {}
for word in ("asm __asm __asm__ _Pragma __pragma auto break case continue default do else extern for goto if inline "
	.. "register return static switch typedef while _Static_assert __label__"):gmatch "%S+" do
	NO_VALUES[word] = true
end

-- Longest first. Those that are true change something.
local OPERATORS = {
	{ "<<=", true }, { ">>=", true },
	{ "==" }, { "!=" }, { "<=" }, { ">=" }, { "->" }, { "&&" }, { "||" }, { "<<" }, { ">>" },
	{ "++", true }, { "--", true }, { "+=", true }, { "-=", true }, { "*=", true }, { "/=", true }, { "%=", true },
	{ "&=", true }, { "|=", true }, { "^=", true }, { "=", true },
}

-- Other spellings of brackets and of #, which a look for those would miss.
local DIGRAPHS = { ["<%"] = true, ["%>"] = true, ["<:"] = true, [":>"] = true, ["%:"] = true, ["??"] = true }

local OPENING = { ["("] = ")", ["["] = "]" }

local LONGEST = 1000

local function refuse(scan, format, ...)
	errors.misuse("%s: %s: '%s': %s", scan.where, scan.option, scan.text:gsub("%c", "?"), format:format(...))
end

-- A string or a character, from its quote on; where it ends.
local function literal(scan, at)
	local quote = scan.text:sub(at, at)
	if scan.text:find("^[%w_$]", at - 1) then
		refuse(scan, "a letter just ahead of %s makes another kind of string of it; leave it out", quote)
	end
	local i = at + 1
	while true do
		local c = scan.text:sub(i, i)
		if c == quote then
			break
		elseif c == "" then
			refuse(scan, "the %s is not closed", quote)
		elseif scan.text:find("^\\?%c", i) or scan.text:find("^%?%?", i) then
			refuse(scan, "a string holds no control characters and no '??'; write \\n, \\t or \\xNN")
		end
		i = i + (c == "\\" and 2 or 1)
	end
	if quote == '"' and (scan.last == "==" or scan.last == "!=" or scan.text:find("^%s*[!=]=", i + 1)) then
		refuse(scan, "== compares where strings lie, not what they are; streq(comm, \"bash\") compares those")
	end
	return "literal", i
end

local function word(scan, at)
	local name, stop = scan.text:match("^([%a_$][%w_$]*)()", at)
	if NO_VALUES[name] then
		refuse(scan, "'%s' is no part of an expression; it takes one C expression, as stands behind 'return'", name)
	end
	scan.names[name] = true
	if name == "data_loc" then	-- see text.lua
		scan.names.args = true
	end
	return name, stop - 1
end

local function bracket(scan, at)
	local c = scan.text:sub(at, at)
	if OPENING[c] then
		table.insert(scan.open, c)
	elseif OPENING[table.remove(scan.open) or ""] ~= c then
		refuse(scan, "a '%s' too many, or in the wrong place", c)
	end
	return c, at
end

local function operator(scan, at)
	local two = scan.text:sub(at, at + 1)
	if two == "//" or two == "/*" then
		refuse(scan, "'%s' begins a comment, which has no place here; with a space between, it divides", two)
	elseif DIGRAPHS[two] then
		refuse(scan, "'%s' is another way to write a bracket or '#', which have no place here", two)
	end
	for _, entry in ipairs(OPERATORS) do
		local text, changes = entry[1], entry[2]
		if scan.text:sub(at, at + #text - 1) == text then
			if changes then
				refuse(scan, text == "=" and "'=' assigns, and an expression here changes nothing; '==' compares"
					or "'%s' has no place here: an expression changes nothing", text)
			end
			return text, at + #text - 1
		end
	end
	return scan.text:sub(at, at), at
end

-- The token at `at`, and where it ends.
local function token(scan, at)
	local c = scan.text:sub(at, at)
	if c:find "[%a_$]" then
		return word(scan, at)
	elseif scan.text:find("^%.?%d", at) then
		return "number", select(2, scan.text:find("^%.?%d[%w_.]*", at))
	elseif c == '"' or c == "'" then
		return literal(scan, at)
	elseif c:find "[()%[%]]" then
		return bracket(scan, at)
	elseif c:find "[-+*/%%<>=!&|^~?:.,]" then
		return operator(scan, at)
	elseif c == ";" or c == "{" or c == "}" then
		refuse(scan, "'%s' has no place in an expression; a text of your own, BPF{ text = … }, can have statements", c)
	end
	refuse(scan, "%s has no place in an expression", c:find "[%g]" and "'" .. c .. "'" or ("byte 0x%02x"):format(c:byte()))
end

local function expression(scan, text)
	local names = scan.names
	scan.names = {}
	-- One line of the text is to be one expression. No string goes over a line's end: see literal().
	text = text:gsub("[\t\r\n]+", " "):match "^%s*(.-)%s*$"
	if text == "" then
		refuse(scan, "an expression is missing")
	end
	return { option = scan.option, text = text, names = names }
end

-- `text` cut at the commas outside of brackets.
local function split(where, option, text)
	if type(text) ~= "string" then
		errors.misuse("%s: %s: takes a C expression as a string, not %s", where, option, type(text))
	end
	local scan = { where = where, option = option, text = text, names = {}, open = {} }
	if #text > LONGEST then
		refuse({ where = where, option = option, text = text:sub(1, 40) .. "…" }, "longer than %d characters", LONGEST)
	end
	local out, at, from = {}, 1, 1
	while at <= #text do
		if text:find("^[ \t\r\n]", at) then
			at = at + 1
		else
			local kind, stop = token(scan, at)
			if kind == "," and #scan.open == 0 then
				out[#out + 1] = expression(scan, text:sub(from, at - 1))
				from = stop + 1
			end
			scan.last, at = kind, stop + 1
		end
	end
	if #scan.open > 0 then
		refuse(scan, "a '%s' is not closed", scan.open[#scan.open])
	end
	out[#out + 1] = expression(scan, text:sub(from))
	return out
end

---One expression.
---@param where string the function that it was given to
---@param option string the argument
---@param text any
---@return luatrace.Expression
function M.one(where, option, text)
	local list = split(where, option, text)
	if #list > 1 then
		errors.misuse("%s: %s: '%s': is %d expressions, and it takes one; && and || join conditions", where, option,
			text:gsub("%c", "?"), #list)
	end
	return list[1]
end

---Several: a string of them with commas between, or an array of such strings.
---@param where string
---@param option string
---@param value any
---@return luatrace.Expression[]
function M.list(where, option, value)
	if type(value) ~= "table" then
		return split(where, option, value)
	end
	local out = {}
	for i = 1, #value do
		for _, e in ipairs(split(where, option, value[i])) do
			out[#out + 1] = e
		end
	end
	for key in pairs(value) do
		if type(key) ~= "number" then
			errors.misuse("%s: %s: takes an array of C expressions, which has no '%s'", where, option, tostring(key))
		end
	end
	if #out == 0 then
		errors.misuse("%s: %s: an expression is missing", where, option)
	end
	return out
end

return M

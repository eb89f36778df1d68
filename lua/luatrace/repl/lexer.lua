-- SPDX-License-Identifier: MIT
-- Lua text as tokens: what a chunk declares at its top, and where in a text the cursor is.
local M = {}

-- A long bracket's end, for the "[", "=" signs and "[" at `at`; nil where there is none, and the text's end plus one
-- for one that is not closed.
local function long_bracket(text, at)
	local signs = text:match("^%[(=*)%[", at)
	if not signs then
		return nil
	end
	local start = at + #signs + 2
	local close, last = text:find("]" .. signs .. "]", start, true)
	return last and last + 1 or #text + 1, start, close and close - 1 or #text, last ~= nil
end

local function quoted(text, at)
	local quote = text:sub(at, at)
	local i = at + 1
	while i <= #text do
		local c = text:sub(i, i)
		if c == "\\" then
			i = i + 1
		elseif c == quote then
			return i + 1, true
		elseif c == "\n" then
			return i, false
		end
		i = i + 1
	end
	return #text + 1, false
end

---@class luatrace.Token
---@field kind "name"|"number"|"string"|"long"|"comment"|"symbol"
---@field last integer of its last byte
---@field text string of a long string what stands between the brackets, else all of it
---@field closed boolean? of strings and comments

local function token_at(text, at)
	local c = text:sub(at, at)
	if text:find("^%-%-", at) then
		local after, _, _, closed = long_bracket(text, at + 2)
		local last = after and after - 1 or (text:find("\n", at, true) or #text + 1) - 1
		return { kind = "comment", last = last, text = text:sub(at, last), closed = not after or closed }
	elseif text:find("^[%a_]", at) then
		local name = text:match("^[%w_]+", at)
		return { kind = "name", last = at + #name - 1, text = name }
	elseif text:find("^%.?%d", at) then
		local number = text:match("^0[xX][%x.]+[ULul]*", at) or text:match("^[%d.]+[eE][+-]?%d+", at)
			or text:match("^[%d.]+[ULul]*", at)
		return { kind = "number", last = at + #number - 1, text = number }
	elseif c == '"' or c == "'" then
		local after, closed = quoted(text, at)
		return { kind = "string", last = after - 1, text = text:sub(at, after - 1), closed = closed }
	elseif c == "[" then
		local after, start, last, closed = long_bracket(text, at)
		if after then
			return { kind = "long", last = after - 1, text = text:sub(start, last), closed = closed }
		end
	end
	local symbol = text:match("^%.%.%.?", at) or text:match("^[=~<>]=", at) or c
	return { kind = "symbol", last = at + #symbol - 1, text = symbol }
end

---All tokens of a text, whether it is a chunk or not.
---@param text string
---@return luatrace.Token[]
function M.tokens(text)
	local out, at = {}, 1
	while true do
		at = text:find("%S", at)
		if not at then
			return out
		end
		local token = token_at(text, at)
		out[#out + 1] = token
		at = token.last + 1
	end
end

local OPENS = { ["function"] = true, ["do"] = true, ["then"] = true, ["repeat"] = true, ["{"] = true, ["("] = true,
	["["] = true }
local CLOSES = { ["end"] = true, ["until"] = true, ["elseif"] = true, ["}"] = true, [")"] = true, ["]"] = true,
	["else"] = true }

-- `else` ends a block and opens the next one.
local function depth_after(depth, word)
	if CLOSES[word] then
		depth = depth - 1
	end
	return (OPENS[word] or word == "else") and depth + 1 or depth
end

---Names that a chunk declares as its own locals, each once, in the order of the last declaration.
---@param text string
---@return string[]
function M.locals(text)
	local tokens = {}
	for _, token in ipairs(M.tokens(text)) do
		if token.kind ~= "comment" then
			tokens[#tokens + 1] = token
		end
	end
	local names, known, depth = {}, {}, 0
	local function add(name)
		if not known[name] then
			known[name] = true
			names[#names + 1] = name
		end
	end
	for i, token in ipairs(tokens) do
		local word = (token.kind == "name" or token.kind == "symbol") and token.text
		if word == "local" and depth == 0 then
			local at = i + 1
			if tokens[at] and tokens[at].text == "function" then
				at = at + 1
			end
			while tokens[at] and tokens[at].kind == "name" do
				add(tokens[at].text)
				if not (tokens[at + 1] and tokens[at + 1].text == ",") then
					break
				end
				at = at + 2
			end
		elseif word then
			depth = depth_after(depth, word)
		end
	end
	return names
end

return M

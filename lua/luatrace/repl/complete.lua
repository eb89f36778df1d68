-- SPDX-License-Identifier: MIT
-- Tab: what could stand at the cursor, by where it is: a command, Lua, a probe's name, C text.
local ffi = require "ffi"
local C = require "luatrace.abi"
local candidates = require "luatrace.repl.candidates"
local commands = require "luatrace.repl.commands"
local format = require "luatrace.format"
local later = require "luatrace.later"
local lexer = require "luatrace.repl.lexer"
local paint = require "luatrace.repl.paint"
local session = require "luatrace.repl.session"
local show = require "luatrace.repl.show"
---@module "luatrace.completion"
local c_text = later "luatrace.completion"
---@module "luatrace.types"
local types = later "luatrace.types"

local M = {}

---@class luatrace.repl.Candidate
---@field insert string what stands there then
---@field display string? as the list shows it
---@field signature string? its declaration
---@field doc string?

local function from_names(names)
	local out = {}
	for i, name in ipairs(names) do
		out[i] = { insert = name }
	end
	return out
end

-- ---- probes ---------------------------------------------------------------------------------------------------------

local function kinds()
	local out, i = {}, 0
	while C.lt_kind_name(i) ~= nil do
		out[#out + 1] = { insert = ffi.string(C.lt_kind_name(i)) .. ":" }
		i = i + 1
	end
	return out
end

-- What a C function that fills a blob gives, or "".
local function text_by(fn)
	local out = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free)
	local count = fn(out)
	return count > 0 and ffi.string(out[0].data, out[0].size) or ""
end

-- The kernel's lists by kind, which change only with modules that are loaded: what was read is kept while a line is
-- edited.
local kept = {}

local function list(pattern)
	return text_by(function(out) return C.lt_probe_list(pattern, 0, out, nil) end)
end

local FILES = { uprobe = true, uretprobe = true, usdt = true }

local function files(prefix)
	local folder = prefix:match("^(.*/)") or ""
	local names, out = text_by(function(out) return C.lt_directory_list(folder == "" and "." or folder, out, nil) end), {}
	local hidden = prefix:match("[^/]*$"):sub(1, 1) == "."
	for name in names:gmatch("[^\n]+") do
		if hidden or name:sub(1, 1) ~= "." then
			out[#out + 1] = { insert = folder .. name, display = name }
		end
	end
	table.sort(out, function(a, b) return a.insert < b.insert end)
	return out
end

---Probes that begin so.
---@param prefix string
---@return luatrace.repl.Candidate[]
function M.probes(prefix)
	local kind, target = prefix:match("^([%w_]+):(.*)$")
	if not kind then
		return kinds()
	end
	if FILES[kind] and not target:find(":", 1, true) then
		local out = files(target)
		for _, candidate in ipairs(out) do
			candidate.insert = kind .. ":" .. candidate.insert
		end
		return out
	end
	local key = FILES[kind] and prefix:match("^[%w_]+:[^:]*:") or kind .. ":"
	kept[key] = kept[key] or list(key .. "*")
	local out = {}
	for name in kept[key]:gmatch("[^\n]+") do
		if name:sub(1, #prefix) == prefix then
			out[#out + 1] = { insert = name }
		end
	end
	return out
end

-- ---- commands -------------------------------------------------------------------------------------------------------

local function command_names()
	local out = {}
	for i, command in ipairs(commands.list) do
		out[i] = { insert = command.name, display = command.name }
	end
	return out
end

local ARGUMENTS = {
	help = function()
		local out = command_names()
		for _, name in ipairs(session.ONE_LINERS) do
			out[#out + 1] = { insert = name }
		end
		return out
	end,
	probes = M.probes, attach = M.probes, detach = M.probes,
	show = function() return from_names(candidates.maps()) end,
	hist = function() return from_names(candidates.maps()) end,
	stacks = function() return from_names(candidates.maps()) end,
	disasm = function() return from_names(candidates.programs()) end,
	type = function(prefix) return from_names(types.names(prefix, 200)) end,
	run = files, save = files,
}

local function of_command(head)
	local name = head:match("^%s*:(%w*)$")
	if name then
		return name, command_names()
	end
	local command, before, word = head:match("^%s*:(%w+)%s(.-)(%S*)$")
	local complete = ARGUMENTS[command]
	if command == "attach" and before:find("%S") then
		return word, from_names(candidates.programs())
	elseif complete and not (word == "" and before:find("%S")) then
		return word, complete(word)
	end
	return nil
end

-- ---- Lua ------------------------------------------------------------------------------------------------------------

local function sorted(by_name, prefix)
	local out = {}
	for name, candidate in pairs(by_name) do
		if name:sub(1, #prefix) == prefix and (prefix ~= "" or name:sub(1, 1) ~= "_") then
			out[#out + 1] = { insert = name, display = candidate.display }
		end
	end
	table.sort(out, function(a, b) return a.insert < b.insert end)
	return out
end

local function of_lua(head)
	local path, word = head:match("([%a_][%w_%.:]*)[%.:]([%w_]*)$")
	if path then
		local value = candidates.value(path)
		return word, value ~= nil and sorted(candidates.fields(value), word) or {}
	end
	word = head:match("[%a_][%w_]*$") or ""
	if word == "" then
		return nil
	end
	return word, sorted(candidates.names(), word)
end

-- ---- all ------------------------------------------------------------------------------------------------------------

-- The token that the cursor is in, if it is a comment, or a string that is not closed before it.
local function open_token(tokens, text)
	local last = tokens[#tokens]
	return last and last.last >= #text and (last.kind == "comment" or last.closed == false) and last or nil
end

-- cflags= of the same chunk are not known yet.
local function of_c(token)
	local found = c_text.complete(token.text, #token.text)
	local out = {}
	for i, candidate in ipairs(found and found.candidates or {}) do
		out[i] = { insert = candidate.insert, doc = candidate.doc, signature = candidate.display }
	end
	return found and found.prefix, out
end

---What could stand at the cursor.
---@param before string all of the chunk before the cursor
---@return string? prefix what is there of it
---@return luatrace.repl.Candidate[]? candidates
function M.at(before)
	if before:find("^%s*:") then
		return of_command(before)
	end
	local token = open_token(lexer.tokens(before), before)
	if not token then
		return of_lua(before)
	elseif token.kind == "long" then
		return of_c(token)
	elseif token.kind == "string" then
		local word = token.text:sub(2)
		return word, M.probes(word)
	end
	return nil
end

local function common_prefix(found)
	local common = found[1].insert
	for i = 2, #found do
		local other, length = found[i].insert, #common
		while common:sub(1, length) ~= other:sub(1, length) do
			length = length - 1
		end
		common = common:sub(1, length)
	end
	return common
end

local MOST = 200

-- A line for each, with its declaration and what is said of it.
local function described(found, columns)
	local out = {}
	for i, candidate in ipairs(found) do
		local line = format.escape(candidate.signature or candidate.insert):sub(1, columns - 1)
		if candidate.doc and #line + 3 < columns then
			line = line .. paint("dim", "  " .. format.escape(candidate.doc):sub(1, columns - #line - 3))
		end
		out[i] = line
	end
	return table.concat(out, "\n") .. "\n"
end

-- The list below the line: in columns, or a line each where they are few and there is more to say of them.
local function listing(found)
	local columns, rows = show.screen()
	local width, has_more = 0, false
	for _, candidate in ipairs(found) do
		width = math.max(width, #(candidate.display or candidate.insert))
		has_more = has_more or candidate.signature ~= nil
	end
	if has_more and #found <= rows - 4 then
		return described(found, columns)
	end
	local out, shown = {}, math.min(#found, MOST)
	local across = math.max(1, math.floor(columns / (width + 2)))
	local down = math.ceil(shown / across)
	for row = 1, down do
		local cells = {}
		for column = 0, across - 1 do
			local index = column * down + row
			if index <= shown then
				local name = format.escape(found[index].display or found[index].insert)
				cells[#cells + 1] = name .. (" "):rep(width + 2 - #name)
			end
		end
		out[row] = table.concat(cells):gsub("%s+$", "")
	end
	if #found > shown then
		out[#out + 1] = paint("dim", ("… %d more"):format(#found - shown))
	end
	return table.concat(out, "\n") .. "\n"
end

---Tab on a line.
---@param pending string what was typed of the chunk before the line
---@param text string the line
---@param cursor integer bytes of it before the cursor
---@return string text the line then
---@return integer cursor
---@return string? listing to be shown: candidates that are left
function M.line(pending, text, cursor)
	local before, after = text:sub(1, cursor), text:sub(cursor + 1)
	if before:find("^%s*$") then
		return before .. "\t" .. after, cursor + 1	-- an indent
	end
	local ok, prefix, found = pcall(M.at, pending .. before)
	if not ok or not prefix or not found then
		return text, cursor
	end
	local fitting = {}
	for _, candidate in ipairs(found) do
		if candidate.insert:sub(1, #prefix) == prefix then
			fitting[#fitting + 1] = candidate
		end
	end
	if #fitting == 0 then
		return text, cursor
	end
	local common = common_prefix(fitting)
	local new = before:sub(1, #before - #prefix) .. common
	local shown = #fitting > 1 and common == prefix and listing(fitting)
		or #fitting == 1 and fitting[1].doc and described(fitting, (show.screen()))
	return new .. after, #new, shown or nil
end

---Called when a line ends: what the kernel has may be another soon.
function M.forget()
	kept = {}
end

return M

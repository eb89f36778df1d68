-- SPDX-License-Identifier: MIT
-- Where a BPF text stands in the script, so that what the compiler and the verifier say names the script's own lines.
-- The text itself is compiled as "program.c" from line 1 (an edit around it must not miss the object cache).
local errors = require "luatrace.errors"

local M = {}

local Source = {}
Source.__index = Source

local function running_bundle()
	local bundle = package.loaded["luatrace.bundle"]
	return bundle and bundle.running and bundle
end

local function read_file(path)
	local bundle = running_bundle()
	local bundled = bundle and bundle.read_file(path)
	if bundled then
		return bundled
	end
	local file, why = io.open(path, "rb")
	if not file then
		return nil, why
	end
	local content
	content, why = file:read("*a")
	file:close()
	return content, why and ("%s: %s"):format(path, why)
end
M.read_file = read_file

---Text only: bytecode is not verified by LuaJIT.
---@param text string
---@param chunkname string
---@return function?
---@return string? why
function M.load(text, chunkname)
	if text:byte() == 27 then
		return nil, chunkname:sub(2) .. ": this is LuaJIT bytecode; a script is text"
	end
	return loadstring(text, chunkname)
end

-- The Lua source behind a chunk name: the file, or the chunk itself for `-e`.
local function chunk_source(chunkname)
	-- what the CLI was given by -e and on stdin
	local given = package.loaded["luatrace.chunks"]
	if given and given[chunkname] then
		return given[chunkname], chunkname:sub(2)
	end
	local path = chunkname:match("^@(.*)$")
	if path then
		return read_file(path), path
	end
	if chunkname:sub(1, 1) ~= "=" then
		return chunkname, "chunk"
	end
	return nil
end

-- Of several places where the text stands, the last one that begins at or before the running line, else the first.
local function find_text(code, text, current_line)
	local best_line, best_column
	local line, scanned, from = 1, 1, 1
	while true do
		local at = code:find(text, from, true)
		if not at then
			break
		end
		local _, newlines = code:sub(scanned, at - 1):gsub("\n", "")
		line, scanned = line + newlines, at
		if not best_line or line <= current_line then
			local before = code:sub(1, at - 1):match("[^\n]*$")
			best_line, best_column = line, #before
		end
		from = at + 1
	end
	return best_line, best_column
end

---The chunk of a tool, whose text is looked for there too: its table is all that is left of it.
---@type string?
M.tool_chunk = nil

-- Where `text` stands in a chunk, or nil.
local function find_in(chunkname, text, current_line)
	local code, name = chunk_source(chunkname)
	if not code then
		return nil
	end
	-- Lua reads every kind of line end in a long string as \n.
	local line, column = find_text((code:gsub("\r\n?", "\n")), text, current_line)
	return line and M.new(name, line, column)
end

---Looks for `text`, verbatim, in the sources of the functions that are running now.
---@param text string
---@return table source
function M.locate(text)
	local level, seen = 2, {}
	while true do
		local info = debug.getinfo(level, "Sl")
		if not info then
			break
		end
		if info.what ~= "C" and not seen[info.source] then
			seen[info.source] = true
			local found = find_in(info.source, text, info.currentline)
			if found then
				return found
			end
		end
		level = level + 1
	end
	return M.tool_chunk and find_in(M.tool_chunk, text, 1) or M.new("<text>", 1, 0)
end

---A text whose first character is at `line` (from 1), `column` (from 0) of the file `name`.
---@param name string
---@param line integer
---@param column integer
---@return table source
function M.new(name, line, column)
	return setmetatable({ name = name, line = line, column = column }, Source)
end

-- The gutter of a code excerpt, "   12 | int x;", has a line number too; the excerpt's other lines keep their place.
local function map_excerpts(text, shift)
	local out, inside, extra = {}, false, 0
	for line in (text .. "\n"):gmatch("(.-)\n") do
		if line:find("%f[%w_%-/.]program%.c:%d") then
			inside, extra = true, 0
		elseif line:find("^%S") then
			inside = false
		end
		local pad, number, rest = line:match("^( *)(%d+)( |.*)$")
		if inside and number then
			local mapped = tostring(number + shift)
			local width = #pad + #number
			extra = math.max(0, #mapped - width)
			line = (" "):rep(width - #mapped) .. mapped .. rest
		elseif inside and extra > 0 and line:find("^ +|") then
			line = (" "):rep(extra) .. line
		end
		out[#out + 1] = line
	end
	return table.concat(out, "\n")
end

---Puts the script's name and lines for "program.c:LINE:COLUMN", "program.c:LINE" and "(line LINE".
---@param text string
---@return string
function Source:map(text)
	local shift = self.line - 1
	if shift ~= 0 and text:find(" | ", 1, true) then
		text = map_excerpts(text, shift)
	end
	local name = self.name:gsub("%%", "%%%%")
	text = text:gsub("%f[%w_%-/.]program%.c:(%d+):(%d+)", function(line, column)
		-- Only the text's first line can begin in the middle of one of the script's.
		local add = line == "1" and self.column or 0
		return ("%s:%d:%d"):format(self.name, line + shift, column + add)
	end)
	text = text:gsub("%f[%w_%-/.]program%.c:(%d+)", function(line) return ("%s:%d"):format(self.name, line + shift) end)
	text = text:gsub("%(line (%d+)", function(line) return ("(%s:%d"):format(self.name, line + shift) end)
	text = text:gsub("%f[%w_%-/.]program%.c%f[^%w_]", name)
	return text
end

---Who the text is for, in the list of what is kept compiled.
---@return string
function Source:label()
	return self.name
end

---A function that maps a text, for errors.raise_c.
---@return fun(text: string): string
function Source:mapper()
	return function(text) return self:map(text) end
end

-- As given, else beside the script. A bundle's is in it: where it runs, other files may be called so.
local function read_source_file(path)
	local bundle = running_bundle()
	local read = bundle and bundle.read_file or read_file
	local text, level = read(path), 2
	while not text do
		local info = debug.getinfo(level, "S")
		if not info then
			errors.raise(("BPF: src_file='%s': cannot be read"):format(path), errors.ENOENT)
		end
		local folder = path:sub(1, 1) ~= "/" and info.source:match("^@(.*/)")
		if folder then
			text = read(folder .. path)
			path = text and folder .. path or path
		end
		level = level + 1
	end
	return text, M.new(path, 1, 0)
end

---The text that BPF{…} was given, and where it stands. Errors: neither text nor src_file, both, empty, unreadable.
---@param args { text: string?, src_file: string? }
---@return string text
---@return table source
function M.of_arguments(args)
	if args.text and args.src_file then
		errors.misuse("BPF: takes text= or src_file=, not both")
	elseif not args.text and not args.src_file then
		errors.misuse("BPF: text= is missing: it takes the BPF program as C text (or src_file= a file of it)")
	end
	local text, where = args.text, nil
	if not text then
		text, where = read_source_file(args.src_file)
	end
	if not text:find("%S") then
		errors.misuse("BPF: %s is empty: it takes the BPF program as C text", args.text and "text=" or "src_file=")
	end
	return text, where or M.locate(text)
end

return M

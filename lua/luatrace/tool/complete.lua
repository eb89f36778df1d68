-- SPDX-License-Identifier: MIT
-- luatrace complete NUMBER WORD...: what may stand at a word of a command line, a line each, for shells. Word 0 is
-- luatrace. Of what is a file's name it says nothing: shells know those.
local ffi = require "ffi"
local C = require "luatrace.abi"
local bundle = require "luatrace.bundle"
local catalog = require "luatrace.tool.catalog"
local options = require "luatrace.tool.options"

local M = {}

-- The program's own options, and how many words each takes besides.
local OWN = { ["-c"] = 1, ["-e"] = 1, ["--signed"] = 1, ["-v"] = 0, ["--verbose"] = 0, ["--trust"] = 0, ["-h"] = 0,
	["--help"] = 0, ["--version"] = 0 }

-- Of commands that are no tools.
local COMMANDS = {
	repl = { "--help" }, list = { "--help" }, info = { "--help" }, new = { "--collection", "--help" },
	replay = { "--tool", "--help" }, cache = { "list", "clear", "--help" }, doctor = { "--help" },
	probes = { "-v", "--verbose", "--help" },
	bundle = { "--output", "--with", "--sign", "--verify", "--check", "--list", "--help" },
	cc = { "--output", "--emit=slice", "--emit=source", "--emit=ir", "--emit=asm", "--emit=listing", "--emit=obj",
		"--load", "--type", "--btf", "--kernel", "--config", "--portable", "--verbose", "--help" },
}

-- Tools whose first argument is a probe.
local PROBED = { trace = true, argdist = true, funccount = true, funclatency = true, funcslower = true,
	stackcount = true }

-- Names of probes are many: more than a screen of them helps nobody.
local MOST = 200

-- None where nothing but signed bundles is run.
local function tools()
	local names = {}
	for i, entry in ipairs(bundle.keys() and {} or (catalog.entries())) do
		names[i] = entry.name
	end
	return names
end

-- "KIND:TARGET" that begin so.
local function probes(prefix)
	local out, found = ffi.gc(ffi.new "lt_blob[1]", C.lt_blob_free), {}
	if not prefix:find ":" then
		for i = 0, 1000 do
			local kind = C.lt_kind_name(i)
			if kind == nil then
				return found
			end
			found[#found + 1] = ffi.string(kind) .. ":"
		end
	elseif not prefix:find "[*?%[]" and C.lt_probe_list(prefix .. "*", 0, out, nil) > 0 then
		for line in ffi.string(out[0].data, out[0].size):gmatch "[^\n]+" do
			found[#found + 1] = #found < MOST and line or nil
		end
	end
	return found
end

-- Options of a tool; after one that has choices, those. Of a recording's, not those that come too late for it.
local function of_tool(tool, before, word, is_recorded)
	local found, given = {}, word:match "^[^=]*="
	for _, group in ipairs(options.groups(tool)) do
		for _, option in ipairs(group[2]) do
			local name = "--" .. option[1]
			local is_given, is_late = given == name .. "=", is_recorded and (option.live or option.sets)
			if option.choices and not is_late and (option.positional or before == name or is_given) then
				for _, choice in ipairs(option.choices) do
					found[#found + 1] = (is_given and given or "") .. choice
				end
			elseif not option.positional and not is_late then
				found[#found + 1] = name
			end
		end
	end
	return found
end

-- Where the command is, of words that options of the program's may stand ahead of. The keys among these hold here too.
local function command_at(words)
	local at, keys = 1, bundle.keys() or {}
	while words[at] and (OWN[words[at]] or words[at]:find "^%-%-signed=") do
		local word = words[at]
		if word:find "^%-%-signed" then
			keys[#keys + 1] = word:match "=(.*)" or words[at + 1]
		end
		at = at + 1 + (OWN[word] or 0)
	end
	package.loaded["luatrace.signed"] = keys
	return at
end

local function after_tool(tool, words, at, word)
	local found = tool and of_tool(tool, words[at - 1], word) or {}
	if tool and PROBED[tool.name] and word:sub(1, 1) ~= "-" then
		for _, probe in ipairs(probes(word)) do
			found[#found + 1] = probe
		end
	end
	return found
end

local function after_replay(words, first, at, word)
	local file = words[first + 1] == "--tool" and words[first + 2]
	local recording = file and first + 3 or first + 1
	if at == recording or at == first + 1 then
		return COMMANDS.replay
	elseif at < recording or file and not file:find "%.ltb$" then
		return {}
	end
	local tool = require("luatrace.tool.replay").new(words[recording]):tool(file)
	return of_tool(tool, words[at - 1], word, true)
end

local function candidates(words, at)
	local first, word = command_at(words), words[at] or ""
	local command = words[first]
	if at < first and OWN[words[at - 1]] == 1 then
		return {}
	elseif at <= first then
		local found = tools()
		for name in pairs(COMMANDS) do
			found[#found + 1] = name
		end
		for name in pairs(word:sub(1, 1) == "-" and OWN or {}) do
			found[#found + 1] = name
		end
		return found
	elseif (command == "info" or command == "list") and at > first + 1 then
		return at == first + 2 and words[first + 1]:find "%.ltb$" and bundle.open(words[first + 1]):tools() or {}
	elseif command == "info" and word:sub(1, 1) ~= "-" then
		return tools()
	elseif command == "replay" then
		return after_replay(words, first, at, word)
	elseif command == "probes" and word:sub(1, 1) ~= "-" then
		return probes(word)
	elseif COMMANDS[command] then
		return COMMANDS[command]
	elseif command:find "%.ltb$" and at == first + 1 then
		return bundle.open(command):tools()
	elseif command:find "%.ltb$" then
		return after_tool(bundle.look_into(command):tool(words[first + 1]), words, at, word)
	elseif command:find("/", 1, true) or command:find "%.lua$" or bundle.keys() then
		return {}	-- to look at a script is to run it
	end
	local entry = catalog.find(command)
	return entry and after_tool(catalog.load(entry.path, entry.collection), words, at, word) or {}
end

---Whether a word is a command's name.
---@param word string
---@return boolean
function M.is_command(word)
	return COMMANDS[word] ~= nil or word == "complete"
end

---@param ... string arguments
---@return integer status
function M.main(...)
	local words = { ... }
	local at = tonumber(table.remove(words, 1) or "")
	if not at or at < 1 then
		io.stderr:write("luatrace complete: takes the number of a word and a command line; shells call it\n")
		return 2
	end
	table.remove(words, 1)
	local ok, found = pcall(candidates, words, at)
	local word, seen = words[at] or "", {}
	for _, name in ipairs(ok and found or {}) do
		local is_meant = name:sub(1, #word) == word and (word ~= "" or name:sub(1, 1) ~= "-")
		if is_meant and not seen[name] and not name:find "[%c]" then
			seen[name] = true
			io.write(name, "\n")
		end
	end
	return 0
end

return M

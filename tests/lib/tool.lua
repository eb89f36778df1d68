-- SPDX-License-Identifier: MIT
-- Tools by name, as a person runs them: what they say of a command that makes a known number of events.
local live = require "live"
local sh = require "sh"

local M = {}

-- A bundle that has them, and a luatrace without a compiler to run it: so their cases run in guests.
M.bundle = os.getenv "LUATRACE_TOOLS"
local luatrace = os.getenv "LUATRACE_ALONE" or live.luatrace

---Runs a tool, whose text is compiled once a case; with a command, from when its probes are on until the command ends.
---@param words string its name and options, as words for the shell
---@param command string? a command of the shell
---@return integer status
---@return string stdout
---@return string stderr
function M.run(words, command)
	local around = ""
	if command then
		around = "-c " .. sh.quote("sh " .. live.file("exec >/dev/null\n" .. command .. "\n", "command.sh"))
	end
	return sh.run(("LUATRACE_CACHE=%s/cache %s %s %s %s"):format(sh.dir(), luatrace, around, M.bundle or "", words))
end

---Shows a recording again.
---@param words string its path and options
---@return integer status
---@return string stdout
---@return string stderr
function M.replay(words)
	return sh.run(("%s replay %s %s"):format(luatrace, M.bundle and "--tool " .. M.bundle or "", words))
end

---JSON, an object a line; members that are null are not there.
---@param text string
---@return table[]
function M.decode(text)
	local ok, cjson = pcall(require, "cjson")
	if not ok then
		require("tap").skip_all("lua-cjson is missing (package lua-cjson)")
	end
	local rows = {}
	for line in text:gmatch "[^\n]+" do
		local row = cjson.decode(line)
		for key, value in pairs(row) do
			row[key] = value ~= cjson.null and value or nil
		end
		rows[#rows + 1] = row
	end
	return rows
end

---Rows of a tool, by --json. Its message is an error.
---@param words string
---@param command string?
---@param keep? fun(row: table): any which of them
---@return table[] rows
function M.rows(words, command, keep)
	local status, out, message = M.run(words .. " --json", command)
	if status ~= 0 or message ~= "" then
		error(("luatrace %s: status %d: %s"):format(words, status, message), 2)
	end
	local rows = {}
	for _, row in ipairs(M.decode(out)) do
		if not keep or keep(row) then
			rows[#rows + 1] = row
		end
	end
	return rows
end

return M

-- SPDX-License-Identifier: MIT
-- What was typed, in this run and in earlier ones. A line of the file for each, so that two prompts at once both keep
-- theirs.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"

local M = {}

local FILE = "history"
local MOST, MOST_IN_FILE = 1000, 2000
-- What has more rows can't be edited on a screen.
local MOST_ROWS = 15

local ESCAPES = { ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r" }
local MEANS = { ["\\"] = "\\", n = "\n", r = "\r" }

---@type string[] the oldest first
M.entries = {}

local usable = true

local function write(text, whole)
	local err = errors.buffer()
	if usable and C.lt_state_write(FILE, text, #text, whole and 1 or 0, err) < 0 then
		usable = false
		io.stderr:write("luatrace: history is not kept: ", errors.from_c(-1, err).message, "\n")
	end
end

local function line_of(entry)
	return entry:gsub("[\\\n\r]", ESCAPES) .. "\n"
end

---Reads what earlier runs left.
function M.load()
	local out, err = ffi.new("lt_blob[1]"), errors.buffer()
	if C.lt_state_read(FILE, out, err) < 0 then
		usable = false
		io.stderr:write("luatrace: history is not kept: ", errors.from_c(-1, err).message, "\n")
		return
	end
	local text = out[0].data ~= nil and ffi.string(out[0].data, out[0].size) or ""
	C.lt_blob_free(out)
	local entries = {}
	for line in text:gmatch("([^\n]*)\n") do
		entries[#entries + 1] = line:gsub("\\(.)", MEANS)
	end
	for i = math.max(1, #entries - MOST + 1), #entries do
		M.entries[#M.entries + 1] = entries[i]
	end
	if #entries > MOST_IN_FILE then
		local lines = {}
		for i, entry in ipairs(M.entries) do
			lines[i] = line_of(entry)
		end
		write(table.concat(lines), true)
	end
end

---Adds what was typed. What begins with a blank is not kept, as shells have it, nor what fills a screen.
---@param text string
---@return boolean added
function M.add(text)
	local _, rows = text:gsub("\n", "")
	if not text:find("%S") or text:find("^%s") or rows >= MOST_ROWS or text == M.entries[#M.entries] then
		return false
	end
	M.entries[#M.entries + 1] = text
	write(line_of(text), false)
	return true
end

---The newest entry before number `before` that holds `text`.
---@param text string
---@param before integer
---@return integer? number
function M.find(text, before)
	for i = math.min(before - 1, #M.entries), 1, -1 do
		if M.entries[i]:find(text, 1, true) then
			return i
		end
	end
	return nil
end

return M

-- SPDX-License-Identifier: MIT
-- A home and a working directory of a case's own, where luatrace and other commands find nothing else of a user's.
local live = require "live"
local sh = require "sh"
local t = require "tap"

local M = { home = sh.dir() .. "/home", work = sh.dir() .. "/work" }

local there = ("cd %s && env -u XDG_DATA_HOME -u LUATRACE_PATH -u LUATRACE_SIGNED HOME=%s "):format(M.work, M.home)
assert(sh.run(("mkdir -p %s %s"):format(M.home, M.work)) == 0)

---Runs luatrace.
---@param words string its arguments, as words for the shell
---@param luatrace string? which one
---@return string said "STATUS OUTPUT", with its messages behind
function M.run(words, luatrace)
	local status, out, err = sh.run(there .. (luatrace or live.luatrace) .. " " .. words)
	return ("%d %s%s"):format(status, out, err)
end

---Runs a command of the shell, which is a check of its own.
---@param words string
---@param name string of the check
---@return string stdout
function M.must(words, name)
	local status, out, err = sh.run(there .. words)
	t.eq(status, 0, name .. (status == 0 and "" or ": " .. out .. err))
	return out
end

return M

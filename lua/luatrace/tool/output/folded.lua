-- SPDX-License-Identifier: MIT
-- Stacks as folded lines, which tools that draw flame graphs read.
local format = require "luatrace.format"

local M = {}

---A frame's name. It is anyone's, and semicolons part the frames.
---@param name string
---@return string
function M.frame(name)
	return (format.escape(name):gsub("[; ]", { [";"] = ":", [" "] = "_" }))
end

---A stack as one line, without its end.
---@param stack luatrace.tool.Stack
---@return string
function M.line(stack)
	local parts = { stack.comm and M.frame(stack.comm) }
	for _, name in ipairs(stack.frames) do
		parts[#parts + 1] = M.frame(name)
	end
	return ("%s %s"):format(table.concat(parts, ";"), format.plain(stack.count))
end

---@class luatrace.tool.Folded
local Folded = {}
Folded.__index = Folded

---@return luatrace.tool.Folded
function M.new()
	return setmetatable({}, Folded)
end

---@param list luatrace.tool.Stack[]
function Folded:stacks(list)	-- luacheck: ignore 212
	for _, stack in ipairs(list) do
		io.write(M.line(stack), "\n")
	end
end

return M

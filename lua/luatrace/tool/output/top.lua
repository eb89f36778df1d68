-- SPDX-License-Identifier: MIT
-- A tool's tables in place, as top(1) shows them. Where there is no terminal they are one below the other, and so are
-- histograms.
local ffi = require "ffi"
local C = require "luatrace.abi"
local rows = require "luatrace.tool.rows"

local M = {}

local STDOUT = 1

---@class luatrace.tool.Top
local Top = {}
Top.__index = Top

---@param run luatrace.Run
---@return table output
function M.new(run)
	if C.lt_is_terminal(STDOUT) == 0 or not run.tool.columns then
		return require("luatrace.tool.output.text").new(run)
	end
	local self = setmetatable({ run = run }, Top)
	self.columns, self.print_row = rows.new(run, "table", false)
	-- of tools that show one row an interval
	self.row = function(record) self:rows({ record }, 0) end
	return self
end

---The alternate screen: what was on the terminal comes back in the end.
function Top:begin()	-- luacheck: ignore 212
	io.write "\27[?1049h\27[?25l"
	io.stdout:flush()
end

---The terminal as it was; also ahead of an error's message, which would be gone with the screen it is on.
function Top:restore()	-- luacheck: ignore 212
	io.write "\27[?25h\27[?1049l"
	io.stdout:flush()
end

---The last table stays.
function Top:finish()
	self:restore()
	if self.last then
		self:print(self.last, self.last_more, math.huge)
		io.write(self.last_more > 0 and "\n" or "")
	end
end

function Top:print(list, more, room)
	self.columns:header()
	for i = 1, math.min(#list, room) do
		self.print_row(list[i])
	end
	more = more + math.max(0, #list - room)
	if more > 0 then
		io.write(("... and %d more"):format(more))
	end
end

---@param list table[]
---@param more integer
function Top:rows(list, more)
	if #list == 0 and self.run.last and self.last then	-- the end came before anything did
		return
	end
	local width, height = ffi.new "int32_t[1]", ffi.new "int32_t[1]"
	C.lt_terminal_size(width, height)
	self.last, self.last_more = list, more
	io.write("\27[H", self.run.clock.time(), "  ", self.run.tool.name, "\27[K\n")
	C.lt_line_limit(self.columns.line, width[0])
	self:print(list, more, math.max(1, height[0] - 3))
	C.lt_line_limit(self.columns.line, 0)
	io.write "\27[J"
	io.stdout:flush()
end

return M

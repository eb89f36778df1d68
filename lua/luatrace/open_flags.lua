-- SPDX-License-Identifier: MIT
-- Flags of open(2), as a program would write them.
local bit = require "bit"

local M = {}

-- <fcntl.h> of x86 and most others; O_SYNC and O_TMPFILE have a bit of another one in them.
local ACCESS = { [0] = "RDONLY", "WRONLY", "RDWR", "ACCMODE" }
local BITS = { { 0x101000, "SYNC" }, { 0x1000, "DSYNC" }, { 0x410000, "TMPFILE" }, { 0x10000, "DIRECTORY" },
	{ 0x40, "CREAT" }, { 0x80, "EXCL" }, { 0x100, "NOCTTY" }, { 0x200, "TRUNC" }, { 0x400, "APPEND" },
	{ 0x800, "NONBLOCK" }, { 0x2000, "ASYNC" }, { 0x4000, "DIRECT" }, { 0x8000, "LARGEFILE" }, { 0x20000, "NOFOLLOW" },
	{ 0x40000, "NOATIME" }, { 0x80000, "CLOEXEC" }, { 0x200000, "PATH" } }

---Them without "O_": "RDONLY|CLOEXEC"; what has no name is a number.
---@param value integer
---@return string
function M.text(value)
	local list, left = { ACCESS[value % 4] }, value - value % 4
	for _, flag in ipairs(BITS) do
		if bit.band(left, flag[1]) == flag[1] then
			list[#list + 1], left = flag[2], left - flag[1]
		end
	end
	list[#list + 1] = left ~= 0 and ("0x%x"):format(left) or nil
	return table.concat(list, "|")
end

return M

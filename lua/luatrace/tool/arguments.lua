-- SPDX-License-Identifier: MIT
-- A program's arguments, as the kernel keeps them: each with a NUL at its end.
local ffi = require "ffi"

local M = {}

---Them as one text, "..." at its end where some are missing.
---@param chars ffi.cdata* an array of char
---@param size integer of all of them, also where they found no room in it
---@param more boolean there are others
---@param most integer arguments that are shown
---@param quote boolean? each in quotes
---@return string
function M.joined(chars, size, more, most, quote)
	local held = math.min(size, ffi.sizeof(chars))
	local text, list = ffi.string(chars, held), {}
	text, more = text:sub(-1) == "\0" and text or text .. "\0", more or size > held
	for argument in text:gmatch "([^%z]*)%z" do
		list[#list + 1] = argument
	end
	if #list > most then
		list, more = { unpack(list, 1, most) }, true
	end
	for i, argument in ipairs(quote and list or {}) do
		list[i] = '"' .. argument:gsub('[\\"]', "\\%0") .. '"'
	end
	return table.concat(list, " ") .. (more and " ..." or "")
end

return M

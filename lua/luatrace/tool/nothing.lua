-- SPDX-License-Identifier: MIT
-- Where a tool's data comes from that traces nothing, and shows what it finds once.
local M = {}

---@class luatrace.tool.Nothing
local Nothing = {}
Nothing.__index = Nothing

---@return luatrace.tool.Nothing
function M.new()
	return setmetatable({}, Nothing)
end

function Nothing:observe(_, observe)	-- luacheck: ignore 212
	return observe()
end

local function none() end
for _, name in ipairs { "open", "run", "interval", "flush", "finish", "stop" } do
	Nothing[name] = none
end

return M

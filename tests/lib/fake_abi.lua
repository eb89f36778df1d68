-- SPDX-License-Identifier: MIT
-- The runtime over a C side that is in part made of Lua: a case puts its functions into what `install` gives, and then
-- requires modules.
local real = require "luatrace.abi"

local M = {}

---@return table fake
function M.install()
	local fake = {}
	package.loaded["luatrace.abi"] = setmetatable(fake, { __index = function(_, name)
		return name:find("^[lL][tT]_") and real[name] or nil
	end })
	for name in pairs(package.loaded) do
		if name:find("^luatrace%.") and name ~= "luatrace.abi" then
			package.loaded[name] = nil
		end
	end
	return fake
end

return M

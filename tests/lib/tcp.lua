-- SPDX-License-Identifier: MIT
-- Known TCP connections for cases of tools.
local sh = require "sh"

local M = {}

---A command of the shell that makes connections, by tests/lib/tcp.pl, and what tells of them when it has run.
---@param address string "127.0.0.1" or "::1"
---@param count integer
---@param send integer bytes from the client
---@param answer integer bytes from the server
---@return string command
---@return fun(): { client: integer, server: integer, port: integer, ports: table<integer, boolean> } truth
function M.command(address, count, send, answer)
	local file = ("%s/tcp%s"):format(sh.dir(), address:gsub("%W", "-"))
	local command = ("perl tests/lib/tcp.pl %s %s %d %d %d || exit 1"):format(sh.quote(file), address, count, send, answer)
	return command, function()
		local text = sh.read(file) or error "the connections were not made"
		local truth = { ports = {} }
		for name, number in text:gmatch "(%l+) (%d+)" do
			truth[name] = tonumber(number)
		end
		for port in text:gmatch "\n(%d+)" do
			truth.ports[tonumber(port)] = true
		end
		return truth
	end
end

return M

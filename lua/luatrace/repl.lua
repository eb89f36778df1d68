-- SPDX-License-Identifier: MIT
-- `luatrace repl`: the prompt.
local BPF = require "luatrace"
local C = require "luatrace.abi"
local line = require "luatrace.repl.line"
local loop = require "luatrace.loop"
local paint = require "luatrace.repl.paint"
local session = require "luatrace.repl.session"

local M = {}

local function greet()
	io.stdout:write(("luatrace %s  "):format(BPF.version), paint("dim", ":help for commands, Ctrl-D to leave"), "\n")
	io.stdout:flush()
end

---@param path string? a script to run first
---@param ... string its arguments
---@return integer status
function M.main(path, ...)
	local env = session.world.env
	env.BPF = BPF
	env.repl = require("luatrace.repl.commands").functions
	session.interactive = C.lt_is_terminal(0) == 1 and C.lt_is_terminal(1) == 1
	if session.interactive then
		greet()
	end
	if path then
		local ok, e = session.try(env.repl.run, path, ...)
		if not ok then
			session.report(e)
		end
		loop.go_on()
	end
	if session.interactive and line.open() then
		line.loop()
	else
		require("luatrace.repl.plain").loop()
	end
	BPF.cleanup()
	return (session.interactive or session.failures == 0) and 0 or 1
end

return M

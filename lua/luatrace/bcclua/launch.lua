-- SPDX-License-Identifier: MIT
-- How scripts are started. One that makes a function and returns it, `return function(BPF, utils) … end`, is one of
-- bcc-lua's: it runs in bcc-lua's world from its first line, and the function is then called. One that returns
-- a table with a summary is a tool. Others return nothing. The statement is looked for in the chunk's bytecode, where
-- no string and no comment is taken for one.
local util = require "jit.util"

local M = {}

---Whether the function of a bcc-lua script runs, for how the host reports errors.
M.command_runs = false

-- Operation and first operand of an instruction.
local function instruction(fn, pc)
	local word = util.funcbc(fn, pc)
	return bit.band(word, 0xff), bit.band(bit.rshift(word, 8), 0xff)
end

---Whether the chunk has a `return function … end`.
---@param chunk function
---@return boolean
function M.returns_function(chunk)
	-- What that is compiled to, from 1: make a function, close upvalues, return.
	local like = loadstring "return function() end"
	local make, close, give_back = instruction(like, 1), instruction(like, 2), instruction(like, 3)
	for pc = 1, util.funcinfo(chunk).bytecodes - 3 do
		local op, made = instruction(chunk, pc)
		local last, returned = instruction(chunk, pc + 2)
		if op == make and instruction(chunk, pc + 1) == close and last == give_back and made == returned then
			return true
		end
	end
	return false
end

-- Modules of bcc-lua come before what lies in folders of such names; a module called `bpf` may be the script's own.
local function offer_modules()
	table.insert(package.loaders, 2, function(name)
		return name:find("^bcc%f[.%z]") and require("luatrace.bcclua.modules").find(name) or nil
	end)
	table.insert(package.loaders, function(name)
		if name == "syscall" or name:find("^bpf%f[.%z]") then
			require("luatrace.bcclua.modules").refuse(name)
		end
	end)
end

local function call(command, path)
	local BPF = require "luatrace.bcclua.bpf"
	BPF.script_root(path)
	M.command_runs = true
	command(BPF, require "luatrace.bcclua.utils")
	M.command_runs = false
	BPF.cleanup()
end

---Runs a script.
---@param chunk function
---@param ... any its arguments
function M.run(chunk, ...)
	offer_modules()
	if M.returns_function(chunk) then
		setfenv(chunk, require("luatrace.bcclua.world").apart())
	end
	local command = chunk(...)
	if type(command) == "function" then
		require("luatrace.bcclua.world").enter()
		call(command, arg[0])
	elseif type(command) == "table" then
		local tool = require "luatrace.tool"
		if tool.is(command) then
			tool.main(command, arg[0], { ... }, debug.getinfo(chunk, "S").source)
		end
	end
end

---Runs a script as bcc-lua does.
---@param chunk function
---@param path string
function M.run_as_bcc_lua(chunk, path)
	offer_modules()
	setfenv(chunk, require("luatrace.bcclua.world").apart())
	local command = chunk()
	if type(command) ~= "function" then
		error(("%s: a script of bcc-lua returns a function(BPF, utils); this one returned %s. An ordinary script is run by "
			.. "'luatrace %s'"):format(path, command == nil and "nothing" or "a " .. type(command), path), 0)
	end
	call(command, path)
end

return M

-- SPDX-License-Identifier: MIT
-- The command line of bcc-lua, which the program has when it is called by that name.
local C = require "luatrace.abi"
local launch = require "luatrace.bcclua.launch"
local world = require "luatrace.bcclua.world"

local M = {}

local function usage()
	io.stderr:write("usage: bcc-lua [[--version|--verbose] --] path_to_script.lua [...]\n")
	return 1
end

local function is_root()
	for line in io.lines("/proc/self/status") do
		local uid = line:match("^Uid:%s*%d+%s+(%d+)")
		if uid then
			return uid == "0"
		end
	end
end

---@param ... string words of the command line
---@return integer status
function M.main(...)
	local words, globals = { ... }, world.apart()
	while words[1] and words[1]:sub(1, 1) == "-" do
		local word = table.remove(words, 1)
		if word == "--" then
			break
		elseif word == "--llvm-debug" then
			rawset(globals, "LIBBCC_LLVM_DEBUG", 1)
		elseif word == "-V" or word == "--verbose" then
			C.lt_set_verbosity(1)
		elseif word == "-v" or word == "--version" then
			print(("bcc-lua of luatrace %s -- Running on %s (%s/%s)"):format(globals.BCC_VERSION, jit.version, jit.os, jit.arch))
			return 0
		else
			return usage()
		end
	end
	local path = table.remove(words, 1)
	if not path then
		return usage()
	elseif not is_root() then
		io.stderr:write("bcc-lua must be ran as root\n")
		return 1
	end
	globals.arg = words
	local chunk, why = loadfile(path, "t")
	if not chunk then
		error(why, 0)
	end
	launch.run_as_bcc_lua(chunk, path)
	return 0
end

return M

-- SPDX-License-Identifier: MIT
-- The world of bcc-lua's scripts: Lua's libraries with what bcc-lua adds, `log`, `class`, and globals that have to be
-- declared (by rawset). A script that is started as one of bcc-lua's has it as an environment of its own. One that asks
-- for bcc-lua by require() gets it in the global table: modules that it loaded before, a test runner for one, share it.
local class = require "luatrace.bcclua.class"
local helpers = require "luatrace.bcclua.helpers"

local M = {}

-- bcc-lua's own, which may be unset.
local MAY_BE_NIL = { LIBBCC_SO_PATH = true, LIBBCC_LLVM_DEBUG = true }

local strict = {
	__index = function(_, name)
		if not MAY_BE_NIL[name] then
			error(("variable '%s' is not declared: bcc-lua's scripts read only globals that are there"):format(
				tostring(name)), 2)
		end
	end,
	__newindex = function(_, name)
		error(("variable '%s' is not declared: make it local, or rawset(_G, \"%s\", value)"):format(tostring(name),
			tostring(name)), 2)
	end,
}

local log = { enabled = true }

---One line on stderr with time and place, unless log.enabled is false.
function log.info(...)
	if log.enabled then
		local caller = debug.getinfo(2, "Sl")
		io.stdout:flush()
		io.stderr:write(("[%s] %s:%d: %s\n"):format(os.date("%H:%M:%S"), caller.short_src, caller.currentline,
			helpers.string.format(...)))
	end
end

local world

-- Once for the process, whose string metatable is part of it.
local function fill(globals)
	for _, library in ipairs { "string", "table", "os" } do
		for name, value in pairs(helpers[library]) do
			globals[library][name] = value
		end
	end
	local strings = getmetatable("")
	strings.__index, strings.__mod = globals.string, helpers.interpolate
	globals.log, globals.class = log, class
	globals.BCC_STANDALONE, globals.BCC_VERSION = "bcc-lua", require("luatrace").version
	world = setmetatable(globals, strict)
end

---Makes the world of the global table, unless there is one already.
function M.enter()
	if not world then
		fill(_G)
	end
end

local function copy(from)
	local out = {}
	for name, value in pairs(from) do
		out[name] = value
	end
	return out
end

---The world as an environment of its own, in which what is loaded from now on lives. Lua's own tables stay as they are,
---and the runtime keeps to them: what of it is not loaded when it is first used is loaded before.
---@return table world
function M.apart()
	if not world then
		local globals = copy(_G)
		globals._G = globals
		for _, library in ipairs { "string", "table", "os" } do
			globals[library] = copy(_G[library])
			package.loaded[library] = globals[library]
		end
		package.loaded._G = globals
		fill(globals)
		setfenv(0, globals)
	end
	return world
end

return M

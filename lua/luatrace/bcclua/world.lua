-- SPDX-License-Identifier: MIT
-- The environment of bcc-lua's scripts: copies of Lua's libraries with what bcc-lua adds, `log`, `class`, and globals
-- that have to be declared (by rawset). Lua's own tables stay as they are. Only the string metatable, of which there is
-- one for the process, changes: the world is entered for one script, whose process it is.
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

local function copy(library, additions)
	local out = {}
	for _, from in ipairs { library, additions } do
		for name, value in pairs(from) do
			out[name] = value
		end
	end
	return out
end

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

-- Functions that run already, down to a script that asked for bcc-lua by require(), see the world from now on.
local function adopt_callers(old)
	local level = 2
	while debug.getinfo(level, "f") do
		local fn = debug.getinfo(level, "f").func
		if debug.getinfo(level, "S").what ~= "C" and getfenv(fn) == old then
			setfenv(fn, world)
		end
		level = level + 1
	end
end

---Enters the world, once: what is loaded from now on lives in it, and the functions that are running.
---@return table world
function M.enter()
	if world then
		return world
	end
	-- The runtime keeps to Lua's own: what of it is not loaded when it is first used is loaded before.
	require "luatrace"
	local old = _G
	world = copy(old, {
		string = copy(string, helpers.string), table = copy(table, helpers.table), os = copy(os, helpers.os),
		log = log, class = class, BCC_STANDALONE = "bcc-lua", BCC_VERSION = require("luatrace").version,
	})
	world._G = world
	for _, name in ipairs { "string", "table", "os", "_G" } do
		package.loaded[name] = world[name]
	end
	local strings = getmetatable("")
	strings.__index, strings.__mod = world.string, helpers.interpolate
	setmetatable(world, strict)
	setfenv(0, world)
	adopt_callers(old)
	return world
end

return M

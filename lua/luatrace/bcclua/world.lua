-- SPDX-License-Identifier: MIT
-- The world of bcc-lua's scripts: Lua's libraries with what bcc-lua adds, `log`, `class`, and globals that have to be
-- declared (by rawset). As in bcc-lua it is the one global table: modules that were loaded before the script asked for
-- bcc-lua, a test runner for one, share their globals with it. It is entered for one script, whose process it is.
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

local entered = false

---Enters the world, once.
function M.enter()
	if entered then
		return
	end
	entered = true
	for _, library in ipairs { "string", "table", "os" } do
		for name, value in pairs(helpers[library]) do
			_G[library][name] = value
		end
	end
	getmetatable("").__mod = helpers.interpolate
	_G.log, _G.class = log, class
	_G.BCC_STANDALONE, _G.BCC_VERSION = "bcc-lua", require("luatrace").version
	setmetatable(_G, strict)
end

return M

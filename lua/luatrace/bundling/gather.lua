-- SPDX-License-Identifier: MIT
-- The texts of a script, found by running it up to where it would wait for events. Nothing is loaded, attached or
-- started: an object that it makes stands for what it would be, and answers everything with itself.
local bpf = require "luatrace.bpf"
local errors = require "luatrace.errors"
local source = require "luatrace.source"

local M = {}

---@class luatrace.bundling.Text
---@field text string
---@field cflags string[]
---@field where table where it stands, of luatrace.source
---@field file string? of src_file=

-- What ends a run here that would wait, or do something to the world.
local ENOUGH = {}

local function enough()
	error(ENOUGH, 0)
end

local inert

local function is_wait(name)
	return type(name) == "string"
		and (name:find "poll" or name:find "^trace_" or name == "run" or name == "sleep" or name == "read_iter")
end

local metatable = { __len = function() return 0 end, __concat = function() return "" end,
	__tostring = function() return "" end, __newindex = function() end, __call = function() return inert end,
	__lt = function() return false end, __le = function() return false end }
for _, operator in ipairs { "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm" } do
	metatable[operator] = function() return inert end
end
metatable.__index = function(_, name)
	return is_wait(name) and enough or inert
end
inert = setmetatable({}, metatable)

-- Long enough for what a script prepares; one that counts for longer waits for something.
local INSTRUCTIONS = 1e8

local WORLD = {
	print = function() end,
	os = setmetatable({ execute = enough, exit = enough, remove = enough, rename = enough }, { __index = os }),
	io = setmetatable({ write = function() return io.stdout end, popen = enough, read = enough, lines = enough },
		{ __index = io }),
}

-- Statics of the class that wait, or start something.
local STATICS = { "run", "sleep", "spawn", "open_pinned", "on_input", "every", "after" }

local function with_class(fn)
	local BPF = require "luatrace"
	local new, kept = bpf.new, {}
	for _, name in ipairs(STATICS) do
		kept[name] = BPF[name]
		BPF[name] = (name == "every" or name == "after" or name == "on_input") and function() return inert end or enough
	end
	local ok, why = fn(function(replacement) bpf.new = replacement end)
	for name, value in pairs(kept) do
		BPF[name] = value
	end
	bpf.new = new
	return ok, why
end

---The texts that a script makes. `why`: it did not come as far as to wait, and what stopped it; there may be more.
---@param chunk function
---@param path string of its file
---@param ... any its arguments
---@return luatrace.bundling.Text[]
---@return string? why
function M.texts(chunk, path, ...)
	local texts, args = {}, { ... }
	WORLD.arg = { [0] = path, ... }
	setfenv(chunk, setmetatable(WORLD, { __index = _G, __newindex = _G }))
	local function new(given)
		local text, where = source.of_arguments(given)
		texts[#texts + 1] = { text = text, cflags = given.cflags or {}, where = where, file = given.src_file }
		return inert
	end
	local ok, why = with_class(function(replace)
		replace(new)
		debug.sethook(enough, "", INSTRUCTIONS)
		local function run()
			local made = chunk(unpack(args))
			if type(made) == "function" then	-- of bcc-lua
				made(setmetatable({ new = function(_, given) return new(given) end }, { __index = require "luatrace" }), inert)
			end
		end
		jit.off()	-- hooks are not called in what is compiled
		jit.flush()
		local ended, wrong = xpcall(run, function(e) return e == ENOUGH and e or tostring(e) end)
		jit.on()
		debug.sethook()
		return ended or wrong == ENOUGH, wrong
	end)
	return texts, not ok and (errors.is(why) and why.message or tostring(why)) or nil
end

return M

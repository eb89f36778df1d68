-- SPDX-License-Identifier: MIT
-- What a command's arguments name: maps, objects, programs.
local bpf = require "luatrace.bpf"
local errors = require "luatrace.errors"
local map = require "luatrace.map"
local near = require "luatrace.near"
local attach = require "luatrace.attach"
local chunk = require "luatrace.repl.chunk"
local session = require "luatrace.repl.session"

local M = {}

---The value of an expression in the session.
---@param text string
---@return boolean ok false: it is no expression, or it fails
---@return any
function M.evaluate(text)
	local fn = chunk.compile(text, "=expression", session.world)
	if not fn then
		return false
	end
	return pcall(fn)
end

---Calls `fn` for each open object, the newest first.
---@param fn fun(self: luatrace.BPF, state: table): any
---@return any what it gave, when that is not nil
local function each_object(fn)
	for i = #bpf.objects, 1, -1 do
		local result = fn(bpf.objects[i], bpf.state(bpf.objects[i]))
		if result ~= nil then
			return result
		end
	end
end

---Objects that are open, in the order of their making; a copy, which may be gone through while they are closed.
---@return luatrace.BPF[]
function M.objects()
	local out = {}
	for i, self in ipairs(bpf.objects) do
		out[i] = self
	end
	return out
end

local function one_word(text)
	return text:find("^[%a_][%w_]*$") ~= nil
end

---@param what any a map, its name, or an expression
---@param where string the command
---@return ffi.cdata* map
function M.map(what, where)
	if map.is(what) then
		return what
	elseif type(what) ~= "string" or what == "" then
		errors.raise(("%s: takes a map, by its name or as an expression (:ls shows what there is)"):format(where))
	end
	local names = {}
	local named = one_word(what) and each_object(function(_, state)
		for name in pairs(state.maps) do
			names[#names + 1] = name
		end
		return state.maps[what]
	end)
	if named then
		return named
	end
	local ok, value = M.evaluate(what)
	if ok and map.is(value) then
		return value
	end
	errors.raise(("%s: '%s' is no map%s"):format(where, what, near.hint(what, names)))
end

---The variable that holds a value, or nil.
---@param value any
---@return string?
function M.variable(value)
	local world = session.world
	for _, names in ipairs { world.locals, world.globals } do
		for name in pairs(names) do
			if name ~= "_" and rawequal(world.env[name], value) then
				return name
			end
		end
	end
	return nil
end

---The one-liner whose object this is, or nil.
---@param b luatrace.BPF
---@return luatrace.OneLiner?
function M.oneliner_of(b)
	local handles = package.loaded["luatrace.oneliners.handle"]
	for _, one in ipairs(handles and handles.running() or {}) do
		if one.b == b then
			return one
		end
	end
	return nil
end

---@param what any a BPF object, its number in :ls, or an expression that gives one; nil: the only one
---@param where string
---@return luatrace.BPF
function M.object(what, where)
	if bpf.is(what) then
		return what
	elseif what == nil then
		if #bpf.objects == 1 then
			return bpf.objects[1]
		end
		errors.raise(#bpf.objects == 0 and ("%s: no BPF object is open"):format(where)
			or ("%s: %d BPF objects are open: say which (:ls lists them)"):format(where, #bpf.objects))
	end
	local ok, value = true, bpf.objects[tonumber(what)] or what
	if value == what and type(what) == "string" then
		ok, value = M.evaluate(what)
	end
	local handles = package.loaded["luatrace.oneliners.handle"]
	if ok and handles and handles.is(value) then
		value = value.b
	end
	if ok and bpf.is(value) then
		return value
	end
	errors.raise(("%s: '%s' is no BPF object (:ls lists them)"):format(where, tostring(what)))
end

---The newest object that has a function so named.
---@param name string
---@param where string
---@return luatrace.BPF
function M.object_with(name, where)
	local names = {}
	local found = each_object(function(self, state)
		for _, program in ipairs(attach.program_names(state)) do
			names[#names + 1] = program
			if program == name then
				return self
			end
		end
	end)
	return found or errors.raise(("%s: no BPF object has a program '%s'%s"):format(where, tostring(name),
		near.hint(name, names)))
end

return M

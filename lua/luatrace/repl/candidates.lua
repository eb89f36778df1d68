-- SPDX-License-Identifier: MIT
-- What could stand at the cursor in Lua: names and fields of what is at hand. Nothing is called and nothing is read
-- that a script could notice.
local ffi = require "ffi"
local bpf = require "luatrace.bpf"
local layout = require "luatrace.layout"
local map = require "luatrace.map"
local attach = require "luatrace.attach"
local session = require "luatrace.repl.session"

local M = {}

local KEYWORDS = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
	"local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" }

local function add(out, name, value)
	if type(name) == "string" and name:find("^[%a_][%w_]*$") and name:sub(1, 2) ~= "__" and not out[name] then
		out[name] = { display = name .. (type(value) == "function" and "(" or ""), value = value }
	end
end

local function add_all(out, from)
	for name, value in pairs(from) do
		add(out, name, value)
	end
end

local function of_object(out, self)
	local state = bpf.state(self)
	for name in pairs(bpf.is_method) do
		add(out, name, bpf.methods[name])
	end
	for name, handle in pairs(state.maps) do
		add(out, name, handle)
	end
	add(out, "vars")
end

-- Tables show what they have and what their metatable's __index has.
local function of_table(out, value)
	for _ = 1, 4 do
		add_all(out, value)
		local own = getmetatable(value)
		value = type(own) == "table" and rawget(own, "__index")
		if type(value) ~= "table" then
			return
		end
	end
end

---Fields and methods of a value, by name.
---@param value any
---@return table<string, { display: string, value: any }>
function M.fields(value)
	local out = {}
	if bpf.is(value) then
		of_object(out, value)
	elseif map.is(value) then
		add_all(out, map.methods)
	elseif type(value) == "table" then
		of_table(out, value)
	elseif type(value) == "string" then
		add_all(out, string)
	elseif type(value) == "cdata" then
		local l = layout.of_value(value)
		for name in pairs(l and l.by_name or {}) do
			add(out, name)
		end
	end
	return out
end

---Variables and keywords.
---@return table<string, { display: string, value: any }>
function M.names()
	local out = {}
	for name, access in pairs(session.world.locals) do
		add(out, name, access[1]())
	end
	add_all(out, session.world.globals)
	add_all(out, _G)
	for _, name in ipairs(session.ONE_LINERS) do
		add(out, name, print)
	end
	for _, word in ipairs(KEYWORDS) do
		add(out, word)
	end
	return out
end

local function get(value, name)
	if bpf.is(value) then
		return bpf.state(value).maps[name] or bpf.is_method[name] and bpf.methods[name] or nil
	elseif type(value) == "table" then
		local found = rawget(value, name)
		if found ~= nil then
			return found
		end
		local own = getmetatable(value)
		own = type(own) == "table" and rawget(own, "__index")
		return type(own) == "table" and get(own, name) or nil
	elseif type(value) == "cdata" then
		local l = layout.of_value(value)
		local m = l and l.by_name[name]
		return m and m.layout.members and ffi.cast("uint8_t *", value) ~= nil and value[name] or nil
	end
	return nil
end

---What a chain of names stands for: "b.counts", or nil.
---@param path string
---@return any
function M.value(path)
	local value
	for name in path:gmatch("[%w_]+") do
		if value == nil then
			value = session.world.env[name]
		else
			value = get(value, name)
		end
		if value == nil then
			return nil
		end
	end
	return value
end

---Names of the maps of all objects.
---@return string[]
function M.maps()
	local out = {}
	for _, self in ipairs(bpf.objects) do
		for name in pairs(bpf.state(self).maps) do
			out[#out + 1] = name
		end
	end
	return out
end

---Names of the programs of all objects.
---@return string[]
function M.programs()
	local out = {}
	for _, self in ipairs(bpf.objects) do
		for _, name in ipairs(attach.program_names(bpf.state(self))) do
			out[#out + 1] = name
		end
	end
	return out
end

return M

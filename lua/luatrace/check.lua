-- SPDX-License-Identifier: MIT
-- Checks of what a script passes: types of single values, and tables of named arguments.
local ffi = require "ffi"
local errors = require "luatrace.errors"
local near = require "luatrace.near"

local M = {}

---What `value` is, for a message: its type and, where that is short, the value.
---@param value any
---@return string
function M.given(value)
	local kind = type(value)
	if kind == "string" then
		local shown = #value > 40 and value:sub(1, 40) .. "…" or value
		return ("string '%s'"):format((shown:gsub("[%c]", "?")))
	elseif kind == "number" or kind == "boolean" then
		return kind .. " " .. tostring(value)
	elseif kind == "cdata" then
		local name, shown = tostring(ffi.typeof(value)):match("^ctype<(.*)>$"), tostring(value)
		if not tonumber(value) and not shown:find("^cdata<") then
			return shown	-- it shows itself
		end
		return tonumber(value) and ("%s %s"):format(name, (shown:gsub("U?LL$", ""))) or name
	end
	return kind
end

local function is_integer(value)
	if type(value) == "number" then
		return value % 1 == 0
	end
	return ffi.istype("uint64_t", value) or ffi.istype("int64_t", value)
end

-- name = { description, test }
local KINDS = {
	string = { "a string", function(v) return type(v) == "string" and v ~= "" and not v:find("\0", 1, true) end },
	text = { "a string", function(v) return type(v) == "string" end },
	["function"] = { "a function", function(v) return type(v) == "function" end },
	boolean = { "true or false", function(v) return type(v) == "boolean" end },
	any = { "anything", function(v) return v ~= nil end },
	table = { "a table", function(v) return type(v) == "table" end },
	integer = { "an integer", is_integer },
	address = { "an integer of at least 0", function(v)
		return is_integer(v) and (ffi.istype("uint64_t", v) or v >= 0 and v < 2 ^ 64)
	end },
	u32 = { "an integer from 0 to 2^32-1", function(v) return is_integer(v) and v >= 0 and v < 2 ^ 32 end },
	precision = { "an integer from 0 to 3", function(v) return is_integer(v) and v >= 0 and v <= 3 end },
	count = { "an integer from 1 to 2^31-1", function(v)
		return type(v) == "number" and is_integer(v) and v >= 1 and v <= 0x7fffffff
	end },
	id = { "an integer from -1 to 2^31-1", function(v)
		return type(v) == "number" and is_integer(v) and v >= -1 and v <= 0x7fffffff
	end },
	descriptor = { "a descriptor, or a map", function(v)
		return type(v) == "cdata" or type(v) == "number" and is_integer(v) and v >= 0 and v <= 0x7fffffff
	end },
	seconds = { "a number of seconds, at least 0", function(v) return type(v) == "number" and v >= 0 end },
	strings = { "an array of strings", function(v)
		if type(v) ~= "table" then
			return false
		end
		for key, item in pairs(v) do
			if type(key) ~= "number" or type(item) ~= "string" or item:find("\0", 1, true) then
				return false
			end
		end
		return true
	end },
}

---Raises unless `value` is of `kind` (a name in KINDS; with "?" it may be nil).
---@param where string the function, e.g. "attach_kprobe"
---@param name string the argument
---@param value any
---@param kind string
function M.value(where, name, value, kind)
	local base = kind:match("^(.-)%??$")
	if value == nil and base ~= kind then
		return
	end
	local rule = KINDS[base]
	if not rule[2](value) then
		if value == nil then
			errors.misuse("%s: %s= is missing: it takes %s", where, name, rule[1])
		end
		errors.misuse("%s: %s= takes %s, not %s", where, name, rule[1], value == "" and "an empty string" or M.given(value))
	end
end

---Raises unless `arguments` is a table.
---@param where string
---@param arguments any
function M.named(where, arguments)
	if type(arguments) ~= "table" then
		errors.misuse("%s: takes one table of named arguments, %s{ … }, not %s", where, where, M.given(arguments))
	end
end

---Checks a table of named arguments against `rules` (name = kind). An unknown name is an error with the nearest one.
---@param where string
---@param arguments any
---@param rules table<string, string>
function M.arguments(where, arguments, rules)
	M.named(where, arguments)
	for name in pairs(arguments) do
		if not rules[name] then
			local known = {}
			for k in pairs(rules) do
				known[#known + 1] = type(k) == "string" and k or nil
			end
			errors.misuse("%s: unknown argument '%s'%s", where, tostring(name), near.hint(name, known))
		end
	end
	for name, kind in pairs(rules) do
		M.value(where, name, arguments[name], kind)
	end
end

return M

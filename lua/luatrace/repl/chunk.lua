-- SPDX-License-Identifier: MIT
-- What is typed, as functions: whether a text is whole, and what it leaves behind. The locals of a chunk stay: whoever
-- pastes a script goes on with its variables.
local lexer = require "luatrace.repl.lexer"

local M = {}

-- What a chunk calls at its end.
local KEEP = "__lt_keep"

-- Variables live in `locals` (by functions that read and write the chunk's own variable, so that functions made there
-- see the same one) or are global.
---@class luatrace.repl.World
---@field env table what chunks run in
---@field locals table<string, { [1]: fun(): any, [2]: fun(value: any) }>
---@field globals table<string, any> what was set at the prompt: the runtime, which is Lua as well, keeps its own

local function copy(from, to)
	for name, value in pairs(from) do
		to[name] = value
	end
	return to
end

---@return luatrace.repl.World
function M.world()
	local locals, globals = {}, {}
	local env = setmetatable({}, {
		__index = function(_, name)
			local variable = locals[name]
			if variable then
				return variable[1]()
			end
			local value = globals[name]
			if value == nil then
				return _G[name]
			end
			return value
		end,
		__newindex = function(_, name, value)
			local variable = locals[name]
			if variable then
				variable[2](value)
			else
				globals[name] = value
			end
		end,
	})
	rawset(env, KEEP, function(variables)
		copy(variables, locals)
	end)
	return { env = env, locals = locals, globals = globals }
end

---A function that has all names mean again what they mean now.
---@param world luatrace.repl.World
---@return fun()
function M.keep_names(world)
	local locals, globals = copy(world.locals, {}), copy(world.globals, {})
	return function()
		for _, names in ipairs { world.locals, world.globals } do
			for name in pairs(names) do
				names[name] = nil
			end
		end
		copy(locals, world.locals)
		copy(globals, world.globals)
	end
end

-- Behind the text: gives the chunk's variables away.
local function keeping(text)
	local parts = {}
	for _, name in ipairs(lexer.locals(text)) do
		parts[#parts + 1] = ("%s = { function() return %s end, function(__value) %s = __value end }"):format(name, name, name)
	end
	return #parts > 0 and ("%s\ndo %s { %s } end"):format(text, KEEP, table.concat(parts, ", ")) or nil
end

-- Lua says so of a text that ends in the middle of something; but also of an expression where it wants a statement.
local function is_cut(message)
	return message:find("near '<eof>'$") ~= nil and not message:find("'=' expected near '<eof>'", 1, true)
end

-- Whether what is wrong with a text as statements is its first word: then it was meant to be an expression.
local function begins_no_statement(message, text)
	local near = message:match("near '(.*)'$")
	return near ~= nil and text:match("^%s*(.*)$"):sub(1, #near) == near
end

---Compiles what was typed: an expression, or statements.
---@param text string
---@param name string of the chunk, e.g. "=[1]"
---@param world luatrace.repl.World
---@return function? run gives the values of an expression
---@return string? err what is wrong; nil: the text is not whole yet
function M.compile(text, name, world)
	local body = text:match("^%s*=(.*)$") or text
	-- With a value ahead, a call is no tail call: an error in it is told with this chunk's place.
	local expression, expression_err = loadstring("return nil, " .. body, name)
	local keep = not expression and keeping(text)
	local fn = expression or keep and loadstring(keep, name)
	local err
	if not fn then
		fn, err = loadstring(text, name)
	end
	if not fn and begins_no_statement(err, text) then
		err = expression_err
	end
	if not fn then
		return nil, not is_cut(err) and err or nil
	end
	-- A hook is to stop it: it does not stop compiled code.
	jit.off(fn, true)
	setfenv(fn, world.env)
	return expression and function() return select(2, fn()) end or fn
end

return M

-- SPDX-License-Identifier: MIT
-- Classes as bcc-lua's scripts know them (global `class`): class("Name"[, Super]), Class:new(…) or Class(…), which call
-- initialize(…). A function on the class is a method of its instances; what is on Class.static is of the class alone.

-- __index of instances: the methods first, then what the class says itself.
local function index_with(methods, own)
	return function(self, name)
		local method = methods[name]
		if method ~= nil then
			return method
		elseif type(own) == "function" then
			return own(self, name)
		end
		return own[name]
	end
end

-- Lua looks for metamethods in the very metatable, so a subclass takes over those that its super class has.
local function define(class, name, value)
	local dict = class.__instanceDict
	if type(name) == "string" and name:sub(1, 2) == "__" then
		class.__metamethods[name] = value
	end
	if name == "__index" then
		value = value ~= nil and index_with(dict, value) or dict
	end
	rawset(dict, name, value)
end

local class_metatable = {
	__index = function(class, name)
		return rawget(class, "static")[name]
	end,
	__newindex = define,
	__call = function(class, ...) return class:new(...) end,
	__tostring = function(class) return "class " .. class.name end,
}

local function create(name, super)
	local dict = setmetatable({}, { __index = super and super.__instanceDict })
	local inherited = super and super.static or {}
	local class = {
		name = name, super = super, subclasses = setmetatable({}, { __mode = "k" }),
		__instanceDict = dict, __metamethods = {},
		static = setmetatable({}, { __index = function(_, key)
			local value = rawget(dict, key)
			return value == nil and inherited[key] or value
		end }),
	}
	dict.__index = dict
	for key, value in pairs(super and super.__metamethods or {}) do
		define(class, key, value)
	end
	return setmetatable(class, class_metatable)
end

local Object = create("Object")

function Object.static.allocate(class)
	return setmetatable({ class = class }, class.__instanceDict)
end

function Object.static.new(class, ...)
	local instance = class:allocate()
	instance:initialize(...)
	return instance
end

function Object.static.subclass(class, name)
	assert(type(name) == "string", "a class needs a name")
	local subclass = create(name, class)
	class.subclasses[subclass] = true
	class:subclassed(subclass)
	return subclass
end

function Object.static.subclassed() end

function Object.static.isSubclassOf(class, other)
	local super = class.super
	while super do
		if super == other then
			return true
		end
		super = super.super
	end
	return false
end

function Object.static.include(class, ...)
	for _, mixin in ipairs { ... } do
		for name, method in pairs(mixin) do
			if name ~= "included" and name ~= "static" then
				class[name] = method
			end
		end
		for name, method in pairs(mixin.static or {}) do
			class.static[name] = method
		end
		if mixin.included then
			mixin:included(class)
		end
	end
	return class
end

function Object.initialize() end

function Object:isInstanceOf(class)
	return self.class == class or self.class:isSubclassOf(class)
end

function Object:__tostring()
	return "instance of class " .. self.class.name
end

---@param name string
---@param super table?
---@return table class
return function(name, super)
	return (super or Object):subclass(name)
end

-- SPDX-License-Identifier: MIT
-- Modules that are loaded when a function of theirs is first called: what a script does not use costs it no time.

local FORWARDS = {
	__index = function(self, name)
		local fn
		-- a tail call: the frame that a misuse error names is the caller's
		local function forward(...)
			fn = fn or require(self.module)[name]
			return fn(...)
		end
		self[name] = forward
		return forward
	end,
}

---A module of functions. To editors it is the module itself by `---@module`.
---@param name string
---@return table
return function(name)
	return setmetatable({ module = name }, FORWARDS)
end

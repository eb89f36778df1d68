-- SPDX-License-Identifier: MIT
-- The kernel's types: what they are, where their members lie, who uses them.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

-- Kept, for reading them takes 10 ms.
local handle

local function opened()
	if not handle then
		local out, err = ffi.new("lt_types *[1]"), errors.buffer()
		local rc = C.lt_types_open(out, err)
		if rc < 0 then
			errors.raise_c(rc, err)
		end
		handle = ffi.gc(out[0], C.lt_types_free)
	end
	return handle
end

---Gives back the memory of what was read. The next call reads again, modules that came meanwhile too.
function M.drop()
	if handle then
		C.lt_types_free(ffi.gc(handle, nil))
		handle = nil
	end
end

-- What a call leaves in a blob, and what it returns.
local function ask(call, ...)
	local out, err = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free), errors.buffer()
	local arguments = { ... }
	arguments[#arguments + 1], arguments[#arguments + 2] = out, err
	local rc = call(opened(), unpack(arguments))
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	return ffi.string(out[0].data, out[0].size), rc
end

local function trimmed(where, name, value)
	check.value(where, name, value, "string")
	return (value:gsub("^%s+", ""):gsub("[%s;]+$", ""))
end

---A type, function or variable of the kernel as C, with each member's place; or, of a path, the way to a member and
---what it is. Several types of one name are all there.
---@param name string "task_struct", "struct task_struct", "pid_t", "vfs_read", "task_struct.mm->pgd"
---@return string
function M.describe(name)
	return (ask(C.lt_types_describe, trimmed("types.describe", "name", name)))
end

---@class luatrace.TypeUse
---@field kind "points"|"holds"|"takes"|"returns" a member that is a pointer to it or is of it; a function with it
---@field where string "struct.member", or the function's name
---@field type string the member's type, or the function's prototype
---@field module string? whose that is, if not the kernel's own

local KINDS = {
	[tostring(C.LT_TYPE_POINTS)] = "points", [tostring(C.LT_TYPE_HOLDS)] = "holds",
	[tostring(C.LT_TYPE_TAKES)] = "takes", [tostring(C.LT_TYPE_RETURNS)] = "returns",
}

---Who uses a type: members, then functions, each by name.
---@param name string
---@return luatrace.TypeUse[]
function M.users(name)
	local uses = {}
	local lines = ask(C.lt_types_users, trimmed("types.users", "name", name))
	for kind, where, text, module in lines:gmatch "(%d) ([^\t\n]*)\t([^\t\n]*)\t([^\n]*)\n" do
		uses[#uses + 1] = { kind = KINDS[kind], where = where, type = text, module = module ~= "" and module or nil }
	end
	return uses
end

local TITLES = {
	{ "points", "pointers to it" }, { "holds", "members of it" }, { "takes", "functions that take it" },
	{ "returns", "functions that return it" },
}

---The same as text, of each kind no more than the first `limit`.
---@param name string
---@param limit integer? 20 unless given
---@return string
function M.users_text(name, limit)
	check.value("types.users_text", "limit", limit, "count?")
	limit = limit or 20
	local of = { points = {}, holds = {}, takes = {}, returns = {} }
	for _, use in ipairs(M.users(name)) do
		local list = of[use.kind]
		local is_member = use.kind == "points" or use.kind == "holds"
		local line = is_member and ("%-40s %s"):format(use.where, use.type) or use.type
		list[#list + 1] = "    " .. line .. (use.module and (" [%s]"):format(use.module) or "")
	end
	local lines = {}
	for _, title in ipairs(TITLES) do
		local list = of[title[1]]
		if #list > 0 then
			lines[#lines + 1] = ("%s: %d"):format(title[2], #list)
			for i = 1, math.min(#list, limit) do
				lines[#lines + 1] = list[i]
			end
			if #list > limit then
				lines[#lines + 1] = ("    and %d more"):format(#list - limit)
			end
		end
	end
	return #lines > 0 and table.concat(lines, "\n") .. "\n" or "nobody\n"
end

---Names of structs, unions, enums and typedefs that begin so, sorted; for completion.
---@param prefix string
---@param limit integer? at most so many; 100 unless given
---@return string[]
function M.names(prefix, limit)
	check.value("types.names", "prefix", prefix, "text")
	check.value("types.names", "limit", limit, "count?")
	local names = {}
	for name in ask(C.lt_types_names, prefix, limit or 100):gmatch "[^\n]+" do
		names[#names + 1] = name
	end
	return names
end

return M

-- SPDX-License-Identifier: MIT
-- Folded stacks: a line each, as the tools read them that draw flame graphs.
local bit = require "bit"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local stack = require "luatrace.stack"
local symbols = require "luatrace.symbols"
local user_symbols = require "luatrace.user_symbols"

local M = {}

---@class luatrace.FoldedArgs
---@field count integer
---@field comm string? the outermost frame: what the process is called
---@field pid integer? whose user stack it is; a build id does without
---@field user integer? id of the user stack
---@field kernel integer? id of the kernel stack
local RULES = { count = "address", comm = "text?", pid = "id?", user = "integer?", kernel = "integer?" }

-- get_stackid()'s answers when there was a stack, but no room for it: -EEXIST, -ENOMEM.
local MISSED = { [-17] = true, [-12] = true }

-- A name is anyone's, and semicolons part the frames.
local function frame(name)
	return name:find(";", 1, true) and name:gsub(";", ":") or name
end

local function add(frames, map, id, resolve)
	if not id then
		return
	elseif MISSED[bit.tobit(tonumber(id))] then	-- it may come as a u32
		frames[#frames + 1] = "[missed]"
	end
	local names = stack.get(map, id, resolve)
	for i = #names, 1, -1 do
		frames[#frames + 1] = frame(names[i])
	end
end

---@param map table the map's state
---@param args luatrace.FoldedArgs
---@return string
function M.line(map, args)
	stack.check(map)
	check.arguments("folded", args, RULES)
	local pid = args.pid or -1
	if args.user and pid < 0 and not stack.has_build_ids(map) then
		errors.misuse("folded: pid= is missing: a user stack's addresses mean something in their process only")
	end
	local frames = { args.comm and frame(format.escape(args.comm)) }
	add(frames, map, args.user, function(address) return user_symbols.frame(address, pid) end)
	add(frames, map, args.kernel, function(address) return symbols.ksym(address) end)
	if #frames == 0 then
		frames[1] = "[unknown]"
	end
	return ("%s %s"):format(table.concat(frames, ";"), format.plain(args.count))
end

return M

-- SPDX-License-Identifier: MIT
-- Queues and stacks: BPF_QUEUE, BPF_STACK.
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

local function check_queue(map, method)
	map:check_kind(method, "queue", "is neither a BPF_QUEUE nor a BPF_STACK")
end

---@param map luatrace.MapState
---@param value any
---@param flags integer? 2 (BPF_EXIST): when it is full, the oldest makes room
function M.push(map, value, flags)
	check_queue(map, "push")
	check.value("push", "flags", flags, "address?")
	map:put_value(map.value, value)
	local rc = C.lt_map_update(map.fd, nil, map.value, flags or 0)
	if rc < 0 then
		map:fail("writing", rc)
	end
end

local function take(map, method, call)
	check_queue(map, method)
	local rc = call(map)
	if rc == 0 then
		return map.read_value(map.value, 0)
	elseif rc ~= -errors.ENOENT then
		map:fail("reading", rc)
	end
	return nil
end

local function pop(map)
	return C.lt_map_pop(map.fd, map.value)
end

local function peek(map)
	return C.lt_map_lookup(map.fd, nil, map.value)
end

---The next value, which is taken out; nil when there is none.
---@param map luatrace.MapState
function M.pop(map)
	return take(map, "pop", pop)
end

---The next value, which stays; nil when there is none.
---@param map luatrace.MapState
function M.peek(map)
	return take(map, "peek", peek)
end

---An iterator that takes out what is there: at most as many as fit, so that it ends while a program pushes.
---@param map luatrace.MapState
---@return fun(): any
function M.values(map)
	check_queue(map, "values")
	local left = map.max_entries
	return function()
		left = left - 1
		if left >= 0 then
			return M.pop(map)
		end
		return nil
	end
end

return M

-- SPDX-License-Identifier: MIT
-- Stacks of a BPF_STACK_TRACE map.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"

local M = {}

local u64_ptr = ffi.typeof("const uint64_t *")

-- The addresses of stack `id` as an array, innermost first.
local function addresses(map, id)
	if not map.kind.stacks then
		errors.misuse("map '%s' is no stack trace map", map.name)
	end
	local number = tonumber(id)
	if type(id) == "string" or not number then
		errors.misuse("map '%s': a stack id is an integer, not %s", map.name, type(id))
	end
	local out = {}
	-- get_stackid's failures are negative, and a u32 that holds one is above every id.
	if number < 0 or number >= map.max_entries then
		return out
	end
	ffi.cast("uint32_t *", map.key)[0] = number
	local rc = C.lt_map_lookup(map.fd, map.key, map.value)
	if rc < 0 and rc ~= -errors.ENOENT then
		errors.raise(("map '%s': reading stack %d: %s"):format(map.name, number, errors.describe(rc)), rc)
	end
	local frames = ffi.cast(u64_ptr, map.value)
	local limit = rc == 0 and map.value_size / 8 or 0
	while #out < limit and frames[#out] ~= 0 do
		out[#out + 1] = frames[#out]
	end
	return out
end

---@param map table the map's state
---@param id integer
---@param resolve? fun(address: ffi.cdata*): any
---@return any[]
function M.get(map, id, resolve)
	local out = addresses(map, id)
	if resolve then
		for i, address in ipairs(out) do
			out[i] = resolve(address)
		end
	end
	return out
end

---@param map table the map's state
---@param id integer
---@param resolve? fun(address: ffi.cdata*): any
---@return fun(): any
function M.walk(map, id, resolve)
	local all, i = addresses(map, id), 0
	return function()
		i = i + 1
		local address = all[i]
		if address ~= nil and resolve then
			return resolve(address)
		end
		return address
	end
end

return M

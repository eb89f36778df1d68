-- SPDX-License-Identifier: MIT
-- Stacks of a BPF_STACK_TRACE map.
local ffi = require "ffi"
local bit = require "bit"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

local u64_ptr = ffi.typeof("const uint64_t *")
-- The kernel's struct bpf_stack_build_id.
local frame_ptr = ffi.typeof("const struct { int32_t status; uint8_t build_id[20]; uint64_t offset; } *")
local FRAME_SIZE = 32
local STACK_BUILD_ID = 32	-- BPF_F_STACK_BUILD_ID
local EMPTY, VALID = 0, 1	-- its status; 2: an address instead

---@class luatrace.Frame of a BPF_STACK_TRACE_BUILDID
---@field status integer 1: build_id and offset; 2: ip
---@field build_id string? of the file, in hexadecimal
---@field offset ffi.cdata*? in the file
---@field ip ffi.cdata*? the address, where the kernel could not tell the file

---Whether a stack trace map holds build ids.
---@param map table the map's state
---@return boolean
function M.has_build_ids(map)
	return bit.band(map.flags, STACK_BUILD_ID) ~= 0
end

local function build_id_frames(map, out)
	local frames = ffi.cast(frame_ptr, map.value)
	for i = 0, map.value_size / FRAME_SIZE - 1 do
		local f = frames[i]
		if f.status == EMPTY then
			break
		elseif f.status == VALID then
			local digits = {}
			for j = 0, 19 do
				digits[j + 1] = ("%02x"):format(f.build_id[j])
			end
			out[i + 1] = { status = VALID, build_id = table.concat(digits), offset = f.offset }
		else
			out[i + 1] = { status = f.status, ip = f.offset }
		end
	end
	return out
end

---@param map table the map's state
function M.check(map)
	if not map.kind.stacks then
		errors.misuse("map '%s' is no stack trace map", map.name)
	end
end

-- The addresses, or frames, of stack `id` as an array, innermost first.
local function addresses(map, id)
	M.check(map)
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
	if rc == 0 and M.has_build_ids(map) then
		return build_id_frames(map, out)
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
	check.value("get", "resolve", resolve, "function?")
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
	check.value("walk", "resolve", resolve, "function?")
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

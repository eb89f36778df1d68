-- SPDX-License-Identifier: MIT
-- A hash that is read again and again, copied whole by a program in the kernel: several times as fast as in batches.
-- Where that doesn't work out, batches do.
local ffi = require "ffi"
local C = require "luatrace.abi"

local M = {}

-- Loading the program takes as long as reading some 20,000 entries in batches.
local MANY = 8192
local MAY_FAIL = 3

local function open(map)
	local walk = C.lt_hash_walk_open(map.fd, map.key_size, map.value_bytes, map.max_entries)
	if walk == nil then
		map.walks_failed = MAY_FAIL
		return nil
	end
	map.walk = ffi.gc(walk, C.lt_hash_walk_free)
	return map.walk
end

---All entries at once. nil unless the map was read to its end before and had many then, and where there are none.
---@param map luatrace.MapState
---@return { keys: ffi.cdata*, values: ffi.cdata*, count: integer }? copy to be given back as map.spare_copy
function M.read(map)
	local worth = map.kind.walked and (map.listed or 0) >= MANY and (map.walks_failed or 0) < MAY_FAIL
	local walk = worth and (map.walk or open(map))
	if not walk then
		return nil
	end
	local keys, values = ffi.new("const void *[1]"), ffi.new("const void *[1]")
	local count = C.lt_hash_walk_run(walk, keys, values)
	if count < 0 then
		map.walks_failed = (map.walks_failed or 0) + 1
		return nil
	end
	map.walks_failed = 0
	if count == 0 then
		return nil
	end
	-- Another iterator may walk while this one is on its way. Fresh memory costs more than the walk.
	local copy = map.spare_copy or { keys = ffi.new(map.keys_ct, map.max_entries),
		values = ffi.new("uint8_t[?]", map.max_entries * map.value_bytes) }
	map.spare_copy = nil
	ffi.copy(copy.keys, keys[0], count * map.key_size)
	ffi.copy(copy.values, values[0], count * map.value_bytes)
	copy.count = count
	return copy
end

---Ends what a map has for this.
---@param map luatrace.MapState
function M.close(map)
	if map.walk then
		C.lt_hash_walk_free(ffi.gc(map.walk, nil))
		map.walk = nil
	end
end

return M

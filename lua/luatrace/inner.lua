-- SPDX-License-Identifier: MIT
-- The maps within BPF_ARRAY_OF_MAPS and BPF_HASH_OF_MAPS.
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local map_info = require "luatrace.map_info"
local map_state = require "luatrace.map_state"

local M = {}

-- A handle for an inner map; the descriptor becomes the handle's.
local function open(map, fd)
	local info, name, btf = map_info.of_fd(fd, map.name)
	return map_state.handle(map_state.new(info, btf, { name = name }))
end

---The map of slot `key`, or nil.
---@param map luatrace.MapState
---@param key any
---@return ffi.cdata*?
function M.get(map, key)
	map:check_kind("inner", "maps", "is no map of maps")
	local id = map:read(key)
	if not id then
		return nil
	end
	local err = errors.buffer()
	local fd = C.lt_map_open_id(id, err)
	if fd == -errors.ENOENT then	-- replaced since
		return nil
	elseif fd < 0 then
		errors.raise_c(fd, err)
	end
	return open(map, fd)
end

---A new, empty map of the kind that the slots take.
---@param map luatrace.MapState
---@return ffi.cdata*
function M.make(map)
	map:check_kind("new_inner", "maps", "is no map of maps")
	if not map.inner then
		errors.misuse("new_inner: map '%s' is not declared by BPF_ARRAY_OF_MAPS or BPF_HASH_OF_MAPS, which say what its "
			.. "maps are like: put one of the text's maps there", map.name)
	end
	local err = errors.buffer()
	local fd = C.lt_object_inner_create(map.bpf.handle, map.name, err)
	if fd < 0 then
		errors.raise_c(fd, err)
	end
	return open(map, fd)
end

return M

-- SPDX-License-Identifier: MIT
-- All entries of a map, in batches where the kernel has them for its type, else key by key; of a large hash that is
-- read again, in one piece.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local hash_walk = require "luatrace.hash_walk"

local M = {}

-- One batch is read at once and kept until its entries are consumed.
local BATCH_BYTES = 256 * 1024

local function room_for(map)
	local fitting = math.floor(BATCH_BYTES / (map.key_size + map.value_bytes))
	return math.max(16, math.min(fitting, map.max_entries, 4096))
end

local function buffers(map, room)
	return ffi.new(map.keys_ct, room), ffi.new("uint8_t[?]", room * map.value_bytes)
end

local function fail(map, what, rc)
	errors.raise(("map '%s': %s: %s"):format(map.name, what, errors.describe(rc)), rc)
end

-- Gives (keys, values, count) for each batch; at the end nil and 0, or nil, what went wrong and the token of the last
-- batch.
local function batches(map, op)
	local room = room_for(map)
	local keys, values = buffers(map, room)
	local token_size = math.max(map.key_size, 4)
	local token, next_token = ffi.new("uint8_t[?]", token_size), ffi.new("uint8_t[?]", token_size)
	local count = ffi.new("uint32_t[1]")
	local started, ended = false, false
	return function()
		while not ended do
			count[0] = room
			local rc = C.lt_map_batch(map.fd, op, started and token or nil, next_token, keys, values, count)
			if rc == -errors.ENOSPC and room < 2 * map.max_entries then
				-- One bucket of the hash holds more entries than there is room.
				room = room * 2
				keys, values = buffers(map, room)
			elseif rc < 0 and rc ~= -errors.ENOENT and not (rc == -errors.EINTR and count[0] > 0) then
				return nil, rc, started and token or nil
			else
				ended = rc == -errors.ENOENT
				started = true
				token, next_token = next_token, token
				if count[0] > 0 then
					return keys, values, count[0]
				end
			end
		end
		return nil, 0
	end
end

-- Key by key. An entry deleted by someone else makes the kernel begin again from the first one: no more keys are
-- given than the map can hold, so that this ends. `after`: a key, to begin behind it.
local function walk(map, after)
	local key, following = ffi.new(map.keys_ct, 1), ffi.new(map.keys_ct, 1)
	local value = ffi.new("uint8_t[?]", map.value_bytes)
	local given = 0
	local rc = C.lt_map_next_key(map.fd, after, following)
	return function()
		while rc == 0 and given < map.max_entries do
			given = given + 1
			key, following = following, key
			-- Before the script can delete this key.
			rc = C.lt_map_next_key(map.fd, key, following)
			local found = C.lt_map_lookup(map.fd, key, value)
			if found == 0 then
				return key, value, 1
			elseif found ~= -errors.ENOENT then
				fail(map, "reading", found)
			end
		end
		if rc < 0 and rc ~= -errors.ENOENT then
			fail(map, "reading", rc)
		end
		return nil, 0
	end
end

-- Batches where they work, else key by key; decided by the first call, for the map's lifetime. Before 6.14, batches of
-- tries and of arrays of maps end with EINTR at an entry that is not there (deleted meanwhile; an empty slot): the rest
-- is walked, from the token on, which is a key with these maps.
local function each_piece(map)
	if map.no_batch then
		return walk(map)
	end
	local next_batch, first = batches(map, C.LT_BATCH_LOOKUP), true
	return function()
		local keys, values, count = next_batch()
		if keys or values == 0 then
			first = false
			return keys, values, count
		elseif values == -errors.EINTR then
			first, next_batch = false, walk(map, count)
			return next_batch()
		end
		if not first or (values ~= -errors.EOPNOTSUPP and values ~= -errors.EINVAL) then
			fail(map, "reading", values)
		end
		map.no_batch = true
		first, next_batch = false, walk(map)
		return next_batch()
	end
end

-- `listed`: how many entries there were when the map was last read to its end.
local function pieces(map)
	local listed, copy, next_piece = 0, nil, nil
	return function()
		if not copy and not next_piece then
			copy, map.listed = hash_walk.read(map), 0
			if copy then
				return copy.keys, copy.values, copy.count
			end
			next_piece = each_piece(map)
		elseif copy then
			map.spare_copy, map.listed = copy, copy.count
			return nil, 0
		end
		local keys, values, count = next_piece()
		if keys then
			listed = listed + count
		else
			map.listed = listed
		end
		return keys, values, count
	end
end

---An iterator over the entries: key, value as the script sees them.
---@param map table the map's state
---@return fun(): any, any
function M.each(map)
	local next_piece = pieces(map)
	local keys, values
	local count, i = 0, 0
	return function()
		if i >= count then
			map:check_open()
			keys, values, count = next_piece()
			if not keys then
				count, i = 0, 0
				return nil
			end
			i = 0
		end
		local at = i
		i = at + 1
		return map.read_key(keys, at), map.read_value(values, at)
	end
end

---How many entries there are.
---@param map table
---@return integer
function M.count(map)
	local total = 0
	for _, _, count in pieces(map) do
		total = total + count
	end
	return total
end

-- Reads and deletes in one go: what is counted meanwhile is in this read or in the next, never lost between the two.
-- nil when the kernel cannot for this map.
local function drain_batches(map)
	if map.no_drain then
		return nil
	end
	local all, next_batch = {}, batches(map, C.LT_BATCH_LOOKUP_AND_DELETE)
	while true do
		local keys, values, count = next_batch()
		if not keys then
			if values == 0 then
				return all
			elseif #all > 0 or (values ~= -errors.EOPNOTSUPP and values ~= -errors.EINVAL) then
				fail(map, "reading and deleting", values)
			end
			map.no_drain = true
			return nil
		end
		-- The buffers are used again for the next batch.
		local own_keys, own_values = buffers(map, count)
		ffi.copy(own_keys, keys, count * map.key_size)
		ffi.copy(own_values, values, count * map.value_bytes)
		all[#all + 1] = { keys = own_keys, values = own_values, count = count }
	end
end

local function delete_one_by_one(map, give)
	local all = {}
	for keys, values, count in pieces(map) do
		for i = 0, count - 1 do
			local key = ffi.cast("uint8_t *", keys) + i * map.key_size
			if give then
				local own_key, own_value = buffers(map, 1)
				ffi.copy(own_key, key, map.key_size)
				ffi.copy(own_value, values + i * map.value_bytes, map.value_bytes)
				all[#all + 1] = { keys = own_key, values = own_value, count = 1 }
			end
			local rc = C.lt_map_delete(map.fd, key)
			if rc < 0 and rc ~= -errors.ENOENT then
				fail(map, "deleting", rc)
			end
		end
	end
	return all
end

---Deletes all entries.
---@param map table
function M.clear(map)
	if not drain_batches(map) then
		delete_one_by_one(map, false)
	end
end

---Deletes all entries and gives an iterator over what they were.
---@param map table
---@return fun(): any, any
function M.drain(map)
	local all = drain_batches(map) or delete_one_by_one(map, true)
	local piece, i = 1, 0
	return function()
		local p = all[piece]
		while p and i >= p.count do
			piece, i = piece + 1, 0
			p = all[piece]
		end
		if p then
			i = i + 1
			return map.read_key(p.keys, i - 1), map.read_value(p.values, i - 1)
		end
	end
end

---Sets all values to zero; the keys stay.
---@param map table
function M.zero(map)
	local nothing = ffi.new("uint8_t[?]", map.value_bytes)
	for keys, _, count in pieces(map) do
		for i = 0, count - 1 do
			-- BPF_EXIST: what was deleted meanwhile stays away. Array entries always exist.
			local rc = C.lt_map_update(map.fd, ffi.cast("uint8_t *", keys) + i * map.key_size, nothing, 2)
			if rc < 0 and rc ~= -errors.ENOENT then
				fail(map, "zeroing", rc)
			end
		end
	end
end

return M

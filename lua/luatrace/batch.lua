-- SPDX-License-Identifier: MIT
-- Many entries written or deleted at once, from what the script gives: in one call where the kernel has it for the
-- map's type, else one by one.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local convert = require "luatrace.convert"
local errors = require "luatrace.errors"

local M = {}

local NO_BATCH = { [-errors.EOPNOTSUPP] = true, [-errors.EINVAL] = true }

-- Keys or values as bytes, and how many: of a table from 1, or an array of C as it is.
local function pack(map, method, what, size, put, list)
	if type(list) == "cdata" and convert.has_memory(list) and ffi.sizeof(list) % size == 0 then
		return ffi.cast("uint8_t *", list), ffi.sizeof(list) / size
	elseif type(list) ~= "table" then
		errors.misuse("%s: %s= takes a table, or an array of C with elements of %d bytes, not %s", method, what, size,
			check.given(list))
	end
	local count, last = 0, table.maxn(list)
	for _ in pairs(list) do
		count = count + 1
	end
	if count ~= last or list[0] ~= nil then
		errors.misuse("%s: %s= takes a table that counts from 1, without gaps", method, what)
	end
	local bytes = ffi.new("uint8_t[?]", math.max(count * size, 1))
	for i, item in ipairs(list) do
		put(map, bytes + (i - 1) * size, item)
	end
	return bytes, count
end

---Writes values[i] to keys[i].
---@param map luatrace.MapState
---@param keys any[]|ffi.cdata*
---@param values any[]|ffi.cdata*
function M.update(map, keys, values)
	map:check_use("no_write")
	local key_bytes, count = pack(map, "items_update_batch", "keys", map.key_size, map.put_key, keys)
	local value_bytes, value_count = pack(map, "items_update_batch", "values", map.value_bytes, map.put_value, values)
	if count ~= value_count then
		errors.misuse("items_update_batch: map '%s': %d keys and %d values", map.name, count, value_count)
	end
	local done = ffi.new("uint32_t[1]", count)
	local rc = count > 0 and C.lt_map_batch(map.fd, C.LT_BATCH_UPDATE, nil, nil, key_bytes, value_bytes, done) or 0
	if NO_BATCH[rc] then
		rc = 0
		for i = 0, count - 1 do
			rc = rc < 0 and rc or C.lt_map_update(map.fd, key_bytes + i * map.key_size, value_bytes + i * map.value_bytes, 0)
		end
	end
	if rc < 0 then
		map:fail("writing", rc)
	end
end

-- Deletes from `at` on; how many keys that went through, how many of those were there.
local function delete_some(map, key_bytes, at, count)
	local done, key = ffi.new("uint32_t[1]", count - at), key_bytes + at * map.key_size
	local rc = C.lt_map_batch(map.fd, C.LT_BATCH_DELETE, nil, nil, key, nil, done)
	if NO_BATCH[rc] then
		return 1, map:delete_at(key) and 1 or 0
	elseif rc == -errors.ENOENT then	-- it stops at a key that is not there
		return done[0] + 1, done[0]
	elseif rc < 0 then
		map:fail("deleting", rc)
	end
	return done[0], done[0]
end

---Deletes these keys; those that are not there are passed over.
---@param map luatrace.MapState
---@param keys any[]|ffi.cdata*
---@return integer deleted
function M.delete(map, keys)
	local key_bytes, count = pack(map, "items_delete_batch", "keys", map.key_size, map.put_key, keys)
	local at, deleted = 0, 0
	while at < count do
		local passed, there = delete_some(map, key_bytes, at, count)
		at, deleted = at + passed, deleted + there
	end
	return deleted
end

return M

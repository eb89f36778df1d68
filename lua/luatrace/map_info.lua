-- SPDX-License-Identifier: MIT
-- What is known of a map: by an object's text, or by the kernel, of an inner or a pinned one.
local ffi = require "ffi"
local C = require "luatrace.abi"
local btf = require "luatrace.btf"
local errors = require "luatrace.errors"

local M = {}

---A map of an object, or nil.
---@param object ffi.cdata* lt_object
---@param name string
---@return ffi.cdata*? info lt_map_info
function M.of_object(object, name)
	local info, index = ffi.new("lt_map_info"), C.lt_object_find_map(object, name)
	return index >= 0 and C.lt_object_map(object, index, info) == 0 and info or nil
end

---Of a map behind a descriptor. Raises, and closes the descriptor, when it is no map's.
---@param fd integer
---@param origin string for messages
---@return ffi.cdata* info lt_map_info without a name
---@return string name its first 15 characters
---@return luatrace.Btf? btf what its type ids are of, if it was made with any
function M.of_fd(fd, origin)
	local info, blob, err = ffi.new("lt_map_info"), ffi.gc(ffi.new("lt_blob"), C.lt_blob_free), errors.buffer()
	local name = ffi.new("char[16]")
	local rc = C.lt_map_describe(fd, origin, info, name, blob, err)
	if rc < 0 then
		C.lt_map_close(fd)
		errors.raise_c(rc, err)
	end
	return info, ffi.string(name), blob.data ~= nil and btf.parse(blob.data, tonumber(blob.size)) or nil
end

return M

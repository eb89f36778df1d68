-- SPDX-License-Identifier: MIT
-- Pins: names below a BPF file system that keep a map beyond its object, and find it again without a text.
local C = require "luatrace.abi"
local c_type = require "luatrace.c_type"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local map_info = require "luatrace.map_info"
local map_state = require "luatrace.map_state"
local map_type = require "luatrace.map_type"

local M = {}

---@param map luatrace.MapState
---@param path string
function M.pin(map, path)
	map:check_open()
	check.value("pin", "path", path, "string")
	local err = errors.buffer()
	local rc = C.lt_map_pin(map.fd, path, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	map.pin_path = path
end

local function open(path)
	local err = errors.buffer()
	local fd = C.lt_map_open_pinned(path, err)
	if fd == -errors.ENOENT then
		errors.raise(("%s: nothing is pinned there"):format(path), fd)
	elseif fd < 0 then
		errors.raise_c(fd, err)
	end
	return fd
end

local function id_of_pin(path)
	local fd = open(path)
	local id = C.lt_map_id(fd)
	C.lt_map_close(fd)
	return id
end

---Removes a pin of this map.
---@param map luatrace.MapState
---@param path string? nil: where it was pinned last, by pin() or by the text
function M.unpin(map, path)
	map:check_open()
	check.value("unpin", "path", path, "string?")
	path = path or map.pin_path
	if not path then
		errors.misuse("unpin: map '%s' was pinned by neither the text nor t:pin(path): say the path", map.name)
	end
	if id_of_pin(path) ~= C.lt_map_id(map.fd) then
		errors.misuse("unpin: what is pinned at %s is another map than '%s'", path, map.name)
	end
	local ok, why = os.remove(path)
	if not ok then
		errors.raise(("unpin: %s"):format(why))
	end
	if path == map.pin_path then
		map.pin_path = nil
	end
end

local RULES = { type = "string?", key = "string?", leaf = "string?" }

---Opens a pinned map. Key and value have the types that the kernel keeps with the map, or those that are named.
---@param path string
---@param opts { type: string?, key: string?, leaf: string? }? what it must be: type as in BPF_TABLE, C types
---@return luatrace.Map
function M.open_pinned(path, opts)
	check.value("open_pinned", "path", path, "string")
	check.arguments("open_pinned", opts or {}, RULES)
	opts = opts or {}
	local fd = open(path)
	local info, name, btf = map_info.of_fd(fd, path)
	local fields = { name = name, pin_path = path }
	local ok, state = pcall(function()
		local kind = map_type.of(info.type).name
		if opts.type and opts.type ~= kind then
			errors.misuse("open_pinned: %s is of type %s, not %s", path, kind, opts.type)
		end
		fields.key_layout = opts.key and c_type.layout("open_pinned", "key", opts.key, info.key_size)
		fields.value_layout = opts.leaf and c_type.layout("open_pinned", "leaf", opts.leaf, info.value_size)
		return map_state.new(info, btf, fields)
	end)
	if not ok then
		C.lt_map_close(fd)
		error(state, 0)
	end
	return map_state.handle(state)
end

return M

-- SPDX-License-Identifier: MIT
-- Maps that several objects use: those of an earlier object (BPF_TABLE_PUBLIC, used as "extern"), and those that are
-- pinned, which outlive their object.
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local ffi = require "ffi"

local M = {}

local function share(state, name, fd, origin)
	local err = errors.buffer()
	local rc = C.lt_object_share_map(state.handle, name, fd, origin, err)
	if rc < 0 then
		errors.raise_c(rc, err, state.source:mapper())
	end
end

local function share_pinned(state, name, path)
	local err = errors.buffer()
	local fd = C.lt_map_open_pinned(path, err)
	if fd == -errors.ENOENT then
		state.to_pin[name] = path
		return
	elseif fd < 0 then
		errors.raise_c(fd, err, state.source:mapper())
	end
	local ok, e = pcall(share, state, name, fd, path)
	C.lt_map_close(fd)
	if not ok then
		error(e, 0)
	end
end

---Maps of other objects and of pins take the place of an object's own, before it is loaded.
---@param state table of the object
---@param find_public fun(name: string): table?, integer? the state of the newest object that has such a public map, and
---its descriptor
function M.take(state, find_public)
	state:each_map(function(name, info)
		if info.pin_path ~= nil then
			share_pinned(state, name, ffi.string(info.pin_path))
		elseif info.external ~= 0 then
			local from, fd = find_public(name)
			if not from then
				errors.misuse('map \'%s\': BPF_TABLE("extern", …) means the BPF_TABLE_PUBLIC of an earlier BPF object, and '
					.. "none has this name", name)
			end
			share(state, name, fd, ("the public map of %s:%d"):format(from.source.name, from.source.line))
		end
	end)
end

---Pins the maps that were not there yet: all of them, or none.
---@param state table of an object that is loaded
function M.pin(state)
	local made = {}
	state:each_map(function(name, info)
		local path, err = state.to_pin[name], errors.buffer()
		local rc = path and C.lt_map_pin(info.fd, path, err) or 0
		if rc < 0 then
			for _, pin in ipairs(made) do
				os.remove(pin)
			end
			errors.raise_c(rc, err, state.source:mapper())
		end
		made[#made + 1] = path
	end)
end

return M

-- SPDX-License-Identifier: MIT
-- What is in directories.
local ffi = require "ffi"
local C = require "luatrace.abi"

local M = {}

---The names in a directory, sorted; those of directories end with a slash. Empty when it cannot be read.
---@param path string
---@return string[]
function M.list(path)
	local out, names = ffi.new "lt_blob[1]", {}
	if C.lt_directory_list(path, out, nil) < 0 then
		return names
	end
	for name in ffi.string(out[0].data, out[0].size):gmatch "[^\n]+" do
		names[#names + 1] = name
	end
	C.lt_blob_free(out)
	table.sort(names)
	return names
end

local path_ct = ffi.typeof("char[" .. C.LT_PATH_SIZE .. "]")

---A path without links; as it is, where nothing is there.
---@param path string
---@return string
function M.real(path)
	local out = path_ct()
	return C.lt_path_real(path, out) == 0 and ffi.string(out) or path
end

---Calls `visit` for each directory below `path`.
---@param path string
---@param visit fun(path: string, name: string)
function M.walk(path, visit)
	for _, entry in ipairs(M.list(path)) do
		local name = entry:match "^(.*)/$"
		if name then
			visit(path .. "/" .. name, name)
			M.walk(path .. "/" .. name, visit)
		end
	end
end

return M

-- SPDX-License-Identifier: MIT
-- The C side as Lua sees it: the one cdef, generated from host/luatrace.h, and the check that both belong together.
local ffi = require "ffi"

ffi.cdef(require "luatrace.cdef")

local C = ffi.C
local ok, have = pcall(function() return C.lt_abi_version() end)
if not ok then
	error("luatrace: this Lua is not the luatrace program: run scripts with `luatrace script.lua`", 0)
end
if have ~= C.LT_ABI_VERSION then
	error(("luatrace: its Lua modules were made for ABI version %d, the program has %d: LUATRACE_LUA names a tree of "
		.. "another version, or the build is stale"):format(C.LT_ABI_VERSION, have), 0)
end

return C

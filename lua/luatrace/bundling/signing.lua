-- SPDX-License-Identifier: MIT
-- Signing, by the program minisign: it asks for the key's password.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"

local M = {}

---Makes FILE.minisig.
---@param path string
---@param key string path of a secret key
function M.sign(path, key)
	local words, out, err = { "minisign", "-S", "-s", key, "-m", path, "-x", path .. ".minisig" }, ffi.new "lt_child *[1]",
		errors.buffer()
	local rc = C.lt_child_start(ffi.new("const char *[?]", #words, words), #words, out, err)
	local child = rc == 0 and ffi.gc(out[0], C.lt_child_free)
	if child then
		rc = C.lt_child_release(child, err)
	end
	if rc == -errors.ENOENT then
		errors.raise("--sign: the program minisign is missing; it comes in a package of that name", errors.ENOENT)
	elseif rc < 0 then
		errors.raise_c(rc, err)
	end
	local status, signal = ffi.new "int32_t[1]", ffi.new "int32_t[1]"
	while C.lt_child_ended(child, status, signal) == 0 do
		C.lt_sleep(10000000)
	end
	if status[0] ~= 0 then
		errors.raise(("--sign: minisign failed; %s is there, and is not signed"):format(path), errors.EIO)
	end
end

return M

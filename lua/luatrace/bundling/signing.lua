-- SPDX-License-Identifier: MIT
-- Signing, by the program minisign: it asks for the key's password.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

local MISSING = "--sign: the program minisign is missing; it comes in a package of that name"

local function is_file(path)
	return C.lt_file_kind(path) > 0
end

---Raises where signing would fail, as far as can be known ahead of it.
---@param key string path of a secret key
function M.check(key)
	local found = false
	for folder in (os.getenv "PATH" or ""):gmatch "[^:]+" do
		found = found or is_file(folder .. "/minisign")
	end
	if not found then
		errors.raise(MISSING, errors.ENOENT)
	elseif not is_file(key) then
		errors.raise(("--sign: %s: there is no such file; 'minisign -G' makes a key"):format(key), errors.ENOENT)
	end
end

---Of a bundle that was made again, the signature is another's.
---@param path string
function M.warn_of_old(path)
	local signature = path .. ".minisig"
	if is_file(signature) then
		io.stderr:write(("luatrace bundle: %s is of what was there before: sign it again\n"):format(format.escape(signature)))
	end
end

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
		errors.raise(MISSING, errors.ENOENT)
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

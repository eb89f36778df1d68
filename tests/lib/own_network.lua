-- SPDX-License-Identifier: MIT
-- A network of the case's own, in which nothing but loopback is, and nobody else attaches anything.
local ffi = require "ffi"
local sh = require "sh"
local t = require "tap"

ffi.cdef "int unshare(int);"
if ffi.C.unshare(0x40000000) ~= 0 then -- CLONE_NEWNET
	t.skip_all("no network namespace of its own: error " .. ffi.errno())
end
assert(sh.run("ip link set lo up") == 0, "the loopback device does not come up")

-- SPDX-License-Identifier: MIT
-- Names of addresses of a library that this process loads itself: the first look-up, all of them for the first time,
-- and then again. Prints milliseconds, nanoseconds each twice, kilobytes that came on top, and how many had no name.
--   symbols.lua LIBRARY OFFSETS sym|call
local BPF = require "luatrace"
local C = require "luatrace.abi"
local path, offsets, how = arg[1], arg[2], arg[3]

ffi.cdef "int getpid(void);"
local library = ffi.load(path)
local pid = ffi.C.getpid()
local base
for line in io.lines "/proc/self/maps" do
	if not base and line:sub(-#path) == path then
		base = tonumber(line:match "^%x+", 16)
	end
end
local addresses = {}
for line in io.lines(offsets) do
	addresses[#addresses + 1] = 0ULL + base + tonumber(line)
end

local look_up
if how == "sym" then
	look_up = function(address) return BPF.sym(address, pid) ~= "[unknown]" end
else
	local process, symbol = ffi.new "lt_process *[1]", ffi.new "lt_symbol"
	assert(C.lt_process_open(pid, process, nil) == 0)
	look_up = function(address) return C.lt_process_symbol(process[0], address, symbol) == 0 end
end

local function resident()
	collectgarbage()
	return tonumber(io.open "/proc/self/status":read "*a":match "VmRSS:%s*(%d+)")
end

local function all()
	local start, unknown = BPF.now(), 0
	for i = 1, #addresses do
		unknown = unknown + (look_up(addresses[i]) and 0 or 1)
	end
	return tonumber(BPF.now() - start) / #addresses, unknown
end

local before, start = resident(), BPF.now()
look_up(addresses[1])
local load = tonumber(BPF.now() - start) / 1e6
local kilobytes = resident() - before
local first, unknown = all()
all()
print(load, first, all(), kilobytes, unknown)
assert(library)

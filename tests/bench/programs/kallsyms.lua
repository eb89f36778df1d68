-- SPDX-License-Identifier: MIT
-- The first kernel symbol, beside reading /proc/kallsyms alone. Prints milliseconds of both, and kB that came on top.
local BPF = require "luatrace"

ffi.cdef [[
int open(const char *, int, ...);
long read(int, void *, unsigned long);
int close(int);
]]
local buffer = ffi.new("char[?]", 65536)

local function read_alone()
	local start, fd = BPF.now(), ffi.C.open("/proc/kallsyms", 0)
	assert(fd >= 0)
	while ffi.C.read(fd, buffer, 65536) > 0 do
		-- it gives a page at most
	end
	ffi.C.close(fd)
	return tonumber(BPF.now() - start) / 1e6
end

local function resident()
	collectgarbage()
	return tonumber(io.open "/proc/self/status":read "*a":match "VmRSS:%s*(%d+)")
end

read_alone()
local alone = math.min(read_alone(), read_alone(), read_alone())
local before, start = resident(), BPF.now()
BPF.ksym(0xffffffff81000000ULL)
local load = tonumber(BPF.now() - start) / 1e6
print(load, alone, resident() - before)

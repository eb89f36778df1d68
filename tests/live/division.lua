-- SPDX-License-Identifier: MIT
-- Signed division and remainder, which BPF lacks before 6.6, as C has them: cut towards zero, the dividend's sign.
local t = require "tap"
local BPF = require "luatrace"

local b = BPF { text = [[
struct pair { s64 a, b, quotient, remainder; s32 quotient32, by10; };
BPF_ARRAY(pairs, struct pair, 16);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	for (int i = 0; i < 16; i++) {
		int key = i;
		struct pair *pair = pairs.lookup(&key);

		if (!pair)
			return 0;
		pair->quotient = pair->a / pair->b;
		pair->remainder = pair->a % pair->b;
		pair->quotient32 = (s32)pair->a / (s32)pair->b;
		pair->by10 = (s32)pair->a / 10;
	}
	return 0;
}]] }
local numbers = { 7, 2, -7, 2, 7, -2, -7, -2, 0, 5, 0, -5, 1000000007, 13, -1000000007, 13, 1000000007, -13, 1, 3, -1,
	3,
	2147483647, -1, 99, 100, -99, 100, -100, 100, 101, -100 }
for i = 0, 15 do
	b.pairs[i] = { a = numbers[2 * i + 1], b = numbers[2 * i + 2] }
end
ffi.cdef "int getppid(void);"
ffi.C.getppid()
for i = 0, 15 do
	local got, a, d = b.pairs[i], ffi.new("int64_t", numbers[2 * i + 1]), ffi.new("int64_t", numbers[2 * i + 2])
	local name = ("%d and %d"):format(numbers[2 * i + 1], numbers[2 * i + 2])
	t.eq(tostring(got.quotient), tostring(a / d), name .. ": quotient")
	t.eq(tostring(got.remainder), tostring(a % d), name .. ": remainder")
	t.eq(got.quotient32, tonumber(a / d), name .. ": of 32 bits")
	t.eq(got.by10, tonumber(a / 10), name .. ": by a constant")
end
t.done()

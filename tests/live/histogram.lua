-- SPDX-License-Identifier: MIT
-- BPF_HISTOGRAM, filled by a program, as print_log2_hist and print_linear_hist print it.
local t = require "tap"
local live = require "live"

-- The texts are compared as printed: scripts run by the binary under test.
local function script(body)
	return [==[
local BPF = require "luatrace"
ffi.cdef "int getppid(void);"
local b = BPF { cflags = { "-DPID=" .. io.open("/proc/self/stat"):read("*n") }, text = [[
struct key { u32 bucket; u64 slot; };
struct name { char bucket[8]; u32 slot; };
BPF_ARRAY(call, u64, 1);
BPF_HISTOGRAM(dist);
BPF_HISTOGRAM(linear, int, 10);
BPF_HISTOGRAM(by_key, struct key, 100);
BPF_HISTOGRAM(by_name, struct name);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	int zero = 0;
	struct key key = {};
	struct name name = { .bucket = "odd" };
	u64 n, *call_number;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	call_number = call.lookup(&zero);
	if (!call_number)
		return 0;
	n = (*call_number)++;
	dist.increment(bpf_log2l(n));
	linear.increment(n % 7 + n % 2 * 3);
	key.bucket = n % 3 * 10;
	key.slot = bpf_log2l(n);
	by_key.increment(key);
	if (n % 2 == 0)
		__builtin_memcpy(name.bucket, "even", 5);
	name.slot = n % 4;
	by_name.increment(name, 2);
	return 0;
}]] }
for _ = 1, 37 do ffi.C.getppid() end
]==] .. body
end

local function prints(body, want, name)
	local status, out, err = live.run(script(body))
	t.eq(status .. err, "0", name .. ": runs")
	t.eq(out, want, name)
end

-- 0..36: 2 of at most 1, 2 of 2 and 3, 4, 8, 16, and 5 from 32 on.
prints([[b.dist:print_log2_hist("calls")]], [[
     calls               : count     distribution
         0 -> 1          : 2        |*****                                   |
         2 -> 3          : 2        |*****                                   |
         4 -> 7          : 4        |**********                              |
         8 -> 15         : 8        |********************                    |
        16 -> 31         : 16       |****************************************|
        32 -> 63         : 5        |************                            |
]], "print_log2_hist")

local counts, most = {}, 0
for i = 0, 36 do
	local slot = i % 7 + i % 2 * 3
	counts[slot] = (counts[slot] or 0) + 1
	most = math.max(most, counts[slot])
end
local lines = { "     n             : count     distribution\n" }
for slot = 0, 9 do
	local stars = math.floor(40 * (counts[slot] or 0) / most)
	lines[#lines + 1] = ("        %-10d : %-8d |%s%s|\n"):format(slot, counts[slot] or 0, ("*"):rep(stars),
		(" "):rep(40 - stars))
end
prints([[b.linear:print_linear_hist("n")]], table.concat(lines), "print_linear_hist")

prints([[
b.by_key:print_log2_hist { val_type = "n", section_header = "rest", section_print_fn = function(v) return v / 10 end,
	strip_leading_zero = true, bucket_sort_fn = function(list) table.sort(list, function(a,
		c) return a > c end) return list end }
]], [[

rest = 2
     n                   : count     distribution
         2 -> 3          : 1        |********                                |
         4 -> 7          : 1        |********                                |
         8 -> 15         : 3        |************************                |
        16 -> 31         : 5        |****************************************|
        32 -> 63         : 2        |****************                        |

rest = 1
     n                   : count     distribution
         0 -> 1          : 1        |******                                  |
         2 -> 3          : 0        |                                        |
         4 -> 7          : 2        |*************                           |
         8 -> 15         : 2        |*************                           |
        16 -> 31         : 6        |****************************************|
        32 -> 63         : 1        |******                                  |

rest = 0
     n                   : count     distribution
         0 -> 1          : 1        |********                                |
         2 -> 3          : 1        |********                                |
         4 -> 7          : 1        |********                                |
         8 -> 15         : 3        |************************                |
        16 -> 31         : 5        |****************************************|
        32 -> 63         : 2        |****************                        |
]], "a struct key: a section a bucket")

prints([[b.by_name:print_linear_hist("n", "kind")]], [[

kind = even
     n             : count     distribution
        0          : 20       |****************************************|
        1          : 0        |                                        |
        2          : 18       |************************************    |

kind = odd
     n             : count     distribution
        0          : 0        |                                        |
        1          : 18       |****************************************|
        2          : 0        |                                        |
        3          : 18       |****************************************|
]], "a name as bucket")

prints([[
b.dist:clear()
b.dist:print_log2_hist("calls")
b.by_key:clear()
b.by_key:print_linear_hist("calls")
print(#b.dist, #b.linear, #b.by_key)
]], "64\t10\t0\n", "cleared: nothing to print")
t.done()

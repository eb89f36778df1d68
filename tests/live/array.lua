-- SPDX-License-Identifier: MIT
-- BPF_ARRAY and BPF_PERCPU_ARRAY from Lua.
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"
local live = require "live"

local COUNT = 20011
local held = live.workload("getpid-threads", COUNT)
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
struct pair { u32 a; char text[8]; };
BPF_ARRAY(numbers, u64, 16);
BPF_ARRAY(defaults);
BPF_ARRAY(pairs_of, struct pair, 3);
BPF_ARRAY(small, u8, 300);
BPF_PERCPU_ARRAY(calls, u64, 2);
BPF_PERCPU_ARRAY(bytes, u8, 2);
BPF_PERCPU_ARRAY(structs, struct pair, 2);
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	int zero = 0;
	struct pair *p;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	calls.increment(0);
	p = structs.lookup(&zero);
	if (p)
		p->a++;
	return 0;
}]] }

local n = b.numbers
t.eq(#n, 16, "#: the size")
t.eq(n[0], 0ULL, "zero at first")
n[3], n[15] = 9, 0xffffffffffffffffULL
t.eq(n[3], 9ULL, "written")
t.eq(n[15], 0xffffffffffffffffULL, "the last one")
t.raises(function() return n[16] end, "map 'numbers': index 16 is out of range: it has the indexes 0 to 15",
	"reading past the end")
t.raises(function() n[-1] = 1 end, "out of range", "a negative index")
t.raises(function() n[1] = {} end, "value: expected .*, not table", "a value of the wrong type")
t.raises(function() n["x"] = 1 end, "key: expected .*, not string", "an index of the wrong type")
t.raises(function() n:delete(3) end, "map .numbers. %(array%): its entries are always there and cannot be deleted",
	"deleting")
local keys, sum = {}, 0ULL
for k, v in pairs(n) do
	keys[#keys + 1] = k
	sum = sum + v
end
t.eq(table.concat(keys, " "), "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "pairs: every index, in order")
t.eq(sum, 9 + 0xffffffffffffffffULL, "and value")
n:clear()
t.eq(tostring(n[3]) .. tostring(n[15]), "0ULL0ULL", "clear() sets to zero")
t.eq(#b.defaults, 10240, "the default size")
b.pairs_of[1] = { a = 5, text = "five" }
t.eq(b.pairs_of[1].a .. ffi.string(b.pairs_of[1].text), "5five", "structs")
b.small[299] = 255
t.raises(function() b.small[299] = 256 end, "256 does not fit", "a value that is too large")
local last
for k, v in b.small:items() do
	last = k .. "=" .. v
end
t.eq(last, "299=255", "items(): the last of 300")

-- Values of each CPU.
local cpus = C.lt_cpu_possible()
t.eq(live.poll_through(b, held), COUNT, "the workload made its calls")
local calls = b.calls[0]
t.eq(#calls, cpus, "per CPU: one value each")
t.eq(calls:sum(), 0ULL + COUNT, "sum()")
local total, most = 0ULL, 0ULL
for cpu, value in pairs(calls) do
	total = total + value
	most = value > most and value or most
	t.ok(calls[cpu] == value, "the value of CPU " .. cpu)
end
t.eq(total, 0ULL + COUNT, "pairs over CPUs")
t.eq(calls:max(), most, "max()")
t.eq(calls:average(), COUNT / cpus, "average()")
local in_structs = 0
for _, p in pairs(b.structs[0]) do
	in_structs = in_structs + p.a
end
t.eq(in_structs, COUNT, "structs per CPU")
b.calls[1] = 7
t.eq(b.calls[1]:sum(), 7ULL * cpus, "one value written to every CPU")
b.calls[1] = { [0] = 3 }
t.eq(b.calls[1]:sum(), 3ULL, "a table by CPU")
t.eq(b.calls[1][0], 3ULL, "at its CPU")
b.calls[1] = calls
t.eq(b.calls[1]:sum(), 0ULL + COUNT, "values read before")
b.bytes[0] = 255
t.eq(b.bytes[0]:sum(), 255 * cpus, "bytes, each in eight of the kernel's")
t.raises(function() b.bytes[0] = 256 end, "256 does not fit", "a value that is too large for each CPU")
local entries = 0
for k, v in pairs(b.calls) do
	entries = entries + (v:sum() > 0 and k + 1 or 0)
end
t.eq(entries, 3, "pairs over a per-CPU array")
b.calls:clear()
t.eq(b.calls[0]:sum() + b.calls[1]:sum(), 0ULL, "clear() of a per-CPU array")
b:close()
t.done()

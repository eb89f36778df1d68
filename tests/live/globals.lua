-- SPDX-License-Identifier: MIT
-- A script finds Lua's own globals, ffi and bit, and nothing of ours; what it does not declare stays its own.
local before = {}
for name, value in pairs(_G) do
	before[name] = value
end
local strings = {}
for name, value in pairs(string) do
	strings[name] = value
end

local t = require "tap"
local sh = require "sh"
t.ok(before.ffi == require "ffi" and before.bit == require "bit", "ffi and bit are there")
local known = {}
for name in ("_G _VERSION arg assert bit collectgarbage coroutine debug dofile error ffi gcinfo getfenv getmetatable "
	.. "io ipairs jit load loadfile loadstring math module newproxy next os package pairs pcall print rawequal rawget "
	.. "rawset require select setfenv setmetatable string table tonumber tostring type unpack xpcall"):gmatch("%S+") do
	known[name] = true
end
for name in pairs(before) do
	if not known[name] then
		t.eq(name, nil, "a global of ours")
	end
end

local BPF = require "luatrace"
local b = BPF { text = [[
struct event { u32 pid; };
BPF_HASH(counts, u32, u64);
BPF_HISTOGRAM(dist);
BPF_STACK_TRACE(stacks, 16);
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = { .pid = bpf_get_current_pid_tgid() >> 32 };

	counts.increment(e.pid);
	dist.increment(1);
	events.perf_submit(args, &e, sizeof(e));
	return 0;
}]] }
b.events:open_perf_buffer(function() end)
ffi.cdef "int getppid(void);"
ffi.C.getppid()
b:perf_buffer_poll(100)
b.counts[1] = 2
for _ in pairs(b.counts) do end	-- luacheck: ignore
pcall(function() b.counts.x = 1 end)
pcall(BPF, { text = "int f(void *ctx) { nonsense }" })
BPF.ksym(1)
b:close()

local added, changed = {}, {}
for name, value in pairs(_G) do
	if before[name] == nil then
		added[#added + 1] = name
	elseif before[name] ~= value then
		changed[#changed + 1] = name
	end
end
t.eq(table.concat(added, " "), "", "no global is added")
t.eq(table.concat(changed, " "), "", "none is changed")
for name, value in pairs(string) do
	if strings[name] ~= value then
		t.eq(name, nil, "a function of string is changed")
	end
end
t.eq(BPF == require "luatrace", true, "one module")

-- Two scripts one after the other see nothing of each other; chunks of -e are one script.
local luatrace = sh.quote(arg[-1])
local _, out = sh.run(luatrace .. " -e 'leaked = 1' && " .. luatrace .. " -e 'print(leaked)'")
t.eq(out, "nil\n", "scripts share nothing")
t.done()

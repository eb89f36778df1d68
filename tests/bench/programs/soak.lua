-- SPDX-License-Identifier: MIT
-- Counts the records that process PID makes by calling getppid, until a signal. A line every 5 s, and in the end: how
-- many, how many were lost (much, while it looks at itself), resident KiB without rings, bytes of Lua's heap and of
-- C's, descriptors.
--   soak.lua PID
local BPF = require "luatrace"
ffi.cdef [[
struct mallinfo2 { size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost; };
struct mallinfo2 mallinfo2(void);
]]
local b = BPF { cflags = { "-DPID=" .. arg[1] }, text = [[
struct event { u32 pid; char comm[TASK_COMM_LEN]; u32 rest[11]; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct event e = {};
    e.pid = bpf_get_current_pid_tgid() >> 32;
    if (e.pid != PID)
        return 0;
    bpf_get_current_comm(&e.comm, sizeof(e.comm));
    events.perf_submit(args, &e, sizeof(e));
    return 0;
}]] }
local handled, lost, names = 0, 0, {}
b.events:open_perf_buffer(function(_, e)
	handled = handled + 1
	local comm = ffi.string(e.comm)
	names[comm] = (names[comm] or 0) + 1
end, { lost_cb = function(count) lost = lost + count end })

local function resident()
	local all, rings, ring = 0, 0, false
	for line in io.lines "/proc/self/smaps" do
		if line:find "^%x+%-%x+ " then
			ring = line:find("anon_inode:[perf_event]", 1, true) ~= nil
		else
			local size = tonumber(line:match "^Rss:%s+(%d+)") or 0
			all, rings = all + size, rings + (ring and size or 0)
		end
	end
	return all - rings
end
local function descriptors()
	local listing = io.popen "ls /proc/$PPID/fd | wc -l"
	local count = listing:read "*n"
	listing:close()
	return count
end
local function tell()
	collectgarbage()
	collectgarbage()
	print(("%d %d %d %d %d %d"):format(handled, lost, resident(), collectgarbage "count" * 1024,
		tonumber(ffi.C.mallinfo2().uordblks), descriptors()))
	io.stdout:flush()
end
-- what the compiler makes of these is not the tracer's growth
for _, fn in ipairs { resident, descriptors, tell } do
	jit.off(fn)
end
-- nor is the room that they take while they look
for _ = 1, 50 do
	resident()
	descriptors()
end
print "ready"
io.stdout:flush()
BPF.every(5, tell)
BPF.run()
tell()

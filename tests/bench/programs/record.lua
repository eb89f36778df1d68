-- SPDX-License-Identifier: MIT
-- Counts the records that process PID makes by calling getppid and reads a field of each, until a signal.
--   record.lua PID perf|ring PAGES|default [SIZE]
local BPF = require "luatrace"
local pid, kind, pages = arg[1], arg[2], tonumber(arg[3])
local size = tonumber(arg[4] or 64)
local flags = { "-DPID=" .. pid, "-DPAGES=" .. (pages or 0), "-DSIZE=" .. size, kind == "ring" and "-DRING" or nil }
local b = BPF { cflags = flags, text = [[
struct event { u32 pid; u32 rest[SIZE / 4 - 1]; };
#ifdef RING
BPF_RINGBUF_OUTPUT(events, PAGES);
#else
BPF_PERF_OUTPUT(events);
#endif
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct event e = {};
    e.pid = bpf_get_current_pid_tgid() >> 32;
    if (e.pid != PID)
        return 0;
#ifdef RING
    events.ringbuf_output(&e, sizeof(e), 0);
#else
    events.perf_submit(args, &e, sizeof(e));
#endif
    return 0;
}]] }
local handled, sum, lost = 0, 0, 0
local function on_event(_, e)
	handled = handled + 1
	sum = sum + e.pid
end
local options = { lost_cb = function(count) lost = lost + count end }
if kind == "ring" then
	b.events:open_ring_buffer(on_event, options)
else
	options.page_cnt = pages
	b.events:open_perf_buffer(on_event, options)
end
print("ready")
io.stdout:flush()
BPF.run()
print(("handled %d lost %d sum %d"):format(handled, lost, sum))

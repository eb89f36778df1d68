-- SPDX-License-Identifier: MIT
-- For the prompt: prints a line for each getppid that process PID makes, and takes NS nanoseconds more for it. How many
-- those were stays in `handled`, and in `lost` those that found no room.
--   luatrace repl flood.lua PID PAGES NS
local BPF = require "luatrace"
local b = BPF { cflags = { "-DPID=" .. arg[1], "-DPAGES=" .. arg[2] }, text = [[
struct event { u32 pid; u32 rest[15]; };
BPF_RINGBUF_OUTPUT(events, PAGES);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct event e = {};
    e.pid = bpf_get_current_pid_tgid() >> 32;
    if (e.pid == PID)
        events.ringbuf_output(&e, sizeof(e), 0);
    return 0;
}]] }
local ns = tonumber(arg[3])
local handled, lost = 0, 0
b.events:open_ring_buffer(function(_, e)
	handled = handled + 1
	print(handled, e.pid)
	if ns > 0 then
		local until_then = BPF.now() + ns
		repeat until BPF.now() >= until_then
	end
end, { lost_cb = function(count) lost = lost + count end })

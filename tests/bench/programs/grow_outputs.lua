-- SPDX-License-Identifier: MIT
-- As record.lua with a perf buffer, but that the records go to COUNT outputs in turn.
--   grow_outputs.lua PID COUNT
local BPF = require "luatrace"
local pid, count = arg[1], tonumber(arg[2])
local outputs, cases = {}, {}
for i = 0, count - 1 do
	outputs[#outputs + 1] = ("BPF_PERF_OUTPUT(events%d);"):format(i)
	cases[#cases + 1] = ("case %d: events%d.perf_submit(args, &e, sizeof(e)); break;"):format(i, i)
end
local b = BPF { cflags = { "-DPID=" .. pid, "-DCOUNT=" .. count }, text = [[
struct event { u32 pid; u32 rest[15]; };
]] .. table.concat(outputs, "\n") .. [[

u64 next;
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct event e = {};
    e.pid = bpf_get_current_pid_tgid() >> 32;
    if (e.pid != PID)
        return 0;
    switch (next++ % COUNT) {
    ]] .. table.concat(cases, "\n    ") .. [[

    }
    return 0;
}]] }
local handled, sum, lost = 0, 0, 0
local function on_lost(more)
	lost = lost + more
end
for i = 0, count - 1 do
	b["events" .. i]:open_perf_buffer(function(_, e)
		handled = handled + 1
		sum = sum + e.pid
	end, { page_cnt = 64, lost_cb = on_lost })
end
print "ready"
io.stdout:flush()
BPF.run()
print(("handled %d lost %d sum %d"):format(handled, lost, sum))

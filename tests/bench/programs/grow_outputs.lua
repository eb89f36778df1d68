-- SPDX-License-Identifier: MIT
-- As record.lua with a perf buffer, but that the records go to COUNT outputs in turn.
--   grow_outputs.lua PID COUNT
local BPF = require "luatrace"
local pid, count = arg[1], tonumber(arg[2])
local LIMIT = 32	-- of one program: the kernel allows it 64 maps
local outputs, on_entry, on_exit = {}, {}, {}
for i = 0, count - 1 do
	outputs[#outputs + 1] = ("BPF_PERF_OUTPUT(events%d);"):format(i)
	local cases = i < LIMIT and on_entry or on_exit
	cases[#cases + 1] = ("case %d: events%d.perf_submit(args, &e, sizeof(e)); break;"):format(i, i)
end
local function probe(event, turn, cases)
	return ([[
TRACEPOINT_PROBE(syscalls, %s) {
    struct event e = {};
    e.pid = bpf_get_current_pid_tgid() >> 32;
    if (e.pid != PID)
        return 0;
    switch (%s %% COUNT) {
    %s
    }
    return 0;
}
]]):format(event, turn, table.concat(cases, "\n    "))
end
local b = BPF { cflags = { "-DPID=" .. pid, "-DCOUNT=" .. count }, text = table.concat {
	"struct event { u32 pid; u32 rest[15]; };\nu64 turn;\n", table.concat(outputs, "\n"), "\n",
	probe("sys_enter_getppid", "turn", on_entry), probe("sys_exit_getppid", "turn++", on_exit),
} }
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

-- SPDX-License-Identifier: MIT
-- Prints a line for each getppid that process PID makes, until a signal: by columns, or by Lua's own print.
--   print.lua PID columns|print
local BPF = require "luatrace"
local pid, how = arg[1], arg[2]
local b = BPF { cflags = { "-DPID=" .. pid }, text = [[
struct event { u64 ns; u32 pid; u32 number; char comm[TASK_COMM_LEN]; u64 rest[4]; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct event e = {};
    e.pid = bpf_get_current_pid_tgid() >> 32;
    if (e.pid != PID)
        return 0;
    e.ns = bpf_ktime_get_ns();
    e.number = args->__syscall_nr;
    bpf_get_current_comm(&e.comm, sizeof(e.comm));
    events.perf_submit(args, &e, sizeof(e));
    return 0;
}]] }
local rows = BPF.columns { { "NS", width = 16 }, { "PID", width = 7 }, { "COMM", width = 16 }, { "NR" } }
local by = {
	columns = function(_, e)
		rows:row(e.ns, e.pid, e.comm, e.number)
	end,
	print = function(_, e)
		print(("%-16d %-7d %-16s %d"):format(tonumber(e.ns), e.pid, ffi.string(e.comm), e.number))
	end,
}
b.events:open_perf_buffer(by[how], { page_cnt = 256 })
print("ready")
io.stdout:flush()
BPF.run()

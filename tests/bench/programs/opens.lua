-- SPDX-License-Identifier: MIT
-- The first script of the guide: prints files as they are opened. `once` ends it after the first batch of them.
local BPF = require "luatrace"
local b = BPF { text = [[
struct event { u64 ts; u32 pid; char comm[TASK_COMM_LEN]; char path[256]; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
    struct event e = {};
    e.ts = bpf_ktime_get_ns();
    e.pid = bpf_get_current_pid_tgid() >> 32;
    bpf_get_current_comm(&e.comm, sizeof(e.comm));
    bpf_probe_read_user_str(&e.path, sizeof(e.path), args->filename);
    events.perf_submit(args, &e, sizeof(e));
    return 0;
}]] }
local once, seen = arg[1] == "once", false
io.stdout:setvbuf("line")
b.events:open_perf_buffer(function(_, e)
	print(e.pid, ffi.string(e.comm), ffi.string(e.path))
	seen = true
end)
repeat
	b:perf_buffer_poll()
until once and seen

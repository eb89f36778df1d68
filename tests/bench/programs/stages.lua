-- SPDX-License-Identifier: MIT
-- Where a program's time goes, by uprobes on its own functions, until a signal.
--   stages.lua PROGRAM FUNCTION...
-- Prints `PID FUNCTION NANOSECONDS` for each call. `exec` is the process's whole life.
local BPF = require "luatrace"
local program, functions = arg[1], { unpack(arg, 2) }
local text = { [[
struct event { u64 ns; u32 pid; u32 id; };
struct at { u32 pid; u32 id; };
BPF_HASH(started, struct at, u64);
BPF_PERF_OUTPUT(events);
static __always_inline void begin(u32 id)
{
    struct at at = { bpf_get_current_pid_tgid() >> 32, id };
    u64 now = bpf_ktime_get_ns();
    started.update(&at, &now);
}
static __always_inline void end(void *ctx, u32 id)
{
    struct at at = { bpf_get_current_pid_tgid() >> 32, id };
    u64 *from = started.lookup(&at);
    struct event e = { .pid = at.pid, .id = id };
    if (!from)
        return;
    e.ns = bpf_ktime_get_ns() - *from;
    started.delete(&at);
    events.perf_submit(ctx, &e, sizeof(e));
}
const volatile char name[TASK_COMM_LEN];
TRACEPOINT_PROBE(sched, sched_process_exec) {
    char comm[TASK_COMM_LEN];
    bpf_get_current_comm(&comm, sizeof(comm));
    for (int i = 0; i < TASK_COMM_LEN; i++)
        if (comm[i] != name[i])
            return 0;
    begin(0);
    return 0;
}
TRACEPOINT_PROBE(sched, sched_process_exit) {
    end(args, 0);
    return 0;
}
]] }
for id in ipairs(functions) do
	text[#text + 1] = ("int begin_%d(struct pt_regs *ctx) { begin(%d); return 0; }"):format(id, id)
	text[#text + 1] = ("int end_%d(struct pt_regs *ctx) { end(ctx, %d); return 0; }"):format(id, id)
end
local b = BPF { text = table.concat(text, "\n"), params = { name = program:match("[^/]*$"):sub(1, 15) } }
for id, name in ipairs(functions) do
	b:attach_uprobe { name = program, sym = name, fn_name = "begin_" .. id }
	b:attach_uretprobe { name = program, sym = name, fn_name = "end_" .. id }
end
b.events:open_perf_buffer(function(_, e)
	print(e.pid, functions[e.id] or "exec", ("%d"):format(tonumber(e.ns)))
end)
print("ready")
io.stdout:flush()
BPF.run()

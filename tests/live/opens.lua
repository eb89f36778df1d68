-- SPDX-License-Identifier: MIT
-- The first script a user writes, as a user runs it: it prints opens as they happen and ends on Ctrl-C.
-- In guests too.
local sh = require "sh"
local t = require "tap"
local live = require "live"

local SCRIPT = [=[
#!/usr/bin/env luatrace
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
b.events:open_perf_buffer(function(cpu, e)
    print(e.pid, ffi.string(e.comm), ffi.string(e.path))
end)
while true do b:perf_buffer_poll() end
]=]
local COUNT = 97

local script = live.file(SCRIPT)
local job = live.start(("env PATH=%s:/usr/bin:/bin luatrace %s"):format(sh.quote(live.binary:match("^(.*)/")), script))
t.ok(live.await(function()
	os.execute("cat /nonexistent/marker 2>/dev/null")
	return job:output():find("/nonexistent/marker", 1, true)
end), "it prints opens")

-- A path as long as the record takes, without its NUL: 255 bytes.
local path = ("/nonexistent/" .. ("x"):rep(300)):sub(1, 255)
local held = live.workload("openat", COUNT, path)
held:begin()
t.eq(live.await(held.made), COUNT, "the workload made its opens")
local line = ("%d\tworkload\t%s\n"):format(held.pid, path)
t.ok(live.await(function()
	return select(2, job:output():gsub(line, "")) >= COUNT
end), "they are printed")
t.eq(select(2, job:output():gsub(line, "")), COUNT, "each of them once")
job:kill("INT")
t.eq(job:wait(), 0, "Ctrl-C ends it with status 0")
t.eq(job:errors(), "", "and without a word: nothing was lost")
t.done()

# SPDX-License-Identifier: MIT
# opens.lua for bcc's Python.
import sys

from bcc import BPF

b = BPF(text=r"""
#include <linux/sched.h>
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
}""")
once = sys.argv[1] == "once"
seen = False


def on_event(cpu, data, size):
    global seen
    e = b["events"].event(data)
    print(e.pid, e.comm.decode(), e.path.decode(), flush=True)
    seen = True


b["events"].open_perf_buffer(on_event, page_cnt=64)
while not (once and seen):
    b.perf_buffer_poll()

# SPDX-License-Identifier: MIT
# print.lua for bcc's Python.
import sys

from bcc import BPF

b = BPF(cflags=["-DPID=" + sys.argv[1]], text=r"""
#include <linux/sched.h>
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
}""")
events = b["events"]


def on_event(cpu, data, size):
    e = events.event(data)
    print("%-16d %-7d %-16s %d" % (e.ns, e.pid, e.comm.decode(errors="replace"), e.number))


events.open_perf_buffer(on_event, page_cnt=256)
print("ready", flush=True)
while True:
    try:
        b.perf_buffer_poll(50)
    except KeyboardInterrupt:
        break

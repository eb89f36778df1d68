# SPDX-License-Identifier: MIT
# record.lua for bcc's Python.
import signal
import sys

from bcc import BPF

pid, kind, pages = sys.argv[1], sys.argv[2], int(sys.argv[3])
b = BPF(cflags=["-DPID=" + pid, "-DPAGES=%d" % pages] + (["-DRING"] if kind == "ring" else []), text=r"""
struct event { u32 pid; u32 rest[15]; };
#ifdef RING
BPF_RINGBUF_OUTPUT(events, PAGES);
#else
BPF_PERF_OUTPUT(events);
#endif
BPF_ARRAY(lost, u64, 1);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct event e = {};
    e.pid = bpf_get_current_pid_tgid() >> 32;
    if (e.pid != PID)
        return 0;
#ifdef RING
    if (events.ringbuf_output(&e, sizeof(e), 0))
#else
    if (events.perf_submit(args, &e, sizeof(e)))
#endif
        lost.increment(0);
    return 0;
}""")
handled = sum = 0
events = b["events"]


def on_event(cpu, data, size):
    global handled, sum
    handled += 1
    sum += events.event(data).pid


stopped = False


def on_signal(number, frame):
    global stopped
    stopped = True


signal.signal(signal.SIGINT, on_signal)
if kind == "ring":
    events.open_ring_buffer(on_event)
    poll = b.ring_buffer_poll
else:
    events.open_perf_buffer(on_event, page_cnt=pages, lost_cb=lambda count: None)
    poll = b.perf_buffer_poll
print("ready", flush=True)
while not stopped:
    poll(50)
print("handled %d lost %d sum %d" % (handled, b["lost"][0].value, sum))

# SPDX-License-Identifier: MIT
# folded.lua for bcc's Python.
import signal
import sys
import time

from bcc import BPF

pid = int(sys.argv[1])
b = BPF(cflags=["-DPID=%d" % pid], text=r"""
struct key { int user, kernel; };
BPF_HASH(counts, struct key, u64, 32768);
BPF_STACK_TRACE(stacks, 32768);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct key key = {};
    if (bpf_get_current_pid_tgid() >> 32 != PID)
        return 0;
    key.user = stacks.get_stackid(args, BPF_F_USER_STACK);
    key.kernel = stacks.get_stackid(args, 0);
    if (key.user >= 0)
        counts.increment(key);
    return 0;
}""")
signal.signal(signal.SIGINT, lambda number, frame: None)
print("ready", flush=True)
signal.pause()
start, lines = time.monotonic(), []
stacks = b["stacks"]
for key, n in b["counts"].items():
    frames = ["many_stacks"]
    frames += [b.sym(address, pid).decode(errors="replace") for address in reversed(list(stacks.walk(key.user)))]
    if key.kernel >= 0:
        frames += [b.ksym(address).decode(errors="replace") for address in reversed(list(stacks.walk(key.kernel)))]
    lines.append("%s %d" % (";".join(frames), n.value))
print("folded %.1f %d %d %s" % (1e3 * (time.monotonic() - start), len(lines), len(set(lines)), lines[0]))

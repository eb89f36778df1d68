# SPDX-License-Identifier: MIT
"""Generated code: programs written in the dialect and by hand, counted once the verifier is done with them."""
import contextlib

from frame import child, kit as frame_kit, report
from frame.comparison import Comparison
from frame.workload import Contender, Goal, Metric

# In codegen/: NAME.dialect.c and NAME.libbpf.c. What the dialect's programs are, where their names do not say it to
# libbpf; the second is for luatrace, where they do not say it there either.
KPROBE = "kprobe/f"
PROGRAMS = {
    "tcpstate": ({"kprobe__tcp_set_state": KPROBE}, {}),
    "opens": ({"tracepoint__syscalls__sys_enter_openat": "tracepoint/c/e"}, {}),
    "counts": ({"kprobe__vfs_read": KPROBE}, {}),
    "latency": ({"kprobe__vfs_fsync_range": KPROBE, "kretprobe__vfs_fsync_range": KPROBE}, {}),
    "bigrecord": ({"kprobe__vfs_open": KPROBE}, {}),
    "execs": ({"raw_tracepoint__sched_process_exec": "raw_tracepoint/e"}, {}),
    "stacks": ({"on_sample": "perf_event"}, {"on_sample": "perf_event"}),
    "arguments": ({"syscall__openat": KPROBE}, {"syscall__openat": "kprobe"}),
    "copies": ({"kprobe__vfs_write": KPROBE}, {}),
    "packets": ({"count_packets": "xdp"}, {"count_packets": "xdp"}),
}
VARIANTS = {"": "libbpf", "bare": "bare", "CO-RE": "core"}  # rows of libbpf C: the objects' suffixes


def contenders(kit):
    status, _, why = frame_kit.make("codegen")
    peer = frame_kit.Peer("libbpf C", kit.peers["libbpf"].version, why if status else kit.peers["libbpf"].reason)
    return [Contender(ours, [ours.program, "cc"]) for ours in kit.ours] + [
        Contender(peer, [kit.build / "verified"], variant) for variant in VARIANTS]


def run(command):
    process = child.Child(command)
    process.finish(60)
    return process.output().decode()


def object_of(kit, contender, item):
    """A program's object, and what its functions are where that does not say it."""
    folder = kit.build / "codegen"
    if contender.peer.program:
        kinds, types = PROGRAMS[item]
        target = folder / (item + ".o")
        words = [word for function, kind in types.items() for word in ("--type", "%s=%s" % (function, kind))]
        run(contender.command + words + ["-o", target, frame_kit.HERE / "codegen" / (item + ".dialect.c")])
        kinds = ["%s=%s" % pair for pair in kinds.items()]
    else:
        target, kinds = folder / ("%s.%s.o" % (item, VARIANTS[contender.variant])), []
    return target, kinds


def measure(kit, contender, item):
    target, kinds = object_of(kit, contender, item)
    lines = run([kit.build / "verified", target] + kinds).splitlines()
    return {"instructions": sum(int(line.split()[1]) for line in lines)}


# Those that can run here as they are meant to: names of the dialect's functions, of the hand-written ones, and where
# they are attached.
RUNNING = {
    "opens": [("tracepoint__syscalls__sys_enter_openat", "on_open", "tracepoint:syscalls/sys_enter_openat")],
    "execs": [("raw_tracepoint__sched_process_exec", "on_exec", "raw_tracepoint:sched_process_exec")],
    "latency": [("kprobe__vfs_fsync_range", "on_entry", "uprobe"),
                ("kretprobe__vfs_fsync_range", "on_return", "uretprobe")],
    "stacks": [("on_sample", "on_sample", "perf_event")],
    "packets": [("count_packets", "count_packets", "xdp")],
}


def run_contenders(kit):
    return [each for each in contenders(kit) if each.peer.program or not each.variant]


def measure_run(kit, contender, item):
    target = object_of(kit, contender, item)[0]
    ours = bool(contender.peer.program)
    words = ["%s=%s" % (dialect if ours else hand, where) for dialect, hand, where in RUNNING[item]]
    lines = run([kit.build / "run_time", target] + words).splitlines()
    if len(lines) != len(words):
        raise child.Failed("%s: only %d of %d programs ran" % (item, len(lines), len(words)))
    return {"ns": sum(float(line.split()[2]) for line in lines)}


WORKLOADS = [
    Comparison(
        name="codegen", about="instructions after verification; bare: without the dialect's counts and wake-ups",
        metrics=[Metric("instructions", "instructions", "", 0)],
        contenders=contenders, measure=measure, setting=lambda kit: contextlib.nullcontext(),
        goals=[Goal("instructions", 1.05, "libbpf C"), Goal("instructions", 1.05, "libbpf C", each=True)],
        items=lambda kit: list(PROGRAMS), noun="programs", most_runs=1, more=lambda kit, result: report.item_lines(result)),
    Comparison(
        name="run-time", about="nanoseconds a run, as the kernel measures it, of those programs that can run here",
        metrics=[Metric("ns", "a run", "ns", 0)],
        contenders=run_contenders, measure=measure_run, setting=lambda kit: contextlib.nullcontext(),
        # identical code (packets) differs by up to 8 % here, so the worst of them says nothing
        goals=[Goal("ns", 1.05, "libbpf C")],
        items=lambda kit: list(RUNNING), noun="programs", more=lambda kit, result: report.item_lines(result)),
]

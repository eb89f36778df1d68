# SPDX-License-Identifier: MIT
"""What a record costs its reader: one core makes 64-byte records as fast as it can, the other handles them."""
import contextlib
import os
import re
import signal
import time

from frame import child
from frame.kit import PYTHON
from frame.workload import Contender, Goal, Metric, Workload

PID = "PID"  # in a command: the producer's
COUNT = 1000003
WARM_COUNT = 100003  # before those: what is compiled, mapped and read for the first time
PRINT_COUNT, PRINT_WARM_COUNT, PRINT_NS, PRINT_PAGES = 300007, 10007, 8000, 256
IDLE_SECONDS = 2
SETTLE_SECONDS = 0.25  # several times the longest latency of any reader here
FIRST_SECONDS = 1.5  # until it is idle
PERF_PAGES, RING_PAGES = 64, 1024


def contenders(kind, pages):
    """That count the records."""
    def listed(kit):
        peers, programs, build = kit.peers, kit.programs, kit.build
        in_c = [build / "record", build / "record.bpf.o", PID, kind, pages]
        return [Contender(ours, [ours.program, programs / "record.lua", PID, kind, pages]) for ours in kit.ours] + [
            Contender(peers["bcc"], [PYTHON, programs / "record.py", PID, kind, pages]),
            Contender(peers["libbpf"], in_c, "a wake-up a record"),
            Contender(peers["libbpf"], in_c + ["batched"], "batched"),
        ]
    return listed


def await_stop(process):
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)


@contextlib.contextmanager
def producer(kit, *counts):
    """A process that makes records each time that it is continued: `counts` are pairs of how many, and of the
    nanoseconds between two."""
    process = child.Child(child.WITH_US + [kit.build / "producer", *counts], cpu=kit.producer_cpu)
    try:
        await_stop(process)
        yield process
    finally:
        process.end()


@contextlib.contextmanager
def reader(kit, contender, pid):
    command = [pid if word is PID else word for word in contender.command]
    process = child.Child(child.WITH_US + command, cpu=kit.reader_cpu,
                          env=contender.env)
    try:
        process.wait_for(b"ready", 30)
        yield process
    finally:
        process.end()


def cpu_of_all(process, source):
    """CPU nanoseconds for all records but the first; and in percent what the reader takes when there are none."""
    os.kill(source.pid, signal.SIGCONT)
    await_stop(source)
    time.sleep(FIRST_SECONDS)
    idle_from, cpu_from = time.monotonic(), process.cpu_ns()
    time.sleep(IDLE_SECONDS)
    start, cpu_start = time.monotonic(), process.cpu_ns()
    os.kill(source.pid, signal.SIGCONT)
    source.finish(60)
    time.sleep(SETTLE_SECONDS)
    return process.cpu_ns() - cpu_start, (cpu_start - cpu_from) / (start - idle_from) / 1e7


def measure(kit, contender):
    with producer(kit, WARM_COUNT, 0, COUNT, 0) as source, reader(kit, contender, source.pid) as process:
        cpu, idle = cpu_of_all(process, source)
        process.interrupt()
        process.finish(10)
        said = re.search(rb"handled (\d+) lost (\d+)", process.output())
        if not said:
            raise child.Failed("it did not say what it handled: " + process.complaint())
        handled, lost = int(said[1]), int(said[2])
        made = WARM_COUNT + COUNT
        if not handled:
            raise child.Failed("it handled none of %d records" % made)
        return {"cpu": cpu / handled * made / COUNT, "call": int(source.output().split()[-1]) / COUNT,
                "lost": 100 * lost / (handled + lost), "unseen": made - handled - lost, "idle": idle}


def printers(kit):
    """That print them."""
    peers, programs, build = kit.peers, kit.programs, kit.build
    ours = [Contender(each, [each.program, programs / "print.lua", PID, "columns"]) for each in kit.ours]
    return ours + [
        Contender(kit.ours[0], [kit.ours[0].program, programs / "print.lua", PID, "print"], "Lua's print"),
        Contender(peers["bcc"], [PYTHON, programs / "print.py", PID]),
        Contender(peers["bpftrace"], ["bpftrace", programs / "print.bt", PID], variables={"BPFTRACE_PERF_RB_PAGES": "256"}),
        Contender(peers["libbpf"], [build / "record", build / "record.bpf.o", PID, "print", PRINT_PAGES, "batched"], "batched"),
    ]


def measure_print(kit, contender):
    with producer(kit, PRINT_WARM_COUNT, PRINT_NS, PRINT_COUNT, PRINT_NS) as source, reader(kit, contender, source.pid) as process:
        cpu, _ = cpu_of_all(process, source)
        process.interrupt()
        process.finish(10)
        printed = len(re.findall(rb" producer ", process.output(1 << 28)))
        if not printed:
            raise child.Failed("it printed none of %d lines" % PRINT_COUNT)
        made = PRINT_WARM_COUNT + PRINT_COUNT
        return {"cpu": cpu / printed * made / PRINT_COUNT, "missing": made - printed}


METRICS = [
    Metric("cpu", "CPU a record", "ns", 1), Metric("call", "a traced call", "ns", 0), Metric("lost", "lost", "%", 1),
    Metric("unseen", "neither seen nor lost", "", 0), Metric("idle", "idle CPU", "%", 2),
]


def record_workload(kind, pages, title, goals):
    return Workload(
        name="record-" + kind, about="%d records of 64 bytes at saturation, %s, %d pages" % (COUNT, title, pages),
        metrics=METRICS, contenders=contenders(kind, pages), measure=measure,
        setting=lambda kit: contextlib.nullcontext(), goals=goals)


WORKLOADS = [
    record_workload("perf", PERF_PAGES, "perf buffer", [Goal("cpu", 15), Goal("call", 1.1, "libbpf C, batched"), Goal("idle", 0.1)]),
    record_workload("ring", RING_PAGES, "ring buffer", [Goal("cpu", 35), Goal("call", 1.1, "libbpf C, batched"), Goal("idle", 0.1)]),
    Workload(
        name="print", about="%d lines printed to a file, a call each %g us" % (PRINT_COUNT, PRINT_NS / 1000),
        metrics=[Metric("cpu", "CPU a line", "ns", 0), Metric("missing", "missing", "", 0)], contenders=printers,
        measure=measure_print, setting=lambda kit: contextlib.nullcontext(),
        goals=[Goal("cpu", 300), Goal("missing", 0)]),
]

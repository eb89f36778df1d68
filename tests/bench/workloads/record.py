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
IDLE_SECONDS = 0.5
SETTLE_SECONDS = 0.25  # several times the longest latency of any reader here
PERF_PAGES, RING_PAGES = 64, 1024


def contenders(kind, pages):
    def listed(kit):
        peers, programs, build = kit.peers, kit.programs, kit.build
        in_c = [build / "record", build / "record.bpf.o", PID, kind, pages]
        return [Contender(ours, [ours.program, programs / "record.lua", PID, kind, pages]) for ours in kit.ours] + [
            Contender(peers["bcc"], [PYTHON, programs / "record.py", PID, kind, pages]),
            Contender(peers["libbpf"], in_c, "a wake-up a record"),
            Contender(peers["libbpf"], in_c + ["batched"], "batched"),
        ]
    return listed


@contextlib.contextmanager
def producer(kit):
    """A process that makes the records once it is continued."""
    process = child.Child(child.WITH_US + [kit.build / "producer", COUNT, 0], cpu=kit.producer_cpu)
    try:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
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
    """CPU nanoseconds for all records, less what the reader takes when there are none; and that in percent."""
    time.sleep(SETTLE_SECONDS)
    idle_from, cpu_from = time.monotonic(), process.cpu_ns()
    time.sleep(IDLE_SECONDS)
    start, cpu_start = time.monotonic(), process.cpu_ns()
    os.kill(source.pid, signal.SIGCONT)
    source.finish(60)
    time.sleep(SETTLE_SECONDS)
    idle = (cpu_start - cpu_from) / (start - idle_from)
    return process.cpu_ns() - cpu_start - idle * (time.monotonic() - start), idle / 1e7


def measure(kit, contender):
    with producer(kit) as source, reader(kit, contender, source.pid) as process:
        cpu, idle = cpu_of_all(process, source)
        process.interrupt()
        process.finish(10)
        said = re.search(rb"handled (\d+) lost (\d+)", process.output())
        if not said:
            raise child.Failed("it did not say what it handled: " + process.complaint())
        handled, lost = int(said[1]), int(said[2])
        if not handled:
            raise child.Failed("it handled none of %d records" % COUNT)
        return {"cpu": cpu / handled, "call": int(source.output()) / COUNT, "lost": 100 * lost / (handled + lost),
                "unseen": COUNT - handled - lost, "idle": idle}


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
    record_workload("perf", PERF_PAGES, "perf buffer", [Goal("cpu", 15)]),
    record_workload("ring", RING_PAGES, "ring buffer", [Goal("cpu", 35)]),
]

# SPDX-License-Identifier: MIT
"""Records for a long time: none is lost below saturation, and nothing grows."""
import contextlib
import os
import re
import signal

from frame import child
from frame.workload import Contender, Goal, Metric, Workload
from workloads import record

PART = 0.8  # of the rate of one producing core
FIRST = 300007  # records at saturation, which tell that rate
SECONDS = 10
SOAK = 50000017


def through(kit, contender, count, ns, seconds):
    """What the producer and the reader of its records say in the end."""
    with record.producer(kit, count, ns) as source, record.reader(kit, contender, source.pid) as process:
        os.kill(source.pid, signal.SIGCONT)
        source.finish(seconds)
        process.interrupt()
        process.finish(10)
        return int(source.output()), process.output(1 << 20)


def of_default_size(kit):
    """Ours, and C with as many pages as libbpf's own tools use most."""
    return [Contender(each, [each.program, kit.programs / "record.lua", record.PID, "perf", "default"])
            for each in kit.ours] + [
        each for each in record.contenders("perf", record.PERF_PAGES)(kit) if each.variant == "batched"]


def steady(kit, contender):
    took, _ = through(kit, contender, FIRST, 0, 60)
    ns = took / FIRST / PART
    count = int(SECONDS * 1e9 / ns)
    took, said = through(kit, contender, count, ns, 60)
    return {"lost": count - int(re.search(rb"handled (\d+)", said)[1]), "rate": count / took * 1e3}


def soak(kit, contender):
    _, said = through(kit, contender, SOAK, 0, 600)
    lines = [[int(word) for word in line.split()] for line in said.decode().splitlines()[1:]]
    handled, lost = lines[-1][:2]
    last = lines[-2][2:]  # while it ran, as all before
    begun = next((line[2:] for line in lines if line[0] > SOAK / 5), None)
    if begun is None or handled + lost != SOAK:
        raise child.Failed("of %d records it handled %d, and %d were lost" % (SOAK, handled, lost))
    return dict(zip(("resident", "lua", "heap", "descriptors"), (end - begin for begin, end in zip(begun, last))),
                records=handled)


def nothing(kit):
    return contextlib.nullcontext()


WORKLOADS = [
    Workload(
        name="steady", about="%d s of records at %g of a core's rate, perf buffer of the default size" % (SECONDS, PART),
        metrics=[Metric("lost", "lost", "", 0), Metric("rate", "rate", "million/s", 2)],
        contenders=of_default_size,
        measure=steady, setting=nothing, goals=[Goal("lost", 0)]),
    Workload(
        name="soak", about="what grows over %d records, from the first fifth to the last one" % SOAK,
        metrics=[Metric("resident", "resident", "KiB", 0), Metric("lua", "Lua's heap", "bytes", 0),
                 Metric("heap", "C's heap", "bytes", 0), Metric("descriptors", "descriptors", "", 0),
                 Metric("records", "records", "", 0)],
        contenders=lambda kit: [Contender(ours, [ours.program, kit.programs / "soak.lua", record.PID])
                                for ours in kit.ours],
        measure=soak, setting=nothing, most_runs=1,
        # LuaJIT goes on compiling what runs once a second
        goals=[Goal("resident", 64), Goal("lua", 16384), Goal("heap", 0), Goal("descriptors", 0)]),
]

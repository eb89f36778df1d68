# SPDX-License-Identifier: MIT
"""The first script of the guide: how long it takes to its first event and out again, and what it holds meanwhile."""
import time

from frame import child
from frame.kit import PYTHON
from frame.workload import Contender, Goal, Metric, Workload


def contenders(mode):
    def listed(kit):
        peers, programs = kit.peers, kit.programs
        return [Contender(ours, [ours.program, programs / "opens.lua", mode]) for ours in kit.ours] + [
            Contender(peers["bcc"], [PYTHON, programs / "opens.py", mode]),
            Contender(peers["bpftrace"], ["bpftrace", "-q", "-B", "line", programs / ("opens-%s.bt" % mode)]),
            Contender(peers["libbpf"], [kit.build / "opens", kit.build / "opens.bpf.o", mode]),
        ]
    return listed


def cold_start(kit, contender):
    tracer = child.Child(contender.command, env=contender.peer.env)
    try:
        tracer.finish(30)
    finally:
        tracer.end()
    if not tracer.output():
        raise child.Failed("it showed no event: " + tracer.complaint())
    return {"wall": 1e3 * (tracer.ended - tracer.started),
            "cpu": 1e3 * (tracer.usage.ru_utime + tracer.usage.ru_stime)}


TRACING_SECONDS = 3


def all_of(pid):
    """A process and its children, for what has to stay is what it costs."""
    total = child.memory(pid)
    for each in child.children_of(pid):
        of_child = all_of(each)
        total = {key: total[key] + of_child[key] for key in total}
    return total


def memory(kit, contender):
    tracer = child.Child(child.WITH_US + contender.command, env=contender.peer.env)
    try:
        tracer.wait_for(b"", 30)
        time.sleep(TRACING_SECONDS)
        found = all_of(tracer.pid)
        tracer.interrupt()
        tracer.wait(10)
    finally:
        tracer.end()
    return {"resident": (found["resident"] - found["rings"]) / 1024, "own": found["own"] / 1024,
            "peak": found["peak"] / 1024}


WORKLOADS = [
    Workload(
        name="cold-start", about="the first script, from its start over one event to its exit",
        metrics=[Metric("wall", "wall", "ms", 0), Metric("cpu", "CPU", "ms", 0)],
        contenders=contenders("once"), measure=cold_start, setting=lambda kit: kit.ticker(),
        goals=[Goal("wall", 150), Goal("wall", 0.35, "bcc Python"), Goal("wall", 0.5, "bpftrace")]),
    Workload(
        name="memory", about="the same script, resident without rings %d s into tracing" % TRACING_SECONDS,
        metrics=[Metric("resident", "resident", "MiB", 1), Metric("own", "of it own pages", "MiB", 1),
                 Metric("peak", "peak", "MiB", 1)],
        contenders=contenders("stay"), measure=memory, setting=lambda kit: kit.ticker(),
        goals=[Goal("resident", 8)]),
]

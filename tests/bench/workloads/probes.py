# SPDX-License-Identifier: MIT
"""Listing what can be attached to: all tracepoints, with their fields."""
import contextlib

from frame import child
from frame.workload import Contender, Goal, Metric, Workload

PATTERN = "tracepoint:*"


def contenders(kit):
    return [Contender(ours, [ours.program, "probes", "-v", PATTERN]) for ours in kit.ours] + [
        Contender(kit.peers["bpftrace"], ["bpftrace", "-lv", PATTERN])]


def measure(kit, contender):
    lister = child.Child(contender.command, env=contender.env)
    lister.finish(60)
    if b"tracepoint:sched:sched_switch\n" not in lister.output(1 << 24):
        raise child.Failed("its list lacks sched:sched_switch")
    return {"wall": 1000 * (lister.ended - lister.started)}


WORKLOADS = [
    Workload(
        name="probes", about="all tracepoints with their fields, listed",
        metrics=[Metric("wall", "start to exit", "ms", 1)], contenders=contenders, measure=measure,
        setting=lambda kit: contextlib.nullcontext(), goals=[Goal("wall", 1, "bpftrace")]),
]

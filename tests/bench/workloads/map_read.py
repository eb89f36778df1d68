# SPDX-License-Identifier: MIT
"""What it costs to read a large hash: each key and each value, as the language's own numbers where it has them."""
import contextlib

from frame import child
from frame.kit import PYTHON
from frame.workload import Contender, Goal, Metric, Workload

ENTRIES = 100000
TIMES = 7  # in one process; the best counts, for the first ones compile and fault pages in


def contenders(kit):
    peers, programs, sizes = kit.peers, kit.programs, [ENTRIES, TIMES]
    return [Contender(ours, [ours.program, programs / "map_read.lua"] + sizes) for ours in kit.ours] + [
        Contender(peers["bcc"], [PYTHON, programs / "map_read.py"] + sizes + ["items"], "items()"),
        Contender(peers["bcc"], [PYTHON, programs / "map_read.py"] + sizes + ["batch"], "items_lookup_batch()"),
        Contender(peers["libbpf"], [kit.build / "map_read"] + sizes, "batch"),
    ]


def measure(kit, contender):
    reader = child.Child(contender.command, cpu=kit.reader_cpu, env=contender.env)
    try:
        reader.finish(60)
    finally:
        reader.end()
    least, total = reader.output().split()
    if int(total) != ENTRIES * (ENTRIES + 1):
        raise child.Failed("it did not read every entry once: the sum is %d" % int(total))
    return {"entry": int(least) / ENTRIES}


WORKLOADS = [
    Workload(
        name="map-read", about="a hash of %d entries, u32 to u64, read whole" % ENTRIES,
        metrics=[Metric("entry", "an entry", "ns", 1)], contenders=contenders, measure=measure,
        setting=lambda kit: contextlib.nullcontext(), goals=[Goal("entry", 60)]),
]

# SPDX-License-Identifier: MIT
"""A flame graph of very many stacks, from a folded file to an SVG."""
import contextlib
import os
import random
import shutil
import statistics

from frame import child
from frame.kit import Peer, output_of
from frame.workload import Contender, Goal, Metric, Workload

STACKS = 100000
MOST_MS = 1000  # of CPU time, with the stacks in memory


def prepare(kit):
    """Three processes whose functions call one of a few others, some more often; most of the stacks are different."""
    path, rng = kit.build / "stacks.folded", random.Random(7)
    with open(path, "w") as file:
        for _ in range(STACKS):
            depth = 10 + rng.randrange(20)
            names = ["function_%d_%d%s" % (at, int(rng.random() ** 3 * (3 if at < 6 else 8)),
                                           "_[k]" if at > depth * 0.7 else "") for at in range(depth)]
            file.write("process%d;%s %d\n" % (rng.randrange(3), ";".join(names), rng.randrange(1, 10)))
    return path


def inferno():
    """cargo install inferno; flamegraph.pl itself is in no package."""
    program = shutil.which("inferno-flamegraph") or os.path.expanduser("~/.cargo/bin/inferno-flamegraph")
    if not os.path.exists(program):
        return Peer("inferno", reason="inferno-flamegraph is not installed (cargo install inferno)")
    return Peer("inferno", output_of(program, "--version")[1], program=program)


def perl():
    program = shutil.which("flamegraph.pl")
    return Peer("flamegraph.pl", reason=None if program else "it is in no package, and not in PATH", program=program)


def contenders(kit):
    stacks, picture = prepare(kit), kit.build / "flame.svg"
    return [Contender(ours, [ours.program, kit.programs / "flame.lua", stacks, picture]) for ours in kit.ours] + [
        Contender(peer, [peer.program, stacks]) for peer in (inferno(), perl())]


def measure(kit, contender):
    process = child.Child(contender.command, cpu=kit.reader_cpu, env=contender.env)
    try:
        process.finish(120)
    finally:
        process.end()
    sample = {"wall": 1000 * (process.ended - process.started)}
    said = process.output(1 << 28)
    if contender.peer in kit.ours:
        drawing, count = said.split()
        if int(count) != STACKS:
            raise child.Failed("it drew %d stacks, not %d" % (int(count), STACKS))
        sample["drawing"], size = float(drawing), os.path.getsize(contender.command[-1])
    else:
        size = len(said)
    return dict(sample, size=size / 1e6)


def drawing(kit, result):
    """What a tool does, without reading a file."""
    values = [sample["drawing"] for sample in result.rows[0].samples]
    return ["with the stacks in memory: %.0f ms of CPU time (goal: at most %d)" % (statistics.median(values), MOST_MS)
            ] if values else []


WORKLOADS = [
    Workload(
        name="flame", about="a flame graph of %d stacks of 10 to 29 frames, from a folded file" % STACKS,
        metrics=[Metric("wall", "start to exit", "ms", 0), Metric("size", "the picture", "MB", 1)],
        contenders=contenders, measure=measure, setting=lambda kit: contextlib.nullcontext(),
        goals=[Goal("wall", 1, "inferno")], more=drawing),
]

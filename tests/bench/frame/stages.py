# SPDX-License-Identifier: MIT
"""Where the time of a program of ours goes: its own functions, timed by luatrace with uprobes."""
import collections
import statistics

from . import child


def times(kit, program, functions, runs, run):
    """function: milliseconds a process, each the median over `runs` calls of `run()`; "exec": of its whole life."""
    tracer = child.Child(child.WITH_US + [kit.ours[0].program, kit.programs / "stages.lua", program, *functions])
    try:
        tracer.wait_for(b"ready", 30)
        for _ in range(runs):
            run()
        tracer.interrupt()
        tracer.finish(30)
    finally:
        tracer.end()
    spent = collections.defaultdict(collections.Counter)
    for pid, function, ns in (line.split() for line in tracer.output(1 << 20).decode().splitlines()[1:]):
        spent[function][pid] += int(ns) / 1e6  # one may be called again
    return {function: statistics.median(each.values()) for function, each in spent.items()}

# SPDX-License-Identifier: MIT
"""Tools from a bundle of all that come with luatrace, beside the same from the cache, and beside libbpf-tools' opensnoop."""
import time

from frame import child
from frame.kit import CannotRun, Peer, TOP, output_of
from frame.workload import Contender, Goal, Metric, Workload
from workloads.opens import MEMORY, TRACING_SECONDS, memory as memory_of

BUNDLE, CACHED, MOST_MIB = "luatrace, bundle", "luatrace, from the cache", 3


def contenders(kit):
    ours, bundle, cache = kit.ours[0].program, kit.build / "tools.ltb", kit.build / "cache"
    status, _, why = output_of(ours, "bundle", TOP / "scripts", "-o", bundle)
    if status:
        raise CannotRun(why)
    return [
        Contender(Peer(BUNDLE, kit.ours[0].version), ["stdbuf", "-oL", ours, bundle, "opensnoop"]),
        Contender(Peer(CACHED, kit.ours[0].version), ["stdbuf", "-oL", ours, "opensnoop"],
                  variables={"LUATRACE_CACHE": str(cache)}),
        Contender(kit.peers["libbpf_tools"], ["stdbuf", "-oL", "opensnoop"]),
    ]


def start(kit, contender):
    """Until a file that is opened all the time is shown; what stands above is written before anything is attached."""
    tracer = child.Child(child.WITH_US + contender.command, env=contender.env)
    try:
        tracer.wait_for(b"ticker", 30)
        shown = time.monotonic()
        tracer.interrupt()
        tracer.wait(10)
    finally:
        tracer.end()
    return {"shown": 1e3 * (shown - tracer.started)}


def memory(kit, contender):
    return memory_of(kit, contender, b"ticker")


def lines(kit, result):
    apart = result.rows[0].median("shown"), result.rows[1].median("shown")
    size = (kit.build / "tools.ltb").stat().st_size / (1 << 20)
    found = ["the bundle of all tools: %.2f MiB (goal: at most %d)" % (size, MOST_MIB)]
    if None not in apart:
        found.append("the bundle's start less the cache's: %.1f ms (goal: at most 30)" % (apart[0] - apart[1]))
    return found


WORKLOADS = [
    Workload(
        name="bundle-start", about="opensnoop of a bundle of all tools, until it shows a file",
        metrics=[Metric("shown", "shown", "ms", 1)], contenders=contenders, measure=start,
        setting=lambda kit: kit.ticker(), goals=[], more=lines),
    Workload(
        name="bundle-memory", about="the same, resident without rings %d s into tracing" % TRACING_SECONDS,
        metrics=MEMORY, contenders=contenders, measure=memory, setting=lambda kit: kit.ticker(),
        goals=[Goal("resident", 1.05, CACHED)]),
]

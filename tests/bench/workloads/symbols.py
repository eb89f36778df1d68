# SPDX-License-Identifier: MIT
"""Names of addresses: of a large library, and of the kernel."""
import contextlib
import glob
import os
import random
import re
import signal

from frame import child, kit as frame_kit
from frame.kit import PYTHON
from frame.workload import Contender, Goal, Metric, Workload

COUNT = 100000
STACKS = 16381
LIBRARIES = "/usr/lib/*-linux-gnu/libLLVM*.so*"


def functions_of(path):
    status, lines, why = frame_kit.output_of("nm", "-D", "--defined-only", path)
    if status:
        raise frame_kit.CannotRun("nm: " + why)
    words = [line.split() for line in lines.splitlines()]
    return sorted({int(word[0], 16) for word in words if len(word) == 3 and word[1] in "TtWw"})


def prepare(kit):
    """The largest libLLVM, and places in its functions: the first byte of each, some more than once."""
    paths = sorted({os.path.realpath(path) for path in glob.glob(LIBRARIES)}, key=os.path.getsize)
    if not paths:
        raise frame_kit.CannotRun("there is no library %s" % LIBRARIES)
    functions = functions_of(paths[-1])
    kit.symbol_count = len(functions)
    offsets = kit.build / "offsets.txt"
    chosen = random.Random(7).choices(functions, k=COUNT)
    offsets.write_text("".join("%d\n" % each for each in chosen))
    return paths[-1], offsets


def contenders(kit):
    library, offsets = prepare(kit)
    script = kit.programs / "symbols.lua"
    return [Contender(ours, [ours.program, script, library, offsets, "sym"]) for ours in kit.ours] + [
        Contender(ours, [ours.program, script, library, offsets, "call"], "its C call") for ours in kit.ours] + [
        Contender(kit.peers["bcc"], [PYTHON, kit.programs / "symbols.py", library, offsets])]


def numbers(contender):
    process = child.Child(contender.command, env=contender.env)
    try:
        process.finish(120)
    finally:
        process.end()
    return [float(word) for word in process.output().split()]


def measure(kit, contender):
    load, first, each, kilobytes, unknown = numbers(contender)
    return {"each": each, "first": first, "load": load, "bytes": 1024 * kilobytes / kit.symbol_count,
            "unknown": unknown}


def kernel_contenders(kit):
    return [Contender(ours, [ours.program, kit.programs / "kallsyms.lua"]) for ours in kit.ours] + [
        Contender(kit.peers["bcc"], [PYTHON, kit.programs / "kallsyms.py"])]


def measure_kernel(kit, contender):
    with open("/proc/kallsyms") as file:
        count = sum(1 for _ in file)
    load, alone, kilobytes = numbers(contender)
    return {"part": load / alone, "load": load, "alone": alone, "bytes": 1024 * kilobytes / count}


def folders(kit):
    return [Contender(ours, [ours.program, kit.programs / "folded.lua"]) for ours in kit.ours] + [
        Contender(kit.peers["bcc"], [PYTHON, kit.programs / "folded.py"])]


def measure_folded(kit, contender):
    source = child.Child(child.WITH_US + [kit.build / "many_stacks", STACKS], cpu=kit.producer_cpu)
    reader = None
    try:
        os.waitid(os.P_PID, source.pid, os.WSTOPPED)
        reader = child.Child(contender.command + [source.pid], env=contender.env, cpu=kit.reader_cpu)
        reader.wait_for(b"ready", 30)
        os.kill(source.pid, signal.SIGCONT)
        os.waitid(os.P_PID, source.pid, os.WSTOPPED)
        reader.interrupt()
        reader.finish(120)
        said = re.search(rb"folded ([\d.]+) (\d+) (\d+) \S*main;", reader.output())
    finally:
        source.end()
        if reader:
            reader.end()
    if not said:
        raise child.Failed("it folded no stack with names: " + reader.output().decode(errors="replace")[-200:])
    milliseconds, count, different = float(said[1]), int(said[2]), int(said[3])
    return {"ms": milliseconds / count * 10000, "stacks": count, "lines": different}


WORKLOADS = [
    Workload(
        name="folded", about="stacks of some 16 frames folded and named, what is read for the first time included",
        metrics=[Metric("ms", "10,000 stacks", "ms", 0), Metric("stacks", "stacks", "", 0),
                 Metric("lines", "different lines", "", 0)],
        contenders=folders, measure=measure_folded, setting=lambda kit: contextlib.nullcontext(),
        goals=[Goal("ms", 300)]),
    Workload(
        name="symbols", about="names of %d addresses of libLLVM" % COUNT,
        metrics=[Metric("each", "an address", "ns", 0), Metric("first", "for the first time", "ns", 0),
                 Metric("load", "the file", "ms", 1), Metric("bytes", "a symbol", "bytes", 0),
                 Metric("unknown", "unknown", "", 0)],
        contenders=contenders, measure=measure, setting=lambda kit: contextlib.nullcontext(),
        goals=[Goal("each", 100)]),
    Workload(
        name="kallsyms", about="the first kernel symbol, as a multiple of reading /proc/kallsyms alone",
        metrics=[Metric("part", "of reading", "x", 2), Metric("load", "loading", "ms", 1),
                 Metric("alone", "reading alone", "ms", 1), Metric("bytes", "a symbol", "bytes", 0)],
        contenders=kernel_contenders, measure=measure_kernel, setting=lambda kit: contextlib.nullcontext(),
        goals=[Goal("part", 1.5)]),
]

# SPDX-License-Identifier: MIT
"""What more of something costs: probes, entries of a map, bytes of a record, outputs. Each is a curve of
docs/performance.md (make bench-plots)."""
import contextlib

from frame import child, kit as frame_kit, report
from frame.comparison import Comparison
from frame.workload import Contender, Metric
from workloads import record

PROBES = ["1", "10", "100", "1000"]
ENTRIES = ["1", "10", "100", "1000", "10000", "100000", "1000000"]
SIZES = ["16", "64", "256", "1024", "4096", "16384"]
OUTPUTS = ["1", "2", "4", "8", "16", "32", "64"]
TIMES = 7
SIZE, COUNT = "SIZE", "COUNT"  # in a command: the point of the curve


def filled(command, item):
    """The producer's pid is not known yet: record.reader() knows the word by its identity."""
    return [word if word is record.PID else item if word in (SIZE, COUNT) else str(word).replace("@", item)
            for word in command]


def run(kit, contender, item, seconds):
    process = child.Child(filled(contender.command, item), cpu=kit.reader_cpu, env=contender.env)
    try:
        process.finish(seconds)
    finally:
        process.end()
    return [float(word) for word in process.output().split()]


def attaching(kit):
    library, script = kit.build / "functions.so", kit.programs / "grow_attach.lua"
    source, target = kit.build / "on_call.c", kit.build / "on_call.o"
    source.write_text("int on_call(struct pt_regs *ctx) { return 0; }\n")
    status, _, why = frame_kit.output_of(kit.ours[0].program, "cc", "-o", target, source)
    if status:
        raise frame_kit.CannotRun(why)
    return [Contender(ours, [ours.program, script, library, COUNT, how], variant) for ours in kit.ours
            for how, variant in (("pattern", "one pattern"), ("each", "one by one"))] + [
                Contender(kit.peers["libbpf"], [kit.build / "grow_attach", target, library, COUNT], "one by one")]


def attach(kit, contender, item):
    attached, detached, resident = run(kit, contender, item, 300)
    return {"attach": attached, "detach": detached, "resident": resident / 1024}


def reading(kit):
    return [Contender(ours, [ours.program, kit.programs / "map_read.lua", COUNT, TIMES]) for ours in kit.ours] + [
        Contender(kit.peers["libbpf"], [kit.build / "map_read", COUNT, TIMES], "batch")]


def read(kit, contender, item):
    least, total = run(kit, contender, item, 120)
    if int(total) != int(item) * (int(item) + 1):
        raise child.Failed("it did not read every entry once: the sum is %d" % int(total))
    return {"entry": least / int(item)}


def sized(kit):
    status, _, why = frame_kit.make("sized")
    peer = frame_kit.Peer("libbpf C", kit.peers["libbpf"].version, why if status else kit.peers["libbpf"].reason)
    return [Contender(ours, [ours.program, kit.programs / "record.lua", record.PID, "perf", record.PERF_PAGES, SIZE])
            for ours in kit.ours] + [
                Contender(peer, [kit.build / "record", "%s/record-@.bpf.o" % kit.build, record.PID, "perf",
                                 record.PERF_PAGES, "batched"], "batched")]


def many(kit):
    return [Contender(ours, [ours.program, kit.programs / "grow_outputs.lua", record.PID, COUNT]) for ours in kit.ours]


def records(kit, contender, item):
    found = record.measure(kit, Contender(contender.peer, filled(contender.command, item), contender.variant))
    return {"cpu": found["cpu"], "lost": found["lost"]}


def curve(name, about, items, metrics, contenders, measure, most_runs):
    return Comparison(
        name=name, about=about, metrics=metrics, contenders=contenders, measure=measure,
        setting=lambda kit: contextlib.nullcontext(), goals=[], items=lambda kit: items, noun="sizes",
        most_runs=most_runs, more=lambda kit, result: report.item_lines(result))


WORKLOADS = [
    curve("grow-probes", "attaching one program to more functions of a library", PROBES,
          [Metric("attach", "attaching", "ms", 1), Metric("detach", "detaching", "ms", 1),
           Metric("resident", "resident", "MiB", 1)], attaching, attach, 1),
    curve("grow-map", "reading a hash of more entries, u32 to u64", ENTRIES, [Metric("entry", "an entry", "ns", 1)],
          reading, read, 3),
    curve("grow-record", "larger records at saturation, perf buffer", SIZES,
          [Metric("cpu", "CPU a record", "ns", 1), Metric("lost", "lost", "%", 1)], sized, records, 3),
    curve("grow-outputs", "records of 64 bytes at saturation, to more perf buffers in turn, of a ring for each CPU", OUTPUTS,
          [Metric("cpu", "CPU a record", "ns", 1), Metric("lost", "lost", "%", 1)], many, records, 3),
]

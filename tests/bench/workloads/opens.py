# SPDX-License-Identifier: MIT
"""The first script of the guide: how long it takes to its first event and out again, and what it holds meanwhile."""
import shutil
import time

from frame import child, stages
from frame.kit import CannotRun, PYTHON, output_of
from frame.workload import Contender, Goal, Metric, Workload


def of_ours(kit, mode):
    return [Contender(ours, [ours.program, kit.programs / "opens.lua", mode]) for ours in kit.ours]


def contenders(mode):
    def listed(kit):
        peers, programs = kit.peers, kit.programs
        return of_ours(kit, mode) + [
            Contender(peers["bcc"], [PYTHON, programs / "opens.py", mode]),
            Contender(peers["bpftrace"], ["bpftrace", "-q", "-B", "line", programs / ("opens-%s.bt" % mode)]),
            Contender(peers["libbpf"], [kit.build / "opens", kit.build / "opens.bpf.o", mode]),
        ]
    return listed


def memory_contenders(kit):
    """libbpf-tools' program of that kind traces until it is interrupted, and shows more of each open."""
    return contenders("stay")(kit) + [Contender(kit.peers["libbpf_tools"], ["stdbuf", "-oL", "opensnoop"])]


def warm_contenders(mode):
    """The text was compiled before; the C program loads the very object of it."""
    def listed(kit):
        folder, found = kit.build / "cache", of_ours(kit, mode)
        shutil.rmtree(folder, ignore_errors=True)
        for each in found:
            each.variables["LUATRACE_CACHE"] = str(folder)
        text = (kit.programs / "opens.lua").read_text()
        (kit.build / "opens.c").write_text(text[text.index("[[") + 2:text.index("]]")])
        status, _, why = output_of(kit.ours[0].program, "cc", "-o", kit.build / "opens.lt.o", kit.build / "opens.c")
        if status:
            raise CannotRun(why)
        return found + [Contender(kit.peers["libbpf"], [kit.build / "opens", kit.build / "opens.lt.o", mode])]
    return listed


# Of luatrace itself, in order; `exec` less these is starting the process, the runtime, and ending.
STAGES = {"lt_compile": "compile", "lt_object_load": "load", "lt_object_auto_attach": "attach",
          "lt_output_open": "open the output", "lt_object_free": "detach and free"}
STAGE_RUNS = 11


def stage_lines(kit, result):
    """Of our first row."""
    ours = result.rows[0]
    if not ours.samples:
        return []
    try:
        spent = stages.times(kit, ours.contender.peer.program, STAGES, STAGE_RUNS, lambda: start(kit, ours.contender))
    except child.Failed as error:
        return ["stages: %s" % error]
    rest = spent["exec"] - sum(spent.get(stage, 0) for stage in STAGES)
    return ["stages, ms: %s, waiting for the event and the rest %.1f; all of it %.1f" % (
        ", ".join("%s %.1f" % (title, spent.get(stage, 0)) for stage, title in STAGES.items()), rest, spent["exec"])]


def start(kit, contender):
    tracer = child.Child(contender.command, env=contender.env)
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


def memory(kit, contender, shown=b""):
    """`shown`: what it says once it traces."""
    tracer = child.Child(child.WITH_US + contender.command, env=contender.env)
    try:
        tracer.wait_for(shown, 30)
        time.sleep(TRACING_SECONDS)
        found = all_of(tracer.pid)
        tracer.interrupt()
        tracer.wait(10)
    finally:
        tracer.end()
    return {"resident": (found["resident"] - found["rings"]) / 1024, "own": found["own"] / 1024,
            "peak": found["peak"] / 1024}


MEMORY = [Metric("resident", "resident", "MiB", 1), Metric("own", "of it own pages", "MiB", 1),
          Metric("peak", "peak", "MiB", 1)]
WORKLOADS = [
    Workload(
        name="cold-start", about="the first script, from its start over one event to its exit",
        metrics=[Metric("wall", "wall", "ms", 0), Metric("cpu", "CPU", "ms", 0)],
        contenders=contenders("once"), measure=start, setting=lambda kit: kit.ticker(),
        goals=[Goal("wall", 130), Goal("wall", 0.35, "bcc Python"), Goal("wall", 0.5, "bpftrace")], more=stage_lines),
    Workload(
        name="warm-start", about="the same, its text compiled before; libbpf C loads that object",
        metrics=[Metric("wall", "wall", "ms", 1), Metric("cpu", "CPU", "ms", 1)],
        contenders=warm_contenders("once"), measure=start, setting=lambda kit: kit.ticker(),
        goals=[Goal("wall", 1.1, "libbpf C")], more=stage_lines),
    Workload(
        name="memory", about="the same script, resident without rings %d s into tracing" % TRACING_SECONDS,
        metrics=MEMORY,
        contenders=memory_contenders, measure=memory, setting=lambda kit: kit.ticker(),
        goals=[Goal("resident", 8)]),
    Workload(
        name="memory-warm", about="the same, its text compiled before; libbpf C loads that object",
        metrics=MEMORY, contenders=warm_contenders("stay"), measure=memory, setting=lambda kit: kit.ticker(),
        goals=[Goal("resident", 6)]),
]

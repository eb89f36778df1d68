# SPDX-License-Identifier: MIT
"""The tools that come with luatrace, beside those of their names: bcc's in Python, and libbpf-tools' in C."""
import dataclasses
import os
import shutil
import time

from frame import child
from frame.comparison import Comparison
from frame.kit import PYTHON, Peer
from frame.workload import Contender, Goal, Metric, Workload


@dataclasses.dataclass
class Tool:
    """`mode` of tool_events makes `count` of what it shows. `words`: of all; a peer's own if it takes others."""
    mode: str
    count: int
    words: tuple = ()
    bcc: tuple = None
    libbpf: tuple = None
    cause: str = ""  # why a peer of that name shows something else


TOOLS = {
    "opensnoop": Tool("open", 100000),
    "statsnoop": Tool("stat", 100000),
    "execsnoop": Tool("exec", 1000),
    "exitsnoop": Tool("exec", 1000),
    "killsnoop": Tool("kill", 100000),
    "syscount": Tool("call", 2000000, ("1",), bcc=("-i", "1"), libbpf=("-i", "1")),
    "runqlat": Tool("switch", 200000, ("1",)),
    "cpudist": Tool("switch", 200000, ("1",)),
    "runqslower": Tool("switch", 200000, ("1000000",)),
    "offcputime": Tool("switch", 200000, ("1",), bcc=("-f", "3"), libbpf=("3",)),
    "hardirqs": Tool("read", 5000, ("1",)),
    "softirqs": Tool("read", 5000, ("1",)),
    "biolatency": Tool("read", 5000, ("1",)),
    "bitesize": Tool("read", 5000, ("1",), bcc=()),
    "biosnoop": Tool("read", 5000),
    "mountsnoop": Tool("umount", 20000),
    "gethostlatency": Tool("lookup", 20000),
    "tcplife": Tool("connect", 5000),
    "tcpstates": Tool("connect", 5000),
}


def contenders(kit):
    return [Contender(ours, []) for ours in kit.ours] + [
        Contender(kit.peers["bcc"], []),
        Contender(Peer("libbpf-tools", kit.peers["libbpf_tools"].version, kit.peers["libbpf_tools"].reason), []),
    ]


def command(kit, contender, name):
    tool = TOOLS[name]
    if contender.peer in kit.ours:
        return [contender.peer.program, name, *tool.words]
    if contender.peer is kit.peers["bcc"]:
        path = "/usr/sbin/%s-bpfcc" % name
        if not os.path.exists(path):
            raise child.Failed("bcc has none of that name")
        return [PYTHON, "-u", path, *(tool.words if tool.bcc is None else tool.bcc)]
    if not shutil.which(name):
        raise child.Failed("libbpf-tools has none of that name")
    return ["stdbuf", "-oL", name, *(tool.words if tool.libbpf is None else tool.libbpf)]


QUIET_SECONDS, READY_SECONDS, INTERVALS = 1.2, 40, 3


def size(tracer):
    return os.fstat(tracer.out.fileno()).st_size


def make_events(kit, mode, count):
    maker = child.Child([kit.build / "tool_events", mode, count], cpu=kit.producer_cpu)
    try:
        maker.finish(60)
    finally:
        maker.end()


def wait_until_it_shows(kit, tracer, mode):
    """A few events at a time: until there is more than a header."""
    until, seen = time.monotonic() + READY_SECONDS, 0
    while time.monotonic() < until:
        make_events(kit, mode, 5)
        if tracer.wait(0.3):
            raise child.Failed(tracer.complaint())
        if seen and size(tracer) > seen:
            return
        seen = size(tracer)
    if not seen:
        raise child.Failed("it shows nothing: " + tracer.complaint())


def wait_until_quiet(tracer):
    last, since = size(tracer), time.monotonic()
    until = since + 20
    while time.monotonic() < min(since + QUIET_SECONDS, until):
        time.sleep(0.05)
        if size(tracer) != last:
            last, since = size(tracer), time.monotonic()


def measure(kit, contender, name):
    tool = TOOLS[name]
    tracer = child.Child(child.WITH_US + command(kit, contender, name), env=contender.env, cpu=kit.reader_cpu)
    try:
        # tools that show nothing of short waits are ready when they have been given the time
        if name in ("runqslower", "offcputime"):
            time.sleep(4)
            if tracer.wait(0):
                raise child.Failed(tracer.complaint())
        else:
            wait_until_it_shows(kit, tracer, tool.mode)
        before = tracer.cpu_ns()
        make_events(kit, tool.mode, tool.count)
        if tool.words == ("1",):  # a second's interval, after which more come
            time.sleep(INTERVALS)
        else:
            wait_until_quiet(tracer)
        spent = tracer.cpu_ns() - before
        tracer.interrupt()
        tracer.wait(10)
    finally:
        tracer.end()
    return {"cpu": spent / 1e6}


def start_contenders(kit):
    folder = kit.build / "cache"
    found = [Contender(ours, [ours.program, "opensnoop"], variables={"LUATRACE_CACHE": str(folder)})
             for ours in kit.ours]
    return found + [Contender(kit.peers["libbpf_tools"], ["stdbuf", "-oL", "opensnoop"]),
                    Contender(kit.peers["bcc"], [PYTHON, "-u", "/usr/sbin/opensnoop-bpfcc"])]


def measure_start(kit, contender):
    tracer = child.Child(contender.command, env=contender.env)
    try:
        tracer.wait_for(b"/", 40)
        shown = time.monotonic()
        held = child.memory(tracer.pid)
        tracer.interrupt()
        tracer.wait(10)
    finally:
        tracer.end()
    return {"shown": 1e3 * (shown - tracer.started), "wall": 1e3 * (tracer.ended - tracer.started),
            "resident": (held["resident"] - held["rings"]) / 1024}


WORKLOADS = [
    Workload(
        name="tool-start", about="opensnoop, its text compiled before: to the first file it shows, and to its end after "
        "an interrupt",
        metrics=[Metric("wall", "wall", "ms", 0), Metric("shown", "to the first", "ms", 0),
                 Metric("resident", "resident", "MiB", 1)],
        contenders=start_contenders, measure=measure_start, setting=lambda kit: kit.ticker(),
        goals=[Goal("wall", 1.15, "libbpf-tools' opensnoop"), Goal("resident", 8.5)]),
    Comparison(
        name="tools", about="CPU of a tool for what makes events that it shows", noun="tools",
        # a peer that spends less saw none of it, or counts in the kernel and shows a few lines
        metrics=[Metric("cpu", "CPU", "ms", 1, 10)],
        contenders=contenders, items=lambda kit: list(TOOLS), measure=measure, setting=None,
        warms_up=False,  # each is warm before it is measured
        goals=[Goal("cpu", 0.25, "bcc Python", True), Goal("cpu", 1.3, "libbpf-tools", True)]),
]

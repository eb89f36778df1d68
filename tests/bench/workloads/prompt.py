# SPDX-License-Identifier: MIT
"""The prompt, on a terminal: how soon it is there, and how soon a key is shown."""
import contextlib
import os
import random
import signal
import statistics

from frame import child, terminal
from frame.kit import PYTHON, Peer, output_of
from frame.workload import Contender, Goal, Metric, Workload

OURS, PYTHONS, LUAJITS = rb"luatrace> $", rb">>> $", rb"\n> $"
ENTRIES = 1000  # of history: as many as are kept in memory


def history(kit, entries):
    """The environment with a state directory of so many entries. Nobody's own history is read or written."""
    state = kit.build / ("state-%d" % entries)
    folder = state / "luatrace"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "history").write_text("".join("for k, v in pairs(b.counts) do print(k, v, %d) end\n" % i
                                            for i in range(entries)))
    (folder / "history").chmod(0o600)
    return {"XDG_STATE_HOME": str(state), "TERM": "xterm-256color", "PYTHON_HISTORY": "/dev/null"}


class Prompt(Contender):
    """`shows` is what its prompt ends with."""

    def __init__(self, kit, peer, command, shows, variant="", entries=0):
        super().__init__(peer, command, variant, history(kit, entries))
        self.shows = shows


def python(kit):
    return Peer("python3", output_of(PYTHON, "--version")[1], None if os.path.exists(PYTHON) else PYTHON + " is missing")


def luajit(kit):
    status, version, _ = output_of("sh", "-c", "luajit -v")
    return Peer("luajit", version, "it is not installed (package luajit)" if status else None)


def start_contenders(kit):
    """bcc has no prompt of its own; Python's with bcc's module is the nearest."""
    return [Prompt(kit, ours, [ours.program], OURS) for ours in kit.ours] + [
        Prompt(kit, ours, [ours.program], OURS, "%d entries of history" % ENTRIES, ENTRIES) for ours in kit.ours] + [
        Prompt(kit, python(kit), [PYTHON, "-q"], PYTHONS),
        Prompt(kit, luajit(kit), ["luajit", "-i"], LUAJITS),
        Prompt(kit, kit.peers["bcc"], [PYTHON, "-q", "-i", "-c", "from bcc import BPF"], PYTHONS, "its module imported"),
    ]


def start(kit, contender):
    prompt = terminal.Terminal(contender.command, env=contender.env)
    try:
        _, shown = prompt.await_text(contender.shows, 30)
        cpu = prompt.cpu_ns()
    finally:
        prompt.end()
    return {"wall": 1e3 * (shown - prompt.started), "cpu": cpu / 1e6}


PID = "PID"  # in a command: the producer's
PAGES = 1024
KEYS = 100
SLOW_NS = 100000  # what a script's function may take for an event: names of a stack, say
FIRST_SECONDS = 2  # until what is compiled is, and what is held back has its first notice
LEAST_GAP, MOST_GAP = 0.01, 0.05  # seconds between two keys: in step with nothing
MOST_EVENTS = 100000000  # more than in all of a run
ERASE = b"\x7f"
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # in no prompt and no line of an event


@contextlib.contextmanager
def busy(kit, cpu):
    """A process that does nothing but system calls, held until it is continued."""
    process = child.Child(child.WITH_US + [kit.build / "producer", MOST_EVENTS, 0], cpu=cpu)
    try:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        yield process
    finally:
        process.end()


def echo_contenders(kit):
    def flood(ours, ns):
        return [ours.program, "repl", kit.programs / "flood.lua", PID, PAGES, ns]
    return [Prompt(kit, ours, flood(ours, 0), OURS, "a flood of events") for ours in kit.ours] + [
        Prompt(kit, ours, flood(ours, SLOW_NS), OURS, "a flood of events, slow function") for ours in kit.ours] + [
        Prompt(kit, ours, [ours.program], OURS, "idle") for ours in kit.ours] + [
        Prompt(kit, ours, [ours.program], OURS, "its CPU busy") for ours in kit.ours] + [
        Prompt(kit, python(kit), [PYTHON, "-q"], PYTHONS, "idle"),
        Prompt(kit, python(kit), [PYTHON, "-q"], PYTHONS, "its CPU busy"),
    ]


def echoes(prompt):
    """Milliseconds of each key, which is erased again, and another one than those before it."""
    gaps, spent = random.Random(1), []
    for i in range(KEYS):
        prompt.pass_time(gaps.uniform(LEAST_GAP, MOST_GAP))
        key = LETTERS[i % len(LETTERS):][:1]
        typed = prompt.type(key)
        _, shown = prompt.await_text(key, 10)
        spent.append(1e3 * (shown - typed))
        prompt.type(ERASE)
    prompt.pass_time(MOST_GAP)
    return sorted(spent)


def counted(prompt):
    """How many events were handled and lost."""
    prompt.type(b"print(('counted %d %d'):format(handled, lost))\n")
    match, _ = prompt.await_text(rb"counted (\d+) (\d+)", 10)
    return int(match[1]), int(match[2])


def echo(kit, contender):
    flooded, idle = PID in contender.command, contender.variant == "idle"
    with busy(kit, kit.producer_cpu if flooded else kit.reader_cpu) as source:
        prompt = terminal.Terminal([source.pid if word is PID else word for word in contender.command],
                                   cpu=kit.reader_cpu, env=contender.env)
        try:
            prompt.await_text(contender.shows, 30)
            if not idle:
                os.kill(source.pid, signal.SIGCONT)
            prompt.pass_time(FIRST_SECONDS)
            began, before = prompt.type(b""), counted(prompt) if flooded else (0, 0)
            spent = echoes(prompt)
            after, took = counted(prompt) if flooded else (0, 0), prompt.type(b"") - began
            if source.wait(0):
                raise child.Failed("all events were made before all keys were typed")
        finally:
            prompt.end()
    handled, lost = after[0] - before[0], after[1] - before[1]
    return {"middle": statistics.median(spent), "p99": spent[-(KEYS // 100) - 1], "worst": spent[-1],
            "handled": handled / took / 1e3, "lost": 100 * lost / max(1, handled + lost)}


WORKLOADS = [
    Workload(
        name="repl-start", about="from starting it to its prompt, on a terminal",
        metrics=[Metric("wall", "to the prompt", "ms", 1), Metric("cpu", "CPU", "ms", 1)],
        contenders=start_contenders, measure=start, setting=lambda kit: terminal.ahead_of_others(),
        goals=[Goal("wall", 30)]),
    Workload(
        name="repl-echo", about="from a key to its echo, on a terminal, %d keys" % KEYS,
        metrics=[Metric("p99", "99th of 100 keys", "ms", 2), Metric("middle", "the median", "ms", 2),
                 Metric("worst", "the worst", "ms", 2), Metric("handled", "events", "1000/s", 0),
                 Metric("lost", "lost", "%", 0)],
        contenders=echo_contenders, measure=echo, setting=lambda kit: terminal.ahead_of_others(),
        goals=[Goal("p99", 20), Goal("worst", 20)]),
]

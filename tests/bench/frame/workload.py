# SPDX-License-Identifier: MIT
"""What a workload is, and running its contenders in turn."""
import dataclasses
import os
import statistics
import sys
import typing

from .child import Failed


@dataclasses.dataclass
class Metric:
    key: str
    title: str
    unit: str
    digits: int
    least: float = 0  # a ratio of figures below this says nothing


@dataclasses.dataclass
class Goal:
    """Our median of `metric`, or its ratio to that of `against`, at most `most`."""
    metric: str
    most: float
    against: typing.Optional[str] = None
    each: bool = False  # of a comparison: the worst of its items, not the median


@dataclasses.dataclass
class Contender:
    peer: typing.Any
    command: list
    variant: str = ""  # what tells two rows of one peer apart
    variables: dict = dataclasses.field(default_factory=dict)  # of its environment, beside the peer's

    @property
    def name(self):
        return self.peer.name + (", " + self.variant if self.variant else "")

    @property
    def env(self):
        return dict(self.peer.env or os.environ, **self.variables)


@dataclasses.dataclass
class Workload:
    """`contenders(kit)` lists them, ours first; `measure(kit, contender)` is one run: a number for each metric.
    `setting(kit)`, a context manager, holds around all runs. The first metric is the main one."""
    name: str
    about: str
    metrics: list
    contenders: typing.Callable
    measure: typing.Callable
    setting: typing.Callable
    goals: list
    more: typing.Optional[typing.Callable] = None  # more(kit, result): lines that say more
    most_runs: int = 1000  # where one takes long, or gives the same each time


class Row:
    def __init__(self, contender):
        self.contender, self.reason = contender, contender.peer.reason
        self.samples = []

    def values(self, metric):
        return [sample[metric] for sample in self.samples]

    def median(self, metric):
        return statistics.median(self.values(metric)) if self.samples else None


class Result:
    def __init__(self, workload, rows):
        self.workload, self.rows, self.lines = workload, rows, []

    def how(self):
        return "median of %d" % max(len(row.samples) for row in self.rows)

    def ours_ran(self):
        return bool(self.rows[0].samples)

    def ratio(self, row, metric):
        """Our median as a part of this row's; None where either is not there or too small to tell."""
        least = next(each.least for each in self.workload.metrics if each.key == metric)
        ours, theirs = self.rows[0].median(metric), row.median(metric)
        if ours is None or theirs is None or theirs <= least:
            return None
        return ours / theirs

    def reached(self, goal):
        if not goal.against:
            return self.rows[0].median(goal.metric)
        row = next(row for row in self.rows if row.contender.name == goal.against)
        return self.ratio(row, goal.metric)


def progress(text):
    """On a terminal, where it stands; None wipes that out."""
    if sys.stderr.isatty():
        print("\r\033[K" + (text or ""), end="", file=sys.stderr, flush=True)


def attempt(workload, kit, row, keep):
    if row.reason:
        return
    try:
        sample = workload.measure(kit, row.contender)
        if keep:
            row.samples.append(sample)
    except Failed as error:
        row.reason = str(error)


def measure(workload, kit, runs):
    """One run of each first that does not count, for what the page cache lacks; then all of them in turn, beginning
    with another one each time."""
    rows = [Row(contender) for contender in workload.contenders(kit)]
    runs = min(runs, workload.most_runs)
    with workload.setting(kit):
        for turn in range(0 if workload.most_runs == 1 else -1, runs):
            progress("%s: %d of %d " % (workload.name, turn + 1, runs))
            start = turn % len(rows)
            for row in rows[start:] + rows[:start]:
                attempt(workload, kit, row, turn >= 0)
        progress(None)
        result = Result(workload, rows)
        if workload.more:
            result.lines = workload.more(kit, result)
    return result

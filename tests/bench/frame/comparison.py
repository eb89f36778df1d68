# SPDX-License-Identifier: MIT
"""A workload of many items, each of which all contenders handle: medians over the items, and a table of them."""
import dataclasses
import statistics
import typing

from . import workload
from .child import Failed


@dataclasses.dataclass
class Comparison(workload.Workload):
    """`items(kit)` names what there is; `measure(kit, contender, item)` is one run of one. A contender's figure for
    an item is its median there. Goals with `each` hold for every item, not for the median."""
    items: typing.Callable = None
    noun: str = "items"
    most_runs: int = 3
    warms_up: bool = True


class Row(workload.Row):
    def __init__(self, contender):
        super().__init__(contender)
        self.runs, self.failed = {}, {}

    def keep(self, item, sample):
        self.runs.setdefault(item, []).append(sample)

    def of_item(self, item, metric):
        """The median of an item's runs; None where it failed."""
        runs = [] if item in self.failed else self.runs.get(item, [])
        return statistics.median(run[metric] for run in runs) if runs else None

    def items(self):
        return [item for item in self.runs if item not in self.failed]

    def settle(self, metrics):
        self.samples = [{metric.key: self.of_item(item, metric.key) for metric in metrics} for item in self.items()]


class Result(workload.Result):
    def __init__(self, compared, rows, items, runs):
        super().__init__(compared, rows)
        self.items, self.runs = items, runs

    def how(self):
        return "median over what each can do of %d %s, %s" % (
            len(self.items), self.workload.noun, "one run" if self.runs == 1 else "the median of %d runs" % self.runs)

    def both(self, row):
        ours = set(self.rows[0].items())
        return [item for item in row.items() if item in ours]

    def ratios(self, row, metric):
        least = next(each.least for each in self.workload.metrics if each.key == metric)
        return {item: self.rows[0].of_item(item, metric) / row.of_item(item, metric) for item in self.both(row)
                if row.of_item(item, metric) > least}

    def ratio(self, row, metric):
        """Of the medians over what both can do."""
        both = self.both(row)
        theirs = statistics.median(row.of_item(item, metric) for item in both) if both else 0
        return statistics.median(self.rows[0].of_item(item, metric) for item in both) / theirs if theirs else None

    def reached(self, goal):
        if not goal.each:
            return super().reached(goal)
        row = next(row for row in self.rows if row.contender.name == goal.against)
        return max(self.ratios(row, goal.metric).values(), default=None)


def attempt(compared, kit, row, item, keep):
    if row.reason or item in row.failed:
        return
    try:
        sample = compared.measure(kit, row.contender, item)
        if keep:
            row.keep(item, sample)
    except Failed as error:
        row.failed[item] = str(error)


def measure(compared, kit, runs):
    """As workload.measure does it, item by item."""
    rows = [Row(contender) for contender in compared.contenders(kit)]
    items = compared.items(kit)
    runs = min(runs, compared.most_runs)
    for turn in range(-1 if compared.warms_up and compared.most_runs > 1 else 0, runs):
        for number, item in enumerate(items):
            workload.progress("%s: %d of %d, %s" % (compared.name, turn + 1, runs, item))
            start = (turn + number) % len(rows)
            for row in rows[start:] + rows[:start]:
                attempt(compared, kit, row, item, turn >= 0)
    workload.progress(None)
    for row in rows:
        row.settle(compared.metrics)
    result = Result(compared, rows, items, runs)
    if compared.more:
        result.lines = compared.more(kit, result)
    return result

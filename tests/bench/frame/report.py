# SPDX-License-Identifier: MIT
"""Tables for people, JSON for programs."""
import datetime
import json

from . import kit


def show(value, digits):
    return "-" if value is None else "%.*f" % (digits, value)


def cells(result, row):
    """median, least to most, and ratio of the main metric; then median of each other."""
    main, others = result.workload.metrics[0], result.workload.metrics[1:]
    values = row.values(main.key)
    line = [row.contender.name, show(row.median(main.key), main.digits),
            "%s to %s" % (show(min(values), main.digits), show(max(values), main.digits))]
    ratio = result.ratio(row, main.key)
    line.append("" if row is result.rows[0] else "-" if ratio is None else "%.2f" % ratio)
    return line + [show(row.median(each.key), each.digits) for each in others]


def print_table(result):
    workload = result.workload
    main, others = workload.metrics[0], workload.metrics[1:]
    head = ["", "%s, %s" % (main.title, main.unit), "spread", "ours to it"]
    head += ["%s, %s" % (each.title, each.unit) if each.unit else each.title for each in others]
    table = [head] + [cells(result, row) for row in result.rows if row.samples]
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    widths[0] = max(widths[0], max(len(row.contender.name) for row in result.rows))
    print("%s: %s (%s)" % (workload.name, workload.about, result.how()))
    lines = iter(table)
    print_line(next(lines), widths)
    for row in result.rows:
        if row.samples:
            print_line(next(lines), widths)
        if row.reason:
            # some runs may have gone well before it failed
            print("  %-*s  cannot run: %s" % (widths[0], row.contender.name, row.reason))
    for goal in workload.goals:
        print_goal(result, goal)
    for line in result.lines:
        print("  " + line)
    print(flush=True)


def print_line(line, widths):
    print("  %-*s  %s" % (widths[0], line[0], "  ".join(cell.rjust(width)
                                                       for cell, width in zip(line[1:], widths[1:]))))


def print_goal(result, goal):
    metric = next(each for each in result.workload.metrics if each.key == goal.metric)
    value = result.reached(goal)
    what = "%s / %s" % (metric.title, goal.against) if goal.against else metric.title
    what += ", each" if goal.each else ""
    unit, digits = ("", 2) if goal.against else (" " + metric.unit, metric.digits)
    state = "not measured" if value is None else "%s, %s" % (show(value, digits),
                                                            "reached" if value <= goal.most else "not reached")
    print("  goal: %s at most %g%s: %s" % (what, goal.most, unit, state))


def item_lines(result):
    """A line an item: the main metric of each contender, ours as a part of it; then why what failed did."""
    metric = result.workload.metrics[0]
    table = [[""] + [row.contender.name for row in result.rows] + ["ours / " + row.contender.name
                                                                   for row in result.rows[1:]]]
    for item in result.items:
        figures = [row.of_item(item, metric.key) for row in result.rows]
        ratios = [figures[0] / other if figures[0] and other else None for other in figures[1:]]
        table.append([item] + [show(figure, metric.digits) for figure in figures] + [show(r, 2) for r in ratios])
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    lines = ["  ".join(cell.ljust(width) if not i else cell.rjust(width)
                       for i, (cell, width) in enumerate(zip(line, widths))) for line in table]
    return lines + ["%s, %s: %s" % (item, row.contender.name, why)
                    for row in result.rows for item, why in sorted(row.failed.items())]


def row_record(result, row):
    record = {"name": row.contender.name, "version": row.contender.peer.version,
              "command": [str(word) for word in row.contender.command], "metrics": {}}
    if row.reason:
        record["cannot_run"] = row.reason
    for metric in result.workload.metrics if row.samples else []:
        values = row.values(metric.key)
        record["metrics"][metric.key] = {
            "unit": metric.unit, "title": metric.title, "samples": values, "median": row.median(metric.key),
            "least": min(values), "most": max(values), "ours_to_it": result.ratio(row, metric.key),
        }
        if hasattr(result, "items"):
            record["metrics"][metric.key]["items"] = {item: row.of_item(item, metric.key) for item in row.items()}
    return record


def workload_record(result):
    goals = [{"metric": goal.metric, "against": goal.against, "each": goal.each, "most": goal.most, "value": result.reached(goal)}
             for goal in result.workload.goals]
    return {"name": result.workload.name, "about": result.workload.about, "how": result.how(),
            "rows": [row_record(result, row) for row in result.rows], "goals": goals}


def write_json(path, tools, results):
    record = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
              "commit": kit.commit(), "machine": kit.machine(),
              "workloads": [workload_record(result) for result in results]}
    path.write_text(json.dumps(record, indent=1) + "\n")

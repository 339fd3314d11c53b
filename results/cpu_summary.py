#!/usr/bin/env python3
"""Prints the table of targets on a CPU, from records of `poolbench bench --json`.

    results/cpu_summary.py [--missed FILE] [--poolbench PROGRAM] RECORD.json|RECORD.json.gz ...

A table row is a target, a column a layout and temperature. "Peer" is the fastest peer of a row; rows
that no peer takes count in no ratio, and a line below the table says how many there are. Where
several records have the same problem and temperature, the last one counts. --missed writes every
row that misses its target, worst first. TARGETS is the one place that knows the targets. Exit
status: 0 all met, 1 some missed or without rows, 4 unreadable input.
"""
import argparse
import os
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
from problems import PROGRAM, worked_out  # noqa: E402
from records import BadInput, end, judge, median_rows, moved, read_records  # noqa: E402

OURS = "openmp"
LAYOUTS = ("nchw", "nhwc")
TEMPERATURES = ("cold", "hot")
BYTES = ("i8", "u8")


class Row:
    """A median row of openmp, with its problem."""

    def __init__(self, ours, last_level_cache, problem):
        self.ours = ours
        self.problem = problem
        self.small_window = self.problem.windowing == "sliding" and max(self.problem.kernel) <= 3
        self.beyond_cache = moved(ours) > last_level_cache
        self.floor = ours["below_floor"]
        self.seconds = ours["seconds"]["median"]
        self.peer = ours.get("baseline") or None
        self.ratio = ours["ratio"] if self.peer else None

    @property
    def share(self):
        return self.ours["share"]["median"]


# The functions below compute a row's figure for a target, or None where the row does not count.
# Their second parameter holds all rows.


def ratio_high(row, _):
    return end(row.ratio, "high") if row.ratio else None


def ratio(row, _):
    return row.ratio["median"] if row.ratio and not row.floor else None


def share_if(beyond):
    def value(row, _):
        counts = row.small_window and not row.floor and row.beyond_cache == beyond
        return row.share if counts else None

    return value


def over_floor(row, _):
    if not row.floor:
        return None
    return row.seconds / (row.ours["floor_seconds"] + row.ours["ceiling_seconds"])


def over_3x3(row, rows):
    """Time of 13x13 at stride 1 over that of 3x3 at stride 1 on the same source."""
    text = row.problem.text
    small = text.replace("/k:13x13/s:1x1", "/k:3x3/s:1x1").replace("/p:6x6", "/p:1x1")
    other = rows.get((small, row.ours["temperature"]))
    return row.seconds / other.seconds if other and small != text else None


def hard(row, _):
    """For adaptive, fractional and Lp, which libraries neglect: the target is three times the best
    peer's speed or 0.8 of the ceiling, and the figure the larger of the two quotients."""
    if row.problem.windowing not in ("adaptive", "fractional") and row.problem.reduction != "lp":
        return None
    if row.floor:
        return None
    return max(row.ratio["median"] / 3 if row.ratio else 0, row.share / 0.8)


# limits: one a layout, in the order of LAYOUTS. at_most: smaller is better. by_mean: judges the
# geometric mean instead of every row.
Target = namedtuple("Target", "title value dtypes limits at_most by_mean", defaults=(False, False))
TARGETS = (
    Target("every row, f32: best peer ÷ ours, upper end", ratio_high, ("f32",), (1.0, 1.0)),
    Target("f32: best peer ÷ ours, geometric mean", ratio, ("f32",), (5, 1.3), by_mean=True),
    Target("bf16 and f16: the same", ratio, ("bf16", "f16"), (3, 1.3), by_mean=True),
    Target("i8 and u8: the same, peer's best route", ratio, BYTES, (3, 1.3), by_mean=True),
    Target("beyond the last-level cache, ≤ 3×3: share", share_if(True), ("f32",), (0.85, 0.85)),
    Target("inside the last-level cache, ≤ 3×3: share", share_if(False), ("f32",), (0.6, 0.6)),
    Target("below twice the floor: time ÷ (floor + bytes ÷ ceiling)", over_floor, ("f32",),
           (1.5, 1.5), at_most=True),
    Target("13×13 s1: time ÷ 3×3 s1", over_3x3, ("f32",), (2.5, 2.5), at_most=True),
    Target("adaptive, fractional, Lp: larger of peer ÷ ours ÷ 3 and share ÷ 0.8", hard, ("f32",),
           (1.0, 1.0)),
)


def cell(target, limit, values):
    found = judge(values, limit, target.at_most, target.by_mean)
    if found.rows == 0:
        return "–"
    missed = len(found.missed)
    said = "met" if found.met else f"{missed} of {found.rows} miss" if missed else "missed"
    if target.by_mean:
        return f"{found.mean:.2f} ({found.rows} rows): {said}"
    return f"mean {found.mean:.2f}, worst {found.worst:.2f}: {said}"


def miss(target, layout, row, value):
    """Returns a line of --missed."""
    text, temperature = row.problem.text, row.ours["temperature"]
    against = f", against {row.peer}" if target.value in (ratio_high, hard) and row.peer else ""
    return (f"- {target.title} ({layout}): {value:.2f} `{text}` {temperature}, "
            f"kernel {row.ours['kernel']}{against}")


def summary(rows):
    """Returns the lines of the table, the lines of --missed, and whether all targets are met."""
    table = ["| | target | nchw, cold | nchw, hot | target | nhwc, cold | nhwc, hot |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    misses, all_met = [], True
    for target in TARGETS:
        line = f"| {target.title} "
        for layout, limit in zip(LAYOUTS, target.limits):
            values = {key: target.value(row, rows) for key, row in rows.items()
                      if row.problem.layout == layout and row.problem.dtype in target.dtypes}
            values = {key: value for key, value in values.items() if value is not None}
            line += f"| {'≤' if target.at_most else '≥'} {limit} "
            for temperature in TEMPERATURES:
                some = {key: value for key, value in values.items() if key[1] == temperature}
                line += f"| {cell(target, limit, some)} "
            both = judge(values, limit, target.at_most, target.by_mean)
            all_met &= both.met
            misses += [miss(target, layout, rows[key], value) for key, value in both.missed]
        table.append(line + "|")
    return table, misses, all_met


def read(paths, program):
    """Returns the timed rows, and for the others their reasons, by (problem, temperature)."""
    timed, untimed = {}, {}
    for name, record in read_records(paths):
        try:
            cache = {d["uuid"]: d["cache_bytes"] for d in record["context"]["poolbench"]["devices"]}
            for ours in median_rows(record):
                if ours["contender"] != OURS:
                    continue
                key = ours["problem"], ours["temperature"]
                if ours["status"] == "ok":
                    timed[key] = ours, cache[ours["device"]]
                else:
                    untimed[key] = f"{ours['status']}: {ours['reason']}"
        except KeyError as error:
            raise BadInput(f"{name}: {error} is missing") from None
    problems = worked_out(program, [problem for problem, _ in timed])
    return {key: Row(*of, problems[key[0]]) for key, of in timed.items()}, untimed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--missed", metavar="FILE", help="write the rows that miss, as Markdown")
    parser.add_argument("--poolbench", default=PROGRAM, metavar="PROGRAM",
                        help="works problems out [%(default)s]")
    parser.add_argument("records", nargs="+", metavar="RECORD")
    arguments = parser.parse_args()
    try:
        rows, untimed = read(arguments.records, arguments.poolbench)
    except BadInput as error:
        print(f"cpu_summary: {error}", file=sys.stderr)
        return 4
    table, misses, all_met = summary(rows)
    without_peer = sum(row.peer is None for row in rows.values())
    print("\n".join(table))
    print(f"\n{len(rows)} rows (problem and temperature); {without_peer} that no peer takes; "
          f"{len(untimed)} not timed or not valid.")
    misses += [f"- not valid: `{text}` {temperature}: {reason}"
               for (text, temperature), reason in untimed.items()]
    if arguments.missed:
        with open(arguments.missed, "w", encoding="utf-8") as file:
            file.write("\n".join(misses) + "\n")
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())

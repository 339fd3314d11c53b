#!/usr/bin/env python3
"""The table of speeds to reach on a CPU, from records of `poolbench bench --json`.

    results/cpu_summary.py [--missed FILE] RECORD.json|RECORD.json.gz ...

A column a layout, a row a target; hot and cold rows both count, each by itself. A peer's time is the
best peer's of the row. Rows that no peer takes count in no ratio; their number stands below. A
problem that stands in several records counts once a temperature, with the last one's figures.
--missed writes every row that misses its target, worst first. TARGETS is the one place that knows
the targets. Exit status: 0 all met, 1 some missed or without rows, 4 unreadable input.
"""
import argparse
import gzip
import json
import math
import sys
from collections import namedtuple

OURS = "openmp"
LAYOUTS = ("nchw", "nhwc")
BYTES = ("i8", "u8")


def read(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        return json.load(file)


class Row:
    """A median row of ours, with what its problem's text says."""

    def __init__(self, ours, last_level_cache):
        self.ours = ours
        self.text = ours["problem"]
        self.reduction, self.windowing, self.dtype, self.layout, *tokens = self.text.split("/")
        values = dict(token.split(":", 1) for token in tokens if ":" in token)
        self.kernel = [int(k) for k in values["k"].split("x")] if "k" in values else []
        self.source = values["src"]
        self.small_window = self.windowing == "sliding" and max(self.kernel) <= 3
        self.beyond_cache = ours["bytes_read"] + ours["bytes_written"] > last_level_cache
        self.floor = ours["below_floor"]
        self.peer = ours.get("baseline") or None
        self.ratio = ours["ratio"] if self.peer else None

    @property
    def share(self):
        return self.ours["share"]["median"]


def ratio_high(row, _):
    return row.ratio["high"] or row.ratio["median"] if row.ratio else None


def ratio(row, _):
    return row.ratio["median"] if row.ratio and not row.floor else None


def share_if(beyond):
    def value(row, _):
        return row.share if row.small_window and not row.floor and row.beyond_cache == beyond else None
    return value


def over_floor(row, _):
    if not row.floor:
        return None
    ours = row.ours
    return ours["seconds"]["median"] / (ours["floor_seconds"] + ours["ceiling_seconds"])


def over_3x3(row, rows):
    """13x13 at every pixel over 3x3 at every pixel of the same source."""
    small = row.text.replace("/k:13x13/s:1x1", "/k:3x3/s:1x1").replace("/p:6x6", "/p:1x1")
    other = rows.get((small, row.ours["temperature"]))
    if small == row.text or other is None:
        return None
    return row.ours["seconds"]["median"] / other.ours["seconds"]["median"]


def hard(row, _):
    """Windows that libraries treat badly: three times the best peer, or 0.8 of the ceiling. The
    figure is how far the better of the two is on its way."""
    if row.windowing not in ("adaptive", "fractional") and row.reduction != "lp":
        return None
    if row.floor:
        return None
    return max(row.ratio["median"] / 3 if row.ratio else 0, row.share / 0.8)


Target = namedtuple("Target", "title value dtypes limits at_most mean", defaults=(False, False))
TARGETS = (
    Target("every row, f32: best peer ÷ ours, upper end", ratio_high, ("f32",), (1.0, 1.0)),
    Target("f32: best peer ÷ ours, geometric mean", ratio, ("f32",), (5, 1.3), mean=True),
    Target("bf16 and f16: the same", ratio, ("bf16", "f16"), (3, 1.3), mean=True),
    Target("i8 and u8: the same, peer's best route", ratio, BYTES, (3, 1.3), mean=True),
    Target("beyond the last-level cache, ≤ 3×3: share", share_if(True), ("f32",), (0.85, 0.85)),
    Target("inside the last-level cache, ≤ 3×3: share", share_if(False), ("f32",), (0.6, 0.6)),
    Target("below twice the floor: time ÷ (floor + bytes ÷ ceiling)", over_floor, ("f32",),
           (1.5, 1.5), at_most=True),
    Target("13×13 s1: time ÷ 3×3 s1", over_3x3, ("f32",), (2.5, 2.5), at_most=True),
    Target("adaptive, fractional, Lp: larger of peer ÷ ours ÷ 3 and share ÷ 0.8", hard, ("f32",),
           (1.0, 1.0)),
)


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def judge(target, limit, rows):
    values = {}
    for key, row in rows.items():
        if row.dtype in target.dtypes:
            value = target.value(row, rows)
            if value is not None:
                values[key] = value
    mean = geometric_mean(list(values.values()))
    meets = (lambda v: v <= limit) if target.at_most else (lambda v: v >= limit)
    missed = {} if target.mean else {key: v for key, v in values.items() if not meets(v)}
    met = bool(values) and not missed and (not target.mean or meets(mean))
    worst = (max if target.at_most else min)(values.values(), default=None)
    return len(values), mean, worst, missed, met


def cell(target, limit, rows, temperature):
    count, mean, worst, missed, met = judge(
        target, limit, {key: row for key, row in rows.items() if key[1] == temperature})
    if count == 0:
        return "–"
    verdict = "met" if met else f"{len(missed)} of {count} miss" if missed else "missed"
    if target.mean:
        return f"{mean:.2f} ({count} rows): {verdict}"
    return f"mean {mean:.2f}, worst {worst:.2f}: {verdict}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--missed", metavar="FILE", help="write the rows that miss, as Markdown")
    parser.add_argument("records", nargs="+", metavar="RECORD")
    arguments = parser.parse_args()
    rows, without_peer, not_ok = {}, set(), {}
    try:
        for path in arguments.records:
            record = read(path)
            cache = {d["uuid"]: d["cache_bytes"] for d in record["context"]["poolbench"]["devices"]}
            for median in record["benchmarks"]:
                ours = median.get("poolbench")
                if not ours or ours["contender"] != OURS:
                    continue
                key = ours["problem"], ours["temperature"]
                if ours["status"] != "ok":
                    not_ok[key] = f"{ours['status']}: {ours['reason']}"
                    continue
                rows[key] = Row(ours, cache[ours["device"]])
                if not rows[key].peer:
                    without_peer.add(key)
    except (OSError, ValueError, KeyError) as error:
        print(f"cpu_summary: {path}: {error!r}", file=sys.stderr)
        return 4
    print("| | target | nchw, cold | nchw, hot | target | nhwc, cold | nhwc, hot |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    missed_lines, all_met = [], True
    for target in TARGETS:
        sign = "≤" if target.at_most else "≥"
        line = f"| {target.title} "
        for layout, limit in zip(LAYOUTS, target.limits):
            of_layout = {key: row for key, row in rows.items() if row.layout == layout}
            line += f"| {sign} {limit} "
            for temperature in ("cold", "hot"):
                line += f"| {cell(target, limit, of_layout, temperature)} "
            _, _, _, missed, met = judge(target, limit, of_layout)
            all_met &= met
            for (text, temperature), value in sorted(missed.items(), key=lambda item: item[1],
                                                     reverse=target.at_most):
                row = rows[text, temperature]
                against = f", against {row.peer}" if target.value in (ratio_high, hard) and row.peer else ""
                missed_lines.append(f"- {target.title} ({layout}): {value:.2f} `{text}` {temperature}, "
                                    f"kernel {row.ours['kernel']}{against}")
        print(line + "|")
    print(f"\n{len(rows)} rows (problem and temperature); {len(without_peer)} that no peer takes; "
          f"{len(not_ok)} not timed or not valid.")
    for (text, temperature), reason in not_ok.items():
        missed_lines.append(f"- not valid: `{text}` {temperature}: {reason}")
    if arguments.missed:
        with open(arguments.missed, "w", encoding="utf-8") as file:
            file.write("\n".join(missed_lines) + "\n")
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())

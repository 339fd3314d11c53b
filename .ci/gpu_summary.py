#!/usr/bin/env python3
"""Prints the table of targets on a GPU, from records of `poolbench bench --json`.

    .ci/gpu_summary.py [--markdown FILE] [--poolbench PROGRAM]
                       RECORD.json|RECORD.json.gz|STEP.tar.gz ...

A line of the table is a class of problems and a family (cuda, vulkan): the number of rows in the
class, their geometric mean and the worst, the target, and whether every row meets it. Only cold
rows count, and only those where the backend chose the kernel. Where several records have the same
problem, the last one counts. Listed with the table: the rows that miss their target, those refused,
wrong, invalid or failed, and the problems left out for want of time.

CLASSES is the one place that knows the targets. Exit status: 0 all met, 1 some missed or empty,
4 unreadable input.
"""
import argparse
import os
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
from problems import PROGRAM, worked_out  # noqa: E402
from records import BadInput, end, judge, median_rows, moved, read_records  # noqa: E402

FAMILIES = ("cuda", "vulkan")
PEERS = ("cudnn", "aten-cuda", "torch-cuda", "torch-compile-cuda", "onnxruntime-cuda", "tensorrt",
         "torch.compile")  # the last one in records of 0.1 alone
MB = 1e6
MOST_LINES = 60  # of details on the screen


# The types that have tuned kernels. `table` computes f64, integer Lp, fractional averages and Lp.
WIDE = {"f32", "f16", "bf16", "i32"}
FLOAT = {"f32", "f16", "bf16"}
HALF = {"f16", "bf16"}
BYTE = {"i8", "u8"}

ONE, TWO, THREE = [1, 1], [2, 2], [3, 3]


def slides(p, kernel, *strides):
    """Whether the window slides, is dense and has these extents and one of these strides (none
    given: any)."""
    return (p.windowing == "sliding" and max(p.dilation) == 1 and p.kernel == kernel and
            (not strides or p.stride in strides))


def halving(p):
    return not p.indices and p.reduction != "lp" and slides(p, TWO, TWO)


def three_by_three(p):
    return not p.indices and p.reduction != "lp" and slides(p, THREE, ONE, TWO)


def large_window(p):
    return p.reduction != "lp" and (slides(p, [13, 13], ONE) or slides(p, [9, 9], ONE))


def whole_plane(p):
    return p.windowing == "global" or (p.windowing == "adaptive" and max(p.dst) == 1)


def other_shapes(p):
    if p.reduction == "lp":
        return False
    return (slides(p, [2, 2, 2], [2, 2, 2]) or slides(p, [1, 3, 3]) or
            (p.indices and (slides(p, TWO, TWO) or slides(p, THREE, ONE, TWO))) or
            (p.windowing == "adaptive" and p.src == [60, 60] and p.dst == [6, 6]))


def is_resnet_stem(p):
    return (p.n, p.c, p.src, p.stride, p.pad_begin, p.pad_end, p.ceil) == (
        32, 64, [112, 112], TWO, ONE, ONE, False)


# A class is judged row by row: the figure named by `value` against the target. Larger is better
# unless `at_most`.
#   share       of the row's ceiling
#   seconds     time of a launch
#   over        time above floor + bytes at the device's best speed
#   lp          time over the average's
#   ratio       the best peer's time over ours, lower end of the interval
#   mean_ratio  the medians of that, judged by their geometric mean
Class = namedtuple("Class", "title value applies targets at_most", defaults=(False,))

CLASSES = (
    Class("≥ 64 MB, 2×2 s2, 2 bytes or more", "share",
          lambda p, b: b >= 64 * MB and p.dtype in WIDE and halving(p), (0.85, 0.80)),
    Class("≥ 256 MB, 2×2 s2, 2 bytes or more", "share",
          lambda p, b: b >= 256 * MB and p.dtype in WIDE and halving(p), (0.92, 0.88)),
    Class("≥ 64 MB, 3D 2×2×2 s2, 1×3×3; with indices; adaptive 60 → 6", "share",
          lambda p, b: b >= 64 * MB and p.dtype in WIDE and other_shapes(p), (0.80, 0.70)),
    Class("≥ 64 MB, 3×3 s2 and s1, f32", "share",
          lambda p, b: b >= 64 * MB and p.dtype == "f32" and three_by_three(p), (0.85, 0.80)),
    Class("≥ 64 MB, 3×3 s2 and s1, f16 and bf16", "share",
          lambda p, b: b >= 64 * MB and p.dtype in HALF and three_by_three(p), (0.75, 0.65)),
    Class("ResNet stem 32×64×112×112, f16 and bf16, µs", "seconds",
          lambda p, b: p.dtype in HALF and three_by_three(p) and is_resnet_stem(p),
          (20e-6, None), True),
    Class("≥ 32 MB, i8 and u8, 2×2 s2 and 3×3 s2", "share",
          lambda p, b: b >= 32 * MB and p.dtype in BYTE and
          (halving(p) or (three_by_three(p) and p.stride == TWO)), (0.70, 0.50)),
    Class("≥ 16 MB, 13×13 s1, 9×9 s1", "share",
          lambda p, b: b >= 16 * MB and p.dtype in FLOAT and large_window(p), (0.50, 0.35)),
    Class("≥ 64 MB, global, adaptive to 1×1", "share",
          lambda p, b: b >= 64 * MB and p.dtype in FLOAT and whole_plane(p), (0.80, 0.70)),
    Class("below twice the floor: µs above floor + bytes ÷ ceiling", "over",
          lambda p, b: True, (1e-6, 3e-6), True),
    Class("Lp, p = 2: time over the average's", "lp",
          lambda p, b: p.reduction == "lp" and p.norm == 2 and p.dtype in FLOAT, (1.10, 1.15),
          True),
    Class("every row: best peer ÷ ours, lower end", "ratio", lambda p, b: True, (0.97, 0.80)),
    Class("beyond twice the floor: best peer ÷ ours, mean", "mean_ratio", lambda p, b: True,
          (1.5, 1.2)),
)


def read(paths):
    """Returns the cold median rows by (contender, problem), the problems left out of each record,
    and the devices' names by UUID."""
    rows, left_out, devices = {}, {}, {}
    for name, record in read_records(paths):
        ours = record.get("context", {}).get("poolbench", {})
        if ours.get("left_out"):
            left_out[name] = ours["left_out"]
        for device in ours.get("devices", []):
            devices[device["uuid"]] = f"{device['name']} ({device['uuid']})"
        for row in median_rows(record):
            if row["temperature"] == "cold":
                rows[row["contender"], row["problem"]] = row
    return rows, left_out, devices


class Records:
    """The rows, and the figures of one row that depend on other rows."""

    def __init__(self, rows):
        self.rows = {key: row for key, row in rows.items() if "seconds" in row}
        self.best_speed = {}  # bytes a second of the best ceiling, by device
        self.peer_rows = {}  # by problem
        for (contender, problem), row in self.rows.items():
            if contender.split(":")[0] in PEERS and row["status"] == "ok":
                self.peer_rows.setdefault(problem, []).append(row)
            if row.get("ceiling_seconds"):
                speed = moved(row) / row["ceiling_seconds"]
                self.best_speed[row["device"]] = max(speed, self.best_speed.get(row["device"], 0))

    def share(self, row):
        return row.get("share", {}).get("median") if not row["below_floor"] else None

    def seconds(self, row):
        return row["seconds"]["median"]

    def over(self, row):
        speed = self.best_speed.get(row["device"])
        if not row["below_floor"] or not speed:
            return None
        return row["seconds"]["median"] - row["floor_seconds"] - moved(row) / speed

    def lp(self, row):
        problem = row["problem"].replace("lp/", "avg_include_pad/", 1).replace("/norm:2", "")
        average = self.rows.get((row["contender"], problem.replace("/mean", "")))
        if row["below_floor"] or not average or average["status"] != "ok":
            return None
        return row["seconds"]["median"] / average["seconds"]["median"]

    def peers(self, row):
        """Returns the peers' rows of the same problem on the same device."""
        return [peer for peer in self.peer_rows.get(row["problem"], [])
                if peer["device"] == row["device"]]

    def ratio(self, row):
        """Returns the ratio to the best peer: from blocks where both were timed in one record, and
        otherwise from the ends of the two intervals that are worse for us."""
        ratios = []
        for peer in self.peers(row):
            if peer["contender"] == row.get("baseline") and not row.get("across_devices"):
                ratios.append(end(row["ratio"], "low"))
            else:
                ratios.append(end(peer["seconds"], "low") / end(row["seconds"], "high"))
        return min(ratios, default=None)

    def mean_ratio(self, row):
        if row["below_floor"]:
            return None
        peers = [peer["seconds"]["median"] for peer in self.peers(row) if not peer["below_floor"]]
        return min(peers) / row["seconds"]["median"] if peers else None


Result = namedtuple("Result", "of family target verdict")


def judge_classes(records, by_family, program):
    """Yields a Result for each class and family."""
    problems = worked_out(program, [row["problem"] for rows in by_family.values() for row in rows])
    for of in CLASSES:
        for family, target in zip(FAMILIES, of.targets):
            if target is None:
                continue
            values = {(row["contender"], row["problem"]): getattr(records, of.value)(row)
                      for row in by_family[family]
                      if of.applies(problems[row["problem"]], moved(row))}
            values = {key: value for key, value in values.items() if value is not None}
            yield Result(of, family, target,
                         judge(values, target, of.at_most, by_mean=of.value == "mean_ratio"))


def figure(value, kind):
    if value is None:
        return "–"
    return f"{value * 1e6:.2f}" if kind in ("seconds", "over") else f"{value:.2f}"


def table(results, devices):
    lines = [f"Device: {device}" for device in devices]
    lines += ["", "| class | family | rows | mean | worst | target | met |",
              "| --- | --- | --- | --- | --- | --- | --- |"]
    for r in results:
        kind = r.of.value
        sign = "≤" if r.of.at_most else "≥"
        found = r.verdict
        mean = None if kind == "over" else found.mean  # differences have no geometric mean
        met = "yes" if found.met else "no rows" if found.rows == 0 else \
            f"no, in {len(found.missed)} of {found.rows}" if found.missed else "no"
        lines.append(f"| {r.of.title} | {r.family} | {found.rows} | {figure(mean, kind)} | "
                     f"{figure(found.worst, kind)} | {sign} {figure(r.target, kind)} | {met} |")
    return lines


def details(results, untimed, left_out):
    """Returns lines for the rows that miss, worst first in each class, the rows without a time by
    reason, and the problems left out."""
    lines = []
    for r in results:
        for (contender, problem), value in r.verdict.missed:
            lines.append(f"- misses: {contender}, {r.of.title}: {figure(value, r.of.value)} for "
                         f"`{problem}`")
    reasons = {}
    for row in untimed:
        reasons.setdefault((row["contender"], row["status"], row["reason"]), []).append(row)
    for (contender, status, reason), rows in reasons.items():
        lines.append(f"- {status}: {contender}, {len(rows)} rows: {reason}: "
                     f"`{rows[0]['problem']}`")
    for name, problems in left_out.items():
        lines.append(f"- left out of {name} for want of time: {len(problems)} problems, from "
                     f"`{problems[0]}` on")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", metavar="FILE", help="also write the table here")
    parser.add_argument("--poolbench", default=PROGRAM, metavar="PROGRAM",
                        help="works problems out [%(default)s]")
    parser.add_argument("records", nargs="+", metavar="RECORD")
    arguments = parser.parse_args()
    try:
        rows, left_out, names = read(arguments.records)
        # "cuda:0": the backend chose the kernel; "cuda:0.strip": a forced one.
        ours = {family: [row for (contender, _), row in rows.items()
                         if contender.split(":")[0] == family and "." not in contender]
                for family in FAMILIES}
        timed = {family: [row for row in ours[family] if row["status"] == "ok"]
                 for family in FAMILIES}
        results = list(judge_classes(Records(rows), timed, arguments.poolbench))
    except BadInput as error:
        print(f"gpu_summary: {error}", file=sys.stderr)
        return 4
    untimed = [row for family in FAMILIES for row in ours[family] if row["status"] != "ok"]
    devices = sorted({names.get(row["device"], row["device"])
                      for family in FAMILIES for row in timed[family]})
    rows, more = table(results, devices), details(results, untimed, left_out)
    if arguments.markdown:
        with open(arguments.markdown, "w", encoding="utf-8") as file:
            file.write("\n".join(rows + [""] + more) + "\n")
    if len(more) > MOST_LINES:
        more[MOST_LINES:] = [f"- and {len(more) - MOST_LINES} more (--markdown has all)"]
    print("\n".join(more + [""] + rows))  # a terminal shows the end of a long output
    return 0 if all(r.verdict.met for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())

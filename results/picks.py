#!/usr/bin/env python3
"""Lists the rows where a backend picked a kernel that another one of its kernels beats.

    poolbench bench --suite models --backend openmp,openmp.KERNEL,... --baseline openmp --json RECORD
    results/picks.py [--beyond 0.05] RECORD.json|RECORD.json.gz ...

The records must time the backend's own pick and its kernels. A row is listed where the lower end of
a kernel's ratio to the pick is above 1.05, with the kernel's ratio at the other temperature beside
it, since one pick serves both. Exit status: 0 none, 1 some, 4 unreadable input.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
from records import BadInput, end, median_rows, read_records  # noqa: E402

OTHER = {"cold": "hot", "hot": "cold"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--beyond", type=float, default=0.05, metavar="PART")
    parser.add_argument("records", nargs="+", metavar="RECORD")
    arguments = parser.parse_args()
    rows = {}
    try:
        for _, record in read_records(arguments.records):
            for row in median_rows(record):
                if row["status"] == "ok":
                    rows[row["problem"], row["temperature"], row["contender"]] = row
    except BadInput as error:
        print(f"picks.py: {error}", file=sys.stderr)
        return 4
    problems, faster = set(), []
    for (problem, temperature, contender), row in rows.items():
        backend, _, kernel = contender.partition(".")
        pick = rows.get((problem, temperature, backend))
        if pick is None or not kernel or row.get("baseline") != backend or pick["kernel"] == kernel:
            continue
        problems.add((problem, temperature))
        low = end(row["ratio"], "low")
        if low > 1 + arguments.beyond:
            other = rows.get((problem, OTHER[temperature], contender))
            faster.append((low, row, pick, other))
    for low, row, pick, other in sorted(faster, key=lambda entry: -entry[0]):
        beside = f", {other['temperature']} x{other['ratio']['median']:.2f}" if other else ""
        print(f"{row['problem']} {row['temperature']}: {row['kernel']} x{row['ratio']['median']:.2f}"
              f" (at least {low:.2f}) of the picked {pick['kernel']}{beside}")
    print(f"{len(faster)} faster kernels over {len(problems)} rows with a choice")
    return 1 if faster else 0


if __name__ == "__main__":
    sys.exit(main())

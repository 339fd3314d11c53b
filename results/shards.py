#!/usr/bin/env python3
"""Runs the cases of a `poolbench bench` in shards, one after the other, merges their records, and
counts what became of the rows: lost, there twice, or with other figures than in the shard's own
record.

    shards.py POOLBENCH COUNT FOLDER ARGUMENT...     arguments of bench; FOLDER gets the records
    shards.py build/release/poolbench 8 /tmp/shards --suite models --backend openmp
"""

import collections
import json
import os
import subprocess
import sys


def part(folder, number):
    return os.path.join(folder, f"part-{number}.json")


def run(poolbench, count, folder, arguments):
    """Writes the records of all shards. Returns the exit status of each."""
    return [subprocess.run([poolbench, "bench", *arguments, "--shard", f"{number}/{count}",
                            "--json", part(folder, number)],
                           stdout=subprocess.DEVNULL, check=False).returncode
            for number in range(1, count + 1)]


def merge(poolbench, parts, whole):
    return subprocess.run([poolbench, "record", "merge", *parts, "-o", whole],
                          stderr=subprocess.PIPE, text=True, check=False)


def rows_of(path):
    """Yields (key, text) of each row, with the digits of numbers as they stand in the file. Only
    the place of its family in the file may be another one."""
    with open(path, encoding="utf-8") as file:
        record = json.load(file, parse_float=str, parse_int=str)
    for row in record["benchmarks"]:
        row.pop("family_index")
        yield (row["name"], row.get("repetition_index")), json.dumps(row, sort_keys=True)


def count_rows(parts, whole):
    """Returns how many rows the parts have, and of these how many are lost in the whole, there more
    than once, or other; and how many are there that no part has."""
    of_parts = dict(row for path in parts for row in rows_of(path))
    of_whole = collections.defaultdict(list)
    for key, text in rows_of(whole):
        of_whole[key].append(text)
    return {"rows": len(of_parts),
            "lost": sum(key not in of_whole for key in of_parts),
            "twice": sum(len(texts) > 1 for texts in of_whole.values()),
            "other": sum(text != of_parts.get(key) for key in of_whole for text in of_whole[key]),
            "added": sum(key not in of_parts for key in of_whole)}


def main():
    poolbench, count, folder, *arguments = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    statuses = run(poolbench, int(count), folder, arguments)
    parts = [part(folder, number) for number in range(1, int(count) + 1)]
    whole = os.path.join(folder, "whole.json")
    merged = merge(poolbench, parts, whole)
    if merged.returncode not in (0, 3):
        sys.exit(f"exit statuses of the shards: {statuses}\n{merged.stderr}")
    counts = count_rows(parts, whole)
    print(", ".join(f"{what} {number}" for what, number in counts.items()))
    sys.exit(any(counts[what] for what in ("lost", "twice", "other", "added")))


if __name__ == "__main__":
    main()

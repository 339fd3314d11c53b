#!/usr/bin/env python3
"""Checks that `openmp` is as fast beside each peer as alone: a peer's thread pool must sleep.

    results/beside_peers.py PROGRAM [ROUNDS]

Each round starts one process with openmp alone and one with openmp and a peer, hot, and divides
openmp's median in the second by that in the first. Prints for each peer the median of these ratios
(above 1: slower beside the peer) with the lowest and the highest. Exit status: 0 all medians within
3 % of 1, 1 not, 4 no peer is here or a run failed.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
from records import median_rows, read_records  # noqa: E402

PEERS = ("onednn", "aten", "xnnpack")
PROBLEM = "max/sliding/f32/nhwc/src:1x192x56x56/k:3x3/s:2x2/p:1x1"  # all peers take it; fits in L2
LIMIT = 1.03


def run(*command):
    """Returns what the command prints. Throws CalledProcessError, which holds its messages."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def available_peers(program):
    lines = [line.split() for line in run(program, "list", "backends").splitlines()]
    return [peer for peer in PEERS if any(line[:2] == [peer, "available"] for line in lines)]


def openmp_seconds(program, *backends):
    """Returns openmp's median from a new process that times these backends."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "record.json")
        run(program, "bench", "--hot", "--blocks", "15", "--problem", PROBLEM, "--backend",
            ",".join(backends), "--json", path)
        ((_, record),) = read_records([path])
    return next(row["seconds"]["median"] for row in median_rows(record)
                if row["contender"] == "openmp")


def compare(program, rounds):
    """Prints a line a peer; returns the exit status."""
    peers = available_peers(program)
    if not peers:
        print("beside_peers: no peer is here; bench/run --peers installs them", file=sys.stderr)
        return 4
    ratios = {peer: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            alone = openmp_seconds(program, "openmp")
            ratios[peer].append(openmp_seconds(program, "openmp", peer) / alone)
    within = True
    for peer, values in ratios.items():
        median = statistics.median(values)
        within &= 1 / LIMIT <= median <= LIMIT
        print(f"{peer:8} {median:.3f}  ({min(values):.3f} to {max(values):.3f}, {rounds} rounds)")
    return 0 if within else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="PROGRAM", help="poolbench, with its modules beside it")
    parser.add_argument("rounds", metavar="ROUNDS", type=int, nargs="?", default=9, help="[9]")
    arguments = parser.parse_args()
    try:
        return compare(arguments.program, arguments.rounds)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"beside_peers: {error}", getattr(error, "stderr", ""), sep="\n", file=sys.stderr)
        return 4


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Whether `openmp` is as fast beside each peer as alone: peers bring threads, which must sleep.

    results/beside_peers.py PROGRAM [ROUNDS]

Runs the program by turns with openmp alone and with openmp and one peer, hot, in processes of their
own, and compares openmp's medians round by round. Prints for each peer the median of the ratios
(above 1: slower beside the peer) and their spread. Exit status: 0 all within 3 %, 1 not, 4 no peer.
"""
import json
import statistics
import subprocess
import sys
import tempfile

PEERS = ("onednn", "aten", "xnnpack")
PROBLEM = "max/sliding/f32/nhwc/src:1x192x56x56/k:3x3/s:2x2/p:1x1"  # all peers take it; fits in L2
LIMIT = 1.03


def openmp_seconds(program, backends):
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/record.json"
        subprocess.run([program, "bench", "--hot", "--blocks", "15", "--problem", PROBLEM,
                        "--backend", ",".join(backends), "--json", path],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)["benchmarks"]
    return next(row["poolbench"]["seconds"]["median"] for row in rows
                if row.get("poolbench", {}).get("contender") == "openmp")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 9
    listed = subprocess.run([program, "list", "backends"], capture_output=True, text=True).stdout
    peers = [peer for peer in PEERS
             if any(line.split()[:2] == [peer, "available"] for line in listed.splitlines())]
    if not peers:
        print("beside_peers: no peer is available; bench/run --peers installs them", file=sys.stderr)
        return 4
    ratios = {peer: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            alone = openmp_seconds(program, ["openmp"])
            ratios[peer].append(openmp_seconds(program, ["openmp", peer]) / alone)
    within = True
    for peer, values in ratios.items():
        median = statistics.median(values)
        within &= 1 / LIMIT <= median <= LIMIT
        print(f"{peer:8} {median:.3f}  ({min(values):.3f} to {max(values):.3f}, {rounds} rounds)")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())

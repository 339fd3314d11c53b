#!/usr/bin/env python3
"""A record of each commit of the past that touches a kernel of the CPU, for `record history`.

    bench/gate/measure_commits.py FOLDER [--minutes N] [--commits N] [ARGUMENTS of bench]
    poolbench record add runs.sqlite FOLDER && poolbench record history runs.sqlite --repository .

Builds the OpenMP backend of the newest N such commits as modules, and has one program, this one,
check and time each: so the method is the same for all. A record is FOLDER/COMMIT.json, its
contender `commit`. Goes on until the minutes are over; commits that were tried before
(FOLDER/tried.jsonl) are not tried again. They come in random order, so that a machine which gets
slower makes no step.
"""
import argparse
import os
import random
import subprocess
import sys
import time

from history import KERNELS, slices
from revision import Builder, Failed, add_build_options, git

NAME = "commit"  # of the contender


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--minutes", type=float, default=0, help="[%(default)g]")
    parser.add_argument("--commits", type=int, default=30, help="[%(default)s]")
    add_build_options(parser)
    return parser.parse_known_args()


def measure(flags, more, builder, commit):
    """Writes the commit's record. Returns what became of it."""
    path = os.path.join(flags.folder, commit + ".json")
    try:
        module = builder.build(commit, "native").module
    except Failed as error:
        return {"commit": commit, "said": error.args[0]}
    if not {"--suite", "--problem"} & set(more):
        more = ["--suite", "smoke", *more]
    done = subprocess.run([flags.program, "bench", "--module", f"{NAME}={module}", "--revision",
                           f"{NAME}={commit}", "--backend", NAME, "--json", path, *more],
                          check=False, text=True, capture_output=True)
    if os.path.exists(path):
        return {"commit": commit, "status": done.returncode}
    return {"commit": commit, "said": done.stderr.strip()}


def main():
    flags, more = arguments()
    os.makedirs(flags.folder, exist_ok=True)
    tried = os.path.join(flags.folder, "tried.jsonl")
    commits = git(flags.repository, "log", f"-{flags.commits}", "--format=%H", "--",
                  *KERNELS).decode().split()
    done = {one["commit"]: one for one in slices.read(tried)}
    left = [commit for commit in sorted(commits) if commit not in done]
    random.Random(len(commits)).shuffle(left)
    end = time.monotonic() + 60 * flags.minutes
    builder = Builder(flags.repository, flags.work)
    for commit in left:
        if time.monotonic() >= end:
            break
        done[commit] = measure(flags, more, builder, commit)
        slices.append(tried, done[commit])
    for commit in commits:
        if "said" in done.get(commit, ()):
            print(f"{commit[:12]}: no record: {done[commit]['said']}", file=sys.stderr)
    print(f"{sum('status' in done.get(commit, ()) for commit in commits)} of {len(commits)} "
          f"commits have a record; {sum(commit not in done for commit in commits)} were not tried yet")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as error:
        print(f"measure_commits: {error.args[0]}", file=sys.stderr)
        sys.exit(error.args[1])

#!/usr/bin/env python3
"""What the gate says of commits of the past, each against its parent, by its counts alone.

    bench/gate/history.py FILE [--minutes N] [--commits N] [ARGUMENTS of gate.py]

Judges the newest N commits that touch a kernel of the CPU, until the minutes are over, and appends
what the gate says to FILE, a line of JSON each. Prints the table of all in FILE, newest first, with
what each commit says of itself. Those that are in FILE are not judged again.
"""
import argparse
import os
import re
import subprocess
import sys
import time

from revision import GATE, ROOT, git

sys.path.insert(0, os.path.join(ROOT, "bench"))
import slices  # noqa: E402
# What the OpenMP kernels are made of.
KERNELS = ["kernels/openmp", *(f"kernels/{name}.h" for name in (
    "axes", "family", "fast_divisor", "operands", "pool_args", "reduce", "set", "types"))]
CASE = re.compile(r"^(\S+/src:\S+) +(\w+) +- +([+-][\d.]+) %(.*)$", re.M)
MOST_WORDS = 45


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--minutes", type=float, default=0, help="[%(default)g]")
    parser.add_argument("--commits", type=int, default=20, help="[%(default)s]")
    parser.add_argument("--repository", default=ROOT, help="[%(default)s]")
    return parser.parse_known_args()


def judged_in(path):
    return {one["commit"]: one for one in slices.read(path)}


def judge(root, commit, more):
    done = subprocess.run([sys.executable, os.path.join(GATE, "gate.py"), "--repository", root,
                           "--base", commit + "^", "--head", commit, "--no-clock", *more],
                          check=False, text=True, capture_output=True)
    return {"commit": commit, "status": done.returncode, "said": done.stdout + done.stderr}


def own_words(root, commit):
    """Of a commit's message, but for trailers and not at length."""
    subject, _, body = git(root, "log", "-1", "--format=%s%n%b", commit).decode().partition("\n")
    words = re.sub(r"^[A-Z][\w-]+: \S.*$", "", body, flags=re.M).split()
    text = " ".join(words[:MOST_WORDS]) + (" …" if len(words) > MOST_WORDS else "")
    return subject, text


def said_of(one):
    """What the gate said, in a few words."""
    said = one["said"]
    if "No launch runs other code" in said:
        return "no kernel's machine code differs: nothing to judge"
    changed = re.findall(r"^  (\w+) changed$", said, re.M)
    shared = re.search(r"^every launch goes through what changed: (.*)$", said, re.M)
    cases = CASE.findall(said)
    words = [f"{len(changed)} changed: {', '.join(changed)}" if changed else "no kernel changed"]
    if shared:
        words.append(f"all launches: {shared[1]}")
    if cases:
        shares = sorted(float(case[2]) for case in cases)
        words.append(f"{len(cases)} cases, {shares[0]:+.2f} to {shares[-1]:+.2f} % instructions")
    words += re.findall(r"^(?:WRONG|MISSING)  .*$", said, re.M)[:2]
    if one["status"] not in (0, 1, 2) and not cases:
        words.append(said.strip().splitlines()[-1])
    return "; ".join(words)


def verdict_of(one):
    fails = re.findall(r"^(\S+/src:\S+) .*\n  FAILS", one["said"], re.M)
    name = {0: "passes", 1: "slower", 2: "wrong", 3: "not all ran"}.get(one["status"], "failed")
    return name + (": " + ", ".join(fails[:3]) if fails else "")


def table(root, commits, judged):
    lines = ["| commit | what the gate said | verdict | what the commit says |",
             "| --- | --- | --- | --- |"]
    for commit in commits:
        if commit in judged:
            subject, text = own_words(root, commit)
            cells = (commit[:9], said_of(judged[commit]), verdict_of(judged[commit]),
                     f"**{subject}** {text}".strip())
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    waiting = sum(commit not in judged for commit in commits)
    if waiting:
        lines.append(f"\n{waiting} of {len(commits)} commits were not judged yet.")
    return "\n".join(lines)


def main():
    flags, more = arguments()
    commits = git(flags.repository, "log", f"-{flags.commits}", "--format=%H", "--",
                  *KERNELS).decode().split()
    end = time.monotonic() + 60 * flags.minutes
    for commit in commits:
        if time.monotonic() < end and commit not in judged_in(flags.file):
            slices.append(flags.file, judge(flags.repository, commit, more))
    print(table(flags.repository, commits, judged_in(flags.file)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

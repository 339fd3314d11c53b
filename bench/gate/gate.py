#!/usr/bin/env python3
"""Judges a commit's OpenMP backend against that of another one: right, complete, not slower.

    bench/gate/gate.py [--base REV] [--head REV] [options] [ARGUMENTS of `poolbench race`]

Builds both as modules, beside the checkout, which stays as it is. WORKTREE as a revision means the
files as they are. Only cases whose kernel's machine code differs are judged: by `poolbench check`,
by the instructions of a launch, and by `poolbench race --gate`. A case fails that is SLOWER, or
that takes more instructions than thresholds.txt allows where the clock, if it is asked, says
neither SAME nor FASTER, unless a commit says `Accepts-slower: CASE, reason` in a trailer.

CMAKE_ARGS and JOBS are further arguments of cmake and the build's parallelism.

Exit status: 0 as expected, 1 slower than allowed, 2 a wrong result, 3 something was not built or
did not run, 4 bad usage.
"""
import argparse
import collections
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
import time

import instructions
import kept_counts
from machine_code import compare
from revision import (GATE, SETS, Builder, Failed, accepted, add_build_options, commit_of,
                      why_no_avx2)

RAISES = (4, 2, 3, 1)  # exit statuses; where several hold, the first one counts
SIDES = ("base", "head")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="HEAD^", metavar="REV", help="[HEAD^]")
    parser.add_argument("--head", default="HEAD", metavar="REV", help="[HEAD]")
    parser.add_argument("--suite", action="append", help="of cases [smoke]")
    parser.add_argument("--problem", action="append", help="a case, or several by {a,b}")
    parser.add_argument("--filter", help="regular expression that cases must match")
    parser.add_argument("--isa", choices=list(SETS), default="native",
                        help="instruction set to race [this machine's best]")
    clock = parser.add_mutually_exclusive_group()
    clock.add_argument("--clock-advises", action="store_true",
                       help="SLOWER by the clock alone does not fail, as on a shared machine")
    clock.add_argument("--no-clock", action="store_true",
                       help="race nothing: results and instructions alone judge")
    add_build_options(parser)
    return parser.parse_known_args()


class Program:
    """The built program, and the modules of both sides once they are there."""

    def __init__(self, path):
        self.path = path
        self.count = os.path.join(os.path.dirname(path), instructions.COUNT)
        if not os.path.exists(self.count):
            raise Failed(f"{self.count} is not there: build the project, or give --program", 4)

    def json(self, key, command, allowed):
        """What a command writes to --json FILE. Shows what it says if it ends otherwise."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.json")
            done = subprocess.run([self.path, *command, "--json", path], text=True,
                                  capture_output=True, check=False)
            if done.returncode not in allowed or not os.path.exists(path):
                raise Failed(done.stdout + done.stderr.strip(), done.returncode or 3)
            with open(path, encoding="utf-8") as file:
                return json.load(file)[key]


def modules_of(built):
    return [word for side in SIDES for word in ("--module", f"{side}={built[side].module}")]


def select(program, flags):
    command = ["list", "problems"]
    for suite in flags.suite or ([] if flags.problem else ["smoke"]):
        command += ["--suite", suite]
    for problem in flags.problem or []:
        command += ["--problem", problem]
    if flags.filter:
        command += ["--filter", flags.filter]
    return [problem["text"] for problem in program.json("problems", command, {0})]


class Gate:
    """What is known of the cases, and the exit status that follows."""

    def __init__(self, program, accepts):
        self.program, self.accepts = program, accepts
        self.status = 0
        with open(os.path.join(GATE, "thresholds.txt"), encoding="utf-8") as file:
            lines = [line.split() for line in file if line.strip() and line[0] != "#"]
        self.thresholds = [(float(percent) / 100, pattern) for percent, pattern in lines]

    def fail(self, status):
        if not self.status or RAISES.index(status) < RAISES.index(self.status):
            self.status = status

    def threshold(self, case):
        return [share for share, pattern in self.thresholds
                if fnmatch.fnmatchcase(case, pattern)][-1]

    def check(self, built, cases):
        """Returns the kernels that each side picks for the cases that both have right."""
        rows = self.program.json("checks", ["check", *modules_of(built), "--backend",
                                            ",".join(SIDES), *problems(cases)], {0, 2, 3})
        picks = collections.defaultdict(dict)
        bad = {}
        for row in rows:
            if row["status"] not in ("ok", "differs"):
                bad.setdefault((row["problem"], row["contender"]), row)
            elif row["kernel"]:
                picks[row["problem"]][row["contender"]] = row["kernel"]
        for (case, side), row in bad.items():
            wrong = row["status"] in ("WRONG", "CHEAT")
            mended = (wrong and side == "base" and (case, "head") not in bad
                      and "head" in picks.get(case, {}))
            if not mended:
                self.fail(2 if wrong else 3)
            print(f"{row['status'] if wrong else 'MISSING'}  {case}  {side}: {row['reason']}"
                  + ("\n  right in the head, so not compared" if mended else ""))
            picks.pop(case, None)
        for case in cases:
            if case not in picks and not any((case, side) in bad for side in SIDES):
                self.fail(3)
                print(f"MISSING  {case}  no row tells of it")
        return picks

    def count(self, built, cases):
        """Returns (share by which the head takes more instructions, base, head) by case, and why
        some were not counted."""
        try:
            sides = [instructions.by_callgrind(self.program.count, built[side].module, cases)
                     for side in SIDES]
        except (OSError, RuntimeError) as error:
            return {}, f"no instructions were counted: {error}"
        return {case: (head / base - 1 if base else 0, base, head)
                for case, base, head in zip(cases, *sides)}, ""

    def race(self, built, cases, more):
        """Races the cases. Returns its rows by case; its exit status counts, but not for 1."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "race.json")
            if not {"--hot", "--cold"} & set(more):
                more = ["--hot", *more]
            if "--json" in more:
                path = more[more.index("--json") + 1]
            else:
                more = ["--json", path, *more]
            contenders = [word for side in SIDES
                          for word in ("--contender", f"{side}=openmp@{built[side].module}")]
            done = subprocess.run([self.program.path, "race", "--gate", *contenders,
                                   *problems(cases), *more], check=False)
            if done.returncode not in (0, 1):
                self.fail(done.returncode if done.returncode in RAISES else 3)
            rows = collections.defaultdict(list)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    for row in json.load(file)["race"]["rows"]:
                        rows[row["problem"]].append(row)
        return rows

    def accepted(self, case):
        """The reason of the trailer that accepts a slower case."""
        return next((reason for pattern, reason in self.accepts
                     if fnmatch.fnmatchcase(case, pattern)), None)

    def judge(self, case, rows, counts, built, clock_advises):
        """What is to be said of a case's instructions, and what fails of it, if anything. No rows:
        the clock was not asked."""
        words = {row["verdict"] for row in rows} or {"no clock"}
        share, base, head = counts.get(case, (0, 0, 0))
        text = f"{100 * share:+.2f} %" if case in counts else "-"
        why = ""
        if "SLOWER" in words and not clock_advises:
            why = "slower by the clock"
        elif share > self.threshold(case) and not words <= {"SAME", "FASTER"}:
            agreed, how = instructions.agreed(
                self.program.count, [(built["base"].module, case, base),
                                     (built["head"].module, case, head)])
            text += f", {how}" if agreed else f", not judged: {how}"
            why = f"more than {100 * self.threshold(case):g} % more instructions" if agreed else ""
        reason = self.accepted(case)
        if not why:
            return text, ""
        if reason is None:
            self.fail(1)
            return text, f"FAILS: {why}"
        return text, f"accepted, {why}: {reason}"


def problems(cases):
    return [word for case in cases for word in ("--problem", case)]


def counted(fates):
    words = collections.Counter(fates)
    return ", ".join(f"{words[word]} {word}" for word in ("changed", "renamed", "identical")
                     if words[word])


def run(flags, more):
    started = time.monotonic()
    why_not = why_no_avx2()
    if flags.isa == "avx2" and why_not:
        raise Failed(f"--isa avx2: {why_not}", 4)
    program = Program(flags.program)
    cases = select(program, flags)
    commits = {side: commit_of(flags.repository, getattr(flags, side)) for side in SIDES}
    gate = Gate(program, accepted(flags.repository, *commits.values()))
    builder = Builder(flags.repository, flags.work)
    built = {side: builder.build(commits[side], flags.isa) for side in SIDES}
    print("base {}, head {}, built in {:.0f} s".format(
        *(commit[:12] for commit in commits.values()), time.monotonic() - started))

    for line in kept_counts.report(*(builder.texts(commits[side]) for side in SIDES)):
        print(line)

    rows = program.json("kernels", ["list", "kernels", *modules_of(built), "--backend",
                                    ",".join(SIDES)], {0})
    fates, shared = compare(built["base"].code, built["head"].code,
                            sorted({row["kernel"] for row in rows}))
    print(f"kernels: {counted(fates.values())}")
    for kernel, fate in fates.items():
        if fate != "identical":
            print(f"  {kernel} {fate}")
    if shared:
        print(f"every launch goes through what changed: {', '.join(shared)}")
    if not shared and "changed" not in fates.values():
        print(f"No launch runs other code than before: none of {len(cases)} cases is judged.")
        return 0

    picks = gate.check(built, cases)
    judged = [case for case, pick in picks.items()
              if shared or len(set(pick.values())) > 1 or fates[pick["head"]] == "changed"]
    print(f"{len(picks) - len(judged)} of {len(cases)} cases run the same code on both sides.")
    if not judged:
        return gate.status
    for side in SIDES:
        if not why_not and not any("_avx2/" in key for key in built[side].code):
            built[side + "-counted"] = builder.build(commits[side], "avx2")
    counting = {side: built.get(side + "-counted", built[side]) for side in SIDES}
    counts, why_none = gate.count(counting, judged)
    races = {} if flags.no_clock else gate.race(built, judged, more)
    width = max(map(len, judged))
    print(f"\n{'case':<{width}}  kernel    clock                   instructions")
    for case in judged:
        rows = races.get(case, [])
        text, why = gate.judge(case, rows, counts, counting, flags.clock_advises)
        clock = ", ".join(f"{row['verdict']} {100 * row['effect']['median']:+.1f} %"
                          if row["effect"]["median"] is not None else row["verdict"]
                          for row in rows) or ("-" if flags.no_clock else "MISSING")
        print(f"{case:<{width}}  {picks[case]['head']:<8}  {clock:<22}  {text}"
              + (f"\n  {why}" if why else ""))
        if not rows and not flags.no_clock:
            gate.fail(3)
    if why_none:
        gate.fail(3)
        print(why_none)
    print("{} in {:.0f} s".format(
        {0: "As expected", 1: "Slower", 2: "Wrong", 3: "Not all ran"}.get(gate.status, "Failed"),
        time.monotonic() - started))
    return gate.status


def main():
    try:
        return run(*arguments())
    except Failed as error:
        print(f"gate: {error.args[0]}", file=sys.stderr)
        return error.args[1]


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())

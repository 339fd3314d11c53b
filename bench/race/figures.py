#!/usr/bin/env python3
"""Measures how good a race's verdicts are on this machine, in slices that add up in one file.

    bench/race/figures.py FILE [--minutes N] [options] [ARGUMENTS of `poolbench race`]

Runs trials of which the truth is known until N minutes are over (0: none), appends each to FILE, a
line of JSON, and prints the table of all in FILE. A trial is one gate of the cases: a contender
against itself, against itself linked in another order with padding (bench/race/relink.py), or made
3, 5 and 10 % slower; alone, or beside a busy process of this script's. The kind that is furthest
behind its goal is next. Stopped halfway, a trial is not in FILE.
"""
import argparse
import contextlib
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import slices  # noqa: E402
from problems import listed  # noqa: E402
from relink import relink  # noqa: E402
CASES = 8  # of a gate: the first of the suite
PLANTED = (3, 5, 10)  # percent
# (kind, beside a busy process): trials wanted
GOALS = {("aa", False): 400, ("aa", True): 400, ("plant", False): 25, ("plant", True): 25,
         ("relinked", False): 50, ("relinked", True): 50}
QUIET = {3: 0.009, 5: 0.012, 10: 0.012}  # copies' half-width of the cases that count


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--minutes", type=float, default=0, help="[%(default)g]")
    parser.add_argument("--suite", default="smoke", help=f"its first {CASES} cases [%(default)s]")
    build = os.environ.get("POOLBENCH_BUILD") or os.path.join(ROOT, "build", "release")
    parser.add_argument("--program", default=os.path.join(build, "poolbench"), help="[%(default)s]")
    return parser.parse_known_args()


def next_kind(trials):
    done = dict.fromkeys(GOALS, 0)
    for trial in trials:
        done[trial["kind"], trial["busy"]] += 1
    return min(GOALS, key=lambda kind: done[kind] / GOALS[kind])


@contextlib.contextmanager
def busy_process(wanted):
    """One processor's worth of work that is nobody's business."""
    command = [sys.executable, "-c", "while True: pass"]
    process = subprocess.Popen(command) if wanted else None
    try:
        yield
    finally:
        if process:
            process.kill()
            process.wait()


def cases_of(program, suite):
    return [problem.text for problem in listed(program, ["--suite", suite])[:CASES]]


def asked_for(kind, program, folder):
    """What to ask of `race`."""
    if kind == "aa":
        return ["--aa", "1"]
    if kind == "plant":
        return ["--plant", ",".join(map(str, PLANTED))]
    words = []
    for name in ("base", "head"):
        module = os.path.join(folder, name + ".so")
        relink(os.path.dirname(program), module, random.getrandbits(32))
        words += ["--contender", f"{name}=openmp@{module}"]
    return words


def run_trial(program, kind, busy, cases, more):
    """One trial as FILE keeps it; None if it did not end as it should."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trial.json")
        command = [program, "race", "--gate", "--hot", *asked_for(kind, program, folder),
                   "--json", path]
        for case in cases:
            command += ["--problem", case]
        started = time.monotonic()
        with busy_process(busy):
            done = subprocess.run([*command, *more], check=False, text=True,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seconds = time.monotonic() - started
        # A race, other than trials of `race` itself, ends with 1 where something is SLOWER.
        if done.returncode not in ((0, 1) if kind == "relinked" else (0,)):
            print(f"no trial: exit status {done.returncode}: {done.stderr[-500:]}", file=sys.stderr)
            return None
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    facts = record["context"]["poolbench"]
    trial = {"kind": kind, "busy": busy, "seconds": round(seconds, 1), "cases": len(cases),
             "date": record["context"]["date"], "commit": facts["noted"]["commit"],
             "comparable": facts["comparable"]}
    if kind == "relinked":
        race = record["race"]
        return trial | {"alarmed": len(race["alarms"]),
                        "rows": [{key: row[key] for key in ("problem", "verdict", "effect")}
                                 for row in race["rows"]]}
    keys = ("planted", "alarmed", "level", "each")
    return trial | {"copies": record["trials"]["copies"],
                    "contenders": [{key: one[key] for key in keys}
                                   for one in record["trials"]["contenders"]]}


def run_for(path, minutes, program, suite, more):
    """Whether all trials ended as they should. None begins that would not end in time."""
    end, longest = time.monotonic() + 60 * minutes, 0
    cases = cases_of(program, suite)
    while time.monotonic() + longest < end:
        kind, busy = next_kind(slices.read(path))
        trial = run_trial(program, kind, busy, cases, more)
        if trial is None:
            return False
        slices.append(path, trial)
        longest = max(longest, trial["seconds"])
    return True


def wilson(count, n):
    """Wilson's 95 % interval, as in bench/race/bets.cpp."""
    if n == 0:
        return 0, 1
    z = 1.959964
    middle, spread = count + z * z / 2, z * math.sqrt(count * (n - count) / n + z * z / 4)
    return (middle - spread) / (n + z * z), (middle + spread) / (n + z * z)


def share(count, n):
    if n == 0:
        return "not measured"
    low, high = wilson(count, n)
    return f"{count} of {n}: {100 * count / n:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def rows_of(trials, planted):
    return [row for trial in trials for one in trial["contenders"]
            if round(100 * one["planted"]) == planted for row in one["each"]
            if row["verdict"] in ("SLOWER", "FASTER", "SAME", "UNRESOLVED")]


def column(trials):
    """The figures of some trials, by name."""
    gates = [trial for trial in trials if trial["kind"] == "aa"]
    planted = [trial for trial in trials if trial["kind"] == "plant"]
    false = sum(any(row["verdict"] in ("SLOWER", "FASTER")
                    for one in gate["contenders"] for row in one["each"]) for gate in gates)
    figures = {"gates on identical code with a false SLOWER or FASTER": share(false, len(gates))}
    relinked = [trial for trial in trials if trial["kind"] == "relinked"]
    for word in ("SLOWER", "FASTER"):
        figures[f"gates of the same source, linked in another order, with a {word}"] = share(
            sum(any(row["verdict"] == word for row in one["rows"]) for one in relinked),
            len(relinked))
    with_alarm = sum(one["alarmed"] > 0 for gate in gates for one in gate["contenders"])
    figures["gates whose own copies differed, so that nothing was judged"] = share(with_alarm,
                                                                                  len(gates))
    told = [row["covers"] for row in rows_of(gates, 0) if row["covers"] is not None]
    covering = sum(told) + sum(gate["copies"]["covering"] for gate in gates)
    intervals = len(told) + sum(gate["copies"]["intervals"] for gate in gates)
    level = next((one["level"] for gate in gates for one in gate["contenders"] if one["level"]), 0)
    figures["intervals on identical code that hold 0"] = (
        f"{share(covering, intervals)}; should be {100 * level:.1f} %" if intervals
        else "not measured")
    wrong = holds = says = 0
    for percent in PLANTED:
        rows = rows_of(planted, percent)
        quiet = [row for row in rows if row["copies_half_width"] is not None
                 and row["copies_half_width"] <= QUIET[percent]]
        found = sum(row["verdict"] == "SLOWER" for row in quiet)
        figures[f"+{percent} % found where copies are within {100 * QUIET[percent]:g} %"] = share(
            found, len(quiet))
        figures[f"+{percent} %: rows where they are"] = share(len(quiet), len(rows))
        errors = sorted(row["error"] for row in rows if row["error"] is not None)
        figures[f"+{percent} %: median error of the median"] = (
            f"{100 * errors[len(errors) // 2]:+.2f} points" if errors else "not measured")
        seen = [row for row in rows if row["least_seen"] is not None
                and row["least_seen"] <= math.log1p(percent / 100)]
        says, holds = says + len(seen), holds + sum(row["verdict"] == "SLOWER" for row in seen)
        wrong += sum(row["verdict"] == "FASTER" for row in rows)
    figures["planted rows with the wrong sign"] = share(
        wrong, sum(len(rows_of(planted, percent)) for percent in PLANTED))
    figures["planted rows that said that they would see as much, and did"] = share(holds, says)
    for kind, some in (("A/A", gates), ("planted", planted)):
        cases = sum(trial["cases"] for trial in some)
        figures[f"seconds a case, {kind}, set-up included"] = (
            f"{sum(trial['seconds'] for trial in some) / cases:.1f}" if cases else "not measured")
    return figures


def table(trials):
    columns = [column([trial for trial in trials if trial["busy"] == busy])
               for busy in (False, True)]
    lines = ["| | alone | beside a busy process | GPU |", "| --- | --- | --- | --- |"]
    lines += [f"| {name} | {alone} | {columns[1][name]} | not measured |"
              for name, alone in columns[0].items()]
    return "\n".join(lines)


def main():
    flags, more = arguments()
    ended = flags.minutes <= 0 or run_for(flags.file, flags.minutes, flags.program, flags.suite,
                                          more)
    print(table(slices.read(flags.file)))
    return 0 if ended else 3


if __name__ == "__main__":
    sys.exit(main())

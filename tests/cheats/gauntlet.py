#!/usr/bin/env python3
"""The gauntlet: runs every probe module, and says which tricks are caught and who is accused.

    gauntlet.py [--runs N] [--only REGEX] ... POOLBENCH PROBES [-- ARGUMENTS of bench]

PROBES is the folder where the build put the modules: probes/ under the build folder. Each probe
runs beside its honest twin, naive and openmp. What it tries and what should come of it stand in
the comment that its source begins with (README.md). With --runs-file FILE each run is appended to
FILE, a line of JSON; runs of the same program and probe with the same options that are there
already count and are not made again.
Exit status: 0 all caught and nobody accused, 1 not so, 4 nothing to run.
"""
import argparse
import concurrent.futures
import contextlib
import dataclasses
import hashlib
import math
import os
import subprocess
import sys
import time
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../bench"))
sys.dont_write_bytecode = True
import slices  # noqa: E402
from probes import NO_GAIN, OTHERS, all_probes, command_line, run  # noqa: E402
from records import end  # noqa: E402

BLOCKS, SAMPLE_MS = 6, 0.2
INNOCENT = {"ok", "NOISY", "ABOVE-CEILING", "refused"}  # accuses nobody


def gained(row):
    """Whether a row of the probe is better than the honest twin's, in the same blocks."""
    ratio = row.get("ratio")
    if row["status"] not in ("ok", "ABOVE-CEILING") or not ratio or ratio["median"] is None:
        return False
    return end(ratio, "low") > 1.05


def bench_options(blocks, sample_ms, arguments):
    return ["--blocks", str(blocks), "--sample-ms", str(sample_ms), *arguments]


@dataclasses.dataclass
class Verdict:
    """What the run of a probe says about the program."""

    right: bool      # a trick was caught, an honest probe was not accused
    statuses: list   # of the probe's rows
    evidence: str    # why
    accused: list    # the others with a row that blames them


@dataclasses.dataclass
class Run:
    """One run of a probe, as a file of runs keeps it."""

    program: str     # its SHA-256
    probe: str
    dishonest: bool
    busy: bool       # whether it ran beside a busy process on each core
    right: bool      # as in Verdict, and so are the next three
    statuses: list
    evidence: str
    accused: list
    record: bool     # whether there is a valid one
    exit: int | None
    seconds: float
    options: list = dataclasses.field(  # of bench; files of before they were kept have none
        default_factory=lambda: bench_options(BLOCKS, SAMPLE_MS, []))

    @classmethod
    def of(cls, program, probe, busy, outcome, options):
        return cls(program, probe.name, probe.dishonest, busy,
                   **dataclasses.asdict(judge(probe, outcome)), record=outcome.rows is not None,
                   exit=outcome.exit, seconds=round(outcome.seconds, 3), options=options)


def judge(probe, outcome):
    rows = outcome.of("probe")
    bad = [row for row in rows if row["status"] not in INNOCENT]
    accused = [name for name in OTHERS
               if any(row["status"] not in INNOCENT for row in outcome.of(name))]
    faults = list(faults_of_run(probe, outcome))
    if probe.dishonest:
        faults += faults_of_trick(probe, outcome, rows, bad, accused)
    elif bad:
        faults.append("accused: " + reason_of(bad[0]))
    evidence = faults or [reason_of(row) for row in bad] or [no_gain(row) for row in rows]
    return Verdict(not faults, sorted({row["status"] for row in rows}),
                   "; ".join(faults) or next(iter(evidence), ""), accused)


def faults_of_run(probe, outcome):
    """Yields what no module may bring about, whatever it does."""
    if outcome.exit is None:
        yield f"had to be killed after {outcome.seconds:.0f} s"
    if outcome.rows is None:
        yield "no record"
        if outcome.last_words:
            yield outcome.last_words
    elif not outcome.printed:
        yield "nothing on standard output"
    elif not probe.sends_term:  # which ends the run early
        lost = [name for name in ("probe",) + OTHERS if not outcome.of(name)]
        if lost:
            yield "no row of " + ", ".join(lost)


def faults_of_trick(probe, outcome, rows, bad, accused):
    """Yields what speaks against a trick having been caught."""
    may_be_in_vain = NO_GAIN in probe.expect
    unpunished = [row for row in rows if row not in bad]
    if unpunished and not may_be_in_vain:
        yield "passed"
    for row in unpunished:
        if gained(row):
            yield f"is {row['ratio']['median']:.2f} times as fast as its twin"
    if not bad:
        yield from outcome.gains
    if outcome.forged:
        yield "something forged in the output or the record"
    if accused:
        yield "blames " + ", ".join(accused)
    if outcome.exit == 0 and (bad or not may_be_in_vain):
        yield "exit status 0"


def reason_of(row):
    return row.get("reason") or row["status"]


def no_gain(row):
    ratio = row.get("ratio")
    timed = ratio and ratio["median"] is not None
    return f"{ratio['median']:.2f} times as fast as its twin" if timed else ""


def wilson(hits, total):
    """Returns the 95 % interval of a proportion: E. B. Wilson, Probable inference, the law of
    succession, and statistical inference, Journal of the American Statistical Association 22
    (1927), pages 209 to 212. Runs of one probe are no independent draws: it describes these
    probes."""
    if total == 0:
        return 0.0, 1.0
    z = 1.959964
    share, square = hits / total, z * z / total
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(share * (1 - share) / total + square / total / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def proportion(hits, total):
    low, high = wilson(hits, total)
    share = f"{hits / total:.1%}" if total else "-"
    return f"{hits} of {total} ({share}; 95 % interval {low:.1%} to {high:.1%})"


def counted(values):
    counts = Counter(values)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{value} {count}x" for value, count in counts.most_common())


def summary(runs, missed=0):
    """Returns the lines of the summary and whether all is well: nobody is accused, and at most so
    many tricks are missed."""
    tricks = [run for run in runs if run.dishonest]
    honest = [run for run in runs if not run.dishonest]
    caught, accused = sum(run.right for run in tricks), sum(not run.right for run in honest)
    beside = sum(len(run.accused) for run in honest)
    blamed = sum(bool(run.accused) for run in tricks)
    lines = [f"tricks caught: {proportion(caught, len(tricks))}",
             f"honest probes accused or lost: {proportion(accused, len(honest))}",
             f"twin, naive and openmp accused beside honest probes: "
             f"{proportion(beside, len(OTHERS) * len(honest))}",
             f"runs with a trick that another contender is blamed for: "
             f"{proportion(blamed, len(tricks))}"]
    if busy := sum(run.busy for run in runs):
        lines.append(f"runs beside a busy process on each core: {busy} of {len(runs)}")
    return lines, len(tricks) - caught <= missed and accused == 0 and beside == 0


def yes_no(flags):
    flags = list(flags)
    return {len(flags): "yes", 0: "no"}.get(sum(flags), f"{sum(flags)} of {len(flags)}")


def markdown(runs, probes, command):
    """Returns the tables, a line a probe."""
    lines = ["# The gauntlet", "", f"`{command}`", ""]
    lines += [f"- {line}" for line in summary(runs)[0]]
    for title, dishonest in (("Tricks", True), ("Honest but odd", False)):
        lines += ["", f"## {title}", "",
                  "| probe | what it does | runs | seen | expected | " +
                  ("caught" if dishonest else "not accused") +
                  " | evidence | others blamed | record | exit status not 0 |",
                  "| --- " * 10 + "|"]
        for probe in probes:
            mine = [r for r in runs if (r.probe, r.dishonest) == (probe.name, dishonest)]
            if probe.dishonest != dishonest or not mine:
                continue
            worst = next((run for run in mine if not run.right), mine[0])
            cells = [probe.name, probe.trick, str(len(mine)),
                     counted(" + ".join(run.statuses) or "-" for run in mine),
                     ", ".join(probe.expect), yes_no(run.right for run in mine),
                     worst.evidence[:160] or "-",
                     counted(", ".join(run.accused) or "no" for run in mine),
                     yes_no(run.record for run in mine), yes_no(run.exit != 0 for run in mine)]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def kept_runs(path, program, options, probes):
    """Returns the runs of this program that a file of runs has, of these probes with these options
    of bench."""
    names = {(probe.name, probe.dishonest) for probe in probes}
    runs = [Run(**line) for line in (slices.read(path) if path else [])]
    return [run for run in runs if (run.program, run.options) == (program, options)
            and (run.probe, run.dishonest) in names]


def still_to_run(probes, options, runs):
    """Yields each probe as often as it has not run yet, all once before any twice."""
    done = Counter((r.probe, r.dishonest) for r in runs if r.busy == options.busy)
    for number in range(options.runs):
        yield from (p for p in probes if done[p.name, p.dishonest] <= number)


@contextlib.contextmanager
def busy_cores(wanted):
    """Keeps a process busy on each core."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
               for _ in range(os.cpu_count() or 1)] if wanted else []
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("poolbench", type=os.path.abspath)
    parser.add_argument("probes", type=os.path.abspath)
    parser.add_argument("--runs", type=int, default=1, help="of each probe")
    parser.add_argument("--jobs", type=int, default=1, help="runs at once")
    parser.add_argument("--only", default="", metavar="REGEX", help="as in dishonest/peek")
    parser.add_argument("--busy", action="store_true", help="beside a busy process on each core")
    parser.add_argument("--blocks", type=int, default=BLOCKS)
    parser.add_argument("--sample-ms", type=float, default=SAMPLE_MS)
    parser.add_argument("--limit", type=float, default=90, help="seconds a run")
    parser.add_argument("--missed", type=int, default=0, metavar="N",
                        help="tricks that may be missed; nobody may be accused")
    parser.add_argument("--runs-file", metavar="FILE", help="of runs, which it goes on with")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begins no run after them")
    parser.add_argument("--markdown", metavar="FILE")
    after = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    options = parser.parse_args(sys.argv[1:after])
    options.arguments = sys.argv[after + 1:]
    return options


def main():
    options = parse_arguments()
    probes = list(all_probes(options.probes, options.only))
    missing = [probe.module for probe in probes if not os.path.exists(probe.module)]
    if missing or not probes:
        print(f"gauntlet.py: not built: {missing[0]}" if missing else
              f"gauntlet.py: no probe matches '{options.only}'", file=sys.stderr)
        return 4
    help_text = {command: subprocess.run([options.poolbench, command, "--help"], check=True,
                                         capture_output=True, text=True).stdout
                 for command in ("bench", "check")}

    with open(options.poolbench, "rb") as file:
        program = hashlib.sha256(file.read()).hexdigest()
    of_bench = bench_options(options.blocks, options.sample_ms, options.arguments)
    runs = kept_runs(options.runs_file, program, of_bench, probes)
    last_begin = time.monotonic() + options.minutes * 60

    def one(probe):
        if time.monotonic() > last_begin:
            return
        outcome = run(command_line(options.poolbench, probe, options, help_text[probe.command]),
                      probe, options.limit)
        done = Run.of(program, probe, options.busy, outcome, of_bench)
        print(f"{'ok  ' if done.right else 'FAIL'} {outcome.seconds:5.1f} s  "
              f"{'dishonest' if probe.dishonest else 'honest'}/{probe.name}: "
              f"{' + '.join(done.statuses) or '-'}; {done.evidence}", flush=True)
        runs.append(done)
        if options.runs_file:
            slices.append(options.runs_file, dataclasses.asdict(done))

    with busy_cores(options.busy), concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one, list(still_to_run(probes, options, runs))))
    command = (f"tests/cheats/gauntlet.py --runs {options.runs} --blocks {options.blocks}"
               f" --sample-ms {options.sample_ms}{' --busy' * options.busy}"
               f"{' --runs-file FILE' * bool(options.runs_file)}"
               f"{' -- ' * bool(options.arguments)}{' '.join(options.arguments)}")
    if options.markdown:
        with open(options.markdown, "w", encoding="utf-8") as file:
            file.write(markdown(runs, probes, command))
    lines, well = summary(runs, options.missed)
    print("\n".join(lines))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

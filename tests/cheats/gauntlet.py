#!/usr/bin/env python3
"""The gauntlet: runs every probe module, and says which tricks are caught and who is accused.

    gauntlet.py [--runs N] [--only REGEX] ... POOLBENCH PROBES [-- ARGUMENTS of bench]

PROBES is the folder where the build put the modules: probes/ under the build folder. Each probe
runs beside its honest twin, naive and openmp. What it tries and what should come of it stand in
the comment that its source begins with (README.md). Exit status: 0 all caught and nobody accused,
1 not so, 4 nothing to run.
"""
import argparse
import concurrent.futures
import contextlib
import dataclasses
import json
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../bench"))
sys.dont_write_bytecode = True
from problem_text import BadInput  # noqa: E402
from records import end, median_rows, read_records  # noqa: E402

OTHERS = ("twin", "naive", "openmp")
PROBLEM = "max/sliding/f32/nchw/src:1x64x56x56/k:3x3/s:2x2/p:1x1"
INNOCENT = {"ok", "NOISY", "ABOVE-CEILING", "refused"}  # accuses nobody
NO_GAIN = "no gain"
HANGS = 5        # --case-limit, seconds, where a probe means to hang
PATIENCE = 60    # and elsewhere
TERM_AFTER = 2.5  # seconds
TERM_LIMIT = 4   # twice what the program promises, for busy machines
FORGED = b"forged"  # in whatever probes forge, and in no name of a probe that must pass


@dataclasses.dataclass
class Probe:
    """A module, and what the comment of its source says."""

    name: str
    dishonest: bool
    module: str
    trick: str
    catch: str
    expect: tuple     # statuses, and NO_GAIN
    command: str      # "bench" or "check"
    arguments: list
    sends_term: bool

    @classmethod
    def read(cls, source, folder):
        """Reads the comment `// Key: text` at the head of a source."""
        says = {}
        with open(source, encoding="utf-8") as file:
            for line in file:
                match = re.match(r"// (\w+): (.*)", line)
                if not match:
                    break
                says[match[1]] = match[2]
        kind, name = os.path.split(os.path.splitext(os.path.relpath(source, HERE))[0])
        command, *arguments = says.get("Run", "bench").split()
        expect = says.get("Expect", "ok").split(", ")
        return cls(name, kind == "dishonest", os.path.join(folder, kind, name + ".so"),
                   says.get("Trick") or says.get("Odd"), says.get("Catch", ""), tuple(expect),
                   command, arguments, says.get("Signal") == "TERM")


def all_probes(folder, only):
    for kind in ("dishonest", "honest"):
        for name in sorted(os.listdir(os.path.join(HERE, kind))):
            if re.search(only, f"{kind}/{os.path.splitext(name)[0]}"):
                yield Probe.read(os.path.join(HERE, kind, name), folder)


@dataclasses.dataclass
class Outcome:
    """What one run of a probe left behind."""

    exit: int | None       # None: it had to be killed
    seconds: float         # from its start, or from SIGTERM
    rows: list | None      # None: no valid record
    gains: list            # what the probe itself saw to succeed
    printed: bool          # whether there was standard output
    forged: bool           # whether something forged got there or into the record
    last_words: str        # of standard error

    def of(self, contender):
        return [row for row in self.rows or [] if row["contender"] == contender]


def command_line(program, probe, options, help_text):
    line = [program, probe.command, "--module", f"probe={probe.module}",
            "--module", f"twin={os.path.join(options.probes, 'honest/plain.so')}",
            "--backend", ",".join(("probe",) + OTHERS), "--json", "record.json"]
    line += options.arguments + probe.arguments
    if "--problem" not in line:
        line += ["--problem", PROBLEM]
    if probe.command == "bench":
        line += ["--baseline", "twin"] + ([] if "--cold" in line else ["--hot"])
        # A ratio needs more blocks than a status does.
        blocks = options.blocks * 4 if NO_GAIN in probe.expect else options.blocks
        line += [] if "--blocks" in line else ["--blocks", str(blocks)]
        line += [] if "--sample-ms" in line else ["--sample-ms", str(options.sample_ms)]
    if "--case-limit" in help_text:
        line += ["--case-limit", str(HANGS if "HUNG" in probe.expect else PATIENCE)]
    return line


def rows_of(path):
    """Returns the rows of a record of `bench` or `check`, or None where there is no valid one."""
    try:
        with open(path, encoding="utf-8") as file:
            checks = json.load(file).get("checks")
        return checks if checks is not None else median_rows(next(read_records([path]))[1])
    except (OSError, ValueError, AttributeError, BadInput):
        return None


def end_session(session):
    """Kills what a run left behind, in whatever process group."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.getsid(int(name)) == session:
                os.kill(int(name), signal.SIGKILL)


def run(line, probe, limit):
    """Runs a probe in a folder of its own, whatever it does there."""
    with tempfile.TemporaryDirectory() as folder:
        path = {name: os.path.join(folder, name)
                for name in ("stdout", "stderr", "log", "record.json")}
        environment = dict(os.environ, POOLBENCH_PROBE_LOG=path["log"])
        # Files and no pipes: a process left behind would keep a pipe open.
        with open(path["stdout"], "wb") as stdout, open(path["stderr"], "wb") as stderr:
            process = subprocess.Popen(line, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                       stdout=stdout, stderr=stderr, start_new_session=True)
        begin = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if probe.sends_term:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(TERM_AFTER)
                process.terminate()
                begin, limit = time.monotonic(), TERM_LIMIT
            process.wait(limit)
        seconds = time.monotonic() - begin
        time.sleep(0.1)  # for what a process left behind may do to the record
        status = process.poll()
        end_session(process.pid)
        process.wait()
        texts = {name: open(file, "rb").read() if os.path.exists(file) else b""
                 for name, file in path.items()}
        return Outcome(status, seconds, rows_of(path["record.json"]),
                       sorted(set(texts["log"].decode().splitlines())),
                       bool(texts["stdout"]), FORGED in texts["stdout"] + texts["record.json"],
                       (texts["stderr"].decode(errors="replace").splitlines() or [""])[-1])


def gained(row):
    """Whether a row of the probe is better than the honest twin's, in the same blocks."""
    ratio = row.get("ratio")
    if row["status"] not in ("ok", "ABOVE-CEILING") or not ratio or ratio["median"] is None:
        return False
    return end(ratio, "low") > 1.05


@dataclasses.dataclass
class Verdict:
    """What the run of a probe says about the program."""

    right: bool      # a trick was caught, an honest probe was not accused
    statuses: list   # of the probe's rows
    evidence: str    # why
    accused: list    # the others with a row that blames them


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


def summary(results, missed=0):
    """Returns the lines of the summary and whether all is well: nobody is accused, and at most so
    many tricks are missed."""
    tricks = [v for p, _, v in results if p.dishonest]
    honest = [v for p, _, v in results if not p.dishonest]
    caught, accused = sum(v.right for v in tricks), sum(not v.right for v in honest)
    beside = sum(len(v.accused) for v in honest)
    blamed = sum(bool(v.accused) for v in tricks)
    lines = [f"tricks caught: {proportion(caught, len(tricks))}",
             f"honest probes accused or lost: {proportion(accused, len(honest))}",
             f"twin, naive and openmp accused beside honest probes: "
             f"{proportion(beside, len(OTHERS) * len(honest))}",
             f"runs with a trick that another contender is blamed for: "
             f"{proportion(blamed, len(tricks))}"]
    return lines, len(tricks) - caught <= missed and accused == 0 and beside == 0


def yes_no(flags):
    flags = list(flags)
    return {len(flags): "yes", 0: "no"}.get(sum(flags), f"{sum(flags)} of {len(flags)}")


def markdown(results, command):
    """Returns the tables, a line a probe."""
    lines = ["# The gauntlet", "", f"`{command}`", ""]
    lines += [f"- {line}" for line in summary(results)[0]]
    for title, dishonest in (("Tricks", True), ("Honest but odd", False)):
        lines += ["", f"## {title}", "",
                  "| probe | what it does | seen | expected | " +
                  ("caught" if dishonest else "not accused") +
                  " | evidence | others blamed | record | exit status not 0 |",
                  "| --- " * 9 + "|"]
        for name in dict.fromkeys(p.name for p, _, _ in results if p.dishonest == dishonest):
            mine = [r for r in results if r[0].name == name and r[0].dishonest == dishonest]
            probe = mine[0][0]
            worst = next((v for _, _, v in mine if not v.right), mine[0][2])
            cells = [name, probe.trick, counted(" + ".join(v.statuses) or "-" for _, _, v in mine),
                     ", ".join(probe.expect), yes_no(v.right for _, _, v in mine),
                     worst.evidence[:160] or "-",
                     counted(", ".join(v.accused) or "no" for _, _, v in mine),
                     yes_no(o.rows is not None for _, o, _ in mine),
                     yes_no(o.exit != 0 for _, o, _ in mine)]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def as_json(results, command):
    runs = [{"probe": p.name, "dishonest": p.dishonest, "expected": p.expect,
             **dataclasses.asdict(v), "exit": o.exit, "seconds": round(o.seconds, 3),
             "record": o.rows is not None, "gains": o.gains, "forged": o.forged}
            for p, o, v in results]
    return {"command": command, "summary": summary(results)[0], "runs": runs}


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
    parser.add_argument("--blocks", type=int, default=6)
    parser.add_argument("--sample-ms", type=float, default=0.2)
    parser.add_argument("--limit", type=float, default=90, help="seconds a run")
    parser.add_argument("--missed", type=int, default=0, metavar="N",
                        help="tricks that may be missed; nobody may be accused")
    parser.add_argument("--json", metavar="FILE")
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

    def one(probe):
        outcome = run(command_line(options.poolbench, probe, options, help_text[probe.command]),
                      probe, options.limit)
        verdict = judge(probe, outcome)
        print(f"{'ok  ' if verdict.right else 'FAIL'} {outcome.seconds:5.1f} s  "
              f"{'dishonest' if probe.dishonest else 'honest'}/{probe.name}: "
              f"{' + '.join(verdict.statuses) or '-'}; {verdict.evidence}", flush=True)
        return probe, outcome, verdict

    with busy_cores(options.busy), concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(one, probes * options.runs))
    command = (f"tests/cheats/gauntlet.py --runs {options.runs} --blocks {options.blocks}"
               f" --sample-ms {options.sample_ms}{' --busy' * options.busy}"
               f"{' -- ' * bool(options.arguments)}{' '.join(options.arguments)}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(as_json(results, command), file, indent=1)
    if options.markdown:
        with open(options.markdown, "w", encoding="utf-8") as file:
            file.write(markdown(results, command))
    lines, well = summary(results, options.missed)
    print("\n".join(lines))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

"""Probes: the modules of the gauntlet, and one run of one of them."""
import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../bench"))
sys.dont_write_bytecode = True
from records import BadInput, median_rows, read_records  # noqa: E402

OTHERS = ("twin", "naive", "openmp")
PROBLEM = "max/sliding/f32/nchw/src:1x64x56x56/k:3x3/s:2x2/p:1x1"
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

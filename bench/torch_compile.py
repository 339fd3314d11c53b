#!/usr/bin/env python3
"""Times PyTorch's compiled form, torch.compile, on a CUDA device by the rules of `poolbench bench`.

    poolbench list problems --suite models --batch 1,32 | bench/torch_compile.py --problems - \\
        --json torch_compile.json

torch.compile needs Python, so it cannot be a contender in poolbench's process (libtorch's own
kernels are one: the peer aten-cuda). The rules are the same: the output is judged before it is
timed; launches are captured in a CUDA graph between two events; cold rotates over three times the
last-level cache, hot uses one set; a sample takes about a millisecond; medians have 95 % intervals
from order statistics. The record has the same schema, with "paired": false in every row: compare it
as results/README.md says for two records. Needs python3 and a PyTorch with CUDA whose events can be
nodes of a graph (external events, as in 2.11).

Exit status: 0 as expected, 2 a wrong result, 3 an error or nothing to do, 4 bad input, 5 no PyTorch
or no device.
"""

import argparse
import math
import sys
import time

from problem_text import BadInput, parse_problem
from torch_device import first_line, open_device
from torch_problem import Refused, Wrong, require_expressible
from torch_record import Record, median_interval, timed_details

# The rules of bench/time/measure.cpp. `case` is what is timed.
MAX_LAUNCHES = 10_000
WARM_UP_BELOW = 10e-3  # seconds; longer launches need no untimed one before them
FLOOR_PROBLEM = "max/sliding/f32/nchw/src:1x1x1x1/k:1x1"


def sets_for(facts, temperature, footprint, launches):
    """Returns the number of sets of tensors to rotate over for `launches` launches."""
    if temperature == "hot":
        return 1
    wanted = min(3 * facts["cache_bytes"], facts["memory_bytes"] // 4)
    return max(1, min(wanted // footprint + 1, launches))


def measure(case, facts, temperature, options):
    """Returns the seconds of a launch for each sample, the launches a sample, and bytes rotated."""
    case.rotate(1)
    case.sample(1)
    once = case.sample(1)
    launches = math.ceil(options.sample_seconds / max(once, 1e-9))
    launches = max(1, min(launches, MAX_LAUNCHES))
    sets = sets_for(facts, temperature, case.footprint, options.blocks * (launches + 1))
    case.rotate(sets)
    seconds = []
    for _ in range(options.blocks):
        if once < WARM_UP_BELOW:
            case.sample(1)
        seconds.append(case.sample(launches))
    return {"seconds": seconds, "launches": launches, "rotation_bytes": sets * case.footprint}


class Run:
    """Times problems on a device and keeps their record."""

    def __init__(self, device, options):
        self.device, self.options = device, options
        self.record = Record(device, options.mode)
        self.floor = None

    def floor_seconds(self):
        if self.floor is None:
            case = self.device.open(parse_problem(FLOOR_PROBLEM))
            seconds = measure(case, self.device.facts, "hot", self.options)["seconds"]
            self.floor = median_interval(seconds)["median"]
            case.close()
        return self.floor

    def time(self, p):
        """Times a problem at each temperature; returns its status."""
        details = {
            "contender": "torch.compile",
            "kernel": "",
            "problem": p.text,
            "status": "ok",
            "reason": "",
            "device": self.device.facts["uuid"],
            "paired": False,
        }
        case, series = None, {}
        try:
            require_expressible(p)
            case = self.device.open(p)
            details["kernel"] = case.kernel
            for temperature in self.options.temperatures:
                series[temperature] = measure(case, self.device.facts, temperature, self.options)
                case.check_timed()
        except Refused as refused:
            details.update(status="refused", reason=str(refused))
        except Wrong as wrong:
            details.update(status="WRONG", reason=str(wrong))
        except Exception as error:  # PyTorch throws many types; the run goes on
            details.update(status="ERROR", reason=f"{type(error).__name__}: {first_line(error)}")
        if case is not None:
            details.update(outputs=case.outputs, checked=case.checked)
            case.close()
        for temperature in self.options.temperatures:
            row = {**details, "temperature": temperature}
            timed = series[temperature] if details["status"] == "ok" else None
            if timed:
                row.update(timed_details(p, timed, self.floor_seconds()))
            self.record.add(row, timed)
            print(shown(row), flush=True)
        return details["status"]


def shown(row):
    name = f"{row['contender']}/{row['problem']}/{row['temperature']}"
    if row["status"] != "ok":
        return f"{name}  {row['status']}: {row['reason']}"
    speed = row["bytes_per_second"] / 1e9
    return f"{name}  {row['seconds']['median'] * 1e6:.2f} us  {speed:.1f} GB/s"


def run(problems, device, options):
    """Times the problems; returns the exit status."""
    running = Run(device, options)
    statuses = set()
    start = time.monotonic()
    for i, p in enumerate(problems):
        if options.seconds and time.monotonic() - start > options.seconds:
            print(f"{options.seconds} s are over: {len(problems) - i} problems are left out")
            statuses.add("ERROR")
            break
        statuses.add(running.time(p))
        if options.json:
            running.record.save(options.json)
    return 2 if "WRONG" in statuses else 3 if "ERROR" in statuses or not problems else 0


def read_problems(options):
    lines = list(options.problem)
    for path in options.problems:
        with sys.stdin if path == "-" else open(path, encoding="utf-8") as file:
            lines += [line.strip() for line in file]
    return [parse_problem(line) for line in lines if line and not line.startswith("#")]


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problem", action="append", default=[], help="a problem; may be repeated")
    parser.add_argument("--problems", action="append", default=[], metavar="FILE",
                        help="problems, one a line; - reads standard input")
    parser.add_argument("--json", help="write the record to this file, after every problem")
    parser.add_argument("--cold", action="store_true", help="only cold")
    parser.add_argument("--hot", action="store_true", help="only hot")
    parser.add_argument("--blocks", type=int, default=9, help="samples a row [9]")
    parser.add_argument("--sample-ms", type=float, default=1, help="least length of a sample [1]")
    parser.add_argument("--seconds", type=float, default=0, help="begin no problem after this long")
    parser.add_argument("--mode", default="default",
                        help="torch.compile's: default or max-autotune-no-cudagraphs [default]")
    options = parser.parse_args(arguments)
    if options.blocks < 1:
        parser.error("--blocks: 1 or more is right")
    options.sample_seconds = options.sample_ms * 1e-3
    both = options.cold == options.hot
    options.temperatures = ["cold", "hot"] if both else ["cold" if options.cold else "hot"]
    return options


def main(arguments):
    try:
        options = parse_arguments(arguments)
    except SystemExit as usage:
        return 4 if usage.code else 0
    try:
        problems = read_problems(options)
    except (BadInput, OSError) as error:
        print(f"torch_compile: {error}", file=sys.stderr)
        return 4
    if not problems:
        print("torch_compile: nothing was selected; give --problem or --problems", file=sys.stderr)
        return 3
    try:
        device = open_device(options.mode)
    except LookupError as error:
        print(f"torch_compile: {error}", file=sys.stderr)
        return 5
    return run(problems, device, options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

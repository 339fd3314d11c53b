#!/usr/bin/env python3
"""How long `record add`, `history` and `check` take with many rows.

    results/history_speed.py PROGRAM [--rows N] [--samples N]

Makes records such as a fleet of four hosts would write, 1,000 rows each with as many samples as
`bench` takes, adds them twenty at a time into a database in a temporary folder, and asks for one
case's history. Prints the seconds of each.
"""
import argparse
import glob
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
from records import sealed  # noqa: E402

HOSTS, CONTENDERS, PROBLEMS = 4, ("openmp", "naive", "onednn", "aten"), 125
AT_ONCE = 20  # records


def row(name, contender, problem, temperature, seconds, samples):
    """The samples of a row, and the row."""
    head = {"name": name, "run_name": name, "family_index": 0, "per_family_instance_index": 0,
            "repetitions": samples, "threads": 1, "time_unit": "ns"}
    for i in range(samples):
        sample = 1e9 * seconds * random.gauss(1, 0.02)
        yield {**head, "run_type": "iteration", "repetition_index": i, "iterations": 43,
               "real_time": sample, "cpu_time": sample}
    def interval(value):
        return {"median": value, "low": 0.99 * value, "high": 1.01 * value}
    yield {**head, "name": name + "_median", "run_type": "aggregate", "aggregate_name": "median",
           "aggregate_unit": "time", "iterations": samples, "real_time": 1e9 * seconds,
           "cpu_time": 1e9 * seconds, "poolbench": {
               "contender": contender, "kernel": "rows", "problem": problem, "status": "ok",
               "temperature": temperature, "reason": "", "device": "host", "checked": 46656,
               "outputs": 46656, "max_ulp": 0.0, "max_error": 0.0, "plan_seconds": 5e-5,
               "plan_again_seconds": 1e-6, "scratch_bytes": 0, "seconds": interval(seconds),
               "bytes_read": 774400, "bytes_written": 186624, "bytes_per_second": 961024 / seconds,
               "launches": 43, "rotation_bytes": 100663296, "probe": 0.97, "warm": False,
               "proofs": 17, "cores": 2.0, "floor_seconds": 5e-7, "below_floor": False,
               "ceiling": "stream", "ceiling_seconds": 0.5 * seconds,
               "share": interval(0.5 * random.gauss(1, 0.02)), "baseline": "onednn",
               "ratio": interval(2.0), "across_devices": False}}


def record_text(commit, host, samples):
    rows = []
    for index in range(PROBLEMS):
        problem = f"max/sliding/f32/nchw/src:1x64x{32 + index}x55/k:3x3/s:2x2"
        for contender in CONTENDERS:
            for temperature in ("cold", "hot"):
                name = f"{contender}/{problem}/{temperature}"
                rows += row(name, contender, problem, temperature,
                            1e-5 * (1 + index) * random.gauss(1, 0.02), samples)
    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1.7e9 + 86400 * commit))
    record = {"benchmarks": rows, "context": {
        "date": day, "host_name": f"vm{host}", "executable": "poolbench", "num_cpus": 2,
        "poolbench": {
            "schema": 1, "schema_minor": 4, "left_out": [], "modules": {},
            "comparable": {"processor": "a processor", "cache_bytes": 1 << 25, "threads": 2,
                           "compiler": "GNU 12.2.0", "flags": "-O3", "build_type": "Release",
                           "method": 2, "drivers": {"host": "none"}},
            "devices": [{"substrate": "host", "name": "a processor", "uuid": "host",
                         "driver": "none", "memory_bytes": 1 << 34, "cache_bytes": 1 << 25}],
            "noted": {"commit": f"{commit:012x}", "commit_date": day, "version": "0.2.0",
                      "seeds": [HOSTS * commit + host + 1]}}}}
    return sealed(record, compact=True)


def timed(*command):
    start = time.monotonic()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stdout + done.stderr)
    return time.monotonic() - start, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rows", type=int, default=1_000_000, help="[%(default)s]")
    parser.add_argument("--samples", type=int, default=17, help="of a row [%(default)s]")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "runs.sqlite")
        adding = size = 0
        for first in range(0, flags.rows // 1000, AT_ONCE):
            for index in range(first, min(first + AT_ONCE, flags.rows // 1000)):
                text = record_text(index // HOSTS, index % HOSTS, flags.samples)
                size += len(text)
                with open(os.path.join(folder, f"{index}.json"), "wb") as file:
                    file.write(text)
            files = glob.glob(os.path.join(folder, "*.json"))
            adding += timed(flags.program, "record", "add", database, *files)[0]
            for path in files:
                os.remove(path)
        case = "^openmp/max/sliding/f32/nchw/src:1x64x32x55/k:3x3/s:2x2/cold$"
        history, text = timed(flags.program, "record", "history", database, "--filter", case)
        checking, said = timed(flags.program, "record", "check", database)
        print(f"{flags.rows} rows with {flags.samples} samples each, {size / 1e9:.2f} GB of "
              f"records; database {os.path.getsize(database) / 1e6:.0f} MB")
        print(f"add {adding:.1f} s, one case's history ({len(text.splitlines())} lines) "
              f"{history:.2f} s, check {checking:.1f} s: {said.strip().splitlines()[-1]}")


if __name__ == "__main__":
    main()

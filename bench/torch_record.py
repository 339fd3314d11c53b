"""Writes the record of bench/torch_compile.py in the schema of `poolbench bench --json`
(results/README.md), with "paired": false in every row."""

import datetime
import os
import platform
import socket

from problem_text import compulsory_bytes
from records import sealed

METHOD = 1  # cold as method 1 had it: not comparable with kMethod of bench/time/measure.h


def median_interval(samples):
    """Returns the median and its 95 % interval from order statistics: None with too few samples."""
    samples = sorted(samples)
    n = len(samples)
    median = (samples[(n - 1) // 2] + samples[n // 2]) / 2
    term, below, r = 0.5**n, 0.0, 0
    while below + term <= 0.025:
        below += term
        term *= (n - r) / (r + 1)
        r += 1
    low, high = (samples[r - 1], samples[n - r]) if r else (None, None)
    return {"median": median, "low": low, "high": high}


class Record:
    """Context and rows in Google Benchmark's schema."""

    def __init__(self, device, mode):
        self.json = {"context": context(device, mode), "benchmarks": []}
        self.families = 0

    def add(self, details, series):
        """Adds the rows of a problem at a temperature: its samples, if any, and then their median,
        which holds `details` under "poolbench"."""
        name = f"{details['contender']}/{details['problem']}/{details['temperature']}"
        base = {
            "name": name,
            "family_index": self.families,
            "per_family_instance_index": 0,
            "run_name": name,
            "repetitions": len(series["seconds"]) if series else 0,
            "threads": 1,
            "time_unit": "ns",
        }
        self.families += 1
        rows = self.json["benchmarks"]
        if not series:
            untimed = {"run_type": "iteration", "repetition_index": 0, "iterations": 0}
            message = f"{details['status']}: {details['reason']}"
            untimed.update(real_time=0, cpu_time=0, error_occurred=True, error_message=message)
            rows.append({**base, **untimed, "poolbench": details})
            return
        for i, seconds in enumerate(series["seconds"]):
            sample = {"run_type": "iteration", "repetition_index": i,
                      "iterations": series["launches"]}
            rows.append({**base, **sample, **times(seconds)})
        median = {
            "name": name + "_median",
            "run_type": "aggregate",
            "aggregate_name": "median",
            "aggregate_unit": "time",
            "iterations": len(series["seconds"]),
        }
        rows.append({**base, **median, **times(details["seconds"]["median"]),
                     "poolbench": details})

    def save(self, path):
        """Writes beside the file and renames, so that a reader never finds half of it."""
        with open(path + ".part", "wb") as file:
            file.write(sealed(self.json))
        os.replace(path + ".part", path)


def times(seconds):
    return {"real_time": seconds * 1e9, "cpu_time": seconds * 1e9}


def timed_details(p, series, floor_seconds):
    """Returns the details of a timed row."""
    interval = median_interval(series["seconds"])
    read, written = compulsory_bytes(p)
    return {
        "seconds": interval,
        "bytes_read": read,
        "bytes_written": written,
        "bytes_per_second": (read + written) / interval["median"],
        "launches": series["launches"],
        "rotation_bytes": series["rotation_bytes"],
        "floor_seconds": floor_seconds,
        "below_floor": interval["median"] < 2 * floor_seconds,
    }


def processor_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(": ", 1)[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        return "unknown processor"


def context(device, mode):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "host_name": socket.gethostname(),
        "executable": "bench/torch_compile.py",
        "num_cpus": os.cpu_count(),
        "mhz_per_cpu": 0,
        "cpu_scaling_enabled": False,
        "caches": [],
        "load_avg": list(os.getloadavg()),
        "library_build_type": "release",
        "poolbench": {
            "schema": 1,
            "schema_minor": 2,
            "comparable": {
                "processor": processor_name(),
                "cache_bytes": device.facts["cache_bytes"],
                "threads": os.cpu_count(),
                "compiler": device.version,
                "flags": f"mode={mode}",
                "build_type": "torch.compile",
                "method": METHOD,
                "drivers": {device.facts["substrate"]: device.facts["driver"]},
            },
            "noted": {"kernel": f"{platform.system()} {platform.release()}", "paired": False},
            "devices": [device.facts],
        },
    }

#!/usr/bin/env python3
"""Times PyTorch's compiled form, torch.compile, on a CUDA device by the rules of `poolbench bench`.

    poolbench list problems --suite models --batch 1,32 | bench/torch_compile.py --problems - \\
        --json torch_compile.json

torch.compile needs Python, so it is no contender beside the others in one process (libtorch's own
kernels are: the peer aten-cuda). The rules are the same: right before timed, launches captured in
a CUDA graph between two events, cold over three times the last-level cache and hot, samples of
about a millisecond, medians with distribution-free intervals. The record has the same schema, with
"paired": false in every row: compare its times with another record's as results/README.md says for
two records. Needs python3 and a PyTorch with CUDA, nothing else.

Exit status: 0 as expected, 2 a wrong result, 3 an error or nothing to do, 4 bad input, 5 no PyTorch
or no device.
"""

import argparse
import collections
import dataclasses
import datetime
import json
import math
import os
import platform
import re
import socket
import sys
import time

from torch_problem import (BadInput, Refused, axes_of, compulsory_bytes, compute, count,
                           dst_extents, parse_problem, require_expressible)

class Wrong(Exception):
    """An output is wrong."""


# --- measuring, by the rules of bench/measure.cpp; what times is a parameter

MAX_LAUNCHES = 10_000
WARM_UP_BELOW = 10e-3  # seconds; a longer launch needs no untimed one before it


def sets_for(device, temperature, footprint, launches):
    """How many sets of tensors make `launches` launches cold."""
    if temperature == "hot":
        return 1
    wanted = min(3 * device["cache_bytes"], device["memory_bytes"] // 4)
    return max(1, min(wanted // footprint + 1, launches))


def measure(case, device, temperature, options):
    """Seconds of one launch, a sample each, with launches a sample and bytes rotated over."""
    case.rotate(1)
    case.sample(1)
    once = case.sample(1)
    launches = math.ceil(options.sample_seconds / max(once, 1e-9))
    launches = max(1, min(launches, MAX_LAUNCHES))
    sets = sets_for(device, temperature, case.footprint, options.blocks * (launches + 1))
    case.rotate(sets)
    seconds = []
    for _ in range(options.blocks):
        if once < WARM_UP_BELOW:
            case.sample(1)
        seconds.append(case.sample(launches))
    return {"seconds": seconds, "launches": launches, "rotation_bytes": sets * case.footprint}


def median_interval(samples):
    """Median and the distribution-free 95 % interval of a median, None where there are too few."""
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


def run_problem(p, timer, options):
    """The rows of a problem, as Google Benchmark writes them: for each temperature its samples and
    last their median."""
    row = {
        "contender": "torch.compile",
        "kernel": "",
        "problem": p.text,
        "status": "ok",
        "reason": "",
        "device": timer.device["uuid"],
        "paired": False,
    }
    case, series = None, {}
    try:
        require_expressible(p)
        case = timer.open(p)
        row["kernel"] = case.kernel
        for temperature in options.temperatures:
            series[temperature] = measure(case, timer.device, temperature, options)
            case.check_timed()
    except Refused as refused:
        row.update(status="refused", reason=str(refused))
    except Wrong as wrong:
        row.update(status="WRONG", reason=str(wrong))
    except Exception as error:  # of whatever PyTorch throws: the run goes on
        row.update(status="ERROR", reason=f"{type(error).__name__}: {first_line(error)}")
    if case is not None:
        row.update(outputs=case.outputs, checked=case.checked)
        case.close()
    rows = []
    for temperature in options.temperatures:
        done = series.get(temperature) if row["status"] == "ok" else None
        rows += rows_of(p, temperature, dict(row), done, timer)
    return rows


def first_line(error):
    return str(error).strip().split("\n")[0][:300]


def rows_of(p, temperature, details, series, timer):
    name = f"{details['contender']}/{p.text}/{temperature}"
    details["temperature"] = temperature
    base = {
        "name": name,
        "family_index": timer.next_family(),
        "per_family_instance_index": 0,
        "run_name": name,
        "repetitions": len(series["seconds"]) if series else 0,
        "threads": 1,
        "time_unit": "ns",
    }
    if not series:
        refused = {"run_type": "iteration", "repetition_index": 0, "iterations": 0}
        message = f"{details['status']}: {details['reason']}"
        refused.update(real_time=0, cpu_time=0, error_occurred=True, error_message=message)
        return [{**base, **refused, "poolbench": details}]
    rows = []
    for i, seconds in enumerate(series["seconds"]):
        times = {"real_time": seconds * 1e9, "cpu_time": seconds * 1e9}
        sample = {"run_type": "iteration", "repetition_index": i, "iterations": series["launches"]}
        rows.append({**base, **sample, **times})
    interval = median_interval(series["seconds"])
    read, written = compulsory_bytes(p)
    details.update(
        seconds=interval,
        bytes_read=read,
        bytes_written=written,
        bytes_per_second=(read + written) / interval["median"],
        launches=series["launches"],
        rotation_bytes=series["rotation_bytes"],
        floor_seconds=timer.floor_seconds(),
        below_floor=interval["median"] < 2 * timer.floor_seconds(),
    )
    median = {
        "name": name + "_median",
        "run_type": "aggregate",
        "aggregate_name": "median",
        "aggregate_unit": "time",
        "iterations": len(series["seconds"]),
        "real_time": interval["median"] * 1e9,
        "cpu_time": interval["median"] * 1e9,
    }
    return rows + [{**base, **median, "poolbench": details}]


def processor_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(": ", 1)[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        return "unknown processor"


def context(timer, options):
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
            "comparable": {
                "processor": processor_name(),
                "cache_bytes": timer.device["cache_bytes"],
                "threads": os.cpu_count(),
                "compiler": timer.version,
                "flags": f"mode={options.mode}",
                "build_type": "torch.compile",
            },
            "noted": {"kernel": f"{platform.system()} {platform.release()}", "paired": False},
            "devices": [timer.device],
        },
    }


def write_json(path, record):
    """Beside it first, so that there is never half a file."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1, allow_nan=False)
        file.write("\n")
    os.replace(path + ".part", path)


def shown(row):
    details = row["poolbench"]
    if details["status"] != "ok":
        return f"{row['run_name']}  {details['status']}: {details['reason']}"
    speed = details["bytes_per_second"] / 1e9
    return f"{row['run_name']}  {details['seconds']['median'] * 1e6:.2f} us  {speed:.1f} GB/s"


def run(problems, timer, options):
    """Times the problems; returns the exit status."""
    record = {"context": context(timer, options), "benchmarks": []}
    statuses = set()
    start = time.monotonic()
    for i, p in enumerate(problems):
        if options.seconds and time.monotonic() - start > options.seconds:
            print(f"{options.seconds} s are over: {len(problems) - i} problems are left out")
            statuses.add("ERROR")
            break
        for row in run_problem(p, timer, options):
            record["benchmarks"].append(row)
            if "poolbench" in row:
                statuses.add(row["poolbench"]["status"])
                print(shown(row), flush=True)
        if options.json:
            write_json(options.json, record)
    return 2 if "WRONG" in statuses else 3 if "ERROR" in statuses or not problems else 0


# --- PyTorch

FLOOR_PROBLEM = "max/sliding/f32/nchw/src:1x1x1x1/k:1x1"


class Timer:
    """A CUDA device that PyTorch compiles for."""

    def __init__(self, torch, options):
        self.torch, self.options = torch, options
        properties = torch.cuda.get_device_properties(0)
        self.version = f"torch {torch.__version__}"
        self.device = {
            "substrate": "cuda",
            "name": properties.name,
            "uuid": re.sub("[^0-9a-f]", "", str(properties.uuid).lower()),
            "driver": f"CUDA {torch.version.cuda} (sm_{properties.major}{properties.minor})",
            "memory_bytes": properties.total_memory,
            "cache_bytes": properties.L2_cache_size,
        }
        self.families = 0
        self.floor = None

    def next_family(self):
        self.families += 1
        return self.families - 1

    def open(self, p):
        return Case(self.torch, p, self.options.mode)

    def floor_seconds(self):
        if self.floor is None:
            case = self.open(parse_problem(FLOOR_PROBLEM))
            seconds = measure(case, self.device, "hot", self.options)["seconds"]
            self.floor = median_interval(seconds)["median"]
            case.close()
        return self.floor


def input_of(torch, p, device):
    """Small whole numbers beside fractions: maxima have ties, averages round."""
    generator = torch.Generator(device="cpu").manual_seed(1)
    shape = [p.n, p.c] + axes_of(p, p.src)
    dtype = getattr(torch, {"f64": "float64", "f32": "float32", "f16": "float16",
                            "bf16": "bfloat16", "i8": "int8", "u8": "uint8",
                            "i32": "int32"}[p.dtype])
    if dtype.is_floating_point:
        x = torch.rand(shape, generator=generator) * 2 - 1
    else:
        x = torch.randint(0 if p.dtype == "u8" else -128, 128, shape, generator=generator)
    last = torch.channels_last_3d if p.rank == 3 else torch.channels_last
    layout = last if p.layout == "nhwc" else torch.contiguous_format
    return x.to(dtype).to(device).to(memory_format=layout)


def outputs_of(result):
    return result if isinstance(result, tuple) else (result,)


def judge(torch, p, x, outputs):
    """Throws Wrong unless the outputs of `x` are PyTorch's own in f64, maxima and indices exactly,
    averages and norms within the bound of poolbench's judgement. Returns how many were judged: of
    the first and the last image."""
    function = compute(torch, dataclasses.replace(p, dtype="f64"))
    checked = 0
    for n in sorted({0, p.n - 1}):
        exact = x[n : n + 1].cpu().double()
        expected = outputs_of(function(exact))
        got = [output[n : n + 1].cpu() for output in outputs]
        checked += got[0].numel()
        if p.indices and not torch.equal(got[1], expected[1]):
            raise Wrong("an index is wrong")
        if p.reduction == "max":
            right = got[0].double() == expected[0]
        else:
            taps = count(p.kernel if p.windowing == "sliding" else p.src)
            unit = 2.0**-53 if p.dtype == "f64" else 2.0**-24
            half_ulp = {"f16": 2.0**-11, "bf16": 2.0**-8}.get(p.dtype, unit)
            magnitude = expected[0] if p.reduction == "lp" else outputs_of(function(exact.abs()))[0]
            allowed = (64 + math.ceil(math.log2(max(taps, 2)))) * unit * magnitude.abs()
            allowed = allowed + 2 * half_ulp * expected[0].abs()
            right = (got[0].double() - expected[0]).abs() <= allowed
        if not right.all():
            raise Wrong(f"{int((~right).sum())} of {right.numel()} judged outputs are wrong")
    return checked


class Case:
    """A problem compiled for the device, judged and ready to be timed."""

    def __init__(self, torch, p, mode, device="cuda"):
        self.torch = torch
        torch._dynamo.reset()  # it gives up after a few shapes of one function
        metrics = torch._inductor.metrics
        metrics.reset()
        self.base = input_of(torch, p, device)
        function = compute(torch, p)
        with torch.no_grad():
            self.compiled = torch.compile(function, dynamic=False, fullgraph=True, mode=mode)
            try:
                result = outputs_of(self.compiled(self.base))
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                raise Refused(f"type: PyTorch says {first_line(error)}") from error
        # A case that Inductor has no kernel for runs ATen's.
        self.kernel = "inductor" if metrics.generated_kernel_count > 0 else "aten"
        self.checked = judge(torch, p, self.base, result)
        self.expected = [output.clone() for output in result]
        self.outputs = p.n * p.c * count(dst_extents(p))
        self.footprint = sum(t.numel() * t.element_size() for t in (self.base, *result))
        self.inputs, self.kept, self.at, self.graph = [], collections.deque(), 0, None
        if device == "cuda":
            self.stream = torch.cuda.Stream()
            self.pool = torch.cuda.graph_pool_handle()

    def rotate(self, sets):
        """Launches from now on go round over `sets` inputs and as many outputs."""
        self.kept.clear()
        self.inputs = [self.base] + [self.base.clone() for _ in range(sets - 1)]
        self.at = 0

    def launch(self):
        if len(self.kept) == len(self.inputs):
            self.kept.popleft()  # before the launch: its memory is the next output's
        self.kept.append(outputs_of(self.compiled(self.inputs[self.at])))
        self.at = (self.at + 1) % len(self.inputs)

    def sample(self, launches):
        """Seconds of a launch, by events around a replayed graph of `launches`."""
        cuda = self.torch.cuda
        graph = cuda.CUDAGraph()
        cuda.synchronize()
        with self.torch.no_grad(), cuda.stream(self.stream):
            graph.capture_begin(pool=self.pool, capture_error_mode="thread_local")
            try:
                for _ in range(launches):
                    self.launch()
            finally:
                graph.capture_end()
            self.graph = graph  # the one before is given up only now: the pool stays in use
            start, end = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
            start.record()
            graph.replay()
            end.record()
        end.synchronize()
        return start.elapsed_time(end) * 1e-3 / launches

    def check_timed(self):
        """Throws Wrong unless a replay writes what was judged."""
        last = self.kept[-1]
        for output in last:
            output.fill_(77)
        self.torch.cuda.synchronize()
        with self.torch.cuda.stream(self.stream):
            self.graph.replay()
        self.torch.cuda.synchronize()
        for output, expected in zip(last, self.expected):
            if not self.torch.equal(output, expected):
                raise Wrong("the timed output differs from the checked one")

    def close(self):
        self.inputs, self.graph = [], None
        self.kept.clear()


def open_timer(options):
    try:
        import torch
        import torch._dynamo
        import torch._inductor.metrics
    except ImportError as error:
        raise LookupError(f"no PyTorch here ({error})") from None
    if not torch.cuda.is_available():
        raise LookupError("PyTorch sees no CUDA device")
    return Timer(torch, options)


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
        timer = open_timer(options)
    except LookupError as error:
        print(f"torch_compile: {error}", file=sys.stderr)
        return 5
    return run(problems, timer, options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

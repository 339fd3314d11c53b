#!/usr/bin/env python3
"""bench/torch_compile.py without PyTorch: measuring on a fake device, the record, exit statuses."""

import contextlib
import io
import itertools
import json
import os
import sys
import tempfile
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import torch_compile as tc  # noqa: E402
import torch_device  # noqa: E402
from problem_text import parse_problem  # noqa: E402
from records import read_records  # noqa: E402
from records_test import schema_errors  # noqa: E402
from torch_problem import Refused, Wrong  # noqa: E402
from torch_record import median_interval  # noqa: E402

((_, RECORD),) = read_records([os.path.join(ROOT, "results/intel-xeon-2vcpu/models.json.gz")])

SMALL = "max/sliding/f32/nchw/src:2x3x9x8/k:3x3/s:2x2/p:1x1"


class FakeCase:
    kernel, outputs, checked, footprint = "inductor", 120, 60, 1000

    def __init__(self, device, p):
        self.device, self.p = device, p

    def rotate(self, sets):
        self.device.log.append(("rotate", sets))

    def sample(self, launches):
        self.device.log.append(("sample", launches))
        return next(self.device.times)

    def check_timed(self):
        if self.device.wrong:
            raise Wrong("the timed output differs from the checked one")

    def close(self):
        self.device.log.append("close")


class FakeDevice:
    version = "torch 9.9"
    facts = {"substrate": "cuda", "name": "Fake", "uuid": "00ff", "driver": "none",
             "memory_bytes": 10**6, "cache_bytes": 5000}

    def __init__(self, times=None, wrong=False, fails=None):
        self.log, self.wrong, self.fails = [], wrong, fails
        self.times = iter(times) if times else itertools.repeat(1e-4)

    def open(self, p):
        if self.fails:
            raise self.fails
        return FakeCase(self, p)


def options(*arguments):
    return tc.parse_arguments(list(arguments))


def quietly(function, *arguments):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return function(*arguments)


class Measuring(unittest.TestCase):
    def test_cold_goes_round_over_three_times_the_cache(self):
        device = FakeDevice()
        series = tc.measure(FakeCase(device, None), device.facts, "cold", options("--blocks", "2"))
        # calibrated hot: one untimed, one timed; 1 ms are 10 launches of 0.1 ms
        self.assertEqual(device.log, [("rotate", 1), ("sample", 1), ("sample", 1), ("rotate", 16)]
                         + 2 * [("sample", 1), ("sample", 10)])
        self.assertEqual(series, {"seconds": [1e-4] * 2, "launches": 10, "rotation_bytes": 16000})

    def test_hot_uses_one_set(self):
        device = FakeDevice()
        series = tc.measure(FakeCase(device, None), device.facts, "hot", options("--blocks", "2"))
        rotations = [entry for entry in device.log if entry[0] == "rotate"]
        self.assertEqual(rotations, [("rotate", 1)] * 2)
        self.assertEqual(series["rotation_bytes"], 1000)

    def test_long_launches_need_no_warm_up_and_few_sets(self):
        device = FakeDevice(itertools.repeat(0.02))
        tc.measure(FakeCase(device, None), device.facts, "cold", options("--blocks", "3"))
        self.assertEqual(device.log[3:], [("rotate", 6)] + 3 * [("sample", 1)])

    def test_median_and_interval(self):
        samples = [5, 1, 9, 3, 7, 2, 8, 4, 6]
        self.assertEqual(median_interval(samples), {"median": 5, "low": 2, "high": 8})
        self.assertEqual(median_interval([6, 5, 4, 3, 2, 1]),
                         {"median": 3.5, "low": 1, "high": 6})
        self.assertEqual(median_interval([2, 1, 4, 3]),
                         {"median": 2.5, "low": None, "high": None})


class FakeTorch:
    """As much of torch.cuda as a sample needs; `log` says what was asked of it, in order."""

    def __init__(self):
        self.log, self.cuda = [], self
        self.no_grad = contextlib.nullcontext

    def stream(self, _):
        return contextlib.nullcontext()

    def synchronize(self):
        self.log.append("synchronize")

    def Event(self, enable_timing, external):
        event = mock.Mock(timed=enable_timing, external=external)
        event.record.side_effect = lambda: self.log.append(event)
        event.elapsed_time.side_effect = lambda end: 6.0  # milliseconds
        return event

    def CUDAGraph(self):
        graph = mock.Mock()
        for name in ("capture_begin", "capture_end", "replay"):
            getattr(graph, name).side_effect = lambda name=name, **_: self.log.append(name)
        return graph


class Sampling(unittest.TestCase):
    def test_events_are_nodes_of_the_graph_and_live_as_long(self):
        torch = FakeTorch()
        case = object.__new__(torch_device.Case)
        case.torch, case.stream, case.pool = torch, torch, None
        case.launch = lambda: torch.log.append("launch")
        self.assertAlmostEqual(case.sample(3), 2e-3)
        start, end = case.events
        self.assertEqual(torch.log, ["synchronize", "capture_begin", start, "launch", "launch",
                                     "launch", end, "capture_end", "replay", "synchronize"])
        self.assertTrue(all(event.timed and event.external for event in case.events))


class Record(unittest.TestCase):
    def run_to_file(self, device, *texts, arguments=()):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "record.json")
            given = options("--json", path, "--blocks", "6", *arguments)
            status = quietly(tc.run, [parse_problem(text) for text in texts], device, given)
            self.assertEqual(os.listdir(folder), ["record.json"])
            with open(path, encoding="utf-8") as file:
                return status, json.load(file)

    def test_has_the_schema_of_poolbench(self):
        status, record = self.run_to_file(FakeDevice(), SMALL)
        self.assertEqual(status, 0)
        self.assertEqual(record["context"].keys(), RECORD["context"].keys())
        ours, theirs = record["context"]["poolbench"], RECORD["context"]["poolbench"]
        self.assertTrue(ours["comparable"].keys() >= theirs["comparable"].keys())
        self.assertTrue(ours["noted"].keys() <= theirs["noted"].keys() | {"paired"})
        self.assertEqual(record["context"]["poolbench"]["devices"], [FakeDevice.facts])

        def kinds(rows):
            return {row["run_type"]: row for row in rows if not row.get("error_occurred")}

        ours, theirs = kinds(record["benchmarks"]), kinds(RECORD["benchmarks"])
        for kind, row in ours.items():
            self.assertEqual(row.keys(), theirs[kind].keys())
        details, other = ours["aggregate"]["poolbench"], theirs["aggregate"]["poolbench"]
        # no scratch, ceiling or baseline: those are of contenders in the same blocks
        self.assertEqual(other.keys() - details.keys(), {
            "scratch_bytes", "ceiling", "ceiling_seconds", "share", "baseline", "ratio", "max_ulp",
            "across_devices"})
        self.assertEqual(details.keys() - other.keys(), {"paired"})
        self.assertIs(details["paired"], False)
        self.assertEqual(list(schema_errors(record)), [])

    def test_rows(self):
        _, record = self.run_to_file(FakeDevice(), SMALL)
        rows = record["benchmarks"]
        self.assertEqual(len(rows), 2 * (6 + 1))
        self.assertEqual(rows[0]["name"], f"torch.compile/{SMALL}/cold")
        self.assertEqual(rows[6]["name"], f"torch.compile/{SMALL}/cold_median")
        self.assertEqual(rows[7]["name"], f"torch.compile/{SMALL}/hot")
        self.assertEqual([row["family_index"] for row in rows], [0] * 7 + [1] * 7)
        self.assertEqual(rows[0]["iterations"], 10)
        self.assertAlmostEqual(rows[0]["real_time"], 1e5)
        details = rows[6]["poolbench"]
        self.assertEqual((details["bytes_read"], details["bytes_written"]), (1728, 480))
        self.assertAlmostEqual(details["bytes_per_second"], 2208 / 1e-4)
        self.assertTrue(details["below_floor"])
        self.assertEqual((details["outputs"], details["checked"]), (120, 60))

    def test_refused_wrong_and_failed_problems_are_rows(self):
        for device, text, status, says in (
            (FakeDevice(), "max/sliding/f32/nchw/src:1x1x9/k:3/p:0-1", 0, "refused: p: PyTorch"),
            (FakeDevice(wrong=True), SMALL, 2, "WRONG: the timed output differs"),
            (FakeDevice(fails=RuntimeError("no memory\nat all")), SMALL, 3,
             "ERROR: RuntimeError: no memory"),
            (FakeDevice(fails=Refused("type: PyTorch says no")), SMALL, 0, "refused: type: "),
        ):
            got, record = self.run_to_file(device, text)
            self.assertEqual(got, status)
            self.assertEqual(len(record["benchmarks"]), 2)
            for row in record["benchmarks"]:
                self.assertTrue(row["error_occurred"])
                self.assertTrue(row["error_message"].startswith(says), row["error_message"])
                self.assertEqual(row["real_time"], 0)

    def test_one_that_fails_does_not_end_the_run(self):
        status, record = self.run_to_file(FakeDevice(wrong=True), SMALL, SMALL, arguments=["--hot"])
        self.assertEqual((status, len(record["benchmarks"])), (2, 2))

    def test_time_that_is_over_is_said(self):
        with mock.patch.object(tc.time, "monotonic", side_effect=[0, 1, 99]):
            status, record = self.run_to_file(FakeDevice(), SMALL, SMALL,
                                              arguments=["--seconds", "50", "--hot"])
        self.assertEqual((status, len(record["benchmarks"])), (3, 7))


class Program(unittest.TestCase):
    def test_exit_statuses(self):
        self.assertEqual(quietly(tc.main, ["--problem", "max/oops"]), 4)
        self.assertEqual(quietly(tc.main, ["--problems", "/nowhere"]), 4)
        self.assertEqual(quietly(tc.main, ["--blocks", "0"]), 4)
        self.assertEqual(quietly(tc.main, ["--help"]), 0)
        self.assertEqual(quietly(tc.main, []), 3)
        with mock.patch.dict(sys.modules, {"torch": None}):
            self.assertEqual(quietly(tc.main, ["--problem", SMALL]), 5)

    def test_problems_from_a_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(f"# of a suite\n{SMALL}\n\n")
            file.flush()
            self.assertEqual([p.text for p in tc.read_problems(options("--problems", file.name))],
                             [SMALL])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""bench/torch_compile.py without PyTorch: the problem's text, what PyTorch is asked for, measuring
with a timer that only counts, the record. With PyTorch in reach also what comes out, on the CPU."""

import contextlib
import gzip
import importlib.util
import io
import itertools
import json
import os
import sys
import tempfile
import types
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "bench"))
import torch_compile as tc  # noqa: E402
import torch_problem as tp  # noqa: E402

with gzip.open(os.path.join(ROOT, "results/intel-xeon-2vcpu/models.json.gz")) as kept:
    RECORD = json.load(kept)

SMALL = "max/sliding/f32/nchw/src:2x3x9x8/k:3x3/s:2x2/p:1x1"


class Text(unittest.TestCase):
    def test_extents(self):
        for text, extents in (
            (SMALL, [5, 4]),
            ("max/sliding/f32/nchw/src:1x1x6x6/k:3x3/s:2x2/ceil", [3, 3]),
            # the last window would begin in the end padding
            ("max/sliding/f32/nchw/src:1x1x5/k:2/s:3/p:1/ceil", [2]),
            ("max/sliding/f32/nchw/src:1x1x10x11/k:3x3/s:2x2/same_upper", [5, 6]),
            ("max/sliding/f32/nchw/src:1x1x9x9x9/k:2x2x2/d:2x1x1", [4, 4, 4]),
            ("avg_include_pad/adaptive/bf16/nhwc/src:1x2x7x7/out:3x2", [3, 2]),
            ("lp/global/f32/nchw/src:1x2x7x7/norm:3", [1, 1]),
        ):
            self.assertEqual(tp.dst_extents(tp.parse_problem(text)), extents, text)

    def test_taps(self):
        same = tp.parse_problem("max/sliding/f32/nchw/src:1x1x10/k:3/s:2/same_lower")
        self.assertEqual((same.pad_begin, same.pad_end), ([1], [0]))
        padded = tp.parse_problem("max/sliding/f32/nchw/src:1x1x9/k:3/s:2/p:1/d:1")
        self.assertEqual([list(tp.taps_on(padded, 0, o)) for o in (0, 1, 4)],
                         [[0, 1], [1, 2, 3], [7, 8]])
        dilated = tp.parse_problem("max/sliding/f32/nchw/src:1x1x9/k:3/s:1/p:3/d:3")
        self.assertEqual(list(tp.taps_on(dilated, 0, 1)), [1, 4])
        adaptive = tp.parse_problem("max/adaptive/f32/nchw/src:1x1x7/out:3")
        self.assertEqual([list(tp.taps_on(adaptive, 0, o)) for o in range(3)],
                         [[0, 1, 2], [2, 3, 4], [4, 5, 6]])

    def test_bad_input(self):
        for text, says in (
            ("max", "is right"),
            ("min/sliding/f32/nchw/src:1x1x4/k:2", "'min' is unknown; one of max, "),
            ("max/sliding/f8/nchw/src:1x1x4/k:2", "'f8' is unknown"),
            ("max/sliding/f32/nchw/src:1x1x4", "k: is missing"),
            ("max/adaptive/f32/nchw/src:1x1x4", "out: is missing"),
            ("max/sliding/f32/nchw/src:1x1x4/k:2/q:1", "'q:1' is an unknown token"),
            ("max/sliding/f32/nchw/src:1x1x4x4/k:2x2x2", "3 numbers; src has 2 axes"),
            ("max/sliding/f32/nchw/src:1x1/k:2", "src has 0 spatial axes"),
        ):
            with self.assertRaisesRegex(tp.BadInput, "^problem '.*': .*" + says, msg=text):
                tp.parse_problem(text)

    def test_bytes_are_those_of_poolbench(self):
        compared = 0
        for row in RECORD["benchmarks"]:
            details = row.get("poolbench", {})
            if details.get("contender") != "openmp" or details["temperature"] != "cold":
                continue
            p = tp.parse_problem(details["problem"])
            compared += 1
            self.assertEqual(tp.compulsory_bytes(p, line=64),  # a processor's record
                             (details["bytes_read"], details["bytes_written"]), p.text)
        self.assertGreater(compared, 100)

    def test_bytes_of_windows_with_gaps(self):
        def read(text):
            return tp.compulsory_bytes(tp.parse_problem(text))[0]

        # 64 floats of which one in 16 is touched: 4 sectors of 8 floats, of every second row
        self.assertEqual(read("max/sliding/f32/nchw/src:3x1x4x64/k:1x1/s:2x16"), 3 * 2 * 4 * 32)
        # channels last: pixels of 64 bytes, whole
        self.assertEqual(read("max/sliding/f32/nhwc/src:3x16x4x64/k:1x1/s:2x16"), 3 * 2 * 4 * 64)


def called(text):
    """The one call that a problem comes to: its name, its arguments after the tensor, the rest."""
    torch = types.SimpleNamespace(nn=types.SimpleNamespace(functional=mock.MagicMock()))
    tp.compute(torch, tp.parse_problem(text))(mock.MagicMock())
    (call,) = torch.nn.functional.mock_calls
    return call[0], list(call[1][1:]), call[2]


class Call(unittest.TestCase):
    def test_max(self):
        name, arguments, named = called(SMALL + "/ceil/idx")
        self.assertEqual((name, arguments), ("max_pool2d", [[3, 3], [2, 2], [1, 1], [1, 1]]))
        self.assertEqual(named, {"ceil_mode": True, "return_indices": True})
        name, arguments, _ = called("max/sliding/f32/nhwc/src:1x2x9x9x9/k:3x2x1/s:1x1x1/d:2x1x1")
        self.assertEqual(name, "max_pool3d")
        self.assertEqual(arguments, [[3, 2, 1], [1, 1, 1], [0, 0, 0], [2, 1, 1]])

    def test_one_axis_is_two_of_height_1(self):
        name, arguments, _ = called("max/sliding/f32/nchw/src:1x2x9/k:3/s:2/p:1")
        self.assertEqual((name, arguments), ("max_pool2d", [[1, 3], [1, 2], [0, 1], [1, 1]]))

    def test_average(self):
        text = "avg_{}_pad/sliding/f32/nchw/src:1x2x9x9/k:3x3/s:2x2/p:1x1"
        for which, include in (("include", True), ("exclude", False)):
            name, arguments, named = called(text.format(which))
            self.assertEqual((name, arguments), ("avg_pool2d", [[3, 3], [2, 2], [1, 1]]))
            self.assertEqual(named, {"ceil_mode": False, "count_include_pad": include,
                                     "divisor_override": None})
        self.assertEqual(called(text.format("include") + "/div:-5")[2]["divisor_override"], -5)

    def test_adaptive(self):
        self.assertEqual(called("avg_include_pad/adaptive/f32/nchw/src:1x2x9x9x9/out:2x3x4"),
                         ("adaptive_avg_pool3d", [[2, 3, 4]], {}))
        self.assertEqual(called("max/adaptive/f32/nchw/src:1x2x9/out:4/idx"),
                         ("adaptive_max_pool2d", [[1, 4]], {"return_indices": True}))
        self.assertEqual(called("max/global/f32/nchw/src:1x2x9x9/idx"),
                         ("adaptive_max_pool2d", [[1, 1]], {"return_indices": True}))

    def test_refusals_name_the_parameter(self):
        for text, reason in (
            ("max/sliding/f32/nchw/src:0x3x9x8/k:3x3", "src: "),
            ("max/sliding/f32/nchw/src:1x3x99999999/k:3", "src: "),
            ("max/fractional/f32/nchw/src:1x1x9x9/k:2x2/out:4x4/seed:3", "windowing: "),
            ("avg_include_pad/sliding/i8/nchw/src:1x1x8/k:2", "type: "),
            ("lp/adaptive/f32/nchw/src:1x1x8/out:3/norm:2", "windowing: "),
            ("avg_include_pad/adaptive/f32/nchw/src:1x1x8/out:3/div:2", "div: "),
            ("max/sliding/f32/nchw/src:1x1x9/k:3/p:0-1", "p: "),
            ("max/sliding/f32/nchw/src:1x1x9/k:3/p:2", "p: "),
            ("avg_include_pad/sliding/f32/nchw/src:1x1x9/k:3/d:2", "d: "),
            ("max/sliding/f32/nchw/src:1x1x1/k:2/s:1/p:1/d:2", "d: "),
        ):
            with self.assertRaisesRegex(tp.Refused, "^" + reason, msg=text):
                tp.compute(mock.MagicMock(), tp.parse_problem(text))


class FakeCase:
    kernel, outputs, checked, footprint = "inductor", 120, 60, 1000

    def __init__(self, timer, p):
        self.timer, self.p = timer, p

    def rotate(self, sets):
        self.timer.log.append(("rotate", sets))

    def sample(self, launches):
        self.timer.log.append(("sample", launches))
        return next(self.timer.times)

    def check_timed(self):
        if self.timer.wrong:
            raise tc.Wrong("the timed output differs from the checked one")

    def close(self):
        self.timer.log.append("close")


class FakeTimer:
    version = "torch 9.9"
    device = {"substrate": "cuda", "name": "Fake", "uuid": "00ff", "driver": "none",
              "memory_bytes": 10**6, "cache_bytes": 5000}

    def __init__(self, times=None, wrong=False, fails=None):
        self.log, self.wrong, self.fails = [], wrong, fails
        self.times = iter(times) if times else itertools.repeat(1e-4)
        self.family = itertools.count()

    def open(self, p):
        if self.fails:
            raise self.fails
        return FakeCase(self, p)

    def next_family(self):
        return next(self.family)

    def floor_seconds(self):
        return 6e-5


def options(*arguments):
    return tc.parse_arguments(list(arguments))


def quietly(function, *arguments):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return function(*arguments)


class Measuring(unittest.TestCase):
    def test_cold_goes_round_over_three_times_the_cache(self):
        timer = FakeTimer()
        series = tc.measure(FakeCase(timer, None), timer.device, "cold", options("--blocks", "2"))
        # calibrated hot: one untimed, one timed; 1 ms are 10 launches of 0.1 ms
        self.assertEqual(timer.log, [("rotate", 1), ("sample", 1), ("sample", 1), ("rotate", 16)]
                         + 2 * [("sample", 1), ("sample", 10)])
        self.assertEqual(series, {"seconds": [1e-4] * 2, "launches": 10, "rotation_bytes": 16000})

    def test_hot_uses_one_set(self):
        timer = FakeTimer()
        series = tc.measure(FakeCase(timer, None), timer.device, "hot", options("--blocks", "2"))
        rotations = [entry for entry in timer.log if entry[0] == "rotate"]
        self.assertEqual(rotations, [("rotate", 1)] * 2)
        self.assertEqual(series["rotation_bytes"], 1000)

    def test_long_launches_need_no_warm_up_and_few_sets(self):
        timer = FakeTimer(itertools.repeat(0.02))
        tc.measure(FakeCase(timer, None), timer.device, "cold", options("--blocks", "3"))
        self.assertEqual(timer.log[3:], [("rotate", 6)] + 3 * [("sample", 1)])

    def test_median_and_interval(self):
        samples = [5, 1, 9, 3, 7, 2, 8, 4, 6]
        self.assertEqual(tc.median_interval(samples), {"median": 5, "low": 2, "high": 8})
        self.assertEqual(tc.median_interval([6, 5, 4, 3, 2, 1]),
                         {"median": 3.5, "low": 1, "high": 6})
        self.assertEqual(tc.median_interval([2, 1, 4, 3]),
                         {"median": 2.5, "low": None, "high": None})


class Record(unittest.TestCase):
    def run_to_file(self, timer, *texts, arguments=()):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "record.json")
            given = options("--json", path, "--blocks", "6", *arguments)
            status = quietly(tc.run, [tp.parse_problem(text) for text in texts], timer, given)
            self.assertEqual(os.listdir(folder), ["record.json"])
            with open(path, encoding="utf-8") as file:
                return status, json.load(file)

    def test_has_the_schema_of_poolbench(self):
        status, record = self.run_to_file(FakeTimer(), SMALL)
        self.assertEqual(status, 0)
        self.assertEqual(record["context"].keys(), RECORD["context"].keys())
        for part in ("comparable", "noted"):
            ours = record["context"]["poolbench"][part]
            self.assertTrue(ours.keys() <= RECORD["context"]["poolbench"][part].keys() | {"paired"})
        self.assertEqual(record["context"]["poolbench"]["comparable"].keys(),
                         RECORD["context"]["poolbench"]["comparable"].keys())
        self.assertEqual(record["context"]["poolbench"]["devices"], [FakeTimer.device])

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

    def test_rows(self):
        _, record = self.run_to_file(FakeTimer(), SMALL)
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
        for timer, text, status, says in (
            (FakeTimer(), "max/sliding/f32/nchw/src:1x1x9/k:3/p:0-1", 0, "refused: p: PyTorch"),
            (FakeTimer(wrong=True), SMALL, 2, "WRONG: the timed output differs"),
            (FakeTimer(fails=RuntimeError("no memory\nat all")), SMALL, 3,
             "ERROR: RuntimeError: no memory"),
            (FakeTimer(fails=tp.Refused("type: PyTorch says no")), SMALL, 0, "refused: type: "),
        ):
            got, record = self.run_to_file(timer, text)
            self.assertEqual(got, status)
            self.assertEqual(len(record["benchmarks"]), 2)
            for row in record["benchmarks"]:
                self.assertTrue(row["error_occurred"])
                self.assertTrue(row["error_message"].startswith(says), row["error_message"])
                self.assertEqual(row["real_time"], 0)

    def test_one_that_fails_does_not_end_the_run(self):
        status, record = self.run_to_file(FakeTimer(wrong=True), SMALL, SMALL, arguments=["--hot"])
        self.assertEqual((status, len(record["benchmarks"])), (2, 2))

    def test_time_that_is_over_is_said(self):
        with mock.patch.object(tc.time, "monotonic", side_effect=[0, 1, 99]):
            status, record = self.run_to_file(FakeTimer(), SMALL, SMALL,
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


def pooled(p, values):
    """One plane of doubles, row-major, pooled in plain Python."""
    outputs = []
    for at in itertools.product(*(range(extent) for extent in tp.dst_extents(p))):
        axes = [list(tp.taps_on(p, axis, output)) for axis, output in enumerate(at)]
        taps = []
        for tap in itertools.product(*axes):
            index = 0
            for axis, x in enumerate(tap):
                index = index * p.src[axis] + x
            taps.append(values[index])
        if p.reduction == "max":
            outputs.append(max(taps))
        elif p.reduction == "lp":
            total = sum(abs(tap) ** p.norm for tap in taps)
            outputs.append((total / (len(taps) if p.mean else 1)) ** (1 / p.norm))
        else:
            divisor = len(taps)
            if p.reduction == "avg_include_pad" and p.windowing == "sliding":
                divisor = 1
                for axis, output in enumerate(at):
                    start = output * p.stride[axis] - p.pad_begin[axis]
                    end = min(start + p.kernel[axis], p.src[axis] + p.pad_end[axis])
                    divisor *= end - start
            outputs.append(sum(taps) / (p.divisor or divisor))
    return outputs


@unittest.skipUnless(importlib.util.find_spec("torch"), "no PyTorch in reach")
class OnTheProcessor(unittest.TestCase):
    def test_functions_compute_what_the_text_says(self):
        import torch

        for text in (
            SMALL, SMALL + "/ceil",
            "max/sliding/f64/nhwc/src:2x3x9x8x7/k:3x2x2/s:2x1x1/p:1x1x1/d:2x1x1",
            "max/sliding/f64/nchw/src:2x3x11/k:3/s:2/p:1",
            "max/global/f64/nchw/src:2x3x5x4", "max/adaptive/f64/nchw/src:2x3x7x5/out:3x2",
            "avg_include_pad/sliding/f64/nchw/src:2x3x9x8/k:3x3/s:2x2/p:1x1/ceil",
            "avg_exclude_pad/sliding/f64/nhwc/src:2x3x9x8/k:3x3/s:2x2/p:1x1",
            "avg_include_pad/sliding/f64/nchw/src:2x3x9x8x7/k:2x2x2/div:-3",
            "avg_include_pad/adaptive/f64/nchw/src:2x3x7x5/out:3x2",
            "avg_include_pad/global/f64/nchw/src:2x3x7x5",
            "avg_include_pad/global/f64/nchw/src:2x3x7x5/div:4",
            "lp/sliding/f64/nchw/src:2x3x9x8/k:3x3/s:2x2/p:1x1/norm:3",
            "lp/sliding/f64/nchw/src:2x3x9x8/k:3x3/s:2x2/p:1x1/norm:2/mean",
            "lp/global/f64/nchw/src:2x3x9x8/norm:2",
        ):
            p = tp.parse_problem(text)
            x = tc.input_of(torch, p, "cpu")
            out = tp.compute(torch, p)(x)
            for n, c in ((0, 0), (1, 2)):
                expected = pooled(p, x[n, c].flatten().tolist())
                got = out[n, c].flatten().tolist()
                self.assertEqual(len(got), len(expected), text)
                for a, b in zip(got, expected):
                    self.assertAlmostEqual(a, b, 12, text)

    def test_judgement_takes_right_and_finds_wrong_outputs(self):
        import torch

        for text in (SMALL + "/idx", "avg_include_pad/sliding/f16/nchw/src:2x3x9x8/k:3x3",
                     "lp/sliding/bf16/nhwc/src:2x3x9x8/k:3x3/norm:2"):
            p = tp.parse_problem(text)
            x = tc.input_of(torch, p, "cpu")
            right = tc.outputs_of(tp.compute(torch, p)(x.float() if p.dtype == "f16" else x))
            right = (right[0].to(x.dtype), *right[1:])
            self.assertEqual(tc.judge(torch, p, x, right), right[0].numel())
            for i, output in enumerate(right):
                wrong = [one.clone() for one in right]
                wrong[i][-1, -1, -1, -1] += 1
                with self.assertRaises(tc.Wrong):
                    tc.judge(torch, p, x, wrong)


if __name__ == "__main__":
    unittest.main()

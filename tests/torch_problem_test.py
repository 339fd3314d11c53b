#!/usr/bin/env python3
"""bench/torch_problem.py: the function for PyTorch, the judgement, and, if PyTorch is here, what it
computes on the CPU."""

import importlib.util
import itertools
import os
import sys
import types
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
from problem_text import dst_extents, parse_problem, taps_on  # noqa: E402
from torch_problem import Refused, Wrong, compute, input_of, judge, outputs_of  # noqa: E402

SMALL = "max/sliding/f32/nchw/src:2x3x9x8/k:3x3/s:2x2/p:1x1"


def called(text):
    """The one call that a problem comes to: its name, its arguments after the tensor, the rest."""
    torch = types.SimpleNamespace(nn=types.SimpleNamespace(functional=mock.MagicMock()))
    compute(torch, parse_problem(text))(mock.MagicMock())
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
            with self.assertRaisesRegex(Refused, "^" + reason, msg=text):
                compute(mock.MagicMock(), parse_problem(text))


def pooled(p, values):
    """One plane of doubles, row-major, pooled in plain Python."""
    outputs = []
    for at in itertools.product(*(range(extent) for extent in dst_extents(p))):
        axes = [list(taps_on(p, axis, output)) for axis, output in enumerate(at)]
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
            p = parse_problem(text)
            x = input_of(torch, p, "cpu")
            out = compute(torch, p)(x)
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
            p = parse_problem(text)
            x = input_of(torch, p, "cpu")
            right = outputs_of(compute(torch, p)(x.float() if p.dtype == "f16" else x))
            right = (right[0].to(x.dtype), *right[1:])
            self.assertEqual(judge(torch, p, x, right), right[0].numel())
            for i, output in enumerate(right):
                wrong = [one.clone() for one in right]
                wrong[i][-1, -1, -1, -1] += 1
                with self.assertRaises(Wrong):
                    judge(torch, p, x, wrong)


if __name__ == "__main__":
    unittest.main()

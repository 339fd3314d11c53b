#!/usr/bin/env python3
"""tests/external/: PyTorch's calls as problems, a module's answers to them, and the judgement.
Needs PyTorch and NumPy, without which it is skipped.

    torch_bridge_test.py MODULE
"""
import ctypes
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "external"), os.path.join(os.path.dirname(HERE), "host/engines")]
MODULE = sys.argv.pop() if len(sys.argv) > 1 else ""
HAS_TORCH = MODULE and all(importlib.util.find_spec(name) for name in ("torch", "numpy"))
if HAS_TORCH:
    import torch
    from torch.nn import functional as F
    from pool_module import Backend
    from torch_golden import Golden, golden_text
    from torch_mode import PoolMode


class Spoilt:
    """A backend whose first value is another one."""

    def __init__(self, backend):
        self.backend = backend

    def pool(self, p, src, dst, indices=None, samples=None):
        self.backend.pool(p, src, dst, indices, samples)
        value = ctypes.cast(dst, ctypes.POINTER(ctypes.c_float))
        value[0] += 1e-5


@unittest.skipUnless(HAS_TORCH, "no PyTorch, or no NumPy")
class Bridge(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.kept = []
        self.mode = PoolMode(Backend(MODULE), self.kept.append)

    def problem_of(self, call):
        with self.mode:
            call()
        self.assertEqual(self.mode.wrong, [])
        return self.kept[-1].problem.text

    def test_calls_are_problems(self):
        x = torch.rand(2, 3, 8, 9, requires_grad=True)
        last = x.detach().to(memory_format=torch.channels_last)
        deep = torch.rand(2, 3, 4, 5, 6)
        for call, text in (
                (lambda: F.max_pool2d(x, 3, 2, 1, ceil_mode=True),
                 "max/sliding/f32/nchw/src:2x3x8x9/k:3x3/s:2x2/p:1x1/ceil/idx"),
                (lambda: F.max_pool2d(last, (2, 3), dilation=2),
                 "max/sliding/f32/nhwc/src:2x3x8x9/k:2x3/s:2x3/d:2x2/idx"),
                (lambda: F.max_pool1d(x[0], 2),
                 "max/sliding/f32/nchw/src:3x8x1x9/k:1x2/s:1x2/idx"),
                (lambda: F.max_pool2d(x[:, :, :1, :1], (1, 2), (1, 2), (0, 1), (1, 2)),  # no tap
                 "max/sliding/f32/nchw/src:2x3x1x1/k:1x2/s:1x2/p:0x1/d:1x2/idx"),
                (lambda: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
                 "avg_exclude_pad/sliding/f32/nchw/src:2x3x8x9/k:3x3/s:1x1/p:1x1"),
                (lambda: F.avg_pool3d(deep.double(), 2, divisor_override=-3),
                 "avg_include_pad/sliding/f64/nchw/src:2x3x4x5x6/k:2x2x2/s:2x2x2/div:-3"),
                (lambda: F.adaptive_avg_pool2d(x.half(), (3, 4)),
                 "avg_include_pad/adaptive/f16/nchw/src:2x3x8x9/out:3x4"),
                (lambda: F.adaptive_avg_pool2d(x, 1),
                 "avg_include_pad/global/f32/nchw/src:2x3x8x9"),
                (lambda: F.adaptive_max_pool3d(deep[0], 2),
                 "max/adaptive/f32/nchw/src:1x3x4x5x6/out:2x2x2/idx"),
                (lambda: F.max_pool3d(deep.mul(9).to(torch.uint8), 2),
                 "max/sliding/u8/nchw/src:2x3x4x5x6/k:2x2x2/s:2x2x2/idx"),
                (lambda: F.fractional_max_pool2d(x, (2, 3), (3, 5)),
                 "max/fractional/f32/nchw/src:2x3x8x9/k:2x3/out:3x5/idx")):
            self.assertEqual(self.problem_of(call), text)

    def test_what_comes_back_lies_as_pytorchs_own(self):
        half = torch.rand(2, 6, 8, 9).to(memory_format=torch.channels_last)[:, ::2]
        deep = torch.rand(2, 3, 4, 5, 6).to(memory_format=torch.channels_last_3d)
        for call in (lambda: F.adaptive_avg_pool2d(half, (3, 4)),  # channels last
                     lambda: F.adaptive_max_pool3d(deep, 2),       # channels first
                     lambda: F.max_pool3d(deep, 2)):
            own = call()
            with self.mode:
                self.assertEqual(call().stride(), own.stride())

    def test_what_comes_back_is_the_backends(self):
        with PoolMode(Spoilt(Backend(MODULE))) as mode:
            y = F.avg_pool2d(torch.ones(1, 1, 4, 4), 2)
        self.assertAlmostEqual(float(y.flatten()[0]), 1.00001, 6)
        self.assertEqual(mode.counts["wrong"], 1)

    def test_a_wrong_index_and_a_wrong_maximum_are_found(self):
        class Index:
            def pool(self, p, src, dst, indices, samples):
                Backend(MODULE).pool(p, src, dst, indices, samples)
                ctypes.cast(indices, ctypes.POINTER(ctypes.c_int64))[0] += 1
        for backend in (Index(), Spoilt(Backend(MODULE))):
            with PoolMode(backend) as mode:
                F.max_pool2d(torch.rand(1, 1, 4, 4), 2)
            self.assertEqual(mode.counts["wrong"], 1)

    def test_gradients_flow_through_the_answer(self):
        x = torch.rand(1, 2, 4, 4, requires_grad=True)
        with self.mode:
            F.max_pool2d(x, 2).sum().backward()
        self.assertEqual(int(x.grad.sum()), 8)

    def test_refusals_name_the_parameter(self):
        with self.mode:
            F.avg_pool2d(torch.ones(1, 1, 4, 4, dtype=torch.int64), 2)
            torch.rand(2, 3, 4).to(torch.complex64).mean(2, keepdim=True)
            torch.rand(2, 3, 4).mean((0, 1), keepdim=True)
        self.assertEqual(self.mode.counts["answered"], 0)
        self.assertEqual(sorted(self.mode.refused),
                         ["dim: a mean of other axes is no pooling",
                          "type: PyTorch's integer averages drop the fraction",
                          "type: complex64 is no type here"])

    def test_every_type_is_the_modules(self):
        with self.mode:
            for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int8,
                          torch.uint8, torch.int16, torch.int32, torch.int64):
                F.max_pool2d(torch.arange(1, 65).reshape(1, 1, 8, 8).to(dtype), 2)
        self.assertEqual((self.mode.counts["answered"], self.mode.wrong), (9, []))

    def test_pytorchs_3d_adaptive_average_sums_in_the_type(self):
        with self.mode:
            F.adaptive_avg_pool3d(torch.rand(1, 1, 16, 16, 16).bfloat16(), 2)
        self.assertEqual(self.mode.wrong, [])
        self.assertEqual([rule.split(":")[0] for rule in self.mode.faults],
                         ["adaptive_avg_3d_in_type"])

    def run_file(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write("import unittest, torch\nfrom torch.nn import functional as F\n"
                       "class T(unittest.TestCase):\n    def test_it(self):\n" + text)
            file.flush()
            return subprocess.run(
                [sys.executable, os.path.join(HERE, "external", "torch_tests.py"), "--module",
                 MODULE, file.name], capture_output=True, text=True, check=False)

    def test_a_test_file_runs_with_the_backend_under_it(self):
        pool = "        y = F.avg_pool2d(torch.ones(1, 1, 4, 4), 2)\n"
        done = self.run_file(pool + "        self.assertEqual(int(y.sum()), 4)\n")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1 tests, 0 failed, 0 skipped; 1 calls answered, 0 wrong", done.stdout)
        done = self.run_file(pool + "        self.assertEqual(int(y.sum()), 5)\n")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(self.run_file("        pass\n").returncode, 3)

    def test_golden_files_are_what_goes_in_and_comes_out(self):
        golden = Golden()
        with PoolMode(Backend(MODULE), golden.add):
            F.max_pool2d(torch.tensor([[[[1.0, 0.1], [3, 2e-9]]]]), 2)
        self.assertEqual([golden_text(*item) for item in golden.answers.items()],
                         ["problem: max/sliding/f32/nchw/src:1x1x2x2/k:2x2/s:2x2/idx\n"
                          "input: 1 0.1 3 2e-09\noutput: 3\nindices: 2\n"])


if __name__ == "__main__":
    unittest.main()

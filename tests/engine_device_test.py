"""Engines on a device of their own: what travels, and what its clock is. No GPU is needed.

    engine_device_test.py POOLBENCH
"""

import importlib.util
import os
import runpy
import sys
import tempfile
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "host/engines")]
import engines_test  # noqa: E402
from engines_test import run  # noqa: E402

ON_CUDA = ("torch-cuda", "torch-compile-cuda", "onnxruntime-cuda", "tensorrt")
PROBLEM = "max/global/f32/nchw/src:2x3x9x7"
HAS_NUMPY = importlib.util.find_spec("numpy") is not None
HAS_CUDA = os.path.exists("/dev/nvidia0")


def engine(deed, *more):
    return ["--engine", f"{deed}={sys.executable} {HERE}/made_up_device.py {deed}", *more]


def check(deed, *more):
    """Returns the exit status, {contender: row} and what was said."""
    status, record, said = run("check", "--problem", PROBLEM, "--fill", "uniform", "--backend",
                               f"naive,{deed}", *engine(deed), *more)
    return status, {row["contender"]: row for row in (record or {}).get("checks", ())}, said


def bench(deed, *more):
    _, record, said = run("bench", "--problem", PROBLEM, "--backend", f"naive,{deed}", "--blocks",
                          "2", "--sample-ms", "0.5", "--disturbed", "1e9", "--submits", "20",
                          "--engine-limit", "20", *engine(deed), *more)
    assert record, said
    rows = [row["poolbench"] for row in record["benchmarks"] if "poolbench" in row]
    return record, {(row["contender"], row["temperature"]): row for row in rows}


@unittest.skipUnless(HAS_NUMPY, "no NumPy")
class MadeUp(unittest.TestCase):
    def test_an_honest_one_is_right_and_timed(self):
        for deed in ("honest", "stores_later"):
            status, rows, said = check(deed, "--trust-rules", "--problem",
                                       "max/global/f32/nhwc/src:1x5x4x3x2")
            self.assertEqual(status, 0, said)
            self.assertEqual(rows[deed]["status"], "ok")
            record, rows = bench(deed, "--trust-rules")
            for temperature in ("cold", "hot"):
                row = rows[deed, temperature]
                self.assertIn(row["status"], ("ok", "INVALID"), row)  # a busy machine's clocks
                self.assertGreater(row["claimed_seconds"], 0)
            self.assertGreater(rows[deed, "hot"]["proofs"], 0)
            devices = {one["uuid"]: one for one in record["context"]["poolbench"]["devices"]}
            there = devices["0123456789abcdef" * 2]
            self.assertEqual((there["substrate"], there["name"], there["driver"]),
                             ("apart-worker", "Made up", "made_up 1.0 (sm_90)"))
            self.assertEqual(rows[deed, "hot"]["level"], "L2")
            self.assertGreaterEqual(rows[deed, "cold"]["rotation_bytes"], 3 << 16)

    def test_the_hosts_memory_stays_as_it_is(self):
        record, _ = bench("honest", "--hot")
        self.assertNotIn("memory", record["context"]["poolbench"]["comparable"])

    def each_request(self, deed, checked, timed):
        """What the deed comes to for each request that reaches memory, and for nobody else."""
        for request in ("put", "get", "fill"):
            _, rows, said = check(f"{deed}_{request}")
            self.assertEqual(rows[f"{deed}_{request}"]["status"], checked, said)
            self.assertEqual(rows["naive"]["status"], "ok", said)
        _, rows = bench(f"{deed}_copy", "--cold")
        self.assertEqual(rows[f"{deed}_copy", "cold"]["status"], timed, rows)
        self.assertIn(rows["naive", "cold"]["status"], ("ok", "INVALID"))

    def test_what_is_forgotten_is_seen(self):
        self.each_request("forgets", "WRONG", "CHEAT")

    def test_one_that_ends_while_memory_is_reached_is_its_own_row(self):
        self.each_request("dies_in", "EXITED", "EXITED")

    def test_its_memory_may_end(self):
        _, rows, said = check("has_no_memory")
        row = rows["has_no_memory"]
        self.assertEqual(row["status"], "ERROR", said)
        self.assertIn("bytes are too many", row["reason"])

    def test_its_clock_may_not_lie(self):
        _, rows = bench("claims_half", "--hot")
        self.assertEqual(rows["claims_half", "hot"]["status"], "INVALID")
        self.assertIn("its own clock", rows["claims_half", "hot"]["reason"])

    def test_what_starting_there_costs_is_taken_off_but_from_idle(self):
        for submits in ("0", "20"):
            with tempfile.NamedTemporaryFile("r", encoding="utf-8") as log:
                run("bench", "--problem", PROBLEM, "--backend", "logs", "--hot", "--blocks", "2",
                    "--sample-ms", "0.5", "--disturbed", "1e9", "--submits", submits, "--engine",
                    f"logs={sys.executable} {HERE}/made_up_device.py logs {log.name}")
                lines = log.read().split()
            alone = sum((before, after) == ("launches", "launches")
                        for before, after in zip(lines, lines[1:]))
            self.assertGreater(lines.count("launches"), 4)
            self.assertEqual(alone > 0, submits != "0", lines)

    def test_a_device_that_is_none_is_unavailable(self):
        for deed, reason in (("says_no_uuid", "32 hex digits"), ("says_no_cache", "cache=0"),
                             ("says_the_host", "a device that is the host")):
            status, _, said = check(deed)
            self.assertEqual(status, 5, said)
            self.assertIn(reason, said)


@unittest.skipIf(HAS_CUDA, "a GPU is here")
class WithoutADevice(unittest.TestCase):
    def test_engines_on_cuda_are_unavailable_with_the_reason(self):
        words = [word for name in ON_CUDA for word in ("--engine", name)]
        status, _, said = run("list", "backends", "--backend", ",".join(("naive", *ON_CUDA)),
                              *words, record=False)
        self.assertEqual(status, 0, said)
        for name in ON_CUDA:
            self.assertRegex(said, rf"(?m)^{name} +unavailable +\S.*(CUDA|NumPy|Torch|torch)")

    @unittest.skipUnless(HAS_NUMPY, "no NumPy")
    def test_a_device_that_nobody_knows_is_refused(self):
        script = os.path.join(os.path.dirname(HERE), "host/engines/torch_engine.py")
        status, _, said = run("check", "--problem", PROBLEM, "--engine",
                              f"t={script} --device abacus")
        self.assertEqual(status, 5, said)
        self.assertIn("--device abacus: cpu and cuda are right", said)


class FakeCuda:
    """As much of torch.cuda as a recording needs; `log` says what was asked of it, in order."""

    def __init__(self):
        self.log = []
        self.is_available = lambda: True
        self.set_stream = lambda stream: None
        self.graph_pool_handle = lambda: "pool"
        self.get_device_properties = lambda _: mock.Mock(
            total_memory=1 << 20, L2_cache_size=4096, major=9, minor=0,
            uuid="GPU-8A6F0000-1111-2222-3333-444455556666")

    def Stream(self):
        return mock.Mock(synchronize=lambda: self.log.append("synchronize"))

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


@unittest.skipUnless(HAS_NUMPY and importlib.util.find_spec("torch"), "no PyTorch, or no NumPy")
class Cuda(unittest.TestCase):
    """host/engines/torch_cuda.py, with the processor's memory in place of a GPU's."""

    def setUp(self):
        import torch
        import torch_cuda

        self.cuda = FakeCuda()
        driver = mock.patch.object(torch._C, "_cuda_getDriverVersion", lambda: 12080, create=True)
        for patch in (mock.patch.object(torch, "cuda", self.cuda), driver):
            patch.start()
            self.addCleanup(patch.stop)
        self.device = torch_cuda.Cuda("cpu")

    def test_facts_are_as_the_cuda_backends(self):
        facts = self.device.facts
        self.assertEqual(facts["uuid"], "8a6f0000111122223333444455556666")
        self.assertRegex(facts["driver"], r"^CUDA 12\.8 \(runtime .*, sm_90\)$")

    def test_events_are_nodes_of_one_graph_and_its_launches_between_them(self):
        first, second = (lambda: self.cuda.log.append("first"),
                         lambda: self.cuda.log.append("second"))
        replay = self.device.record([first, second, first])
        _, captured, begin, *launches, end, done = self.cuda.log
        self.assertEqual((captured, launches, done),
                         ("capture_begin", ["first", "second", "first"], "capture_end"))
        self.assertTrue(all(event.timed and event.external for event in (begin, end)))
        self.cuda.log.clear()
        seconds, results = replay()
        self.assertEqual(self.cuda.log, ["replay", "synchronize"])
        self.assertAlmostEqual(seconds, 6e-3)
        self.assertEqual(sorted(results), [1, 2])  # the latest of each set of tensors

    def test_memory_is_bytes_that_tensors_stand_on(self):
        import numpy as np

        memory = self.device.allocate(4096)
        self.device.fill(memory, 0, 0xff, 4096)
        values = np.arange(6, dtype="f4")
        self.device.put(memory, 256, memoryview(values).cast("B"))
        there = self.device.array(memory, 256, np.dtype("f4"), (2, 3))
        self.assertEqual(there.tolist(), [[0, 1, 2], [3, 4, 5]])
        self.device.copy(memory, 512, memory, 256, 24)
        back = bytearray(28)
        self.device.get(memory, 512, memoryview(back))
        self.assertEqual(back, values.tobytes() + b"\xff" * 4)
        self.assertEqual(self.device.array(memory, 0, np.dtype("u2"), (2,)).tolist(), [65535] * 2)


class TensorRt(unittest.TestCase):
    """host/engines/tensorrt_engine.py beside a made-up TensorRT, which answers False for what it
    does not take."""

    def test_a_launch_that_is_not_taken_fails(self):
        trt, engine = mock.MagicMock(__version__="10"), mock.MagicMock()
        modules = {"tensorrt": trt, "poolbench_engine": engine, "onnx_model": mock.Mock()}
        with mock.patch.dict(sys.modules, modules), mock.patch.object(sys, "argv", ["engine"]):
            runpy.run_path(os.path.join(os.path.dirname(HERE), "host/engines/tensorrt_engine.py"))
        plan = engine.serve.call_args.args[0]
        trt.Builder().create_network().get_output().shape = (1, 2)
        context = trt.Runtime().deserialize_cuda_engine().create_execution_context()
        launch = plan(mock.Mock(rank=2, shape=lambda _: (1, 2)))(mock.Mock())
        launch()
        for refused in (context.set_tensor_address, context.execute_async_v3):
            refused.return_value = False
            self.assertRaises(RuntimeError, launch)
            refused.return_value = True


if __name__ == "__main__":
    engines_test.PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()

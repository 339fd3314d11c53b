#!/usr/bin/env python3
"""results/picks.py on a made-up record: which kernels it reports as faster than the pick."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PICKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../results/picks.py")
PROBLEM = "max/sliding/f32/nchw/src:1x4x8x8/k:2x2"


def row(kernel, low, forced=True, temperature="cold"):
    contender = f"openmp.{kernel}" if forced else "openmp"
    return {"run_type": "aggregate", "poolbench": {
        "contender": contender, "problem": PROBLEM, "temperature": temperature, "status": "ok",
        "kernel": kernel, "baseline": "openmp",
        "ratio": {"low": low, "median": low + 0.1, "high": low + 0.2}}}


class Picks(unittest.TestCase):
    def picks(self, *rows):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "r.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"benchmarks": list(rows)}, file)
            return subprocess.run([sys.executable, PICKS, path], capture_output=True, text=True,
                                  check=False)

    def test_a_kernel_is_faster_by_the_lower_end_of_its_interval(self):
        result = self.picks(row("rows", 1.0, forced=False), row("rows", 1.5), row("strips", 1.2),
                            row("tile", 1.04))
        self.assertEqual(result.returncode, 1)
        self.assertIn("strips x1.30 (at least 1.20) of the picked rows", result.stdout)
        self.assertNotIn("tile", result.stdout)
        self.assertNotIn("rows x", result.stdout)  # the pick itself, forced
        self.assertIn("1 faster kernels over 1 rows", result.stdout)

    def test_the_other_temperature_stands_beside_it(self):
        result = self.picks(row("rows", 1.0, forced=False), row("strips", 1.2),
                            row("rows", 1.0, forced=False, temperature="hot"),
                            row("strips", 0.6, temperature="hot"))
        self.assertIn("hot x0.70", result.stdout)

    def test_another_backend_has_no_pick_of_this_one(self):
        peer = row("rows", 3.0, forced=False)  # an openmp's own choice, compared with a peer's
        peer["poolbench"]["baseline"] = "onednn"
        other = row("direct", 1.0, forced=False)
        other["poolbench"].update(contender="onednn", baseline="onednn")
        forced = row("strips", 5.0)
        forced["poolbench"]["baseline"] = "onednn"
        result = self.picks(peer, other, forced)
        self.assertIn("0 faster kernels over 0 rows", result.stdout)

    def test_none_is_faster(self):
        result = self.picks(row("rows", 1.0, forced=False), row("strips", 0.9))
        self.assertEqual(result.returncode, 0)

    def test_what_cannot_be_read_is_named(self):
        result = subprocess.run([sys.executable, PICKS, "/no/such.json"], capture_output=True,
                                text=True, check=False)
        self.assertEqual(result.returncode, 4)
        self.assertIn("/no/such.json", result.stderr)

    def test_json_that_is_no_record_is_named(self):
        for text in ("[]", "{}", '{"context": null, "benchmarks": []}', '{"benchmarks": [1]}'):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(text)
                file.flush()
                result = subprocess.run([sys.executable, PICKS, file.name], capture_output=True,
                                        text=True, check=False)
            self.assertEqual(result.returncode, 4, text)
            self.assertIn(f"{file.name}: is no record", result.stderr)


if __name__ == "__main__":
    unittest.main()

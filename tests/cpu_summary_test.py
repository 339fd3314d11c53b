#!/usr/bin/env python3
"""results/cpu_summary.py on a made-up record: which rows count, and what it prints of them.

    cpu_summary_test.py POOLBENCH
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

SUMMARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../results/cpu_summary.py")


def row(problem, ratio=2.0, share=0.7, temperature="hot", contender="openmp", **more):
    ours = {"contender": contender, "problem": problem, "temperature": temperature, "status": "ok",
            "device": "host", "kernel": "strips", "bytes_read": 800, "bytes_written": 200,
            "baseline": "onednn", "below_floor": False, "floor_seconds": 1e-7,
            "ceiling_seconds": 1e-6, "seconds": {"low": 1e-6, "median": 1e-6, "high": 1e-6},
            "ratio": {"low": ratio, "median": ratio, "high": ratio * 1.1},
            "share": {"low": share, "median": share, "high": share}}
    return {"run_type": "aggregate", "poolbench": ours | more}


class CpuSummary(unittest.TestCase):
    def summary(self, *rows):
        record = {"context": {"poolbench": {"devices": [{"uuid": "host", "cache_bytes": 500}]}},
                  "benchmarks": [{"run_type": "iteration"}, *rows]}
        with tempfile.TemporaryDirectory() as folder:
            path, missed = os.path.join(folder, "r.json"), os.path.join(folder, "missed.md")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(record, file)
            result = subprocess.run([sys.executable, SUMMARY, "--poolbench", PROGRAM, "--missed",
                                     missed, path], capture_output=True, text=True, check=False)
            if not os.path.exists(missed):
                return result, None
            with open(missed, encoding="utf-8") as file:
                return result, file.read()

    def line(self, result, title):
        return next(line for line in result.stdout.splitlines() if line.startswith(f"| {title}"))

    def test_a_row_is_missed_by_the_upper_end_of_its_interval(self):
        result, missed = self.summary(row("max/sliding/f32/nchw/src:1x4x8x8/k:2x2", ratio=0.95),
                                      row("max/sliding/f32/nchw/src:1x4x9x9/k:2x2", ratio=0.80))
        self.assertIn("1 of 2 miss", self.line(result, "every row, f32"))
        self.assertIn("1x4x9x9", missed)
        self.assertNotIn("1x4x8x8/k:2x2` hot, kernel strips, against", missed)
        self.assertEqual(result.returncode, 1)

    def test_means_are_geometric_and_by_layout_and_temperature(self):
        result, _ = self.summary(row("max/sliding/f32/nchw/src:1x4x8x8/k:2x2", ratio=2.0),
                                 row("max/sliding/f32/nchw/src:1x4x9x9/k:2x2", ratio=8.0),
                                 row("max/sliding/f32/nhwc/src:1x4x9x9/k:2x2", ratio=1.5))
        cells = self.line(result, "f32: best peer").split("|")
        self.assertEqual(cells[3].strip(), "–")
        self.assertIn("4.00 (2 rows)", cells[4])
        self.assertIn("1.50 (1 rows): met", cells[7])

    def test_cache_decides_the_class_of_a_share(self):
        inside = dict(bytes_read=300, bytes_written=100)
        result, _ = self.summary(row("max/sliding/f32/nchw/src:1x4x8x8/k:2x2", share=0.5),
                                 row("max/sliding/f32/nchw/src:1x4x9x9/k:2x2", share=0.7, **inside))
        self.assertIn("worst 0.50: 1 of 1 miss", self.line(result, "beyond the last-level"))
        self.assertIn("worst 0.70: met", self.line(result, "inside the last-level"))

    def test_large_windows_stand_beside_small_ones(self):
        slow = {"low": 4e-6, "median": 4e-6, "high": 4e-6}
        result, _ = self.summary(
            row("max/sliding/f32/nchw/src:1x4x19x19/k:13x13/s:1x1/p:6x6", seconds=slow),
            row("max/sliding/f32/nchw/src:1x4x19x19/k:3x3/s:1x1/p:1x1"))
        self.assertIn("worst 4.00: 1 of 1 miss", self.line(result, "13×13"))
        result, _ = self.summary(
            row("max/sliding/f32/nchw/src:1x4x19x19/k:13x13/s:1x1/same_upper", seconds=slow))
        self.assertNotIn("worst", self.line(result, "13×13"))

    def test_rows_without_a_peer_or_a_time_are_counted_beside(self):
        alone = row("lp/sliding/f32/nchw/src:1x4x8x8/k:2x2/norm:2", baseline="", share=0.9)
        wrong = row("max/sliding/f32/nchw/src:1x4x7x7/k:2x2", status="INVALID", reason="too fast")
        result, missed = self.summary(alone, wrong)
        self.assertIn("1 that no peer takes; 1 not timed", result.stdout)
        self.assertIn("too fast", missed)
        self.assertIn("met", self.line(result, "adaptive, fractional, Lp"))

    def test_an_unreadable_record_is_4(self):
        result = subprocess.run([sys.executable, SUMMARY, "/nonexistent.json"],
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 4)
        self.assertIn("/nonexistent.json", result.stderr)

    def test_what_is_no_problem_is_named(self):
        problem = "max/sliding/f32/nchw/src:1x4x8x8/k:9x9"
        result, missed = self.summary(row(problem))
        self.assertEqual(result.returncode, 4)
        self.assertIn(problem, result.stderr)
        self.assertIsNone(missed, "nothing is written")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()

#!/usr/bin/env python3
""".ci/gpu_summary.py on made-up records: the rows of each class, which targets are met or missed,
and that every untimed row is listed.

    gpu_summary_test.py POOLBENCH
"""
import gzip
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.ci")
sys.path.insert(0, FOLDER)
import gpu_summary  # noqa: E402
from problems import worked_out  # noqa: E402
from records import sealed  # noqa: E402

GPU = "8a6f0000111122223333444455556666"


def interval(median):
    return {"median": median, "low": median * 0.98, "high": median * 1.02}


def row(contender, problem, seconds=50e-6, megabytes=100, share=0.9, **more):
    """A row as `bench --json` writes it; beyond the floor unless said."""
    ours = {"contender": contender, "kernel": "strip", "problem": problem, "temperature": "cold",
            "status": "ok", "reason": "", "device": GPU, "seconds": interval(seconds),
            "bytes_read": int(megabytes * 0.8e6), "bytes_written": int(megabytes * 0.2e6),
            "floor_seconds": 2e-6, "below_floor": seconds < 4e-6, "ceiling": "copy",
            "ceiling_seconds": seconds * share, "share": interval(share)}
    ours.update(more)
    return {"run_type": "aggregate", "poolbench": ours}


def refused(contender, problem):
    return {"error_occurred": True, "poolbench": {
        "contender": contender, "kernel": "", "problem": problem, "temperature": "cold",
        "status": "WRONG", "reason": "3 of 9 judged outputs are wrong", "device": GPU}}


def record(*rows, left_out=()):
    device = {"uuid": GPU, "name": "Fast GPU", "substrate": "cuda"}
    return {"context": {"poolbench": {"devices": [device], "left_out": list(left_out)}},
            "benchmarks": [{"run_type": "iteration", "real_time": 1}, *rows]}


HALVING = "max/sliding/f16/nhwc/src:32x64x112x112/k:2x2"
STEM = "max/sliding/{}/nchw/src:32x64x112x112/k:3x3/s:2x2/p:1x1"


class Summary(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_on(self, *paths):
        return subprocess.run([sys.executable, os.path.join(FOLDER, "gpu_summary.py"),
                               "--poolbench", PROGRAM, *paths],
                              capture_output=True, text=True, encoding="utf-8", check=False)

    def table(self, *rows, **more):
        """The table's lines by (class, family), as lists of cells, and the whole text."""
        result = self.run_on(self.file("record.json", sealed(record(*rows, **more)).decode()))
        self.assertEqual(result.stderr, "")
        cells = [line.strip("| ").split(" | ") for line in result.stdout.splitlines()
                 if line.startswith("| ")]
        return {(c[0], c[1]): c[2:] for c in cells}, result.stdout

    def test_class_has_rows_mean_worst_target_and_verdict(self):
        other = HALVING.replace("nhwc", "nchw")
        table, text = self.table(row("cuda:0", HALVING, share=0.9), row("cuda:0", other, share=0.8),
                                 row("vulkan:0", HALVING, share=0.81))
        name = "≥ 64 MB, 2×2 s2, 2 bytes or more"
        self.assertEqual(table[name, "cuda"], ["2", "0.85", "0.80", "≥ 0.85", "no, in 1 of 2"])
        self.assertEqual(table[name, "vulkan"], ["1", "0.81", "0.81", "≥ 0.80", "yes"])
        self.assertIn(f"- misses: cuda:0, {name}: 0.80 for `{other}`", text)
        self.assertIn(f"Device: Fast GPU ({GPU})", text)

    def test_class_without_rows_is_not_met(self):
        table, _ = self.table(row("cuda:0", HALVING))
        self.assertEqual(table["≥ 64 MB, 3×3 s2 and s1, f32", "cuda"],
                         ["0", "–", "–", "≥ 0.85", "no rows"])

    def test_rows_fall_into_their_classes_and_no_others(self):
        expected = {
            HALVING: {0}, HALVING + "/idx": {2}, HALVING.replace("f16", "u8"): {6},
            STEM.format("f32"): {3}, STEM.format("bf16"): {4, 5}, STEM.format("i8"): {6},
            STEM.format("f64"): set(),
            "lp/sliding/f32/nchw/src:32x64x112x112/k:2x2/norm:2": {10},
            "max/sliding/f16/nchw/src:32x64x112x112/k:2x2/s:1x1": set(),
            "max/sliding/f16/nchw/src:32x64x112x112/k:3x3/s:2x2/d:2x2": set(),
            "max/sliding/f32/nchw/src:16x64x16x56x56/k:2x2x2": {2},
            "max/sliding/f32/nchw/src:16x64x16x56x56/k:1x3x3/s:1x2x2/p:0x1x1": {2},
            "avg_include_pad/adaptive/f32/nchw/src:8x2048x60x60/out:6x6": {2},
            "avg_include_pad/adaptive/f32/nchw/src:8x2048x60x60/out:1x1": {8},
            "max/global/f32/nhwc/src:256x2048x7x7": {8},
            "max/sliding/f32/nchw/src:64x512x19x19/k:13x13/s:1x1/same_upper": {7},
            "max/sliding/f32/nchw/src:64x512x19x19/k:9/s:1/p:4": {7},
        }
        everywhere = {9, 11, 12}  # told apart by floor and peers
        problems = worked_out(PROGRAM, expected)
        for text, classes in expected.items():
            got = {i for i, c in enumerate(gpu_summary.CLASSES)
                   if c.applies(problems[text], 100e6)}
            self.assertEqual(got - everywhere, classes, text)
        self.assertFalse(any(c.applies(problems[HALVING], 63e6)
                             for c in gpu_summary.CLASSES[:9]), "smaller than every class")

    def test_only_cold_rows_of_our_own_choice_of_kernel_count(self):
        table, _ = self.table(row("cuda:0", HALVING, share=0.9),
                              row("cuda:0.table", HALVING, share=0.1),
                              row("cuda:0", STEM.format("f32"), temperature="hot"))
        self.assertEqual(table["≥ 64 MB, 2×2 s2, 2 bytes or more", "cuda"][:2], ["1", "0.90"])
        self.assertEqual(table["≥ 64 MB, 3×3 s2 and s1, f32", "cuda"][0], "0")

    def test_stem_is_judged_by_its_time(self):
        table, _ = self.table(row("cuda:0", STEM.format("f16"), seconds=19e-6, share=0.76))
        name = "ResNet stem 32×64×112×112, f16 and bf16, µs"
        self.assertEqual(table[name, "cuda"], ["1", "19.00", "19.00", "≤ 20.00", "yes"])
        self.assertNotIn((name, "vulkan"), table)

    def test_rows_below_the_floor_are_judged_by_time_above_it(self):
        # The best ceiling is 4000 GB/s; 1 MB takes 0.25 us at it, the floor is 2 us.
        table, _ = self.table(row("cuda:0", HALVING, seconds=25e-6, share=1.0),
                              row("cuda:0", "max/global/f32/nchw/src:1x64x56x56", seconds=3.5e-6,
                                  megabytes=1, share=0.9))
        line = table["below twice the floor: µs above floor + bytes ÷ ceiling", "cuda"]
        self.assertEqual(line, ["1", "–", "1.25", "≤ 1.00", "no, in 1 of 1"])

    def test_lp_is_compared_with_the_average_of_the_same_windows(self):
        table, _ = self.table(
            row("cuda:0", "lp/sliding/f32/nchw/src:1x1x4x4/k:3x3/p:1x1/norm:2/mean", 54e-6),
            row("cuda:0", "avg_include_pad/sliding/f32/nchw/src:1x1x4x4/k:3x3/p:1x1", 50e-6),
            row("cuda:0", "lp/global/f32/nchw/src:1x1x4x4/norm:2", 60e-6),
            row("cuda:0", "avg_include_pad/global/f32/nchw/src:1x1x4x4", 60e-6))
        self.assertEqual(table["Lp, p = 2: time over the average's", "cuda"],
                         ["2", "1.04", "1.08", "≤ 1.10", "yes"])

    def test_best_peer_on_the_same_device_by_the_lower_end(self):
        paired = row("cuda:0", HALVING, 50e-6, baseline="cudnn", ratio=interval(1.0),
                     across_devices=False)
        elsewhere = row("aten-cuda", HALVING, 1e-6, device="another")
        table, _ = self.table(paired, row("cudnn", HALVING, 50e-6), elsewhere)
        name = "every row: best peer ÷ ours, lower end"
        self.assertEqual(table[name, "cuda"], ["1", "0.98", "0.98", "≥ 0.97", "yes"])
        # Rows of another record: the intervals' worse ends.
        for compiled in ("torch.compile", "torch-compile-cuda"):  # as records of 0.1 call it
            table, _ = self.table(paired, row("cudnn", HALVING, 50e-6),
                                  row(compiled, HALVING, 49e-6))
            self.assertEqual(table[name, "cuda"],
                             ["1", "0.94", "0.94", "≥ 0.97", "no, in 1 of 1"])
        mean = table["beyond twice the floor: best peer ÷ ours, mean", "cuda"]
        self.assertEqual(mean, ["1", "0.98", "0.98", "≥ 1.50", "no"])

    def test_rows_without_a_time_and_what_was_left_out_are_named(self):
        _, text = self.table(row("cuda:0", HALVING), refused("vulkan:0", HALVING),
                             left_out=[STEM.format("f32")])
        self.assertIn("- WRONG: vulkan:0, 1 rows: 3 of 9 judged outputs are wrong: "
                      f"`{HALVING}`", text)
        self.assertIn("1 problems, from `" + STEM.format("f32"), text)

    def test_archives_and_compressed_records_are_read_and_later_ones_win(self):
        first = sealed(record(row("cuda:0", HALVING, share=0.5)))
        second = sealed(record(row("cuda:0", HALVING, share=0.95)))
        packed = os.path.join(self.folder.name, "bench.tar.gz")
        with tarfile.open(packed, "w:gz") as archive:
            member = tarfile.TarInfo("bench-classes.json")
            member.size = len(first)
            archive.addfile(member, io.BytesIO(first))
        compressed = os.path.join(self.folder.name, "b.json.gz")
        with gzip.open(compressed, "wb") as file:
            file.write(second)
        self.assertIn("| 1 | 0.50 | 0.50 |", self.run_on(packed).stdout)
        self.assertIn("| 1 | 0.95 | 0.95 |", self.run_on(packed, compressed).stdout)

    def test_markdown_holds_every_detail_and_the_screen_the_table_last(self):
        path = os.path.join(self.folder.name, "summary.md")
        rows = [row("cuda:0", HALVING.replace("src:32", f"src:{n}"), share=0.5)
                for n in range(32, 132)]
        result = self.run_on("--markdown", path, self.file("r.json", sealed(record(*rows)).decode()))
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(text.count("- misses: "), 100)
        self.assertIn("- and 40 more", result.stdout)
        self.assertTrue(result.stdout.splitlines()[-1].startswith("| beyond twice the floor"))
        self.assertEqual(result.returncode, 1, "not every class is met")

    def test_what_is_no_record_is_refused_with_its_name(self):
        result = self.run_on(self.file("broken.json", "{"))
        self.assertEqual(result.returncode, 4)
        self.assertIn("broken.json", result.stderr)
        result = self.run_on(os.path.join(self.folder.name, "missing.json"))
        self.assertEqual(result.returncode, 4)
        self.assertIn("missing.json", result.stderr)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()

#!/usr/bin/env python3
"""PyTorch's values for its own samples, stored in external/torch_golden.tar.gz: all come out.

    torch_golden_test.py POOLBENCH [BACKENDS]
"""
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ARCHIVE = os.path.join(HERE, "external", "torch_golden.tar.gz")
BACKENDS = sys.argv.pop() if len(sys.argv) > 2 else "naive,openmp"
PROGRAM = sys.argv.pop() if len(sys.argv) > 1 else ""


def check(folder):
    return subprocess.run([PROGRAM, "check", "--golden", folder, "--backend", BACKENDS],
                          capture_output=True, text=True, check=False)


class TorchGolden(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(self.folder)

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def test_every_one_comes_out(self):
        files = os.listdir(self.folder)
        self.assertGreaterEqual(len(files), 2000)
        self.assertLess(os.path.getsize(ARCHIVE), 20 << 20)
        done = check(self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for backend in BACKENDS.split(","):
            self.assertRegex(done.stdout, rf"{backend} +{len(files)} +0 +0 +0 +0 ")

    def test_they_name_release_and_day_and_cover_types_and_operators(self):
        texts = [self.read(name) for name in os.listdir(self.folder)]
        for text in texts:
            self.assertRegex(text, r"^# PyTorch \d+\.\d+\S* on a CPU, in f64, 20\d\d-\d\d-\d\d\n")
        for kind in ("max/sliding/f64/", "max/sliding/f32/", "max/sliding/f16/",
                     "max/sliding/bf16/", "max/sliding/i8/", "max/sliding/u8/", "max/sliding/i32/",
                     "avg_include_pad/sliding/", "avg_exclude_pad/sliding/", "max/adaptive/",
                     "avg_include_pad/adaptive/", "/nhwc/", "/ceil", "/d:1x2"):
            self.assertTrue(any(kind in text for text in texts), kind)

    def test_another_number_is_found(self):
        for name in sorted(os.listdir(self.folder)):
            text = self.read(name)
            if "problem: max/sliding/f32/" in text:
                break
        with tempfile.TemporaryDirectory() as folder:
            before, output, after = text.partition("output: ")
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(before + output + "1e30" + after[after.index(" "):])
            done = check(folder)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()

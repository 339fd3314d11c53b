#!/usr/bin/env python3
"""tests/cuda_counts.txt is what the kernels do, and one more sector a warp is always seen.

    cuda_counts_test.py POOLBENCH_CUDA_COUNT
"""
import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOL = sys.argv.pop()
sys.path.insert(0, os.path.join(ROOT, "bench/gate"))
import kept_counts  # noqa: E402

with open(os.path.join(ROOT, kept_counts.CUDA), encoding="utf-8") as kept:
    KEPT = kept.read()
with open(os.path.join(ROOT, kept_counts.RESOURCES), encoding="utf-8") as kept:
    RESOURCES = kept.read()


def counted(*arguments, text=KEPT, status=0):
    done = subprocess.run([TOOL, *arguments], input=text, text=True, capture_output=True,
                          check=False)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


class Counts(unittest.TestCase):
    def test_the_file_is_what_the_kernels_do(self):
        self.maxDiff = None
        self.assertEqual(KEPT, counted(), f"after an intended change: {os.path.basename(TOOL)} "
                         f"< {kept_counts.CUDA} says what to keep")

    def test_one_more_sector_a_warp_is_always_seen(self):
        before, text = kept_counts.cuda_counts(KEPT), counted("--plant", "1")
        after = kept_counts.cuda_counts(text)
        self.assertGreater(len(before), 30)
        for row, counts in before.items():
            self.assertEqual(after[row]["sectors loaded"],
                             counts["sectors loaded"] + counts["warps"], row)
        said = kept_counts.report({kept_counts.CUDA: KEPT}, {kept_counts.CUDA: text})
        self.assertEqual(len(said), len(before))
        for line in said:
            self.assertRegex(line, r"^CUDA  \w+ \S+/src:\S+: \+[\d.]+ % sectors loaded \(\d+ to \d+\)")

    def test_no_kernel_loads_less_than_it_must(self):
        for row, counts in kept_counts.cuda_counts(KEPT).items():
            self.assertGreaterEqual(counts["sectors loaded"], counts["at least"], row)
            self.assertGreaterEqual(counts["sectors stored"], counts["at least stored"], row)

    def test_where_part_of_a_warp_gets_to_is_named(self):
        line = next(line for line in KEPT.splitlines() if line.startswith("sliding "))
        said = counted("--partial", text=line + "\n").splitlines()
        self.assertEqual(said[0], line)
        sites = [site.split() for site in said[1:]]
        self.assertTrue(all(site.startswith("sliding.cuh:") for _, site, _ in sites), said)
        partial = next(iter(kept_counts.cuda_counts(line).values()))["partial warps"]
        self.assertEqual(sum(int(times) for _, _, times in sites), partial)

    def test_what_cannot_be_counted_is_refused(self):
        self.assertIn("takes windows", counted(
            text="reduce max/sliding/f32/nchw/src:1x1x8x8/k:2x2\n", status=3))
        self.assertIn("no kernel and problem", counted(text="reduce\n", status=3))


class Report(unittest.TestCase):
    def test_registers_and_code_are_compared_too(self):
        self.assertEqual(kept_counts.cuda_resources(RESOURCES)["StagedBody<Extreme<"]["kernels"], 40)
        head = RESOURCES.replace("40 kernels, 72 registers", "40 kernels, 90 registers")
        said = kept_counts.report({kept_counts.RESOURCES: RESOURCES},
                                  {kept_counts.RESOURCES: head})
        self.assertEqual(said, ["CUDA  StagedBody<Extreme<: +25 % registers (72 to 90)"])

    def test_a_base_without_counts_says_so(self):
        self.assertEqual(kept_counts.report({}, {kept_counts.CUDA: KEPT}),
                         [f"CUDA  the base has no {kept_counts.CUDA}"])
        self.assertEqual(kept_counts.report({kept_counts.CUDA: KEPT},
                                            {kept_counts.CUDA: KEPT}), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

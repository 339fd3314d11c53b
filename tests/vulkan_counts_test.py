#!/usr/bin/env python3
"""tests/vulkan_counts.txt is what its driver makes of the shaders, where that driver is.

    vulkan_counts_test.py POOLBENCH_VULKAN_COUNT
"""
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOL = sys.argv.pop()
sys.path.insert(0, os.path.join(ROOT, "bench/gate"))
import kept_counts  # noqa: E402

AMD = "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json"
SOFTWARE = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"
with open(os.path.join(ROOT, kept_counts.VULKAN), encoding="utf-8") as kept:
    KEPT = kept.read()


def told(text, driver):
    return subprocess.run([TOOL], input=text, text=True, capture_output=True, check=False,
                          env={**os.environ, "RADV_FORCE_FAMILY": "navi21",
                               "VK_ICD_FILENAMES": driver, "POOLBENCH_PIPELINE_CACHE": "0"})


def driver_of(text):
    return re.search(r"^# driver: (.*)$", text, re.M)[1]


class Counts(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(AMD), f"no {AMD} (Debian: mesa-vulkan-drivers)")
    def test_the_file_is_what_the_driver_makes(self):
        done = told(KEPT, AMD)
        self.assertEqual(done.returncode, 0, done.stderr)
        if driver_of(done.stdout) != driver_of(KEPT):
            self.skipTest(f"here is {driver_of(done.stdout)}, the file is of {driver_of(KEPT)}")
        self.maxDiff = None
        self.assertEqual(KEPT, done.stdout, f"after an intended change: {os.path.basename(TOOL)} "
                         f"< {kept_counts.VULKAN} says what to keep")

    @unittest.skipUnless(os.path.exists(SOFTWARE), f"no {SOFTWARE}")
    def test_a_driver_that_tells_nothing_is_named(self):
        done = told(KEPT, SOFTWARE)
        if done.returncode == 0:
            self.skipTest("here it tells something")
        self.assertEqual(done.returncode, 5)
        self.assertRegex(done.stderr, "llvmpipe.* has no VK_KHR_pipeline_executable_properties")

    def test_the_gate_shows_what_differs(self):
        rows = kept_counts.vulkan_counts(KEPT)
        self.assertGreater(len(rows), 15)
        row = next(row for row in rows if row.startswith("strip max/sliding/f32"))
        self.assertEqual(row.split()[-1], "strip.f32.max")
        more = re.sub(r"VGPRs (\d+)", lambda match: f"VGPRs {2 * int(match[1])}", KEPT, count=1)
        number = rows[next(iter(rows))]["VGPRs"]
        self.assertEqual(kept_counts.report({kept_counts.VULKAN: KEPT}, {kept_counts.VULKAN: more}),
                         [f"Vulkan  {next(iter(rows))}: +100 % VGPRs "
                          f"({number:g} to {2 * number:g})"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

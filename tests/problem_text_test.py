#!/usr/bin/env python3
"""bench/problem_text.py: extents, taps, refusals, and the program's count of compulsory bytes."""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
from problem_text import (BadInput, compulsory_bytes, dst_extents, parse_problem,  # noqa: E402
                          taps_on)
from records import median_rows, read_records  # noqa: E402

RECORD = os.path.join(ROOT, "results/intel-xeon-2vcpu/models.json.gz")


class Text(unittest.TestCase):
    def test_extents(self):
        for text, extents in (
            ("max/sliding/f32/nchw/src:2x3x9x8/k:3x3/s:2x2/p:1x1", [5, 4]),
            ("max/sliding/f32/nchw/src:1x1x6x6/k:3x3/s:2x2/ceil", [3, 3]),
            # the last window would begin in the end padding
            ("max/sliding/f32/nchw/src:1x1x5/k:2/s:3/p:1/ceil", [2]),
            ("max/sliding/f32/nchw/src:1x1x3/k:1/s:1/p:0-3/ceil", [3]),
            ("max/sliding/f32/nchw/src:1x1x3/k:1/s:1/p:0-3", [6]),
            ("max/sliding/f32/nchw/src:1x1x10x11/k:3x3/s:2x2/same_upper", [5, 6]),
            ("max/sliding/f32/nchw/src:1x1x9x9x9/k:2x2x2/d:2x1x1", [4, 4, 4]),
            ("avg_include_pad/adaptive/bf16/nhwc/src:1x2x7x7/out:3x2", [3, 2]),
            ("lp/global/f32/nchw/src:1x2x7x7/norm:3", [1, 1]),
        ):
            self.assertEqual(dst_extents(parse_problem(text)), extents, text)

    def test_taps(self):
        same = parse_problem("max/sliding/f32/nchw/src:1x1x10/k:3/s:2/same_lower")
        self.assertEqual((same.pad_begin, same.pad_end), ([1], [0]))
        padded = parse_problem("max/sliding/f32/nchw/src:1x1x9/k:3/s:2/p:1/d:1")
        self.assertEqual([list(taps_on(padded, 0, o)) for o in (0, 1, 4)],
                         [[0, 1], [1, 2, 3], [7, 8]])
        dilated = parse_problem("max/sliding/f32/nchw/src:1x1x9/k:3/s:1/p:3/d:3")
        self.assertEqual(list(taps_on(dilated, 0, 1)), [1, 4])
        adaptive = parse_problem("max/adaptive/f32/nchw/src:1x1x7/out:3")
        self.assertEqual([list(taps_on(adaptive, 0, o)) for o in range(3)],
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
            with self.assertRaisesRegex(BadInput, "^problem '.*': .*" + says, msg=text):
                parse_problem(text)

    def test_bytes_are_those_of_poolbench(self):
        ((_, record),) = read_records([RECORD])
        compared = 0
        for details in median_rows(record):
            if details["contender"] != "openmp" or details["temperature"] != "cold":
                continue
            p = parse_problem(details["problem"])
            compared += 1
            self.assertEqual(compulsory_bytes(p, line=64),  # a processor's record
                             (details["bytes_read"], details["bytes_written"]), p.text)
        self.assertGreater(compared, 100)

    def test_bytes_of_windows_with_gaps(self):
        def read(text):
            return compulsory_bytes(parse_problem(text))[0]

        # 64 floats of which one in 16 is touched: 4 sectors of 8 floats, of every second row
        self.assertEqual(read("max/sliding/f32/nchw/src:3x1x4x64/k:1x1/s:2x16"), 3 * 2 * 4 * 32)
        # channels last: pixels of 64 bytes, whole
        self.assertEqual(read("max/sliding/f32/nhwc/src:3x16x4x64/k:1x1/s:2x16"), 3 * 2 * 4 * 64)


if __name__ == "__main__":
    unittest.main()

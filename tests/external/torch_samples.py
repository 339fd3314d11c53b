#!/usr/bin/env python3
"""Puts a backend under PyTorch's own samples of its pooling operators (op_db).

    torch_samples.py --module build/release/modules/openmp_again.so [--golden FILE]

Each sample of each operator and type is computed as PyTorch does, but for the pooling itself, which
the module's backend answers in this process. The answers are judged by PyTorch in f64. What no
problem says is refused by name. --golden stores --golden-count problems, inputs and PyTorch's
values as golden files (tests/golden/README.md), so that who has no PyTorch can run them.

Exit status: 0 as expected, 2 a wrong result, 3 nothing ran.
"""
import argparse
import collections
import os
import re
import sys
import time
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "host", "engines"))

import torch  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

from pool_module import Backend  # noqa: E402
from torch_golden import Golden  # noqa: E402
from torch_mode import PoolMode  # noqa: E402


def operators(pattern):
    """The forwards of pooling. Unpooling scatters, which is no pooling of windows."""
    return [op for op in op_db if "pool" in op.name and "unpool" not in op.name
            and "backward" not in op.name and re.search(pattern, op.name)]


def samples(pattern):
    """Each sample as (operator, type, sample). With gradients max_pool1d goes through an operator
    that a dispatch mode sees."""
    for op in operators(pattern):
        for dtype in sorted(op.dtypes, key=str):
            for sample in op.sample_inputs("cpu", dtype, requires_grad=dtype.is_floating_point):
                yield op, dtype, sample


def run(mode, pattern):
    """Returns the number of samples, and how many of them had a call that was answered."""
    done = answered = 0
    for op, dtype, sample in samples(pattern):
        before = mode.counts["answered"]
        with mode:
            op(sample.input, *sample.args, **sample.kwargs)
        done += 1
        answered += mode.counts["answered"] > before
    return done, answered


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", required=True, help="a module's file (host/module.h)")
    parser.add_argument("--backend", type=int, default=0, help="which of its backends [0]")
    parser.add_argument("--operators", default="", help="only operators that match this regex")
    parser.add_argument("--golden", help="store golden files in this .tar.gz")
    parser.add_argument("--golden-count", type=int, default=2000)
    flags = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    golden = Golden() if flags.golden else None
    mode = PoolMode(Backend(os.path.abspath(flags.module), flags.backend),
                    golden.add if golden else None)
    start = time.monotonic()
    done, answered = run(mode, flags.operators)
    print(f"PyTorch {torch.__version__}: {done} samples, {answered} answered by "
          f"{os.path.basename(flags.module)} in {time.monotonic() - start:.0f} s; "
          f"{mode.counts['answered']} calls, {mode.counts['wrong']} wrong, "
          f"{mode.counts['unexplained']} of PyTorch's own unexplained")
    for reason, count in sorted(mode.refused.items()):
        print(f"  refused {count}: {reason}")
    for rule, (_, problem) in sorted(mode.faults.items()):
        print(f"  PyTorch differs: {rule}; the smallest: {problem}")
    for (problem, what), count in collections.Counter(mode.wrong).most_common(20):
        print(f"WRONG: {problem} {what}, {count} times")
    if golden:
        golden.write(flags.golden, flags.golden_count)
    if mode.wrong:
        return 2
    return 0 if answered else 3


if __name__ == "__main__":
    sys.exit(main())

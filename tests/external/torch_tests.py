#!/usr/bin/env python3
"""Runs a test file of PyTorch's with a backend under its pooling.

    torch_tests.py --module build/release/modules/openmp_again.so pytorch/test/nn/test_pooling.py

Each forward of pooling is answered by the module's backend, judged, and handed to the test. The file
must be of the release that is installed. Further arguments are unittest's.

Exit status: 0 as expected, 2 a wrong result or a test that fails, 3 nothing was answered.
"""
import argparse
import importlib.util
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "host", "engines"))

from pool_module import Backend  # noqa: E402
from torch_mode import PoolMode  # noqa: E402


def load(path):
    """The tests of a file, which finds its neighbours as if it was run."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location("tests_of_pytorch", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", required=True, help="a module's file (host/module.h)")
    parser.add_argument("--backend", type=int, default=0, help="which of its backends [0]")
    parser.add_argument("file")
    flags, more = parser.parse_known_args()
    sys.argv = [flags.file]  # PyTorch's test classes read it
    module = load(flags.file)
    mode = PoolMode(Backend(os.path.abspath(flags.module), flags.backend))
    with mode:
        result = unittest.main(module, argv=[flags.file, *more], exit=False).result
    print(f"{result.testsRun} tests, {len(result.failures) + len(result.errors)} failed, "
          f"{len(result.skipped)} skipped; {mode.counts['answered']} calls answered, "
          f"{mode.counts['wrong']} wrong, {mode.counts['refused']} refused")
    for problem, what in mode.wrong:
        print(f"WRONG: {problem} {what}")
    if mode.wrong or not result.wasSuccessful():
        return 2
    return 0 if mode.counts["answered"] else 3


if __name__ == "__main__":
    sys.exit(main())

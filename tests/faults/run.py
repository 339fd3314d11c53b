#!/usr/bin/env python3
"""Plants faults, one after the other, and shows which test catches each.

    tests/faults/run.py [--build FOLDER] [--jobs N] [--named-only] [--list] [NAME...]

A fault is a patch beside this script. Its first line says what is wrong, the second which tests
ought to catch it: regular expressions of `ctest -R`, each beginning with the test's subject, or with
`program`. The script applies it to a copy of this tree, builds those tests, runs them, and takes it
back. Where they all pass it builds and runs all tests, to see whether any catches it; not with
--named-only.

The copy has two build folders, which all faults share: `emulated` for the kernels of CUDA, `native`
for everything else, where one instruction set is built. Before a fault is planted its tests must
pass. NAME is a part of a patch's name; without one all are planted. --list plants none, and says
whether each applies. CMAKE_ARGS as in tests/run.

Exit status: 0 all were caught, 1 one survived, 3 a patch does not apply, does not build, or its
tests fail without it.
"""
import argparse
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONFIGURATIONS = {"native": ["-DPOOLBENCH_NATIVE=ON"],
                  "emulated": ["-DPOOLBENCH_NATIVE=OFF", "-DPOOLBENCH_VULKAN=OFF"]}
COMMON = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DPOOLBENCH_CUDA=OFF",
          "-DPOOLBENCH_ONEDNN=OFF", "-DPOOLBENCH_ATEN=OFF", "-DPOOLBENCH_XNNPACK=OFF"]
TEST_SECONDS = 300
os.environ.setdefault("POOLBENCH_FUZZ", "500")  # random problems of a test


class Broken(Exception):
    """A fault that cannot be planted."""


class Fault:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        text = path.read_text()
        head = text.splitlines()[:2]
        if len(head) < 2 or not head[1].startswith("Caught by: "):
            raise Broken(f"{self.name}: its second line is not 'Caught by: TESTS'")
        self.what = head[0].rstrip(".")
        self.tests = head[1].removeprefix("Caught by: ").split()
        self.files = re.findall(r"^\+\+\+ b/(\S+)", text, re.MULTILINE)

    @property
    def configuration(self):
        return "emulated" if any(f.startswith("kernels/cuda/") for f in self.files) else "native"

    @property
    def targets(self):
        return sorted({re.match(r"\w+", test).group() for test in self.tests})


def patch(tree, fault, *options):
    # The tree may stand in a folder of a repository, which git would patch instead.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    done = subprocess.run(["git", "apply", *options, str(fault.path)], cwd=tree,
                          env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"does not apply any more: {done.stderr.strip()}")


class Copy:
    """A copy of the tree with its build folders."""

    def __init__(self, folder, jobs):
        self.tree, self.jobs = folder, jobs

    def folder(self, configuration):
        return self.tree / "build" / configuration

    def refresh(self):
        """Takes over what changed in the tree, and nothing else, so that little is built anew."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                                 "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
        names = {n for n in listed.stdout.decode().split("\0") if n and (ROOT / n).is_file()}
        for name in names:
            source, copy = ROOT / name, self.tree / name
            if copy.is_file() and copy.read_bytes() == source.read_bytes():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
            copy.chmod(source.stat().st_mode)
        for copy in self.tree.rglob("*"):
            name = str(copy.relative_to(self.tree))
            if copy.is_file() and name not in names and not name.startswith("build/"):
                copy.unlink()

    def build(self, configuration, targets):
        """Returns the build's first error if it fails."""
        folder = self.folder(configuration)
        if not (folder / "build.ninja").exists():
            subprocess.run(["cmake", "-S", self.tree, "-B", folder, *COMMON,
                            *CONFIGURATIONS[configuration],
                            *shlex.split(os.environ.get("CMAKE_ARGS", ""))], check=True, stdout=subprocess.DEVNULL)
        known = subprocess.run(["ninja", "-C", folder, "-t", "targets", "all"], check=True,
                               capture_output=True, text=True).stdout
        wanted = []
        for target in targets:
            is_test = re.search(rf"^{target}_test: ", known, re.MULTILINE)
            wanted.append(f"{target}_test" if is_test else "poolbench")
        done = subprocess.run(["ninja", "-C", folder, f"-j{self.jobs}", *wanted],
                              capture_output=True, text=True)
        if done.returncode == 0:
            return None
        lines = done.stdout.splitlines()
        return next((line for line in lines if " error: " in line), lines[-1])

    def failing(self, configuration, tests):
        """Runs tests until one fails, and returns those that did."""
        # `problem` is a subject, and problem_text another one.
        exact = [re.sub(r"^(\w+)\.", r"\1\.", t) if "." in t else t + r"(\.|$)" for t in tests]
        # The test `faults` sees every fault, since its patch does not apply a second time.
        select = ["-R", "^(" + "|".join(exact) + ")"] if tests else ["-E", "^faults$"]
        done = subprocess.run(
            ["ctest", "--stop-on-failure", "--no-tests=error", "-j", str(self.jobs),
             "--timeout", str(TEST_SECONDS), *select],
            cwd=self.folder(configuration), capture_output=True, text=True)
        if done.returncode == 0:
            return []
        failed = re.findall(r"Test +#\d+: (\S+) \.*(?:\*\*\*(?!Skipped|Not Run))(\w+)", done.stdout)
        if not failed:
            raise Broken(f"no test was run: {done.stdout}{done.stderr}")
        return [name if how == "Failed" else f"{name} ({how.lower()})" for name, how in failed]


def plant(copy, fault, passed, named_only):
    """Returns the tests that catch a fault."""
    patch(copy.tree, fault, "--check")
    for test in fault.tests:  # which must pass without it
        if (fault.configuration, test) in passed:
            continue
        if errors := copy.build(fault.configuration, fault.targets):
            raise Broken(f"does not build without any fault: {errors}")
        if failed := copy.failing(fault.configuration, [test]):
            raise Broken(f"{', '.join(failed)} fails without it")
        passed.add((fault.configuration, test))
    patch(copy.tree, fault)
    try:
        if errors := copy.build(fault.configuration, fault.targets):
            raise Broken(f"does not build: {errors}")
        caught = copy.failing(fault.configuration, fault.tests)
        if not caught and not named_only:
            if errors := copy.build(fault.configuration, ["all"]):
                raise Broken(f"does not build: {errors}")
            caught = [f"{name} (not named)" for name in copy.failing(fault.configuration, [])]
        return caught
    finally:
        patch(copy.tree, fault, "-R")


def show(faults):
    status = 0
    for fault in faults:
        print(f"{fault.name}: {fault.what}; {' '.join(fault.tests)}")
        try:
            patch(ROOT, fault, "--check")
        except Broken as error:
            print(f"    {error}")
            status = 3
    print(f"{len(faults)} faults")
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "faults")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--named-only", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    faults = [Fault(path) for path in sorted(HERE.glob("*.patch"))]
    if options.names:
        faults = [f for f in faults if any(name in f.name for name in options.names)]
    if options.list:
        return show(faults)
    copy = Copy(options.build.resolve(), options.jobs)
    copy.refresh()
    print("| fault | what is wrong | caught by | s |\n| --- | --- | --- | --- |")
    status, passed, caught_in_all = 0, set(), 0
    for fault in faults:
        begin = time.monotonic()
        try:
            caught = plant(copy, fault, passed, options.named_only)
            verdict = ", ".join(caught) or "**SURVIVED**"
            status = max(status, 0 if caught else 1)
            caught_in_all += bool(caught)
        except Broken as error:
            verdict, status = f"ERROR {error}", 3
        print(f"| {fault.name} | {fault.what} | {verdict} | {time.monotonic() - begin:.0f} |",
              flush=True)
    print(f"\n{caught_in_all} of {len(faults)} faults were caught")
    return status


if __name__ == "__main__":
    sys.exit(main())

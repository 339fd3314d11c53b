#!/usr/bin/env python3
"""Plants faults, one after the other, and shows which test catches each.

    tests/faults/run.py [--build FOLDER] [--jobs N] [--named-only] [--list] [--markdown FILE]
                        [NAME...]

A fault is a patch beside this script. Its first line says what is wrong, the second which tests
ought to catch it: regular expressions of `ctest -R`, each beginning with the test's subject, or with
`program`. The script applies it to a copy of this tree, builds those tests, runs them, and takes it
back. Where they all pass it builds and runs all tests, to see whether any catches it; not with
--named-only. Faults of different kernels are planted at once, if their tests run one kernel each.

The copy has two build folders, which all faults share: `emulated` for the kernels of CUDA, `native`
for everything else, where one instruction set is built. Before a fault is planted its tests must
pass. NAME is a part of a patch's name; without one all are planted. --list plants none, and says
whether each applies. --markdown writes the table to a file too, in which rows of other faults stay
as an earlier run wrote them. CMAKE_ARGS as in tests/run.

Exit status: 0 all were caught, 1 one survived, 3 a patch does not apply, does not build, or its
tests fail without it.
"""
import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONFIGURATIONS = {"native": ["-DPOOLBENCH_NATIVE=ON"],
                  "emulated": ["-DPOOLBENCH_NATIVE=OFF", "-DPOOLBENCH_VULKAN=OFF"]}
COMMON = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DPOOLBENCH_CUDA=OFF",
          "-DPOOLBENCH_ONEDNN=OFF", "-DPOOLBENCH_ATEN=OFF", "-DPOOLBENCH_XNNPACK=OFF"]
TEST_SECONDS = 300
SURVIVED = "**SURVIVED**"
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
    def kernel(self):
        """The kernel that the fault is in, if its tests run no other one; else None."""
        kernels = {re.match(r"conformance\.(?!naive)\w+\.([a-z]+)_", test) for test in self.tests}
        names = {kernel and kernel[1] for kernel in kernels}
        family = self.files[0].split("/")[1]
        return f"{family}/{names.pop()}" if len(names) == 1 and None not in names else None

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


def groups_of(faults):
    """Faults that are planted at once: each in another kernel, and seen by tests of it alone."""
    groups = []
    for fault in faults:
        for group in groups:
            if fault.kernel and all(f.kernel and f.kernel != fault.kernel and
                                    f.configuration == fault.configuration for f in group):
                group.append(fault)
                break
        else:
            groups.append([fault])
    return groups


def plant(copy, group, passed, named_only):
    """Returns the tests that catch each fault."""
    configuration = group[0].configuration
    targets = sorted({target for fault in group for target in fault.targets})
    unseen = [t for f in group for t in f.tests if (configuration, t) not in passed]
    if unseen and (errors := copy.build(configuration, targets)):
        raise Broken(f"does not build without any fault: {errors}")
    for test in unseen:  # which must pass without them
        if failed := copy.failing(configuration, [test]):
            raise Broken(f"{', '.join(failed)} fails without it")
        passed.add((configuration, test))
    planted = []
    try:
        for fault in group:
            patch(copy.tree, fault)
            planted.append(fault)
        if errors := copy.build(configuration, targets):
            raise Broken(f"does not build: {errors}")
        caught = {f.name: copy.failing(configuration, f.tests) for f in group}
        if len(group) == 1 and not caught[group[0].name] and not named_only:
            if errors := copy.build(configuration, ["all"]):
                raise Broken(f"does not build: {errors}")
            caught[group[0].name] = [f"{name} (not named)"
                                     for name in copy.failing(configuration, [])]
        return caught
    finally:
        for fault in reversed(planted):
            patch(copy.tree, fault, "-R")


def verdicts_of(copy, group, passed, named_only):
    """Yields what became of each fault. One that others may have spoilt is planted alone."""
    try:
        caught = plant(copy, group, passed, named_only)
    except Broken as error:
        if len(group) == 1:
            yield group[0], f"ERROR {error}"
            return
        caught = {}
    if len(group) == 1:
        yield group[0], ", ".join(caught[group[0].name]) or SURVIVED
        return
    for fault in sorted(group, key=lambda f: not caught.get(f.name)):
        if caught.get(fault.name):
            yield fault, ", ".join(caught[fault.name])
        else:
            yield from verdicts_of(copy, [fault], passed, named_only)


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


class Document:
    """The table as a file: a row for each patch that this or an earlier run planted."""

    def __init__(self, path):
        self.path = path
        self.rows = {}
        if path and path.exists():
            rows = re.findall(r"^\| (\w+) \| .* \| (.*) \|$", path.read_text(), re.MULTILINE)
            self.rows = {name: verdict for name, verdict in rows if name != "fault"}

    def add(self, fault, verdict):
        self.rows[fault.name] = verdict
        if not self.path:
            return
        planted = [f for f in all_faults() if f.name in self.rows]
        caught = [f for f in planted if not self.rows[f.name].startswith((SURVIVED, "ERROR"))]
        lines = ["# Planted faults", "",
                 f"As `tests/faults/run.py --markdown {self.path.name}` writes it: {len(caught)} of "
                 f"{len(planted)} faults were caught.", "",
                 "| fault | what is wrong | caught by |", "| --- | --- | --- |",
                 *(f"| {f.name} | {f.what} | {self.rows[f.name]} |" for f in planted)]
        self.path.write_text("\n".join(lines) + "\n")


def all_faults():
    return [Fault(path) for path in sorted(HERE.glob("*.patch"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "faults")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--named-only", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    options = parser.parse_args()
    faults = all_faults()
    document = Document(options.markdown)
    if options.names:
        faults = [f for f in faults if any(name in f.name for name in options.names)]
    if options.list:
        return show(faults)
    copy = Copy(options.build.resolve(), options.jobs)
    copy.refresh()
    print("| fault | what is wrong | caught by |\n| --- | --- | --- |")
    status, passed, caught_in_all = 0, set(), 0
    for group in groups_of(faults):
        for fault, verdict in verdicts_of(copy, group, passed, options.named_only):
            print(f"| {fault.name} | {fault.what} | {verdict} |", flush=True)
            document.add(fault, verdict)
            caught_in_all += not verdict.startswith((SURVIVED, "ERROR"))
            status = max(status, 3 if verdict.startswith("ERROR") else int(verdict == SURVIVED))
    print(f"\n{caught_in_all} of {len(faults)} faults were caught")
    return status


if __name__ == "__main__":
    sys.exit(main())

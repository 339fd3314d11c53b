#!/usr/bin/env python3
"""Documents: examples and tables hold, and links and citations lead somewhere.

    docs_test.py POOLBENCH
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = sys.argv.pop() if len(sys.argv) > 1 else ""
SPEC = "host/spec.md"


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def sources():
    """Every text file of the tree that git would keep: no build folders, nothing hidden but .ci, no
    input of fuzz targets."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders
                      if f == ".ci" or not f.startswith((".", "build", "_", "corpus"))]
        for name in files:
            path = os.path.relpath(os.path.join(folder, name), ROOT)
            if not name.endswith((".gz", ".spv", ".o", ".npy", ".png")):
                yield path


def anchors(path):
    """The anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", read(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def picks(problem, backends):
    """The kernel that each backend picks for a problem; a GPU may lack a type, and refuse."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "picks.json")
        subprocess.run([PROGRAM, "check", "--backend", ",".join(backends), "--problem", problem,
                        "--fill", "uniform", "--json", path], capture_output=True, check=True)
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)["checks"]
    return {row["contender"]: row["kernel"] for row in rows if row["status"] != "refused"}


class Docs(unittest.TestCase):
    def test_examples_of_the_spec_come_out(self):
        lines = [line.strip() for line in read(SPEC).splitlines() if line.startswith("    example")]
        define, examples = lines[0], lines[1:]
        define = define.replace("build/release/poolbench", PROGRAM)
        self.assertGreater(len(examples), 20)
        for example in examples:
            done = subprocess.run(["bash", "-c", define + "\n" + example], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{example}\n{done.stdout}{done.stderr}")

    def test_kernels_are_picked_as_the_table_says(self):
        backends = ["naive", "openmp", "cuda-emulated", "vulkan:0"]  # the table's columns
        listed = subprocess.run([PROGRAM, "list", "backends"], capture_output=True, text=True,
                                check=True).stdout
        here = [b for b in backends if re.search(rf"^{b} +available", listed, re.MULTILINE)]
        table = re.compile(r"^\| `(\w+/[^`]*)`[^|]*\|(.*)\|$", re.MULTILINE)
        rows = table.findall(read("kernels/README.md"))
        self.assertGreater(len(rows), 10)
        for problem, cells in rows:
            for backend, picked in picks(problem, here).items():
                named = cells.split("|")[backends.index(backend)].strip().split(", ")
                self.assertIn(picked, named, f"{problem}: {backend}")

    def test_cited_headings_of_the_spec_exist(self):
        headings = re.findall(r"^## (.*)$", read(SPEC), re.MULTILINE)
        for path in sources():
            text = re.sub(r"\n\s*(//|#|\*)? ?", " ", read(path))  # a citation may be broken in two
            for cited in re.findall(r"host/spec\.md, ([A-Z]\w*)", text):
                self.assertTrue(any(h.startswith(cited) for h in headings), f"{path}: {cited}")

    def test_links_lead_somewhere(self):
        for path in (p for p in sources() if p.endswith(".md")):
            for link in re.findall(r"\]\(([^)\s]+)\)", read(path)):
                if "://" in link:
                    continue
                file, _, anchor = link.partition("#")
                target = os.path.join(os.path.dirname(path), file) if file else path
                target = os.path.normpath(target)
                self.assertTrue(os.path.exists(os.path.join(ROOT, target)), f"{path}: {link}")
                if anchor:
                    self.assertIn(anchor, anchors(target), f"{path}: {link}")


if __name__ == "__main__":
    unittest.main()

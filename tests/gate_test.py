#!/usr/bin/env python3
"""bench/gate on commits of tests/gate_project.

    gate_test.py POOLBENCH
"""
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = sys.argv.pop()
sys.path.insert(0, os.path.join(ROOT, "bench/gate"))
import gate  # noqa: E402
import history  # noqa: E402
import instructions  # noqa: E402
import kept_counts  # noqa: E402
import machine_code  # noqa: E402
import revision  # noqa: E402

PROJECT = os.path.join(ROOT, "tests/gate_project")
ROWS, COPY = (f"max/sliding/f32/nchw/src:1x2x16x16/k:{k}x{k}" for k in (3, 1))
# Few processes that are soon convinced, and short samples.
QUICK = ["--hot", *"--sample-ms 0.02 --blocks 4 --confirm 6 --processes 7 --false-rate 50".split(),
         "--disturbed", "1e9", "--aa-file", ""]


@unittest.skipUnless(shutil.which("valgrind"), "no valgrind, without which nothing is counted")
class Gate(unittest.TestCase):
    """Each test makes a commit on top of the first one; builds are shared."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.repository = os.path.join(cls.folder.name, "repository")
        shutil.copytree(PROJECT, cls.repository)
        shutil.copy(os.path.join(ROOT, "host/module.h"), os.path.join(cls.repository, "host"))
        cls.git("init", "-q")
        cls.commit("first")
        cls.git("tag", "first")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.git("reset", "-q", "--hard", "first")

    @classmethod
    def git(cls, *arguments):
        subprocess.run(["git", "-c", "user.name=test", "-c", "user.email=test@localhost",
                        "-c", "commit.gpgsign=false", "-C", cls.repository, *arguments], check=True)

    @classmethod
    def commit(cls, message):
        cls.git("add", "-A")
        cls.git("commit", "-q", "-m", message)

    def edit(self, path, old, new):
        path = os.path.join(self.repository, path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def gate(self, status, *more, problems=(ROWS, COPY), head="HEAD"):
        """Runs the gate of the first commit and `head`; returns what it says."""
        cases = [word for problem in problems for word in ("--problem", problem)]
        done = subprocess.run(
            [sys.executable, os.path.join(ROOT, "bench/gate/gate.py"), "--repository",
             self.repository, "--work", os.path.join(self.folder.name, "work"), "--program",
             PROGRAM, "--base", "first", "--head", head, *cases, *more, *QUICK],
            capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, said)
        return said

    def test_a_document_races_nothing(self):
        with open(os.path.join(self.repository, "README.md"), "w", encoding="utf-8") as file:
            file.write("words\n")
        self.edit("kernels/openmp/rows.cpp", "// commits", "// other commits")
        self.commit("docs")
        self.assertIn("none of 2 cases is judged", self.gate(0))

    def test_a_renamed_function_races_nothing(self):
        self.edit("kernels/openmp/rows.cpp", "once(", "one_time(")
        self.commit("rename")
        said = self.gate(0)
        self.assertIn("rows renamed", said)
        self.assertIn("none of 2 cases is judged", said)

    def test_a_slower_kernel_fails_by_name(self):
        self.edit("kernels/openmp/rows.cpp", "kTimes = 1", "kTimes = 3")
        self.commit("slower")
        said = self.gate(1)
        self.assertIn("1 changed, 1 identical", said)
        self.assertIn("1 of 2 cases run the same code on both sides", said)
        self.assertRegex(said,
                         rf"{re.escape(ROWS)}  rows +SLOWER \+.*\n  FAILS: slower by the clock")
        self.assertNotIn(COPY + "  copy", said)

    def test_instructions_fail_where_the_clock_only_advises(self):
        self.edit("kernels/openmp/rows.cpp", "kTimes = 1", "kTimes = 3")
        self.commit("slower")
        said = self.gate(1, "--clock-advises")
        self.assertRegex(said, r"\+19\d\.\d+ % .*\n  FAILS: more than 3 % more instructions")

    def test_without_a_clock_instructions_judge(self):
        self.edit("kernels/openmp/rows.cpp", "kTimes = 1", "kTimes = 3")
        self.commit("slower")
        said = self.gate(1, "--no-clock")
        self.assertRegex(said, rf"{re.escape(ROWS)}  rows +- +\+19\d\.\d+ %.*\n  FAILS: more")
        self.assertNotIn("SLOWER", said)
        self.assertIn("As expected", self.gate(0, "--no-clock", "--base", "HEAD", "--head", "first"))

    def test_a_trailer_accepts_a_slower_case(self):
        self.edit("kernels/openmp/rows.cpp", "kTimes = 1", "kTimes = 3")
        self.commit(f"slower\n\nAccepts-slower: {ROWS}, it is right now")
        self.assertIn(": it is right now", self.gate(0))

    def test_a_trailer_without_a_reason_is_refused(self):
        self.edit("kernels/openmp/rows.cpp", "kTimes = 1", "kTimes = 3")
        self.commit(f"slower\n\nAccepts-slower: {ROWS}")
        self.assertIn("Accepts-slower: CASE, reason", self.gate(4))

    def test_a_wrong_kernel_ends_with_2(self):
        self.edit("kernels/openmp/rows.cpp", "kTimes = 1", "kTimes = 0")
        self.commit("wrong")
        self.assertIn(f"WRONG  {ROWS}  head:", self.gate(2))

    def test_a_commit_that_mends_a_wrong_kernel_passes(self):
        self.edit("kernels/openmp/rows.cpp", "kTimes = 1", "kTimes = 0")
        self.commit("wrong")
        self.git("tag", "wrong")
        self.edit("kernels/openmp/rows.cpp", "kTimes = 0", "kTimes = 1")
        self.commit("mend")
        said = self.gate(0, "--base", "wrong")
        self.assertIn(f"WRONG  {ROWS}  base:", said)
        self.assertIn("right in the head, so not compared", said)

    def test_a_refused_case_is_missing(self):
        self.edit("host/backend.cpp", "p->rank == 2", "p->rank == 2 && p->kernel[1] == 1")
        self.commit("refuse")
        said = self.gate(3)
        self.assertIn(f"MISSING  {ROWS}  head:", said)
        self.assertIn("every launch goes through what changed: host/backend", said)

    def test_an_empty_selection_ends_with_3(self):
        self.assertIn("matches none", self.gate(3, "--filter", "nothing"))

    def test_what_cannot_be_built_names_the_log(self):
        self.edit("kernels/openmp/rows.cpp", "kTimes = 1", "kTimes = one")
        self.commit("no C++")
        log = re.search(r"the log is (\S+)", self.gate(3))[1]
        with open(log, encoding="utf-8") as file:
            self.assertIn("rows.cpp", file.read())

    def test_the_files_as_they_are_are_a_revision(self):
        self.edit("kernels/openmp/copy.cpp", "pool(p, src, dst);", "")
        self.assertIn(f"WRONG  {COPY}  head:", self.gate(2, head="WORKTREE"))
        self.assertIn("none of 2 cases is judged", self.gate(0))

    def test_what_a_commit_changes_of_cuda_kernels_is_shown(self):
        case = "max/sliding/f16/nchw/src:1x8x56x56/k:3x3/s:2x2"
        path = os.path.join(self.repository, kept_counts.CUDA)
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"# a comment\nstaged {case} 32 1568 1568 392 392 280 1872 1296 0 16 32768\n")
        self.commit("counts")
        self.git("tag", "counted")
        self.assertIn(f"CUDA  the base has no {kept_counts.CUDA}", self.gate(0))
        self.edit(kept_counts.CUDA, "32 1568", "32 1662")
        self.commit("more sectors")
        self.assertIn(f"CUDA  staged {case}: +5.99 % sectors loaded (1568 to 1662)\n",
                      self.gate(0, "--base", "counted"))

    def test_one_percent_more_instructions_are_always_seen(self):
        builder = revision.Builder(self.repository, os.path.join(self.folder.name, "counted"))
        built = builder.build(revision.commit_of(self.repository, "first"), "native")
        builder.lock.close()
        count = os.path.join(os.path.dirname(PROGRAM), instructions.COUNT)
        cases = [f"max/sliding/f32/nchw/src:1x{c}x16x16/k:{k}x{k}"
                 for c in (1, 2, 4) for k in (1, 2, 3)]
        counts = instructions.by_callgrind(count, built.module, cases)
        planted = [f"{case}\t{n / 100:.0f}" for case, n in zip(cases, counts)]
        more = instructions.by_callgrind(count, built.module, planted)
        for case, before, after in zip(cases, counts, more):
            self.assertAlmostEqual(after / before, 1.01, delta=0.002, msg=case)
        second, how = instructions.by_the_processor(count, built.module, planted[0])
        self.assertAlmostEqual(second / more[0], 1, delta=instructions.AGREE, msg=how)


class History(unittest.TestCase):
    SAID = f"""base b, head h, built in 3 s
kernels: 1 changed, 1 identical
  rows changed
1 of 2 cases run the same code on both sides.

case  kernel    clock                   instructions
{ROWS}  rows      -                       +19.08 %, counted by single steps
  FAILS: more than 3 % more instructions
{COPY}  rows      -                       -0.50 %
Slower in 21 s
"""

    def test_a_gate_in_a_few_words(self):
        one = {"status": 1, "said": self.SAID}
        self.assertEqual(history.said_of(one),
                         "1 changed: rows; 2 cases, -0.50 to +19.08 % instructions")
        self.assertEqual(history.verdict_of(one), f"slower: {ROWS}")
        one = {"status": 3, "said": "gate: 123 cannot be built; the log is x\n"}
        self.assertIn("cannot be built", history.said_of(one))
        one = {"status": 2, "said": f"  rows changed\nWRONG  {ROWS}  head: 3 differ\n"}
        self.assertIn(f"WRONG  {ROWS}  head: 3 differ", history.said_of(one))

    def test_what_is_judged_is_not_judged_again(self):
        judged = {"a" * 40: {"status": 0, "said": "No launch runs other code than before: "}}
        with unittest.mock.patch.object(history, "own_words", lambda *_: ("subject", "x1.1")):
            text = history.table(ROOT, ["a" * 40, "b" * 40], judged)
        self.assertIn("| aaaaaaaaa | no kernel's machine code differs: nothing to judge | passes "
                      "| **subject** x1.1 |", text)
        self.assertIn("1 of 2 commits were not judged yet", text)


class Processor(unittest.TestCase):
    def test_without_avx2_a_build_for_it_is_refused(self):
        command = ["gate", "--isa", "avx2", "--program", PROGRAM]
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("flags\t\t: fpu sse2 fma f16c\n")
            file.flush()
            with unittest.mock.patch.object(revision, "PROCESSOR", file.name), \
                    unittest.mock.patch.object(sys, "argv", command), \
                    contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(gate.main(), 4)
        self.assertEqual(said.getvalue(),
                         "gate: --isa avx2: this machine's processor has no avx2, bmi2\n")


class MachineCode(unittest.TestCase):
    def test_in_doubt_a_kernel_has_changed(self):
        base = {"openmp/openmp/rows": ["1", "a"], "core/lower": ["2", "a"],
                "core/judge": ["3", "a"]}
        fates, shared = machine_code.compare(base, {**base, "core/judge": ["4", "a"]}, ["rows"])
        self.assertEqual((fates, shared), ({"rows": "identical"}, []))
        fates, shared = machine_code.compare(base, {**base, "core/lower": ["4", "a"]}, ["rows"])
        self.assertEqual((fates, shared), ({"rows": "identical"}, ["core/lower"]))
        fates, _ = machine_code.compare(base, {**base, "openmp/openmp/rows": ["1", "b"]}, ["rows"])
        self.assertEqual(fates, {"rows": "renamed"})
        del base["openmp/openmp/rows"]
        fates, _ = machine_code.compare(base, base, ["rows"])
        self.assertEqual(fates, {"rows": "changed"})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

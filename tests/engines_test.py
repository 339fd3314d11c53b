"""Engines in processes of their own: what one does is its own row and nobody else's.

    engines_test.py POOLBENCH
"""

import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SHIPPED = ("numpy", "scipy", "torch", "torch-compile", "onnxruntime", "openvino", "jax", "litert",
           "torch-cuda", "torch-compile-cuda", "onnxruntime-cuda", "tensorrt")
PROBLEM = "max/global/f32/nchw/src:1x3x9x7"


def engine(deed):
    return f"{deed}={sys.executable} {HERE}/engine_deeds.py {deed}"


def run(*arguments, record=True):
    """Returns the exit status, the record (if it is asked for and written), and what was said."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "record.json")
        done = subprocess.run([PROGRAM, *arguments, *(["--json", path] if record else [])],
                              capture_output=True, text=True, timeout=110)
        rows = None
        if record and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                rows = json.load(file)
    return done.returncode, rows, done.stdout + done.stderr


def bench(*deeds, backend="naive", more=()):
    """Returns {contender: row} of PROBLEM, hot."""
    arguments = [word for deed in deeds for word in ("--engine", engine(deed))]
    _, record, said = run("bench", "--problem", PROBLEM, "--backend", ",".join((backend, *deeds)),
                          "--hot", "--blocks", "2", "--sample-ms", "1", "--disturbed", "1e9",
                          "--submits", "0", "--engine-limit", "5", *arguments, *more)
    assert record, said
    rows = [row["poolbench"] for row in record["benchmarks"] if "poolbench" in row]
    return {row["contender"]: row for row in rows}


class Engines(unittest.TestCase):
    def judged(self, deed, status, reason):
        """Checks that the engine has its row, and that the others have theirs."""
        rows = bench("honest", deed)
        self.assertEqual(rows["naive"]["status"], "ok", rows["naive"])
        self.assertIn(rows["honest"]["status"], ("ok", "INVALID"), rows["honest"])
        self.assertEqual(rows[deed]["status"], status, rows[deed])
        self.assertIn(reason, rows[deed]["reason"])

    def test_an_honest_engine_is_timed(self):
        row = bench("honest")["honest"]
        self.assertIn(row["status"], ("ok", "INVALID"))
        self.assertGreater(row["claimed_seconds"], 0)
        self.assertGreater(row["proofs"], 0)
        self.assertEqual(row["note"], "plain Python")

    def test_one_that_crashes_is_its_own_row(self):
        self.judged("crashes", "CRASHED", "signal 11")
        self.judged("crashes_in_plan", "CRASHED", "during plan")
        self.judged("crashes_later", "CRASHED", "during launch")

    def test_one_that_exits_is_its_own_row(self):
        self.judged("exits", "EXITED", "exit status 3")

    def test_one_that_hangs_is_its_own_row(self):
        self.judged("hangs", "HUNG", "5 s")

    def test_one_that_answers_garbage_is_its_own_row(self):
        self.judged("garbage", "EXITED", "answered")

    def test_one_that_is_wrong_is_its_own_row(self):
        self.judged("wrong", "WRONG", "outputs are wrong")
        self.judged("spoils", "WRONG", "changes its input")

    def test_one_that_lies_about_its_time_is_invalid(self):
        self.judged("claims_half", "INVALID", "its own clock")
        self.judged("claims_double", "INVALID", "its own clock")

    def test_after_a_crash_it_is_started_again(self):
        _, record, said = run("check", "--problem", PROBLEM, "--problem",
                              "max/global/f32/nchw/src:1x1x5x5", "--fill", "uniform", "--backend",
                              "crashes", "--engine", engine("crashes"))
        statuses = [row["status"] for row in record["checks"]]
        self.assertEqual(statuses, ["CRASHED", "CRASHED"], said)

    def test_after_three_crashes_it_is_left_out(self):
        problems = [word for size in (3, 4, 5, 6)
                    for word in ("--problem", f"max/global/f32/nchw/src:1x1x{size}x5")]
        _, record, said = run("check", *problems, "--fill", "uniform", "--backend", "crashes",
                              "--engine", engine("crashes"))
        rows = record["checks"]
        self.assertEqual([row["status"] for row in rows], ["CRASHED"] * 3 + ["EXITED"], said)
        self.assertIn("left out after its process ended 3 times", rows[-1]["reason"])

    def test_what_it_does_not_take_is_refused_by_name(self):
        status, record, said = run("check", "--problem", "min/global/f32/nchw/src:1x1x5x5",
                                   "--backend", "naive,honest", "--engine", engine("honest"))
        self.assertEqual(status, 0, said)
        self.assertIn("windowing: only the global maximum", said + json.dumps(record))

    def test_one_that_cannot_start_is_unavailable(self):
        for deed, reason in (("old", "version 99"), ("exits_at_start", "exit status 7")):
            status, _, said = run("check", "--problem", PROBLEM, "--engine", engine(deed))
            self.assertEqual(status, 5, said)
            self.assertIn(reason, said)
        status, _, said = run("list", "backends", "--backend", "no", "--engine", "no=/no/where",
                              record=False)
        self.assertIn("exit status 127", said)

    def test_bad_names_are_refused(self):
        for text in ("nobody", "=x", "openmp=x", "a b=c"):
            status, _, said = run("check", "--problem", PROBLEM, "--engine", text)
            self.assertEqual(status, 4, said)
            self.assertIn("--engine", said)

    def test_a_module_in_a_process_of_its_own_is_right(self):
        status, _, said = run("check", "--suite", "textbook", "--backend", "m", "--isolate",
                              "--module", f"m={MODULES}/naive_again.so")
        self.assertEqual(status, 0, said)

    def test_who_is_timed_beside_an_engine_of_several_threads_keeps_all_processors(self):
        # Submit-to-done times have recordings of all contenders at once.
        _, record, said = run("bench", "--problem", "max/global/f32/nchw/src:1x64x32x32",
                              "--backend", "openmp,m", "--isolate", "--module",
                              f"m={MODULES}/openmp_again.so", "--hot", "--blocks", "4",
                              "--submits", "50", "--disturbed", "1e9")
        self.assertTrue(record, said)
        rows = {row["poolbench"]["contender"]: row["poolbench"] for row in record["benchmarks"]
                if "poolbench" in row}
        for name in ("openmp", "m"):
            self.assertIn(rows[name]["status"], ("ok", "INVALID", "ABOVE-CEILING"), rows[name])
            self.assertNotIn("processors", rows[name]["reason"])

    def test_a_record_says_of_which_source_they_are(self):
        _, record, said = run("bench", "--problem", PROBLEM, "--backend", "naive,m,honest", "--hot",
                              "--isolate", "--module", f"m={MODULES}/naive_again.so", "--engine",
                              engine("honest"), "--revision", "m=abcdef0", "--blocks", "1",
                              "--submits", "0", "--disturbed", "1e9")
        self.assertTrue(record, said)
        modules = record["context"]["poolbench"]["modules"]
        self.assertLessEqual({"m", "honest"}, set(modules))
        for module in modules.values():
            self.assertLessEqual({"file", "sha256", "build_id", "needs", "mapped"}, set(module))
            self.assertEqual(len(module["sha256"]), 64)
        self.assertEqual(modules["m"]["revision"], "abcdef0")
        self.assertTrue(modules["honest"]["file"].endswith("/engine_deeds.py"), modules)
        _, _, said = run("bench", "--engine", "numpy", "--revision", "numpy=abcdef0")
        self.assertIn("--revision: 'numpy=abcdef0'", said)

    def test_a_module_in_a_process_of_its_own_may_crash(self):
        status, _, said = run("check", "--problem", PROBLEM, "--backend", "naive,m", "--isolate",
                              "--module", f"m={MODULES}/broken_crash_in_launch.so", "--fill",
                              "uniform")
        self.assertEqual(status, 3, said)
        self.assertIn("CRASHED", said)

    def test_those_that_ship_are_here_or_say_why_not(self):
        status, _, said = run("list", "backends", "--backend", ",".join(("naive", *SHIPPED)),
                              "--engine", "all", record=False)
        self.assertEqual(status, 0, said)
        for name in SHIPPED:
            self.assertRegex(said, rf"(?m)^{name} +(available|unavailable +\S)")

    def test_those_that_ship_are_short(self):
        folder = os.path.join(os.path.dirname(HERE), "host/engines")
        for path in glob.glob(os.path.join(folder, "*[!h]_engine.py")):  # not poolbench_engine.py
            with open(path, encoding="utf-8") as file:
                self.assertLessEqual(len(file.readlines()), 40, path)

    def test_those_that_need_little_are_right_where_they_are_here(self):
        for name in ("numpy", "scipy"):
            with self.subTest(name):
                status, _, said = run("check", "--suite", "textbook", "--fill", "uniform",
                                      "--backend", name, "--engine", name)
                if status == 5:
                    self.skipTest(said)
                self.assertEqual(status, 0, said)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    MODULES = os.path.join(os.path.dirname(PROGRAM), "modules")
    unittest.main()

#!/usr/bin/env python3
"""bench/race/figures.py: what it makes of trials, and that slices add up."""
import contextlib
import io
import json
import os
import re
import stat
import sys
import tempfile
import unittest
import unittest.mock

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench/race"))
import figures  # noqa: E402


def row(verdict, half=0.005, least=0.02, error=0.001, covers=True):
    return {"problem": "p", "temperature": "hot", "verdict": verdict, "copies_half_width": half,
            "least_seen": least, "error": error, "covers": covers}


def trial(kind, planted, busy=False):
    """`planted`: {percent: rows}"""
    return {"kind": kind, "busy": busy, "seconds": 80, "cases": 8,
            "copies": {"intervals": 10, "covering": 9},
            "contenders": [{"planted": percent / 100, "alarmed": 0, "level": 0.96, "each": rows}
                           for percent, rows in planted.items()]}


# Does as poolbench does, but at once; a line in its log for each race.
PROGRAM = f"""#!{sys.executable}
import json, sys
path = sys.argv[sys.argv.index("--json") + 1]
if sys.argv[1] == "list":
    out = {{"problems": [{{"text": "case " + str(i)}} for i in range(10)]}}
else:
    with open(sys.argv[0] + ".log", "a") as log:
        log.write(" ".join(sys.argv[2:]) + "\\n")
    out = {{"context": {{"date": "today", "poolbench": {{"noted": {{"commit": "c"}},
                                                        "comparable": {{}}}}}},
           "race": {{"alarms": [],
                     "rows": [{{"problem": "p", "verdict": "SLOWER", "effect": {{}}}}]}},
           "trials": {{"copies": {{"intervals": 16, "covering": 16}}, "contenders": []}}}}
with open(path, "w") as file:
    json.dump(out, file)
sys.exit(3 if "--fail" in sys.argv else 1 if "--contender" in sys.argv else 0)
"""


class Figures(unittest.TestCase):
    def test_a_gate_is_false_where_any_row_is(self):
        same, slower = row("SAME"), row("SLOWER", covers=False)
        trials = [trial("aa", {0: [same, same]})] * 3 + [trial("aa", {0: [slower, slower]})]
        said = figures.column(trials)
        self.assertRegex(said["gates on identical code with a false SLOWER or FASTER"],
                         r"^1 of 4: 25\.0 %")
        self.assertEqual(said["intervals on identical code that hold 0"],
                         "42 of 48: 87.5 % (75.3 to 94.1); should be 96.0 %")
        self.assertEqual(said["seconds a case, A/A, set-up included"], "10.0")

    def test_what_was_planted_is_found_or_has_the_wrong_sign(self):
        rows = [row("SLOWER"), row("UNRESOLVED", half=0.01), row("FASTER", half=0.02, error=-0.1),
                row("REFUSED", half=None, least=None, error=None, covers=None)]
        said = figures.column([trial("plant", {3: rows, 10: rows})])
        self.assertRegex(said["+3 % found where copies are within 0.9 %"], r"^1 of 1")
        self.assertRegex(said["+10 % found where copies are within 1.2 %"], r"^1 of 2")
        self.assertRegex(said["+10 %: rows where they are"], r"^2 of 3")
        self.assertEqual(said["+5 % found where copies are within 1.2 %"], "not measured")
        self.assertEqual(said["+3 %: median error of the median"], "+0.10 points")
        self.assertRegex(said["planted rows with the wrong sign"], r"^2 of 6")
        self.assertRegex(said["planted rows that said that they would see as much, and did"],
                         r"^2 of 6")

    def test_no_false_gate_of_800_is_less_than_half_a_percent(self):
        self.assertLess(figures.wilson(0, 800)[1], 0.005)

    def test_columns_are_apart(self):
        text = figures.table([trial("aa", {0: [row("SAME")]}, busy=True)])
        self.assertRegex(text, r"false SLOWER or FASTER \| not measured \| 0 of 1.* \| not measured \|")


class Slices(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = os.path.join(folder.name, "poolbench")
        self.file = os.path.join(folder.name, "figures.jsonl")
        with open(self.program, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        os.chmod(self.program, stat.S_IRWXU)
        self.linked = []
        linker = unittest.mock.patch.object(figures, "relink",
                                            lambda *what: self.linked.append(what))
        linker.start()
        self.addCleanup(linker.stop)

    def trials(self, times, more=()):
        """Runs so many trials; returns what the program was asked for."""
        cases = figures.cases_of(self.program, "smoke")
        for _ in range(times):
            kind, busy = figures.next_kind(figures.slices.read(self.file))
            done = figures.run_trial(self.program, kind, busy, cases, list(more))
            if done is None:
                return None
            figures.slices.append(self.file, done)
        with open(self.program + ".log", encoding="utf-8") as log:
            return log.read().splitlines()

    def test_a_gate_has_eight_cases_and_all_kinds_go_on_together(self):
        asked = self.trials(20)
        self.assertEqual({re.search(r"--aa 1|--plant \S+|base=openmp@", line)[0] for line in asked},
                         {"--aa 1", "--plant 3,5,10", "base=openmp@"})
        self.assertTrue(all(line.count("--problem") == 8 for line in asked))
        kinds = [(one["kind"], one["busy"]) for one in figures.slices.read(self.file)]
        self.assertEqual(set(kinds[:len(figures.GOALS)]), set(figures.GOALS))
        self.assertGreater(kinds.count(("aa", True)), 4 * kinds.count(("plant", True)))

    def test_both_sides_of_a_gate_are_linked_again(self):
        self.trials(len(figures.GOALS))
        self.assertEqual(len(self.linked), 4)
        self.assertEqual(len({seed for _, _, seed in self.linked}), 4)
        said = figures.table(figures.slices.read(self.file))
        self.assertRegex(said, r"another order, with a SLOWER \| 1 of 1")

    def test_a_line_that_was_cut_short_is_forgotten(self):
        self.trials(2)
        with open(self.file, "a", encoding="utf-8") as file:
            file.write('{"kind": "aa", "bu')
        self.assertEqual(len(figures.slices.read(self.file)), 2)
        self.trials(1)
        with open(self.file, encoding="utf-8") as file:
            self.assertEqual(len([json.loads(line) for line in file]), 3)

    def test_a_race_that_fails_is_no_trial(self):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertIsNone(self.trials(1, ["--fail"]))
        self.assertIn("exit status 3", said.getvalue())
        self.assertEqual(figures.slices.read(self.file), [])

    def test_none_begins_that_would_not_end_in_time(self):
        now = iter(range(0, 100_000, 100))  # 100 s between any two looks at the clock
        with unittest.mock.patch.object(figures.time, "monotonic", lambda: next(now)):
            self.assertTrue(figures.run_for(self.file, 10, self.program, "smoke", []))
        # Looks at 100, 400 and 700 s of 600, of which one takes 100.
        self.assertEqual(len(figures.slices.read(self.file)), 2)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""The gauntlet's own judgement: what it calls caught and whom it calls accused."""
import argparse
import dataclasses
import os
import re
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests/cheats"))
import gauntlet  # noqa: E402
import probes  # noqa: E402
import slices  # noqa: E402


def probe(dishonest=True, expect=("CHEAT",), sends_term=False):
    return probes.Probe("probe", dishonest, "probe.so", "a trick", "", expect, "bench", [],
                          sends_term)


def row(contender, status="ok", ratio=None):
    interval = ratio and {"median": ratio, "low": ratio, "high": ratio}
    return {"contender": contender, "status": status, "reason": "", "ratio": interval}


def outcome(status, ratio=None, exit_status=2, **others):
    rows = [row("probe", status, ratio)] if status else []
    rows += [row(name, others.get(name, "ok")) for name in probes.OTHERS]
    return probes.Outcome(exit_status, 1.0, rows, [], True, False, "")


class Judgement(unittest.TestCase):
    def evidence(self, subject, seen):
        """Returns why the run fails, or None where it does not."""
        verdict = gauntlet.judge(subject, seen)
        return None if verdict.right else verdict.evidence

    def test_a_trick_with_a_bad_row_is_caught(self):
        self.assertIsNone(self.evidence(probe(), outcome("CHEAT")))
        self.assertIsNone(self.evidence(probe(), outcome("WRONG")))

    def test_a_trick_with_an_innocent_row_passed(self):
        for status in sorted(gauntlet.INNOCENT):
            self.assertIn("passed", self.evidence(probe(), outcome(status, 1.0, 0)))

    def test_a_trick_in_vain_is_caught_where_that_is_expected(self):
        vain = probe(expect=("CHEAT", probes.NO_GAIN))
        self.assertIsNone(self.evidence(vain, outcome("ok", 1.0, 0)))
        self.assertIn("1.20 times", self.evidence(vain, outcome("ok", 1.2, 0)))
        seen = outcome("ok", 1.0, 0)
        seen.gains = ["the others ran with one thread"]
        self.assertIn("one thread", self.evidence(vain, seen))

    def test_a_trick_is_not_caught_where_others_pay(self):
        self.assertIn("blames naive", self.evidence(probe(), outcome("CHEAT", naive="WRONG")))
        seen = outcome("CHEAT")
        seen.rows = [r for r in seen.rows if r["contender"] != "openmp"]
        self.assertIn("no row of openmp", self.evidence(probe(), seen))

    def test_a_trick_is_not_caught_without_record_end_or_exit_status(self):
        seen = outcome("CHEAT")
        seen.rows = None
        self.assertIn("no record", self.evidence(probe(), seen))
        self.assertIn("killed", self.evidence(probe(), outcome("CHEAT", exit_status=None)))
        self.assertIn("exit status 0", self.evidence(probe(), outcome("CHEAT", exit_status=0)))
        self.assertIn("no row of probe", self.evidence(probe(), outcome(None)))
        seen = outcome("CHEAT")
        seen.forged = True
        self.assertIn("forged", self.evidence(probe(), seen))

    def test_a_run_that_was_asked_to_end_owes_a_record_and_no_rows(self):
        seen = outcome(None)
        seen.rows = []
        self.assertIsNone(self.evidence(probe(sends_term=True), seen))
        seen.rows = None
        self.assertIn("no record", self.evidence(probe(sends_term=True), seen))

    def test_an_honest_probe_is_accused_by_a_bad_row_alone(self):
        honest = probe(dishonest=False, expect=("ok",))
        for status in sorted(gauntlet.INNOCENT):
            self.assertIsNone(self.evidence(honest, outcome(status, 3.0, 0)))
        self.assertIn("accused", self.evidence(honest, outcome("INVALID")))

    def test_others_beside_an_honest_probe_are_counted(self):
        honest = probe(dishonest=False, expect=("ok",))
        seen = outcome("ok", naive="INVALID")
        lines, well = gauntlet.summary([gauntlet.Run.of("", honest, False, seen, [])])
        self.assertFalse(well)
        self.assertIn("1 of 3", lines[2])


class Runs(unittest.TestCase):
    def test_a_file_of_runs_is_gone_on_with(self):
        trick, honest = probe(), probe(dishonest=False)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "runs.jsonl")
            usual = gauntlet.bench_options(6, 0.2, [])
            others = (gauntlet.bench_options(12, 0.2, []), gauntlet.bench_options(6, 0.1, []),
                      gauntlet.bench_options(6, 0.2, ["--cold"]))
            unwanted = dataclasses.replace(trick, name="unwanted")
            for program, subject, busy, said in (
                    ("this", trick, False, usual), ("this", trick, True, usual),
                    ("another", trick, False, usual), ("this", unwanted, False, usual),
                    *(("this", trick, False, other) for other in others)):
                made = gauntlet.Run.of(program, subject, busy, outcome("CHEAT"), said)
                slices.append(path, dataclasses.asdict(made))
            for said, busy in ((usual, [False, True]), *((other, [False]) for other in others)):
                runs = gauntlet.kept_runs(path, "this", said, [trick, honest])
                self.assertEqual([run.busy for run in runs], busy, said)
            runs = gauntlet.kept_runs(path, "this", usual, [trick, honest])
            options = argparse.Namespace(runs=2, busy=False)
            left = list(gauntlet.still_to_run([trick, honest], options, runs))
            self.assertEqual([p.dishonest for p in left], [False, True, False])
            self.assertIn("| 2 |", gauntlet.markdown(runs, [trick, honest], "command"))


    def test_lines_without_options_had_the_usual_ones(self):
        trick = probe()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "runs.jsonl")
            made = dataclasses.asdict(gauntlet.Run.of("this", trick, False, outcome("CHEAT"), []))
            del made["options"]
            slices.append(path, made)
            for blocks, kept in ((6, 1), (12, 0)):
                said = gauntlet.bench_options(blocks, 0.2, [])
                self.assertEqual(len(gauntlet.kept_runs(path, "this", said, [trick])), kept)


class Wilson(unittest.TestCase):
    def test_published_intervals(self):
        # R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
        # Medicine 17 (1998), table I, method 3.
        for hits, total, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605),
                                       (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):
            seen = gauntlet.wilson(hits, total)
            self.assertAlmostEqual(seen[0], low, 4)
            self.assertAlmostEqual(seen[1], high, 4)


class Probes(unittest.TestCase):
    def test_sources_say_what_they_try_and_what_should_come_of_it(self):
        with open(os.path.join(ROOT, "bench/status.h"), encoding="utf-8") as file:
            known = set(re.findall(r'\{Status::\w+, "([\w-]+)"', file.read()))
        known.add(probes.NO_GAIN)
        found = list(probes.all_probes("probes", ""))
        self.assertGreaterEqual(sum(p.dishonest for p in found), 40)
        self.assertGreaterEqual(sum(not p.dishonest for p in found), 20)
        for p in found:
            self.assertTrue(p.trick, p.name)
            self.assertLessEqual(set(p.expect), known, p.name)
            self.assertTrue(p.catch if p.dishonest else p.expect == ("ok",), p.name)
            self.assertIn(p.command, ("bench", "check"), p.name)

    def test_the_page_lists_every_probe_in_its_own_words(self):
        with open(os.path.join(ROOT, "tests/cheats/README.md"), encoding="utf-8") as file:
            page = set(file.read().splitlines())
        for p in probes.all_probes("probes", ""):
            folder = "dishonest" if p.dishonest else "honest"
            cells = [f"[{p.name}]({folder}/{p.name}.cpp)", p.trick]
            cells += [p.catch, ", ".join(p.expect)] if p.dishonest else []
            self.assertIn("| " + " | ".join(cells) + " |", page)


if __name__ == "__main__":
    unittest.main()

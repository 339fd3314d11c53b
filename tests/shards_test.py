"""bench --shard and record merge: parts of a run make the whole again, or are refused by what
differs.

    shards_test.py POOLBENCH
"""

import copy
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "bench"), os.path.join(ROOT, "results"),
                os.path.join(ROOT, "tests")]
import records  # noqa: E402
import shards  # noqa: E402
from records_test import schema_errors  # noqa: E402

SUITE = """network one
max/sliding/f32/nchw/src:1x2x8x8/k:2x2 x3
max/sliding/i32/nchw/src:1x2x8x8/k:2x2
missing x2
network two
max/sliding/f32/nchw/src:1x2x16x16/k:2x2
max/sliding/f32/nchw/src:1x2x8x8/k:2x2
avg_include_pad/sliding/f32/nchw/src:1x64x32x32/k:3x3
max/sliding/f32/nhwc/src:1x2x64x64/k:2x2
lp/global/f32/nchw/src:1x8x16x16/norm:2
max/sliding/f32/nchw/src:1x3x20x20/k:3x3
"""
COUNT = 3
CASES = 7
FAST = ["--blocks", "2", "--sample-ms", "0.01", "--submits", "0", "--disturbed", "1e9"]


def poolbench(*arguments, **more):
    return subprocess.run([POOLBENCH, *arguments], capture_output=True, text=True, check=False,
                          **more)


def without(*pairs):
    """The environment, of whatever says which shard this is with these pairs alone."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("SLURM_", "GTEST_"))} | dict(pairs)


def read(path):
    [(_, record)] = records.read_records([path])
    return record


def content(path):
    with open(path, "rb") as file:
        return file.read()


def ours(record):
    return record["context"]["poolbench"]


class ShardsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.suite = cls.path("suite.txt")
        with open(cls.suite, "w", encoding="utf-8") as file:
            file.write(SUITE)
        cls.arguments = ["--suite", cls.suite, "--backend", "naive,openmp,m", "--module",
                         "m=" + os.path.join(os.path.dirname(POOLBENCH), "modules/example.so"),
                         "--baseline", "naive", *FAST]
        statuses = shards.run(POOLBENCH, COUNT, cls.folder, cls.arguments)
        assert set(statuses) <= {0, 3}, statuses  # a busy machine may make a time invalid
        cls.parts = [shards.part(cls.folder, number) for number in range(1, COUNT + 1)]
        cls.whole = cls.path("whole.json")
        cls.merged = shards.merge(POOLBENCH, cls.parts, cls.whole)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def refused(self, parts, *says):
        """Nothing is merged, for these words."""
        output = self.path("refused.json")
        done = shards.merge(POOLBENCH, parts, output)
        self.assertEqual(done.returncode, 4, done.stderr)
        for words in says:
            self.assertIn(words, done.stderr)
        self.assertFalse(os.path.exists(output))

    def changed(self, change, path=None):
        """The first part, or another one, changed on purpose and sealed again."""
        record = read(path or self.parts[0])
        change(record)
        name = self.path("changed.json")
        with open(name, "wb") as file:
            file.write(records.sealed(record))
        return name

    # What becomes of the rows

    def test_no_row_is_lost_twice_or_other(self):
        self.assertEqual(self.merged.returncode, 0, self.merged.stderr)
        counts = shards.count_rows(self.parts, self.whole)
        print(", ".join(f"{what} {number}" for what, number in counts.items()))
        self.assertGreater(counts.pop("rows"), CASES * 2 * 3)
        self.assertEqual(set(counts.values()), {0})

    def test_the_counter_of_rows_sees_each(self):
        def write(name, record):  # Python may write the same number with other digits
            with open(self.path(name), "w", encoding="utf-8") as file:
                json.dump(record, file)
            return self.path(name)

        record = read(self.whole)
        base = write("base.json", record)

        def counted(change):
            other = copy.deepcopy(record)
            change(other["benchmarks"])
            counts = shards.count_rows([base], write("counted.json", other))
            return {what: number for what, number in counts.items() if number and what != "rows"}

        self.assertEqual(counted(lambda rows: rows.pop()), {"lost": 1})
        self.assertEqual(counted(lambda rows: rows.append(rows[0])), {"twice": 1})
        self.assertEqual(counted(lambda rows: rows[0].update(real_time=0.1)), {"other": 1})
        self.assertEqual(counted(lambda rows: rows.append({**rows[0], "name": "a"})),
                         {"added": 1, "other": 1})

    def test_the_order_is_that_of_one_run(self):
        order = [row["problem"] for row in records.median_rows(read(self.whole))]
        cases = [one["problem"] for one in ours(read(self.parts[0]))["shard"]["cases"]]
        self.assertEqual(list(dict.fromkeys(order)), cases)
        self.assertEqual(len(cases), CASES)
        families = [row["family_index"] for row in read(self.whole)["benchmarks"]]
        self.assertEqual(families, sorted(families))
        self.assertEqual(len(set(families)), len(order))

    def test_the_whole_is_a_record(self):
        whole = read(self.whole)
        self.assertEqual(list(schema_errors(whole)), [])
        for part in self.parts:
            self.assertEqual(list(schema_errors(read(part))), [])
        self.assertNotIn("shard", ours(whole))
        self.assertEqual(ours(whole)["left_out"], [])
        self.assertEqual([part["part_seal"] for part in ours(whole)["parts"]],
                         [ours(read(part))["seal"] for part in self.parts])
        self.assertEqual(ours(whole)["arguments"], ["bench", *self.arguments])
        self.assertEqual(len(ours(whole)["noted"]["case_seconds"]), CASES)
        self.assertEqual(len(ours(whole)["noted"]["seeds"]), COUNT)
        race = poolbench("race", "--records", self.whole, self.whole)
        self.assertIn("identical code differs by 8 %", race.stdout)

    def test_sums_over_networks_are_made_again(self):
        whole = read(self.whole)
        rows = {(row["problem"], row["contender"], row["temperature"]): row
                for row in records.median_rows(whole)}
        self.assertEqual([network["name"] for network in ours(whole)["networks"]], ["one", "two"])
        checked = 0
        for network in ours(whole)["networks"]:
            for total in network["totals"]:
                for one in total["contenders"]:
                    mine = [(layer["times"], rows.get((layer["problem"], one["contender"],
                                                       total["temperature"])))
                            for layer in network["layers"]]
                    ok = [(times, row) for times, row in mine
                          if row and row["status"] == "ok" and not row.get("warm")]
                    self.assertEqual(one["ok"], sum(times for times, _ in ok))
                    if "seconds" in one and total["compared"] == one["ok"]:
                        self.assertAlmostEqual(
                            one["seconds"]["median"] / sum(
                                times * row["seconds"]["median"] for times, row in ok), 1)
                        checked += 1
        self.assertGreater(checked, 0)

    def test_the_order_of_parts_does_not_matter(self):
        done = shards.merge(POOLBENCH, self.parts[::-1], self.path("again.json"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(content(self.path("again.json")), content(self.whole))

    # Which case is whose

    def rows_of_shard(self, *shard, env=None):
        done = poolbench("bench", *self.arguments, *shard, "--benchmark_list_tests",
                         env=env or without())
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_each_row_is_in_one_shard(self):
        every = self.rows_of_shard()
        for count in (1, 2, CASES):
            lists = [self.rows_of_shard("--shard", f"{k}/{count}") for k in range(1, count + 1)]
            self.assertTrue(all(lists))
            self.assertEqual(sorted(row for rows in lists for row in rows), sorted(every))

    def test_a_slurm_array_and_gtest_say_which(self):
        second = self.rows_of_shard("--shard", "2/3")
        for task, first, last in ((1, 0, 2), (2, 1, 3), (15, 10, 20)):
            env = without(("SLURM_ARRAY_TASK_ID", str(task)), ("SLURM_ARRAY_TASK_COUNT", "3"),
                          ("SLURM_ARRAY_TASK_MIN", str(first)),
                          ("SLURM_ARRAY_TASK_MAX", str(last)))
            self.assertEqual(self.rows_of_shard("--shard", "auto", env=env), second)
            self.assertEqual(len(self.rows_of_shard(env=env)), 2 * 3 * CASES, "only when told")
            self.assertEqual(self.rows_of_shard("--shard", "2/3", env=env), second)
        gtest = without(("GTEST_SHARD_INDEX", "1"), ("GTEST_TOTAL_SHARDS", "3"))
        self.assertEqual(self.rows_of_shard("--shard", "auto", env=gtest), second)

    def test_costs_of_an_earlier_run_share_the_cases(self):
        seconds = {}

        def set_seconds(record):
            for i, name in enumerate(ours(record)["noted"]["case_seconds"]):
                seconds[name] = 100 if i == 0 else 1
            ours(record)["noted"]["case_seconds"] = seconds

        costs = self.changed(set_seconds, self.whole)
        dear = next(iter(seconds))
        alone = self.rows_of_shard("--shard", "1/3", "--costs", costs)
        self.assertTrue(all(f"/{dear}/" in row for row in alone), alone)
        done = poolbench("bench", *self.arguments, "--costs", costs)
        self.assertEqual(done.returncode, 4)
        self.assertIn("goes with --shard", done.stderr)
        none = self.changed(lambda record: ours(record)["noted"].pop("case_seconds"))
        done = poolbench("bench", *self.arguments, "--shard", "1/3", "--costs", none)
        self.assertEqual(done.returncode, 4)
        self.assertIn("says of none of these cases", done.stderr)

    def test_more_shards_than_cases_are_refused(self):
        done = poolbench("bench", *self.arguments, "--shard", f"1/{CASES + 1}")
        self.assertEqual(done.returncode, 4)
        self.assertIn("7 cases cannot be shared by 8 shards", done.stderr)

    # What is refused, and what is missing

    def test_parts_of_other_runs_are_refused_by_the_field(self):
        def setter(where, value):
            *way, last = where.split("/")

            def change(record):
                at = ours(record)
                for name in way:
                    at = at[name]
                at[last] = value
            return change

        for where, value, says in (
            ("comparable/threads", 99, "comparable/threads: "),
            ("comparable/processor", "Z80", "comparable/processor: \"Z80\" and "),
            ("comparable/flags", "-O0", "comparable/flags: "),
            ("comparable/method", 1, "comparable/method: 1 and 2"),
            ("comparable/drivers", {"host": "other"}, "drivers/host: \"other\" and \"none\""),
            ("noted/build_id", "ff", "noted/build_id: "),
            ("noted/commit", "0123", "noted/commit: "),
            ("noted/isa", "avx2", "noted/isa: \"avx2\" and \"\""),
            ("noted/omp_num_threads", "1", "noted/omp_num_threads: "),
            ("modules/m/sha256", "ff", "modules/m/sha256: "),
            ("shard/count", 4, "shard/count: 4 and 3"),
            ("arguments", ["bench", "--hot"], "arguments/1: \"--hot\" and \"--suite\""),
            ("networks", [], "networks"),
        ):
            with self.subTest(where):
                other = self.changed(setter(where, value))
                self.refused([other, *self.parts[1:]], other, self.parts[1], says)

    def test_what_is_no_part_is_refused(self):
        two = self.parts[1:]
        self.refused([*self.parts, self.parts[0]], "are both shard 1 of 3", self.parts[0])
        self.refused([self.whole, *two], f"{self.whole}: is merged already")
        alone = self.path("alone.json")
        poolbench("bench", *self.arguments, "--filter", "lp", "--json", alone)
        self.refused([alone, *two], f"{alone}: is a whole run, not a shard")

        def steal(record):
            row = copy.deepcopy(read(self.parts[1])["benchmarks"][-1])
            record["benchmarks"].append(row)
        self.refused([self.changed(steal), *two], "changed.json: has rows of ",
                     "which is no case of shard 1")

        def double(record):
            record["benchmarks"].append(record["benchmarks"][-1])
        self.refused([self.changed(double), *two], "changed.json: has the row ", " twice")

    def test_what_no_shard_has_is_refused_with_its_file(self):
        def shard(record):
            return ours(record)["shard"]

        for change, says in (
            (lambda record: shard(record).update(count=10 ** 18), "there is no shard 1 of 1000"),
            (lambda record: shard(record).update(number=COUNT + 1), "there is no shard 4 of 3"),
            (lambda record: shard(record)["cases"][0].update(shard=1e300), "1e+300 is not a whole"),
            (lambda record: ours(record)["noted"]["run"].update(restarts=1e300),
             "1e+300 is not a whole"),
            (lambda record: ours(record)["noted"]["run"].update(resumed=2 ** 63 - 1),
             "9223372036854775807 is no count"),
            (lambda record: ours(record)["noted"].update(seeds=[1e300]), "1e+300 is no seed"),
            (lambda record: ours(record)["noted"].update(gpus={"a": {}}), "'looks' not found"),
            (lambda record: ours(record)["networks"][0].pop("totals"), "'totals' not found"),
            (lambda record: record["context"].pop("date"), "type must be string"),
        ):
            with self.subTest(says):
                changed = self.changed(change)
                self.refused([changed], f"{changed}: is ", says)

    def test_what_is_no_record_is_refused(self):
        text = content(self.parts[0])
        bad = self.path("bad.json")
        for other, says in (
            (text[:len(text) // 2], "is no record: no JSON, or not all of it"),
            (b"", "is no record: no JSON, or not all of it"),
            (b'{"checks": []}', "is no record of `poolbench bench --json`"),
            (gzip.compress(text), "is compressed"),
            (b"[1, 2]", "is no record of `poolbench bench --json`"),
            (text.replace(b'"real_time":', b'"Real_time":', 1), "was changed after it was written"),
            (re.sub(rb'"seal":"[^"]*",', b"", text), "has no seal"),
        ):
            with open(bad, "wb") as file:
                file.write(other)
            for command in (["merge", bad, *self.parts[1:], "-o", self.path("refused.json")],
                            ["export", "--format", "csv", bad, "-o", self.path("refused.json")]):
                done = poolbench("record", *command)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertIn(f"{bad}: {says}", done.stderr)
                self.assertFalse(os.path.exists(self.path("refused.json")))
        self.refused([self.changed(lambda record: ours(record).update(schema=2)), *self.parts[1:]],
                     "changed.json: has schema 2: this poolbench knows 1")
        self.refused([self.changed(lambda record: ours(record).update(schema_minor=99)),
                      *self.parts[1:]], "changed.json: has schema 1.99: this poolbench knows 1.")
        self.refused([self.path("none.json"), *self.parts[1:]], "none.json: cannot be read")
        self.refused([self.folder, *self.parts[1:]], "cannot be read")

    def test_missing_shards_and_cases_are_named(self):
        some = self.path("some.json")
        done = shards.merge(POOLBENCH, [self.parts[0], self.parts[2]], some)
        missing = [one["problem"] for one in ours(read(self.parts[0]))["shard"]["cases"]
                   if one["shard"] == 2]
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stderr.splitlines(),
                         ["missing: shard 2 of 3", *(f"left out: {one}" for one in missing)])
        self.assertEqual(ours(read(some))["left_out"], missing)
        self.assertEqual(list(schema_errors(read(some))), [])

    # Files

    def test_a_full_disk_keeps_the_old_file(self):
        old = self.path("old.json")
        for command in (["merge", *self.parts, "-o", old],
                        ["export", "--format", "csv", self.whole, "-o", old]):
            with open(old, "w", encoding="utf-8") as file:
                file.write("old")
            done = poolbench("record", *command, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (1000, 1000)))
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(f"{old}: cannot be written: File too large", done.stderr)
            self.assertEqual(content(old), b"old")
            self.assertEqual([name for name in os.listdir(self.folder) if ".tmp" in name], [])

    def test_a_part_is_not_overwritten(self):
        before = content(self.parts[0])
        done = shards.merge(POOLBENCH, self.parts, self.parts[0])
        self.assertEqual(done.returncode, 4)
        self.assertIn(f"-o: {self.parts[0]} is what is read", done.stderr)
        self.assertEqual(content(self.parts[0]), before)


if __name__ == "__main__":
    POOLBENCH = sys.argv.pop(1)
    unittest.main()

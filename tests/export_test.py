"""record export: each format by its reader's own rules.

    export_test.py POOLBENCH
"""

import copy
import csv
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import records  # noqa: E402

PROBLEMS = ("max/sliding/f32/nchw/src:1x2x8x8/k:2x2", "max/sliding/f32/nchw/src:1x2x64x64/k:3x3")
REFUSED = "max/sliding/i32/nchw/src:1x2x8x8/k:2x2"  # by the module
# Debian: libbenchmark-tools, and python3-scipy for Debian's own Python.
COMPARE = ("/usr/bin/python3", "/usr/share/benchmark/compare.py")
# What Bencher's documentation asks of the format: a number for each measure, which may have ends.
BENCHER = {
    "type": "object",
    "propertyNames": {"maxLength": 1024},
    "additionalProperties": {
        "type": "object",
        "propertyNames": {"maxLength": 64},
        "additionalProperties": {
            "type": "object",
            "required": ["value"],
            "properties": {name: {"type": "number"}
                           for name in ("value", "lower_value", "upper_value")},
            "additionalProperties": False,
        },
    },
}


def strict(text):
    """JSON as JavaScript's JSON.parse() reads it: no NaN, no infinity, no name twice in an
    object."""
    def object_of(pairs):
        assert len(dict(pairs)) == len(pairs), "a name is there twice"
        return dict(pairs)

    def refuse(word):
        raise ValueError(word)
    return json.loads(text, parse_constant=refuse, object_pairs_hook=object_of)


class ExportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.paths = [cls.bench(name) for name in ("a", "b")]
        [(_, cls.record)] = records.read_records(cls.paths[:1])
        cls.rows = records.median_rows(cls.record)
        cls.names = {cls.name(row): row for row in cls.rows}
        cls.timed = {name: row for name, row in cls.names.items()
                     if row["status"] in ("ok", "ABOVE-CEILING") and not row.get("warm")}
        assert cls.timed and len(cls.timed) < len(cls.rows)

    @classmethod
    def bench(cls, name):
        path = os.path.join(cls.folder, name + ".json")
        module = os.path.join(os.path.dirname(POOLBENCH), "modules/example.so")
        done = subprocess.run(
            [POOLBENCH, "bench", "--backend", "naive,openmp,m", "--module", f"m={module}",
             "--baseline", "naive", *(word for one in (*PROBLEMS, REFUSED)
                                      for word in ("--problem", one)),
             "--blocks", "9", "--sample-ms", "0.01", "--submits", "0", "--disturbed", "1e9",
             "--json", path], stdout=subprocess.DEVNULL, check=False)
        assert done.returncode in (0, 3)  # a busy machine may make a time invalid
        return path

    @staticmethod
    def name(row):
        return "/".join((row["contender"], row["problem"], row["temperature"]))

    def export(self, form, path=None, env=None):
        done = subprocess.run([POOLBENCH, "record", "export", "--format", form,
                               path or self.paths[0]], capture_output=True, check=False,
                              env={**os.environ, **(env or {})})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.said = done.stderr.decode()
        return done.stdout.decode()

    def test_google_benchmark_has_its_schema_and_no_more(self):
        exported = strict(self.export("google-benchmark"))
        context = exported["context"]
        for name in ("date", "host_name", "executable", "num_cpus", "mhz_per_cpu", "caches",
                     "load_avg", "library_build_type", "json_schema_version"):
            self.assertIn(name, context)
        self.assertTrue(all(not isinstance(value, dict) for value in context.values()))
        self.assertEqual(context["processor"],
                         self.record["context"]["poolbench"]["comparable"]["processor"])
        rows = exported["benchmarks"]
        self.assertEqual({row["run_name"] for row in rows}, set(self.timed))
        for row in rows:
            self.assertNotIn("poolbench", row)
            self.assertNotIn("error_occurred", row)
            self.assertGreater(row["real_time"], 0)
            aggregate = row["run_type"] == "aggregate"
            self.assertEqual(row["name"], row["run_name"] + ("_median" if aggregate else ""))
            self.assertEqual("repetition_index" in row, not aggregate)
        self.assertRegex(self.said, r"left out, for google-benchmark knows times alone: \d+ rows, ")

    def test_compare_py_reads_it(self):
        python, script = COMPARE
        if not os.path.exists(script):
            self.skipTest(f"no {script} (Debian: libbenchmark-tools)")
        scipy = subprocess.run([python, "-c", "import scipy"], capture_output=True, check=False)
        if scipy.returncode != 0:
            self.skipTest("compare.py needs scipy (Debian: python3-scipy)")
        exports = []
        for path in self.paths:
            exports.append(path + ".google")
            with open(exports[-1], "w", encoding="utf-8") as file:
                file.write(self.export("google-benchmark", path))
        report = os.path.join(self.folder, "report.json")
        done = subprocess.run([*COMPARE, "--no-color", "--dump_to_json", report,
                               "benchmarks", *exports], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Warning", done.stderr)
        self.assertNotIn("nan", done.stdout)
        with open(report, encoding="utf-8") as file:
            rows = {row["name"]: row for row in json.load(file)}
        both = []
        for path in exports:
            with open(path, encoding="utf-8") as file:
                both.append({row["run_name"] for row in strict(file.read())["benchmarks"]})
        for name in both[0] & both[1]:
            self.assertEqual(len(rows[name]["measurements"]), 9)
            self.assertTrue(rows[name]["utest"]["have_optimal_repetitions"], rows[name])
            median = rows[name + "_median"]["measurements"][0]["real_time"]
            self.assertAlmostEqual(median / 1e9 / self.timed[name]["seconds"]["median"], 1)
        self.assertTrue(math.isfinite(rows["OVERALL_GEOMEAN"]["measurements"][0]["time"]))

    def test_github_action_benchmark_reads_it(self):
        entries = strict(self.export("github-action-benchmark"))
        self.assertIsInstance(entries, list)
        self.assertEqual([entry["name"] for entry in entries], list(self.timed))
        for entry in entries:
            self.assertLessEqual(set(entry), {"name", "unit", "value", "range", "extra"})
            seconds = self.timed[entry["name"]]["seconds"]
            self.assertEqual(entry["unit"], "ns")
            self.assertAlmostEqual(entry["value"] / (seconds["median"] * 1e9), 1)
            # It takes a number behind the sign, and nothing behind that.
            half = re.fullmatch(r"(?:\+-|±)\s*(\d.+)", entry["range"])
            self.assertAlmostEqual(float(half[1]), (seconds["high"] - seconds["low"]) / 2 * 1e9, 2)

    def test_bencher_reads_it(self):
        benchmarks = strict(self.export("bencher"))
        try:
            import jsonschema
            jsonschema.validate(benchmarks, BENCHER)
        except ImportError:
            pass
        self.assertEqual(set(benchmarks), set(self.timed))
        for name, measures in benchmarks.items():
            [(measure, latency)] = measures.items()
            self.assertEqual(measure, "latency")  # Bencher's own, in ns
            seconds = self.timed[name]["seconds"]
            for end, field in (("median", "value"), ("low", "lower_value"),
                               ("high", "upper_value")):
                self.assertAlmostEqual(latency[field] / (seconds[end] * 1e9), 1)
            self.assertLessEqual(latency["lower_value"], latency["value"])
            self.assertLessEqual(latency["value"], latency["upper_value"])

    def test_csv_comes_back(self):
        text = self.export("csv")
        self.assertEqual(self.said, "", "csv has all rows")
        self.assertTrue(text.endswith("\r\n"))
        self.assertNotIn("\n", text.replace("\r\n", ""))
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        self.assertEqual({len(line) for line in lines}, {len(lines[0])})
        rows = [dict(zip(lines[0], line)) for line in lines[1:]]
        self.assertEqual(len(rows), len(self.rows))
        for mine, row in zip(rows, self.rows):
            for name in ("contender", "kernel", "problem", "temperature", "status", "reason"):
                self.assertEqual(mine[name], row[name])
            for field in ("seconds", "share", "ratio"):
                for end, suffix in (("median", ""), ("low", "_low"), ("high", "_high")):
                    value = row.get(field, {}).get(end)
                    self.assertEqual(float(mine[field + suffix]) if mine[field + suffix] else None,
                                     value, "bit for bit")
            self.assertEqual(mine["baseline"], row.get("baseline", ""))

    def test_csv_quotes_what_must_be_quoted(self):
        words = 'a "reason", with\r\nall of it; and = too'
        for row in self.record["benchmarks"]:
            if row.get("poolbench", {}).get("status") == "refused":
                row["poolbench"]["reason"] = words
        path = os.path.join(self.folder, "quoted.json")
        with open(path, "wb") as file:
            file.write(records.sealed(self.record))
        rows = list(csv.DictReader(io.StringIO(self.export("csv", path), newline=""), strict=True))
        self.assertEqual({row["reason"] for row in rows if row["status"] == "refused"}, {words})
        table = self.export("markdown", path).splitlines()
        self.assertEqual(sum("refused: a " in line for line in table),
                         sum(row["status"] == "refused" for row in self.rows))

    def test_a_locale_with_commas_changes_nothing(self):
        done = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8",
                               os.path.join(self.folder, "de_DE.UTF-8")], check=False,
                              capture_output=True, text=True)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "de_DE.UTF-8")), done.stderr)
        commas = {"LOCPATH": self.folder, "LC_ALL": "de_DE.UTF-8"}
        for form in ("google-benchmark", "github-action-benchmark", "bencher", "csv", "markdown"):
            self.assertEqual(self.export(form, env=commas), self.export(form), form)

    def test_markdown_is_a_table(self):
        lines = self.export("markdown").splitlines()
        table = [line for line in lines if line.startswith("|")]
        self.assertEqual({line.count("|") for line in table}, {11})
        self.assertEqual(len(table), 2 + len(self.rows))
        for line, row in zip(table[2:], self.rows):
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            self.assertEqual(cells[:4], [f"`{row['problem']}`", row["temperature"],
                                         row["contender"], row["kernel"]])
            self.assertEqual(bool(cells[4]), row["status"] in ("ok", "ABOVE-CEILING"))

    def changed(self, change):
        """The record with each row changed on purpose, sealed again."""
        record = copy.deepcopy(self.record)
        for row in record["benchmarks"]:
            change(row)
        path = os.path.join(self.folder, "changed.json")
        with open(path, "wb") as file:
            file.write(records.sealed(record))
        return path

    def test_markdown_has_figures_of_times_that_count_alone(self):
        def change(row):
            if row.get("poolbench", {}).get("contender") == "openmp":
                row["poolbench"].update(across_devices=True)
            if row.get("poolbench", {}).get("contender") == "m":
                row["poolbench"].update(status="INVALID", across_devices=True)
        footnote = "`*`: the baseline ran on another device"
        self.assertNotIn(footnote, self.export("markdown"))
        text = self.export("markdown", self.changed(change))
        self.assertEqual(text.count(footnote), 1)
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            if "INVALID" in line:
                self.assertEqual(cells[4:9], [""] * 5)
            elif line.startswith("|") and cells[2] == "openmp" and cells[8]:
                self.assertRegex(cells[8], r"^x[\d.]+\*$")
        self.assertIn("INVALID", text)

    def test_what_cannot_be_exported_is_named(self):
        path = self.changed(lambda row: row.pop("run_name"))
        done = subprocess.run([POOLBENCH, "record", "export", "--format", "google-benchmark",
                               path], check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 4)
        self.assertIn(f"{path}: is not as bench writes it: ", done.stderr)

    def test_the_record_is_not_overwritten(self):
        path = self.changed(lambda row: None)
        done = subprocess.run([POOLBENCH, "record", "export", "--format", "csv", path, "-o",
                               os.path.join(self.folder, ".", "changed.json")], check=False,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 4)
        self.assertIn("changed.json is what is read", done.stderr)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["benchmarks"], self.record["benchmarks"])

    def test_bad_usage(self):
        for arguments, says in ((["--format", "xml", self.paths[0]],
                                 "--format: 'xml' is unknown; one of google-benchmark, "),
                                ([self.paths[0]], "--format is required"),
                                (["--format", "csv"], "RECORD is required")):
            done = subprocess.run([POOLBENCH, "record", "export", *arguments], check=False,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 4)
            self.assertIn(says, done.stderr)


if __name__ == "__main__":
    POOLBENCH = sys.argv.pop(1)
    unittest.main()

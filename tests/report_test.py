"""poolbench report: its command, its data and its Markdown. report_page_test.py and
report_reach_test.py open the page.

    report_test.py POOLBENCH
"""

import gzip
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

KEPT = os.path.join(ROOT, "results/amd-epyc-2vcpu/models-f32-nchw.json.gz")
TIMED = ("ok", "ABOVE-CEILING")


def data_of(page):
    """The data that a page holds, as a browser finds it: up to the first end of a script."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script', page,
                                re.DOTALL).group(1))


def column(table, name, count):
    values = table[name]
    return values if isinstance(values, list) else [values["all"]] * count


def median_interval(values):
    """By another way than the program's: the ranks of a binomial, summed up here."""
    values, n = sorted(values), len(values)
    middle = (values[(n - 1) // 2] + values[n // 2]) / 2
    below, rank = 0.0, 0
    while below + math.comb(n, rank) / 2**n <= 0.025:
        below += math.comb(n, rank) / 2**n
        rank += 1
    return (middle, values[rank - 1], values[n - rank]) if rank else (middle, math.nan, math.nan)


class Rows:
    """The rows of a record with their samples, by (problem, temperature) and contender."""

    def __init__(self, record):
        self.cases, samples = {}, []
        for line in record["benchmarks"]:
            if "poolbench" not in line:
                samples.append(line["real_time"] * 1e-9)
                continue
            row = line["poolbench"] | {"samples": samples}
            samples = []
            self.cases.setdefault((row["problem"], row["temperature"]), {})[row["contender"]] = row

    def means(self, contender, other, temperature):
        """ln of the geometric mean over cases, half of its interval in ln, and their number."""
        logs, below = [], 0.0
        for (_, one), rows in self.cases.items():
            pair = [rows.get(name) for name in (contender, other)]
            if one != temperature or not all(row and row["status"] in TIMED and not row.get("warm")
                                             and not row["below_floor"] for row in pair):
                continue
            middle, low, _ = median_interval([b / a for a, b in zip(*(r["samples"] for r in pair))])
            logs.append(math.log(middle))
            below += math.log(middle / low) ** 2
        return sum(logs) / len(logs), math.sqrt(below) / len(logs), len(logs)


class Files(unittest.TestCase):
    """A kept record, and what is made of it."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.kept = cls.path("kept.json")
        with gzip.open(KEPT) as file, open(cls.kept, "wb") as copy:
            copy.write(file.read())
        with open(cls.kept, encoding="utf-8") as file:
            cls.record = json.load(file)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def write(cls, name, record):
        with open(cls.path(name), "wb") as file:
            file.write(records.sealed(record))
        return cls.path(name)

    @staticmethod
    def report(*arguments, status=0):
        done = subprocess.run([POOLBENCH, "report", *arguments], capture_output=True, text=True,
                              check=False)
        if "built without the charts' library" in done.stderr:
            raise unittest.SkipTest(done.stderr)
        assert done.returncode == status, done.stderr
        return done.stderr


class ReportTest(Files):
    def page(self, *arguments):
        self.report(*arguments, "-o", self.path("page.html"))
        with open(self.path("page.html"), encoding="utf-8") as file:
            return file.read()

    def test_page_has_every_row(self):
        page = self.page(self.kept)
        data = data_of(page)
        rows, count = data["rows"], data["count"]["rows"]
        words = data["words"]
        problems = column(data["cases"], "problem", data["count"]["cases"])
        names = ("case", "contender", "hot", "status", "reason", "timed")
        found, timed = {}, 0
        for case, contender, hot, status, reason, has in zip(
                *(column(rows, name, count) for name in names)):
            key = problems[case], "hot" if hot else "cold", words[contender]
            found[key] = words[status], words[reason], timed if has else None
            timed += has
        times = column(data["timed"], "time", timed)
        expected = records.median_rows(self.record)
        self.assertEqual(len(found), len(expected))
        for row in expected:
            status, reason, place = found[row["problem"], row["temperature"], row["contender"]]
            self.assertEqual((status, reason), (row["status"], row["reason"]))
            self.assertEqual(place is not None, "seconds" in row)
            if place is not None:
                self.assertAlmostEqual(times[place] * 1e-9 / row["seconds"]["median"], 1, places=5)

    def test_page_asks_for_nothing(self):
        page = self.page(self.kept)
        self.assertIn("default-src 'none'", page)
        self.assertNotRegex(page, r"""(src|href)\s*=\s*["']?(https?:)?//""")
        self.assertNotRegex(page, r"@import|url\((?!#)")

    def test_samples_are_those_of_the_record(self):
        data = data_of(self.page(self.kept))
        count = data["count"]["timed"]
        times, samples = (column(data["timed"], name, count) for name in ("time", "samples"))
        expected = [row for rows in Rows(self.record).cases.values() for row in rows.values()
                    if "seconds" in row]
        self.assertEqual(sum(map(len, samples)), sum(len(row["samples"]) for row in expected))
        by_time = {}
        for row in expected:
            by_time.setdefault(f"{row['seconds']['median'] * 1e9:.6g}", []).append(row["samples"])
        for time, parts in zip(times, samples):
            shown = [time * (1 + part / 1e5) for part in parts]
            self.assertTrue(any(len(shown) == len(one) and all(
                abs(a / b / 1e9 - 1) < 2e-5 for a, b in zip(shown, one))
                for one in by_time[f"{time:.6g}"]), time)

    def test_markdown_has_the_means_of_the_record(self):
        self.report(self.kept, "--markdown", self.path("report.md"))
        with open(self.path("report.md"), encoding="utf-8") as file:
            text = file.read()
        rows, seen = Rows(self.record), 0
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            if len(cells) != 8 or cells[1] not in ("cold", "hot"):
                continue
            for other, ratio, low, high, cases in re.findall(
                    r"(\S+) ×([\d.]+) \(([\d.]+) to ([\d.]+)\), (\d+) layers", cells[6]):
                mean, half, number = rows.means(cells[0], other, cells[1])
                self.assertEqual(number, int(cases))
                for shown, is_so in ((ratio, mean), (low, mean - half)):
                    self.assertAlmostEqual(float(shown), math.exp(is_so), delta=0.0051 * max(
                        1, float(shown)), msg=line)
                self.assertGreaterEqual(float(high), float(ratio))
                seen += 1
        self.assertEqual(seen, 12)  # of three that take something, each against two, cold and hot

    def test_names_cannot_leave_their_place(self):
        hostile = "</script><script>alert(1)</script><!--\u2028\u202e\"'&" + "x" * 10000
        record = json.loads(json.dumps(self.record))
        for line in record["benchmarks"]:
            if line.get("poolbench", {}).get("contender") == "xnnpack":
                line["poolbench"]["contender"] = hostile
                line["poolbench"]["reason"] = hostile
        record["context"]["host_name"] = hostile
        page = self.page(self.write("hostile.json", record))
        self.assertEqual(page.count("<script"), 3)
        self.assertEqual(page.lower().count("</script"), 3)
        self.assertIn(hostile, data_of(page)["words"])

    def test_what_is_no_record_makes_no_page(self):
        text = records.sealed(self.record)
        newer = json.loads(json.dumps(self.record))
        newer["context"]["poolbench"]["schema"] = 2
        no_rows = {**self.record, "benchmarks": []}
        compressed = gzip.compress(text)
        for name, content, says in (
                ("missing.json", None, "cannot be read"),
                ("empty.json", b"", "is no record"),
                ("truncated.json", text[:len(text) // 2], "not all of it"),
                ("newer.json", records.sealed(newer), "has schema 2"),
                ("changed.json", text.replace(b'"openmp"', b'"0penmp"', 1), "was changed"),
                ("no_rows.json", records.sealed(no_rows), "no row is there to show"),
                ("other.json", b"{}", "is no record"),
                ("packed.json", compressed, "is compressed")):
            if content is not None:
                with open(self.path(name), "wb") as file:
                    file.write(content)
            said = self.report(self.path(name), "-o", self.path("none.html"), "--markdown",
                               self.path("none.md"), status=4)
            self.assertIn(self.path(name), said)
            self.assertIn(says, said)
            self.assertFalse(os.path.exists(self.path("none.html")))
            self.assertFalse(os.path.exists(self.path("none.md")))
        self.assertIn(self.path("packed.json") + ": is compressed", self.report(
            self.kept, "--race", self.path("packed.json"), "--markdown", self.path("none.md"),
            status=4))

    def test_never_overwrites_what_it_reads(self):
        said = self.report(self.kept, "-o", self.kept, status=4)
        self.assertIn("is what is read", said)
        self.assertIn("nothing is to be written", self.report(self.kept, status=4))
        self.assertIn("both -o and --markdown", self.report(
            self.kept, "-o", self.path("x"), "--markdown", self.path("x"), status=4))
        self.assertFalse(os.path.exists(self.path("x")))

    def test_a_record_counts_once(self):
        self.assertIn(f"{self.kept}: is named twice", self.report(
            self.kept, self.kept, "--markdown", self.path("x.md"), status=4))


if __name__ == "__main__":
    POOLBENCH = os.path.abspath(sys.argv.pop(1))
    unittest.main()

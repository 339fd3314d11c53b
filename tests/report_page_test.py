"""The page of `poolbench report` in a browser. Skipped with a word where there is none.

    report_page_test.py POOLBENCH
"""

import collections
import csv
import glob
import json
import math
import os
import re
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import page_driver  # noqa: E402
import report_test  # noqa: E402
from report_test import KEPT, Rows, records  # noqa: E402

HOSTILE = "<img src=x onerror=alert(1)></script><script>document.title='bad'</script>" \
    "'\"&\u202eabc\u2066" + "x" * 10000
# Where .ci/run puts it, beside the program: PyPI's axe-core-python.
AXE = "axe/lib/python*/site-packages/axe_core_python/axe.min.js"


class PageTest(report_test.Files):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = page_driver.Browser(cls.folder)
        cls.addClassCleanup(cls.browser.close)
        cls.html = cls.path("page.html")
        cls.made = cls.write("made.json", cls.record)
        cls.report(cls.made, "--disagreements",
                   os.path.join(report_test.ROOT, "results/disagreements.json"), "-o", cls.html)
        cls.rows = Rows(cls.record)

    def setUp(self):
        self.browser.size(1440, 900)
        self.browser.theme("light")

    def tearDown(self):
        self.assertEqual(self.browser.errors(), [])
        self.assertEqual(self.browser.requests(), [])

    def open(self, fragment="", path=None):
        self.browser.open(path or self.html, fragment)
        self.browser.settle()

    def run_js(self, script, *arguments):
        return self.browser.run(script, *arguments)

    def texts(self, selector):
        return self.run_js("return [...document.querySelectorAll(arguments[0])]"
                           ".map((one) => one.textContent)", selector)

    def click(self, selector):
        self.run_js("document.querySelector(arguments[0]).click()", selector)
        self.browser.settle()

    def choose(self, label, value):
        self.run_js(
            "const list = [...document.querySelectorAll('label')].find((one) =>"
            " one.textContent.startsWith(arguments[0])).querySelector('select');"
            "list.value = arguments[1]; list.dispatchEvent(new Event('change'))", label, value)
        self.browser.settle()

    def keys(self, *keys):
        from selenium.webdriver import ActionChains
        for key in keys:
            ActionChains(self.browser.driver).send_keys(key).perform()

    def fragment(self):
        return self.run_js("return location.hash")

    def csv(self, name, click):
        """The lines of a file that a click brings."""
        path = self.path(name)
        if os.path.exists(path):
            os.remove(path)
        self.run_js(click)
        for _ in range(600):
            if os.path.exists(path):
                with open(path, encoding="utf-8", newline="") as file:
                    return list(csv.DictReader(file))
            time.sleep(0.1)
        self.fail(f"no {name}")

    def all_rows(self):
        return self.csv("rows.csv", "document.querySelector('#layers .csv').click()")

    def numbers(self, title):
        """The table below the chart with that title, as lists of texts."""
        return self.run_js(
            "const figure = [...document.querySelectorAll('figure')].find((one) =>"
            " one.querySelector('strong')?.textContent === arguments[0]);"
            "figure.querySelector('details').open = true;"
            "return new Promise((done) => setTimeout(() => done([...figure.querySelectorAll("
            "'tbody tr')].map((line) => [...line.children].map((one) => one.textContent))), 50))",
            title)

    def test_every_section_draws_without_an_error_or_a_request(self):
        self.open()
        for section in self.run_js("return [...document.querySelectorAll('section')]"
                                   ".map((one) => one.id)"):
            self.browser.show("#" + section)
            self.assertTrue(self.run_js("return document.getElementById(arguments[0])"
                                        ".children.length > 1", section), section)
        self.assertEqual(self.run_js("return document.querySelectorAll('section').length"), 7)

    def test_first_screen_has_the_answers(self):
        self.open()
        below = self.run_js("return document.querySelector('.trust').getBoundingClientRect().bottom")
        self.assertLessEqual(below, 900)
        self.assertIn("openmp is the fastest", self.texts(".headline")[0])

    def test_means_are_those_of_the_markdown(self):
        self.report(self.made, "--markdown", self.path("page.md"))
        with open(self.path("page.md"), encoding="utf-8") as file:
            lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in file]
        for hot, temperature in (("0", "cold"), ("1", "hot")):
            self.open("#hot=" + hot if hot == "1" else "")
            shown = {line[0]: line for line in self.numbers("Which one?")}
            speeds = {line[2]: line for line in self.numbers("By how much?")}
            for line in lines:
                if len(line) != 8 or line[1] != temperature or line[0] not in shown:
                    continue
                name, _, timed, fastest, level, share = line[:6]
                one = shown[name]
                self.assertEqual(one[2:5], [timed, fastest, level], name)
                below = re.search(r"(\d+) launch-bound", line[7])
                self.assertEqual(one[9], below.group(1) if below else "0", name)
                self.assertEqual("–" if share == "–" else f"{100 * float(one[5]):.0f} %", share)
                if name != "openmp":
                    continue
                for other, ratio, low, high, cases in re.findall(
                        r"(\S+) ×([\d.]+) \(([\d.]+) to ([\d.]+)\), (\d+) layers", line[6]):
                    for text, is_so in zip((ratio, low, high), speeds[other][3:6]):
                        self.assertAlmostEqual(float(text), float(is_so), delta=0.0052 * max(
                            1, float(text)))
                    self.assertEqual(cases, speeds[other][6])

    def test_sorts(self):
        self.open()
        self.browser.show("#layers")
        self.click("button[data-key='c:openmp']")
        self.assertEqual(self.run_js(
            "return document.querySelector(\"button[data-key='c:openmp']\").closest('th')"
            ".getAttribute('aria-sort')"), "descending")
        by_ratio = sorted(((row["ratio"]["median"], problem) for (problem, temperature), rows in
                           self.rows.cases.items() for row in [rows.get("openmp", {})]
                           if temperature == "cold" and "ratio" in row), reverse=True)
        shown = self.texts("table.layers tbody th")
        self.assertEqual(shown[:10], [problem for _, problem in by_ratio[:10]])
        self.click("button[data-key='c:openmp']")
        self.assertEqual(self.texts("table.layers tbody th")[0], by_ratio[-1][1])
        self.assertIn("sort=a%3Ac%3Aopenmp", self.fragment())

    def test_filters(self):
        self.open()
        self.run_js("const box = document.querySelector('input[type=search]');"
                    "box.value = 'k:2x2($|/)'; box.dispatchEvent(new Event('input'))")
        problems = {problem for problem, _ in self.rows.cases}
        few = [problem for problem in problems if re.search(r"k:2x2($|/)", problem)]
        self.assertEqual(self.texts(".count"), [f"{len(few)} of {len(problems)} cases"])
        self.browser.show("#layers")
        self.assertTrue(set(self.texts("table.layers tbody th")) <= set(few))
        self.run_js("const box = document.querySelector('input[type=search]');"
                    "box.value = '('; box.dispatchEvent(new Event('input'))")
        self.assertIn("not a regular expression", self.texts(".count")[0])
        self.open("#class=max+sliding+3D")
        self.assertRegex(self.texts(".count")[0], r"^\d+ of 231 cases$")
        self.assertNotIn("231 of", self.texts(".count")[0])

    def test_nothing_chosen(self):
        self.open("#text=nothing+has+this+name")
        for section in ("glance", "worst", "layers", "ceiling", "sweeps", "networks"):
            if self.run_js("return document.getElementById(arguments[0]) !== null", section):
                self.browser.show("#" + section)
        self.assertEqual(self.texts(".count"), ["0 of 231 cases"])

    def test_a_model_is_found_by_its_name(self):
        self.open("#text=resnet-50+head")
        self.browser.show("#layers")
        self.assertEqual(self.texts("table.layers tbody th"),
                         ["avg_include_pad/global/f32/nchw/src:1x2048x7x7"])

    def test_a_reason_leads_to_its_rows(self):
        self.open()
        self.browser.show("#worst")
        reason = "layout: XNNPACK pools channels last"
        count = sum(row["contender"] == "xnnpack" and row["reason"].endswith(reason)
                    for (_, temperature), rows in self.rows.cases.items()
                    for row in rows.values() if temperature == "cold")
        self.run_js("[...document.querySelectorAll('#worst tr')].find((line) =>"
                    " line.textContent.includes(arguments[0])).querySelector('button').click()",
                    reason)
        self.browser.settle()
        self.assertEqual(self.texts(".count"), [f"{count} of 231 cases"])

    def test_another_baseline(self):
        self.open("#base=openmp")
        self.browser.show("#layers")
        seen = 0
        for line in self.all_rows():
            rows = self.rows.cases[line["problem"], line["temperature"]]
            own, base = rows[line["contender"]], rows["openmp"]
            if not (own["samples"] and base["samples"]):
                self.assertEqual(line["ratio"], "")
                continue
            ratios = report_test.median_interval(
                [b / a for a, b in zip(own["samples"], base["samples"])])
            for name, is_so in zip(("ratio", "ratio_low", "ratio_high"), ratios):
                self.assertAlmostEqual(float(line[name]) / is_so, 1, delta=3e-5)
            self.assertEqual(line["baseline"], "openmp")
            seen += 1
        self.assertGreater(seen, 1000)

    def test_csv_is_the_record(self):
        self.open()
        self.browser.show("#layers")
        lines = self.all_rows()
        self.assertEqual(len(lines), sum(map(len, self.rows.cases.values())))
        for line in lines:
            row = self.rows.cases[line["problem"], line["temperature"]][line["contender"]]
            for name in ("kernel", "status", "reason"):
                self.assertEqual(line[name], row[name])
            for name in ("seconds", "share", "ratio"):
                for end, suffix in (("median", ""), ("low", "_low"), ("high", "_high")):
                    is_so, shown = row.get(name, {}).get(end), line[name + suffix]
                    self.assertEqual(shown == "", is_so is None, (name, end, line))
                    if is_so is not None:
                        self.assertAlmostEqual(float(shown) / is_so, 1, delta=1e-5)
            if "seconds" in row:
                self.assertEqual(int(line["samples"]), len(row["samples"]))
                self.assertEqual(int(line["bytes"]), row["bytes_read"] + row["bytes_written"])

    def test_a_case(self):
        self.open()
        self.browser.show("#layers")
        problem = self.texts("table.layers tbody th")[1]
        self.run_js("document.querySelector('table.layers tbody tr:nth-child(2) button').focus()")
        self.keys("\ue007")  # Enter
        self.browser.settle()
        self.assertTrue(self.run_js("return document.getElementById('case').open"))
        self.assertIn("case=", self.fragment())
        text = self.texts("#case")[0]
        for part in (problem, "poolbench bench --backend openmp,onednn,aten,xnnpack --problem",
                     "openmp", "could see"):
            self.assertIn(part, text)
        rows = self.rows.cases[problem, "cold"]
        voided = [one for row in rows.values() for one in row.get("voided", [])]
        self.assertEqual(self.run_js("return document.querySelector('#case .chart')"
                                     ".querySelectorAll('.voided').length"), len(voided))
        self.assertEqual(self.run_js("return document.querySelector('#case .chart')"
                                     ".querySelectorAll('circle').length"),
                         sum(len(row["samples"]) for row in rows.values()))
        self.keys("\ue00c")  # Escape
        self.assertFalse(self.run_js("return document.getElementById('case').open"))
        self.assertEqual(self.run_js("return document.activeElement.textContent"), problem)
        self.open("#case=3")
        self.assertTrue(self.run_js("return document.getElementById('case').open"))

    def test_back_closes_a_case(self):
        self.open()
        self.browser.show("#worst")
        self.click("#worst button.problem")
        self.browser.driver.back()
        self.browser.settle()
        self.assertFalse(self.run_js("return document.getElementById('case').open"))

    def test_heat_map_by_keyboard(self):
        self.open()
        self.browser.show("#layers")
        self.run_js("document.querySelector('#layers canvas').focus()")
        self.keys("\ue014", "\ue015")  # right, down
        told = self.texts("#live")[0]
        second = self.texts("table.layers tbody th")[1]
        self.assertTrue(told.startswith(second + ": onednn, cold"), told)
        self.keys("\ue007")
        self.assertEqual(self.texts("#case-head"), [second])

    def test_themes(self):
        paper = "return getComputedStyle(document.body).backgroundColor"
        self.open()
        light = self.run_js(paper)
        self.choose("Theme", "dark")
        dark = self.run_js(paper)
        self.assertNotEqual(light, dark)
        self.choose("Theme", "")
        self.browser.theme("dark")
        self.assertEqual(self.run_js(paper), dark)
        self.choose("Theme", "light")
        self.assertEqual(self.run_js(paper), light)
        self.choose("Theme", "")

    def test_tab_reaches_everything_and_shows_where_it_is(self):
        self.open()
        seen = []
        for _ in range(60):
            self.keys("\ue004")
            seen.append(self.run_js(
                "const one = document.activeElement, style = getComputedStyle(one);"
                "return [one.tagName, one.textContent.slice(0, 20), style.outlineStyle,"
                " Boolean(one.closest('#layers'))]"))
        self.assertTrue(all(outline != "none" for _, _, outline, _ in seen))
        tags = collections.Counter(tag for tag, *_ in seen)
        self.assertTrue({"BUTTON", "SELECT", "INPUT", "SUMMARY"} <= set(tags), tags)
        self.assertTrue(any(layers for *_, layers in seen), seen)

    def test_hostile_names_do_no_harm(self):
        record = json.loads(json.dumps(self.record))
        for line in record["benchmarks"]:
            row = line.get("poolbench", {})
            if row.get("contender") == "xnnpack":
                row["contender"] = HOSTILE
                row["reason"] = HOSTILE
            if row.get("baseline"):
                row["baseline"] = HOSTILE
            if row.get("kernel"):
                row["kernel"] = HOSTILE
        record["context"]["host_name"] = record["context"]["date"] = HOSTILE
        record["context"]["poolbench"]["comparable"]["processor"] = HOSTILE
        record["context"]["poolbench"]["noted"]["commit"] = HOSTILE
        record["context"]["poolbench"]["networks"] = [
            {"name": HOSTILE, "missing": 0, "totals": [],
             "layers": [{"problem": problem, "times": 1} for problem, _ in
                        list(self.rows.cases)[:3]]}]
        html = self.path("hostile.html")
        self.report(self.write(f"{HOSTILE[:20].replace('/', '')}.json", record), "-o", html)
        self.open(path=html)
        for section in ("glance", "worst", "layers", "ceiling", "sweeps", "networks", "runs"):
            self.browser.show("#" + section)
        self.click("table.layers tbody tr button")
        self.assertEqual(self.run_js("return document.title"), "poolbench report")
        self.assertEqual(self.run_js("return document.images.length"), 0)
        self.assertEqual(self.run_js("return document.scripts.length"), 3)
        self.assertLessEqual(*self.run_js(
            "return [document.documentElement.scrollWidth, window.innerWidth]"))
        self.assertIn("<img src=x onerror", self.texts("#case")[0])

    def test_zoom_of_400_percent_needs_no_sideways_scrolling(self):
        self.browser.size(360, 225, 4)
        self.open()
        for section in ("glance", "worst", "layers", "ceiling", "sweeps", "meaning"):
            self.browser.show("#" + section)
            self.assertLessEqual(*self.run_js(
                "return [document.documentElement.scrollWidth, window.innerWidth]"), section)

    def test_prints(self):
        self.open()
        pdf = self.browser.call("Page.printToPDF", printBackground=True)["data"]
        self.assertGreater(len(pdf), 100000)

    def test_nothing_serious_for_who_does_not_see(self):
        found = glob.glob(os.path.join(os.path.dirname(POOLBENCH), AXE))
        if not found:
            self.skipTest(f"no {AXE} beside the program (PyPI: axe-core-python)")
        with open(found[0], encoding="utf-8") as file:
            source = file.read()
        for theme in ("light", "dark"):
            for fragment in ("", "#case=1"):
                self.browser.theme(theme)
                self.open(fragment)
                if fragment == "":
                    for section in ("worst", "layers", "ceiling", "sweeps", "meaning", "runs"):
                        self.browser.show("#" + section)
                self.run_js(source)
                found = self.browser.driver.execute_async_script(
                    "const done = arguments[0]; axe.run(document).then((result) =>"
                    " done(result.violations.map((one) => [one.impact, one.id,"
                    " one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))])))")
                serious = [one for one in found if one[0] in ("serious", "critical")]
                self.assertEqual(serious, [], (theme, fragment))

    def test_a_thousand_cases_weigh_little_and_ten_thousand_are_no_more_lines(self):
        lines = []
        for count in (1000, 10000):
            html = self.path(f"{count}.html")
            self.report(self.write(f"{count}.json", many(self.record, count)), "-o", html)
            weight = os.path.getsize(html)
            begin = time.time()
            self.open(path=html)
            self.browser.show("#layers")
            seconds = time.time() - begin
            print(f"{count} cases: {weight / 1e6:.2f} MB, the table is there after {seconds:.1f} s")
            self.assertEqual(self.texts(".count"), [f"{count:,} of {count:,} cases"])
            if count == 1000:
                self.assertLess(weight, 3e6)
            lines.append(self.run_js(
                "return document.querySelectorAll('table.layers tbody tr').length"))
        self.assertLess(lines[1], 60)
        self.assertEqual(*lines)


def many(record, count):
    """A record of so many cases, made of this one's: each with other batches."""
    made = json.loads(json.dumps({**record, "benchmarks": []}))
    cases, samples = {}, []
    for line in record["benchmarks"]:
        samples.append(line)
        if "poolbench" in line:
            cases.setdefault(line["poolbench"]["problem"], []).extend(samples)
            samples = []
    made["context"]["poolbench"].setdefault("noted", {})["case_seconds"] = {}
    kept = ("run_type", "real_time", "name", "run_name", "iterations", "cpu_time", "time_unit")
    batch, number = 0, 0
    while True:
        for problem, lines in cases.items():
            if number == count:
                return made
            other = re.sub(r"src:\d+", f"src:{1000 + batch}", problem)
            for line in lines:
                line = {name: line[name] for name in (*kept, "poolbench") if name in line}
                line["name"] = line["run_name"] = "r"
                if "poolbench" in line:
                    line["poolbench"] = {**line["poolbench"], "problem": other}
                made["benchmarks"].append(line)
            number += 1
        batch += 1


if __name__ == "__main__":
    POOLBENCH = os.path.abspath(sys.argv[1])
    try:
        page_driver.import_selenium()
    except unittest.SkipTest as why:
        print(f"SKIPPED: {why}")
        sys.exit(0)
    del sys.argv[1]
    report_test.POOLBENCH = POOLBENCH
    unittest.main()

"""The page of `poolbench report` for everybody and everything: by keyboard, in print, at 400 %, for
who does not see it; with hostile names, and with ten thousand cases. Skipped with a word where there
is no browser.

    report_reach_test.py POOLBENCH
"""

import collections
import glob
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import page_case  # noqa: E402
import report_test  # noqa: E402

HOSTILE = "<img src=x onerror=alert(1)></script><script>document.title='bad'</script>" \
    "'\"&\u202eabc\u2066" + "x" * 10000
# Where .ci/run puts it, beside the program: PyPI's axe-core-python.
AXE = "axe/lib/python*/site-packages/axe_core_python/axe.min.js"


class ReportReachTest(page_case.PageCase):
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
        found = glob.glob(os.path.join(os.path.dirname(report_test.POOLBENCH), AXE))
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
        self.run_js("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(self.texts("p.print"), ["The first 500 of 10,000 cases."])
        self.assertEqual(len(self.texts("table.layers tbody tr:not(.space)")), 500)
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
    page_case.main()

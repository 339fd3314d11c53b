"""The page of `poolbench report` in a browser: what it shows, and how one finds it. Skipped with a
word where there is no browser.

    report_page_test.py POOLBENCH
"""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import page_case  # noqa: E402
import report_test  # noqa: E402


class ReportPageTest(page_case.PageCase):
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

    def few(self, factor=1, **context):
        """Three problems of the record, openmp's times so many times as long."""
        problems = [problem for (problem, temperature), rows in self.rows.cases.items()
                    if temperature == "cold" and
                    all(row["status"] in ("ok", "refused") for row in rows.values())][:3]
        made = json.loads(json.dumps({**self.record, "benchmarks": [
            line for line in self.record["benchmarks"]
            if any(problem + "/" in line["run_name"] + "/" for problem in problems)]}))
        made["context"].update(context)
        for line in made["benchmarks"]:
            row = line.get("poolbench", {})
            if row.get("contender") == "openmp":
                row["seconds"] = {end: factor * time for end, time in row["seconds"].items()}
                row["share"] = {end: share / factor for end, share in row["share"].items()}
        made["context"]["poolbench"]["networks"] = [
            {"name": "a network", "missing": 1, "totals": [],
             "layers": [{"problem": problem, "times": 2} for problem in problems]}]
        return made

    def test_networks_verdicts_and_history(self):
        folder, database = self.path("history"), self.path("runs.sqlite")
        os.mkdir(folder)
        for day in range(1, 29):
            made = self.few(1 + (day % 3) / 50 + (day > 18), date=f"2026-01-{day:02}T00:00:00Z")
            made["context"]["poolbench"]["noted"]["commit"] = f"{day:012x}"
            self.write(f"history/{day}.json", made)
        # Other conditions, other series: of four threads three points, of eight one.
        for day, threads in ((1, 4), (2, 4), (3, 4), (4, 8)):
            made = self.few(date=f"2026-02-{day:02}T00:00:00Z")
            made["context"]["poolbench"]["noted"]["commit"] = f"{day:012x}"
            made["context"]["poolbench"]["comparable"]["threads"] = threads
            self.write(f"history/{threads}-{day}.json", made)
        subprocess.run([report_test.POOLBENCH, "record", "add", database, folder], check=True,
                       capture_output=True)
        race = self.path("race.json")
        with open(race, "w", encoding="utf-8") as file:
            json.dump(a_race(), file)
        html = self.path("parts.html")
        self.report(self.write("few.json", self.few()), "--race", race, "--history", database,
                    "-o", html)
        self.open(path=html)
        for section in ("networks", "races", "history"):
            self.browser.show("#" + section)
            self.assertTrue(self.run_js("return document.querySelector(arguments[0]) !== null",
                                        f"#{section} svg"), section)
        self.assertIn("a network", self.texts("#networks h3")[0])
        self.assertIn("6 of 7 layers compared", self.texts("#networks")[0])
        self.assertIn("▼ 1 SLOWER, ? 1 UNRESOLVED", self.texts("#races .headline")[0])
        self.assertIn("of 8 pairs of copies none was called", self.texts("#races")[0])
        self.assertIn("SLOWER", self.texts("#history")[0])
        self.assertIn("2026-01-19", self.texts("#history table")[0])
        self.assertRegex(self.texts("#history")[0], r"\d+ other rows with fewer than three records")
        names = self.run_js("return [...document.querySelectorAll('#history option')]"
                            ".map((one) => one.value)")
        self.assertEqual(len(names), len(set(names)))
        one = next(name for name in names if name.endswith(" (threads 4)"))
        self.choose("One of", one)
        self.assertIn(one, self.texts("#history figure strong")[0])

    def open_all(self, record):
        """Opens a record's page, and draws every section. Returns its words."""
        html = self.path("one.html")
        self.report(self.write("one.json", record), "-o", html)
        self.open(path=html)
        for section in self.run_js("return [...document.querySelectorAll('section')]"
                                   ".map((one) => one.id)"):
            self.browser.show("#" + section)
        self.assertEqual(self.texts("p.caveat"), [])  # nor a part that cannot be drawn
        return self.texts("main")[0]

    def test_no_row_has_a_time(self):
        self.assertIn("No row that is chosen has a time", self.open_all(
            {**self.record, "benchmarks": [
                line for line in self.record["benchmarks"]
                if line.get("poolbench", {}).get("status") == "refused"]}))

    def test_intervals_without_ends_say_nothing(self):
        record, samples = self.few(), {}
        for line in record["benchmarks"]:
            row = line.get("poolbench", {})
            for name in ("seconds", "share", "ratio"):
                if name in row:
                    row[name] = {**row[name], "low": None, "high": None}
        record["benchmarks"] = [
            line for line in record["benchmarks"] if "poolbench" in line or
            samples.setdefault(line["run_name"], []).append(line) or
            len(samples[line["run_name"]]) <= 4]
        text = self.open_all(record)
        self.assertNotIn("are known to", text)
        self.assertNotIn("±", text)
        self.assertEqual(self.run_js("return document.querySelectorAll('.parity').length"), 0)

    def test_runs_of_two_machines(self):
        other = self.few(host_name="another")
        ours = other["context"]["poolbench"]
        ours["comparable"]["processor"] = "another"
        ours["arguments"] = ["bench", "--threads", "2", "--kernel=all", "--isolate", "--json", "x"]
        html = self.path("two.html")
        self.report(self.write("here.json", self.few()), self.write("there.json", other), "-o",
                    html)
        self.open(path=html)
        differ = "Of runs that differ in processor, host, all in one"
        self.assertIn(differ, self.texts(".trust")[0])
        self.browser.show("#ceiling")
        labels = self.texts("#ceiling-chart .label")
        self.assertEqual([label.split(", ")[-1] for label in labels if label.startswith("ceiling, ")],
                         ["here", "there"], labels)
        self.choose("Run", "1")
        self.browser.show("#glance")
        self.assertNotIn(differ, self.texts(".trust")[0])
        self.open("#case=3", html)
        self.assertIn("poolbench bench --threads 2 --kernel=all --isolate --backend openmp",
                      self.texts("#case .command")[0])

    def test_two_devices_of_one_name(self):
        record = self.few()
        devices = record["context"]["poolbench"]["devices"]
        devices.append({**devices[0], "uuid": "0" * 32})
        for line in record["benchmarks"]:
            if line.get("poolbench", {}).get("contender") == "openmp":
                line["poolbench"]["device"] = "0" * 32
        html = self.path("devices.html")
        self.report(self.write("devices.json", record), "-o", html)
        self.open("#base=aten", html)
        self.browser.show("#layers")
        lines = self.all_rows()
        self.assertEqual({line["across_devices"] for line in lines
                          if line["contender"] == "openmp" and line["ratio"]}, {"true"})
        self.assertEqual({line["across_devices"] for line in lines
                          if line["contender"] == "onednn" and line["ratio"]}, {"false"})

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


def a_race():
    """As `race --json` writes it, of what the page shows."""
    copies = {"pairs": 8, "alarms": 0, "alarm_rate_low": 0, "alarm_rate_high": 0.3}
    row = {"problem": "max/sliding/f32/nchw/src:1x3x8x8/k:2x2", "temperature": "hot",
           "base": "a", "contender": "b", "why": "seen twice", "remedy": "", "repeat": "poolbench",
           "effect": {"median": 0.05, "low": 0.04, "high": 0.07}, "least_seen": 0.03}
    unresolved = {**row, "verdict": "UNRESOLVED", "least_seen": None,
                  "effect": {"median": None, "low": None, "high": None}}
    return {"context": {"date": "2026-01-01T00:00:00Z", "poolbench": {
                "comparable": {"processor": "a processor"}, "noted": {"commit": "1"}}},
            "race": {"rules": {"false_rate": 0.05, "same": 0.03}, "alarms": [], "copies": copies,
                     "copies_of_machine": copies, "rows": [{**row, "verdict": "SLOWER"}, unresolved]}}


if __name__ == "__main__":
    page_case.main()

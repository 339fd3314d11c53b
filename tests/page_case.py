"""A page of `poolbench report` under test: made of a kept record, open in a browser."""

import csv
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import page_driver  # noqa: E402
import report_test  # noqa: E402


class PageCase(report_test.Files):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = page_driver.Browser(cls.folder)
        cls.addClassCleanup(cls.browser.close)
        cls.html = cls.path("page.html")
        cls.made = cls.write("made.json", cls.record)
        cls.report(cls.made, "--disagreements",
                   os.path.join(report_test.ROOT, "results/disagreements.json"), "-o", cls.html)
        cls.rows = report_test.Rows(cls.record)

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


def main():
    """Runs the tests of the file that calls it, whose argument is the program."""
    try:
        page_driver.import_selenium()
    except unittest.SkipTest as why:
        print(f"SKIPPED: {why}")
        sys.exit(0)
    report_test.POOLBENCH = os.path.abspath(sys.argv.pop(1))
    unittest.main(module="__main__")

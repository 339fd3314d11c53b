#!/usr/bin/env python3
"""Pictures of a page of `poolbench report`: each section, light and dark, as FOLDER/SECTION-THEME.png.

    report_pictures.py PAGE FOLDER [--part SECTION[.FIGURE]] [--theme light|dark] [--view FRAGMENT]

`--part ceiling` is that section alone, `--part ceiling.1` its first figure.
"""

import argparse
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import page_driver  # noqa: E402

WIDTH, HEIGHT = 1200, 1300


def take(browser, page, fragment, part, theme, path):
    browser.theme(theme)
    browser.open(page, fragment + ("&case=0" if part == "case" and "case=" not in fragment else ""))
    section, _, number = part.partition(".")
    browser.show("#" + section)
    browser.run("document.getElementById('filters').style.position = 'static'")
    found = browser.driver.find_elements(
        "css selector", f"#{section} figure" if number else f"#{section}")
    found[int(number or 1) - 1].screenshot(path)
    print(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("page")
    parser.add_argument("folder")
    parser.add_argument("--part", action="append", default=[])
    parser.add_argument("--theme", action="append", choices=("light", "dark"), default=[])
    parser.add_argument("--view", default="#", help="the part of an address from # on")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        browser = page_driver.Browser(folder)
        try:
            browser.size(WIDTH, HEIGHT, 2)
            browser.open(arguments.page, arguments.view)
            sections = browser.run("return [...document.querySelectorAll('section')]"
                                   ".map((one) => one.id)")
            for part in arguments.part or [*sections, "case"]:
                for theme in arguments.theme or ["light", "dark"]:
                    take(browser, arguments.page, arguments.view, part, theme,
                         os.path.join(arguments.folder, f"{part}-{theme}.png"))
        finally:
            browser.close()


if __name__ == "__main__":
    try:
        page_driver.import_selenium()
    except unittest.SkipTest as why:
        sys.exit(str(why))
    main()

"""A page of `poolbench report` in headless Chromium, by Selenium: what tests and pictures share."""

import json
import os
import shutil
import sys
import unittest

DEBIANS_PYTHON = "/usr/bin/python3"  # that python3-selenium is for


def import_selenium():
    """Goes on in Debian's own Python where this one has no Selenium. Throws SkipTest without."""
    try:
        import selenium.webdriver  # noqa: F401
    except ImportError:
        here = os.path.realpath(sys.executable)
        if os.path.exists(DEBIANS_PYTHON) and here != os.path.realpath(DEBIANS_PYTHON) and \
                "POOLBENCH_NO_SELENIUM" not in os.environ:
            os.environ["POOLBENCH_NO_SELENIUM"] = "1"  # no second time
            os.execv(DEBIANS_PYTHON, [DEBIANS_PYTHON, *sys.argv])
        raise unittest.SkipTest("no Selenium (Debian: python3-selenium)") from None
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            raise unittest.SkipTest(f"no {program} (Debian: chromium, chromium-driver)")


class Browser:
    """Chromium, its downloads in `folder`."""

    def __init__(self, folder):
        from selenium import webdriver
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                     "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(service=service, options=options)
        self.driver.set_script_timeout(120)
        self.address = "about:blank"
        self.driver.get(self.address)
        self.errors(), self.requests()  # of the browser's own first page
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)

    def close(self):
        self.driver.quit()

    def call(self, method, **arguments):
        return self.driver.execute_cdp_cmd(method, arguments)

    def size(self, width, height, scale=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=scale, mobile=False)

    def theme(self, name):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, path, fragment=""):
        found = self.errors() + self.requests()
        assert not found, f"of {self.address}: {found}"
        self.driver.get("about:blank")  # or a page that differs by its fragment alone stays
        self.address = "file://" + os.path.abspath(path)
        self.driver.get(self.address + fragment)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def errors(self):
        """What the console has said since it was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """The addresses that were asked for, but those of the page itself and of its own bytes."""
        asked = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        return [url for url in asked if url.split("#")[0] not in (self.address, "about:blank") and
                not url.startswith(("data:", "blob:"))]

    def settle(self):
        """Until what is near the screen is drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => setTimeout(() =>"
            " requestAnimationFrame(() => done()), 50));")

    def show(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'start'})", selector)
        self.settle()
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'start'})", selector)
        self.settle()

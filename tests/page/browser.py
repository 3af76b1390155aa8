#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Looks at the status page in Chromium, as a person would, and says what is wrong with it.

Usage: browser.py URL CHECK [ARGUMENT]...
Every check waits for what it wants to see and fails with what it saw instead. --shot FILE before
CHECK keeps a picture.
"""

import argparse
import json
import os
import sys

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

WAIT_SECONDS = 60 * int(os.environ.get("FAULTLINE_TEST_PATIENCE", "1"))


class Page:
    """The page in a browser of its own."""

    def __init__(self, url, width=1200, dark=False, language="en"):
        options = Options()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--hide-scrollbars", "--disable-background-networking",
                         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500})
        self.browser.get(f"{url}/?lang={language}")
        self.wait("a link is drawn", "return document.querySelectorAll('[data-link]').length")

    def wait(self, what, script, *arguments):
        """Waits until a script returns something true, and returns that."""
        try:
            return WebDriverWait(self.browser, WAIT_SECONDS, 0.1).until(
                lambda browser: browser.execute_script(script, *arguments))
        except TimeoutException:
            text = self.browser.execute_script("return document.body.innerText")
            sys.exit(f"waited in vain: {what}; the page says:\n{text}")

    def text(self, selector):
        """What a person reads there."""
        return self.browser.execute_script(
            "return (document.querySelector(arguments[0]) || {innerText: ''}).innerText", selector)

    def complaints(self):
        """What the browser's console holds."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


def must(holds, text):
    """Ends the check with a text unless it holds."""
    if not holds:
        sys.exit(text)


def check_links(page, *names):
    """Every link is drawn with its way, and nothing came from elsewhere or was refused."""
    for name in names:
        page.wait(f"link {name}", "return document.querySelector(`[data-link='${arguments[0]}']`)", name)
        nodes = page.browser.execute_script(
            "return document.querySelectorAll(`[data-link='${arguments[0]}'] .node`).length", name)
        must(nodes == 5, f"{name}: the way has {nodes} parts")
    page.wait("it is live", "return document.querySelector('#live.live:not(.lost)')?.textContent")
    foreign = page.browser.execute_script(
        "return performance.getEntries().map((e) => e.name)"
        ".filter((n) => n.startsWith('http') && !n.startsWith(location.origin))")
    must(not foreign, f"from elsewhere: {foreign}")
    must(not page.complaints(), f"the console: {page.complaints()}")


def check_curve(page, name):
    """A curve grows without anybody asking."""
    script = ("return document.querySelector(`[data-link='${arguments[0]}'] svg.curve path:not(.usual)`)"
              "?.getAttribute('d')?.length || 0")
    before = page.wait("a curve", script, name)
    page.wait("the curve grows", f"return (() => {{ {script} }})() > arguments[1]", name, before)


def check_incident(page, name, side):
    """An incident on a link appears by itself, with its evidence, and the link shows it."""
    page.wait("an incident", "return document.querySelector('[data-incident]')")
    page.wait(f"the link {name} is marked",
              "return document.querySelector(`[data-link='${arguments[0]}'] .badge.faulty`)", name)
    must(side in page.text("[data-incident]").lower(), f"not {side}: {page.text('[data-incident]')}")
    rows = page.browser.execute_script(
        "document.querySelector('[data-incident] summary').click();"
        "return document.querySelectorAll('[data-incident] details tr').length")
    must(rows > 0, "no evidence is shown")
    must("(" in page.browser.title, f"the title tells of nothing: {page.browser.title}")


def check_incident_over(page):
    """The incident ends on the page when it ends."""
    page.wait("the incident is over", "return document.querySelector('[data-incident].over')")


def check_fits(page):
    """Nothing is wider than the screen."""
    wide = page.browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    must(wide[0] <= wide[1], f"the page is wider than the screen: {wide}")


def check_language(page, word):
    """The page speaks the language that was asked for, and the button changes it."""
    must(word in page.text("body"), f"{word} is not on the page: {page.text('body')}")
    page.browser.find_element("id", "language").click()
    page.wait("the other language", "return !document.body.innerText.includes(arguments[0])", word)


def check_dark(page):
    """In the dark the ground is dark and the ink is light."""
    colours = page.browser.execute_script(
        "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
    ground, ink = [sum(map(int, each[4:-1].split(","))) for each in colours]
    must(ground < 150 and ink > 600, f"ground and ink: {colours}")


def check_trouble(page, name, text):
    """Something that the sensor itself cannot do is shown, and why."""
    page.wait(f"{name} in trouble: {text}",
              "return [...document.querySelectorAll('#health:not([hidden]) tr')].some((row) => "
              "row.innerText.includes(arguments[0]) && row.innerText.includes(arguments[1]))",
              name, text)


def check_no_trouble(page, name):
    """It is not shown any more."""
    page.wait(f"nothing of {name}", "return ![...document.querySelectorAll('#health:not([hidden]) tr')]"
              ".some((row) => row.innerText.includes(arguments[0]))", name)


def check_history(page, name, at, text):
    """What a link was like at a time of the past, as somebody asks for it."""
    page.wait(f"{name} to choose", "return [...document.querySelectorAll('#history-link option')]"
              ".some((option) => option.value === arguments[0])", name)
    page.browser.execute_script(
        "document.getElementById('history-link').value = arguments[0];"
        "document.getElementById('history-at').value = arguments[1];"
        "document.getElementById('history-form').requestSubmit();", name, at)
    page.wait(f"{text} in the answer",
              "return document.getElementById('history-answer').innerText.includes(arguments[0])", text)


def check_harmless(page, name):
    """Markup in a name is text."""
    page.wait("the name as text", "return document.body.innerText.includes(arguments[0])", name)
    must(page.browser.execute_script("return document.querySelectorAll('img').length") == 0,
         "markup of a name became part of the page")


CHECKS = {name[len("check_"):].replace("_", "-"): function
          for name, function in list(globals().items()) if name.startswith("check_")}


def main():
    """Runs one check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--language", default="en")
    parser.add_argument("--shot")
    parser.add_argument("url")
    parser.add_argument("check", choices=sorted(CHECKS))
    parser.add_argument("argument", nargs="*")
    given = parser.parse_args()
    page = Page(given.url, given.width, given.dark, given.language)
    try:
        CHECKS[given.check](page, *given.argument)
        if given.shot:
            page.browser.save_screenshot(given.shot)
    finally:
        page.browser.quit()
    print(json.dumps({"check": given.check, "held": True}))


if __name__ == "__main__":
    main()

"""The report as people meet it: by keyboard, on a phone, on paper, with colours of their own."""

from __future__ import annotations

import shutil
from base64 import b64decode
from collections.abc import Iterator

import pytest
from chromium import Chromium
from telco_process import Telco

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium found: apt-get install chromium"),
]
HEAD = "document.querySelector('[data-part=\"bands.bands\"] [data-column=subscribers]')"
ROWS = "[...document.querySelectorAll('[data-part=\"bands.bands\"] tbody tr')].map((r) => +r.cells[1].dataset.value)"
# Pairs of the labels of a chart that lie on each other, and labels that are not wholly inside it.
LABELS = """(() => {
  const svg = document.querySelector('[data-chart="%s"] svg'), frame = svg.getBoundingClientRect();
  const level = [...svg.querySelectorAll('text')].filter((t) => Math.abs(t.getScreenCTM().b) < 0.01); // not slanting
  const boxes = level.map((t) => t.getBoundingClientRect()).filter((b) => b.width);
  const on = (a, b) => a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 4 && b.top < a.bottom - 4;
  return {
    count: boxes.length,
    pairs: boxes.flatMap((a, n) => boxes.slice(n + 1).filter((b) => on(a, b))).length,
    outside: boxes.filter((b) => b.left < frame.left - 1 || b.right > frame.right + 1 || b.top < frame.top - 2).length,
  };
})()"""
CHARTS = ("groups.groups.0", "strategy.strategy.0", "months.months.0", "bands.bands.1", "churn.reasons.0")


@pytest.fixture(scope="module")
def browser(telco: Telco) -> Iterator[Chromium]:
    browser = Chromium(str(PROGRAM), telco.folder / "profile")
    yield browser
    browser.close()


def test_tables_are_sorted_with_the_keyboard(telco: Telco, browser: Chromium) -> None:
    browser.open(telco.folder / "out" / "report.html", 1280)
    browser.tell(f"{HEAD}.previousElementSibling.querySelector('button').focus()")
    browser.press("Tab", 9)
    assert browser.tell(f"document.activeElement === {HEAD}.querySelector('button')")
    for text, code, direction in (("\r", 13, "descending"), (" ", 32, "ascending")):
        browser.press("Enter" if code == 13 else " ", code, text)
        assert browser.tell(f"{HEAD}.getAttribute('aria-sort')") == direction
        counts = browser.tell(ROWS)
        assert counts == sorted(counts, reverse=direction == "descending")
        assert len(set(counts)) > 3
    outline = browser.tell("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"  # the focus is seen


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["out/report.html", "zh.html"])
def test_labels_are_whole_and_apart(telco: Telco, browser: Chromium, name: str, width: int) -> None:
    browser.open(telco.folder / name, width)
    assert browser.tell("document.documentElement.scrollWidth") <= width  # wide tables scroll in their own boxes
    for chart in CHARTS:
        said = browser.tell(LABELS % chart)
        assert said["count"] > 6, chart
        assert (said["pairs"], said["outside"]) == (0, 0), (chart, said)


def test_colours_forced_by_the_system(telco: Telco, browser: Chromium) -> None:
    browser("Emulation.setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"}])
    browser.open(telco.folder / "out" / "report.html", 1280)
    assert browser.tell("matchMedia('(forced-colors: active)').matches")
    style = "getComputedStyle(document.querySelector('.plot{}')).{}"
    assert browser.tell(style.format("", "backgroundColor")) == "rgb(255, 255, 255)"
    assert browser.tell(style.format(" text", "fill")) == "rgb(29, 39, 51)"
    browser("Emulation.setEmulatedMedia", features=[])


def test_it_prints(telco: Telco, browser: Chromium) -> None:
    browser.open(telco.folder / "out" / "report.html", 1280)
    paper = b64decode(browser("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert paper.startswith(b"%PDF")
    assert paper.count(b"/Type /Page\n") > 8
    assert browser.tell("document.querySelectorAll('details:not([open])').length") == 0  # nothing is left folded

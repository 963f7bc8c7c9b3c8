"""The report in a real browser: headless Chromium draws every chart, says nothing on the console, asks nothing outside.

It is skipped where there is no Chromium (Debian: apt-get install chromium).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from report_page import Page, parsed
from telco_process import Telco

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=10000",
    "--dump-dom",
)
CONSOLE = re.compile(r":CONSOLE[:(].*")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: apt-get install chromium"),
]


def opened(path: Path, scratch: Path) -> tuple[str, list[str]]:
    """The page after its scripts have run, and what was said on the console."""
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={scratch}", f"file://{path}"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True)
    return done.stdout, CONSOLE.findall(done.stderr)


@pytest.mark.parametrize("name", ["out/report.html", "zh.html"])
def test_the_page_opens_and_draws_every_chart(telco: Telco, page: Page, tmp_path: Path, name: str) -> None:
    drawn, console = opened(telco.folder / name, tmp_path)
    assert console == []
    plots = re.findall(r'<div class="plot".*?</svg>', drawn, re.DOTALL)
    assert len(plots) == len(page.charts)
    for plot in plots:
        width, height = re.search(r'<svg [^>]*width="(\d+)" height="(\d+)"', plot).groups()  # type: ignore[union-attr]
        assert int(width) > 300
        assert int(height) > 90
        shapes = [d for d in re.findall(r'<path d="([^"]+)"[^>]* fill="(?!none)', plot) if len(d) > 10]
        assert shapes or '<path d="M' in plot
        assert len(re.findall(r"<text", plot)) >= 2
    assert drawn.count('<button type="button">') > 100  # headings that sort


def test_an_outside_request_would_be_seen(telco: Telco, tmp_path: Path) -> None:
    html = (telco.folder / "zh.html").read_text("utf-8")
    bad = tmp_path / "bad.html"
    bad.write_text(html.replace("<main", '<img src="http://192.0.2.1/x.png" alt=""><main'), encoding="utf-8")
    _, console = opened(bad, tmp_path / "profile")
    assert any("Content Security Policy" in line for line in console)


def test_the_page_itself_names_nothing_outside(page: Page) -> None:
    assert {a for a in page.addresses if not a.startswith("#")} == {"data:,"}


def test_sorting(telco: Telco, tmp_path: Path) -> None:
    html = (telco.folder / "out" / "report.html").read_text("utf-8")
    click = "document.querySelector('[data-part=\"bands.bands\"] [data-column=subscribers] button').click()"
    page = tmp_path / "clicked.html"  # a third script, which the policy must be told of
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    before, _, after = html.rpartition("</body>")
    page.write_text(f"{before}<script>{click}</script></body>{after}", encoding="utf-8")
    drawn, console = opened(page, tmp_path / "profile")
    assert console == []
    table = re.search(r'<table data-part="bands\.bands".*?</table>', drawn, re.DOTALL)[0]  # type: ignore[index]
    assert 'data-column="subscribers" class="n" aria-sort="descending"' in table
    rows = parsed(f'<html lang="en">{_without_buttons(table)}</html>').parts["bands.bands"].records()
    counts = [int(row["subscribers"]) for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) > 3


def _without_buttons(html: str) -> str:
    return re.sub(r"</?button[^>]*>", "", html)

"""A sample, its run, and its report as parsed pages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(folder) for folder in (HERE, HERE.parent / "world", HERE.parent / "cli")]

from report_page import Page, parsed
from telco_process import Telco

SAMPLE = HERE.parents[1] / "data" / "samples" / "operator"


@pytest.fixture(scope="session")
def telco(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    """The bundled sample, run into `out`, its report in Chinese as `zh.html`."""
    telco = Telco(tmp_path_factory.mktemp("report"))
    telco.good("run", SAMPLE, "-o", "out", "-q")
    telco.good("report", "out", "-o", "zh.html", "--lang", "zh")
    return telco


@pytest.fixture(scope="session")
def page(telco: Telco) -> Page:
    """The report that the run left."""
    return parsed((telco.folder / "out" / "report.html").read_text("utf-8"))

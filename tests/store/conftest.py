"""The way to the helpers, and a small operator whose usage comes month by month."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "cli")]

from stored import Stored


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    """The program, called beside a folder `data` with usage of three months and the bills of them."""
    telco = Stored(tmp_path)
    for month in ("2026-01", "2026-02", "2026-03"):
        telco.add_month(month)
    return telco

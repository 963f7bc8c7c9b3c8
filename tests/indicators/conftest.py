"""The way to the helpers, the program called in an empty folder, and bandicoot's test users."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "cli")]

from telco_process import Telco

BANDICOOT = Path(__file__).resolve().parents[3] / "shared" / "data" / "bandicoot"


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program, called in an empty folder."""
    return Telco(tmp_path)


@pytest.fixture
def bandicoot() -> Path:
    """The folder with bandicoot's users and expected values."""
    if not BANDICOOT.is_dir():
        pytest.skip(f"needs bandicoot's test users in {BANDICOOT}")
    return BANDICOOT

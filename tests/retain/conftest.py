"""Data that several tests of retention look at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("world", "cli")]

from world import Run, called


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`run(exports, *options)`: what a command makes of the exports."""
    return called(tmp_path_factory.mktemp("retain"))

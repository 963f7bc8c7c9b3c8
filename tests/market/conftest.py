"""Small worlds as folders of exports, and what the commands make of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))

from world import Run, called


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(exports, *options, command=…)`: what a command makes of the exports."""
    return called(tmp_path)


@pytest.fixture(scope="module")
def module_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same for a whole module."""
    return called(tmp_path_factory.mktemp("module"))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the program has said since it was last asked, on one line."""
    return lambda: " ".join(capsys.readouterr().err.split())

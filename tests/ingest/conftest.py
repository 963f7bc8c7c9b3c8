"""The way to the helpers, the program called in an empty folder, and readers within this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "cli")]

pytest.register_assert_rewrite("reading")

import reading
from telco_process import Telco

from telco_crm.engine.duck import DuckEngine


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program, called in an empty folder."""
    return Telco(tmp_path)


@pytest.fixture(scope="session")
def engine() -> Iterator[DuckEngine]:
    with DuckEngine(2) as engine:
        yield engine


@pytest.fixture
def read(engine: DuckEngine, tmp_path: Path) -> reading.Reads:
    """`read(table, content, toml)`: what is made of files; see reading.read."""
    return partial(reading.read, engine, tmp_path)

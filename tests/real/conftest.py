"""The way to the helpers, and to the real logs where they are at hand."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "cli")]

from telco_process import Telco

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program, called in an empty folder."""
    return Telco(tmp_path)


def shared(name: str) -> Path:
    """A file of the shared data; skips the tests that need it where it is missing."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not here")
    return path


@pytest.fixture(scope="session")
def nodobo() -> Path:
    """The Nodobo call log as it was published."""
    return shared("cdr_nodobo_calls/calls_with_header.csv")


@pytest.fixture(scope="session")
def ego() -> Path:
    """bandicoot's demo user."""
    return shared("bandicoot/demo__data__ego.csv")


@pytest.fixture(scope="session")
def nodobo_features(nodobo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, str]]:
    """(subscriber, month) → features of the Nodobo log, by the mapping file alone."""
    telco = Telco(tmp_path_factory.mktemp("nodobo"))
    telco.good("features", "--usage", nodobo, "--config", EXAMPLES / "nodobo.toml", "-o", "f.csv", "-q", "--no-store")
    with (telco.folder / "f.csv").open(newline="", encoding="utf-8") as stream:
        return {(row["subscriber_id"], row["month"]): row for row in csv.DictReader(stream)}

"""The hand-worked world, made and run once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hand_warnings
import pytest
from operator_world import write_world

from telco_crm.synth import SampleOptions, generate
from world import Row, Run, by, call, called, process, read


@pytest.fixture(scope="session")
def operator_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of the world."""
    return write_world(tmp_path_factory.mktemp("world") / "exports")


@pytest.fixture(scope="session")
def features(operator_folder: Path) -> dict[tuple[str, str], Row]:
    """(subscriber, month) → features, from a real process."""
    target = operator_folder.parent / "features.csv"
    done = process("features", operator_folder, "-o", target)
    assert done.returncode == 0, done.stderr
    return by(read(target), "subscriber_id", "month")


@pytest.fixture(scope="session")
def outputs(operator_folder: Path) -> Path:
    """The folder that a run of the world, as a real process, left."""
    out = operator_folder.parent / "out"
    done = process("run", operator_folder, "-o", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(exports, *options)`: what a command makes of the exports; see `called`."""
    return called(tmp_path)


@pytest.fixture(scope="module")
def module_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same for a whole module."""
    return called(tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="session")
def warned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """What a run makes of the world of churn rules and ladder steps."""
    return called(tmp_path_factory.mktemp("warned"))(hand_warnings.exports())


@pytest.fixture(scope="session")
def warned_zh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """The same in Chinese."""
    return called(tmp_path_factory.mktemp("warned"))(hand_warnings.exports(), "--lang", "zh")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports of a small operator: large enough for groups, with leavers; 2026-01 to 2026-04."""
    folder = tmp_path_factory.mktemp("sample") / "exports"
    generate(folder, SampleOptions(subscribers=420, months=4, seed=8, records=0.06, churn_level=3))
    return folder


@pytest.fixture(scope="session")
def sample_out(sample: Path) -> Path:
    """The folder that a run of the sample as of March, with one month to come, left."""
    out = sample.parent / "out"
    assert call("run", sample, "-o", out, "--as-of", "2026-03") == 0
    return out


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the program has said since it was last asked, on one line."""
    return lambda: " ".join(capsys.readouterr().err.split())

"""Models that several tests look at, fitted once."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path[1:1] = [str(Path(__file__).parent.parent / name) for name in ("cli", "world")]

from churn_tables import people
from telco_process import Telco

from telco_crm.churn.model import ChurnModel, Training, fit_model


@pytest.fixture(scope="session")
def model() -> ChurnModel:
    """A model of `people()`."""
    frame, left = people()
    training = Training(source="table", rows=len(left), leavers=int(left.sum()), seed=3, label="left", positive="yes")
    kinds = {"minutes": "number", "age": "number", "plan": "text", "city": "text"}
    return fit_model(frame, left, pd.Series(range(len(left))), training, kinds, 2)


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program, called in an empty folder."""
    return Telco(tmp_path)


@pytest.fixture(scope="session")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`people()` as a CSV file, with an identifier and a label."""
    frame, left = people()
    frame.insert(0, "number", [f"0{n:04d}" for n in range(len(frame))])
    frame["left"] = ["yes" if one else "no" for one in left]
    path = tmp_path_factory.mktemp("customers") / "customers.csv"
    frame.to_csv(path, index=False)
    return path

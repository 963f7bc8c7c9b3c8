"""Names of the rows of a wide table, and columns that a model does not know."""

from __future__ import annotations

from pathlib import Path

import pytest
from telco_process import Telco


@pytest.fixture
def model(telco: Telco, customers: Path) -> Path:
    """A model of a table in which three rows have one name, and two have none (row 5 is the first)."""
    lines = customers.read_text("utf-8").splitlines()
    for at, name in ((2, "00000"), (3, "00000"), (5, ""), (9, "")):
        lines[at] = name + lines[at][5:]
    telco.write("t.csv", "\n".join(lines) + "\n")
    fit = ("churn", "fit", "--table", "t.csv", "--label", "left", "--id", "number", "--model", "m.json")
    said(telco.good(*fit).err)
    return telco.folder / "m.json"


def said(err: str) -> None:
    assert "column number: 3 rows have a value that another row has, too, such as 00000" in err
    assert "rows without a value in column number: 2, the first is row 5" in err


def test_names_that_repeat_or_are_missing_are_said(telco: Telco, model: Path) -> None:
    score = ("churn", "score", "--table", "t.csv", "--model", model, "-o", "s.csv")
    done = telco.good(*score)
    said(done.err)
    assert "does not look at" not in done.err
    done = telco.good(*score, "--lang", "zh")
    assert "列number：3行的值与别的行相同，如00000" in done.err
    assert "列number有2行为空，第一处在第5行" in done.err


def test_column_of_names_that_is_not_there(telco: Telco, model: Path) -> None:
    says = ("--id numbr: t.csv has no such column", 'did you mean "number"?')
    for command in ("score", "monitor"):
        options = ("--table", "t.csv", "--model", model, "--id", "numbr", "-o", "s.csv")
        telco.refused("churn", command, *options, says=says)


def test_columns_that_the_model_does_not_know_are_said(telco: Telco, model: Path) -> None:
    lines = (telco.folder / "t.csv").read_text("utf-8").splitlines()
    more = [line + (",extra" if n == 0 else ",1") for n, line in enumerate(lines)]
    telco.write("more.csv", "\n".join(more) + "\n")
    score = ("churn", "score", "--table", "more.csv", "--model", model, "-o", "s.csv")
    assert "columns that the model does not look at (1): extra" in telco.good(*score).err
    assert "模型不看的列（1）：extra" in telco.good(*score, "--lang", "zh").err

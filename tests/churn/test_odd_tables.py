"""Wide tables as they come: odd columns, odd labels, odd headers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from churn_tables import people
from telco_process import Telco

from telco_crm.churn.tabletask import TableTask, prepare
from telco_crm.ingest.widetable import read_wide


def odd_table(rows: int = 300) -> pd.DataFrame:
    """`people()` with columns that are empty, constant, infinite, huge, dates, money, mixed, or text of its own."""
    rng = np.random.default_rng(4)
    frame, left = people(rows)
    frame.insert(0, "number", [f"0{n:04d}" for n in range(rows)])
    days = pd.date_range("2020-01-01 10:00", periods=rows, freq="D")
    frame["empty"], frame["constant"], frame["one_value"] = None, "k", [*[None] * (rows - 1), 1.0]
    frame["infinite"] = np.where(rng.random(rows) < 0.1, np.inf, np.where(rng.random(rows) < 0.1, -np.inf, 1.5))
    frame["huge"] = rng.choice([-1.7e308, 1.7e308, 3.0], rows)
    frame["day"], frame["moment"] = days.strftime("%Y-%m-%d"), days.strftime("%Y-%m-%dT%H:%M:%S")
    frame["money"] = [f"¥{x:,.2f}" for x in rng.lognormal(7, 1, rows)]
    frame["share"] = [f"{x:.1f}%" for x in 100 * rng.random(rows)]
    frame["mixed"] = np.where(rng.random(rows) < 0.2, "abc", rng.normal(size=rows).round(2).astype(str))
    frame["free"] = [f"customer number {n}" for n in range(rows)]
    frame["bool"] = rng.random(rows) < 0.5
    frame["城市"] = rng.choice(["北京", "上海"], rows)
    frame["left"] = np.where(left == 1, "yes", "no")
    return frame


def kinds_of(path: Path, tmp_path: Path) -> dict[str, str]:
    table = read_wide(str(path), tmp_path, 1)
    return prepare(table, TableTask(label="left", identifier="number"), 0).kinds


def test_types_are_found_in_csv_and_parquet(tmp_path: Path) -> None:
    frame = odd_table()
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame["moment"] = pd.to_datetime(frame["moment"])
    frame["lasts"] = pd.to_timedelta(np.arange(len(frame)), unit="D")
    frame.to_parquet(tmp_path / "t.parquet")
    wanted = dict.fromkeys(("infinite", "huge", "money", "share", "mixed", "one_value"), "number")
    wanted |= {"day": "date:%Y-%m-%d", "empty": "text", "free": "text", "bool": "text", "城市": "text"}
    found = kinds_of(tmp_path / "t.csv", tmp_path)
    assert wanted.items() <= found.items()
    assert found["moment"] == "date:%Y-%m-%dT%H:%M:%S"
    found = kinds_of(tmp_path / "t.parquet", tmp_path)
    assert {**wanted, "lasts": "number", "moment": "date:%Y-%m-%d %H:%M:%S"}.items() <= found.items()


def test_money_and_per_cent_are_numbers(tmp_path: Path) -> None:
    lines = ["money,share,left", *(f'"¥1,{n:03d}.50",{n}%,{n % 2}' for n in range(200))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    table = read_wide(str(tmp_path / "t.csv"), tmp_path, 1)
    assert table.typed("money")[1].tolist() == [1000.5 + n for n in range(200)]
    assert table.typed("share")[1].tolist() == list(range(200))


def test_odd_columns_are_fitted_scored_and_said(telco: Telco) -> None:
    odd_table().to_csv(telco.folder / "t.csv", index=False)
    fit = ("churn", "fit", "--table", "t.csv", "--label", "left", "--id", "number", "--model", "m.json")
    done = telco.good(*fit)
    assert "column empty is empty in every row" in done.err
    assert "column constant is the same in every row" in done.err
    assert "column free looks like an identifier" in done.err
    assert "column mixed: cells that are no number count as empty, such as abc" in done.err
    assert "Warning" not in done.err
    done = telco.good("churn", "score", "--table", "t.csv", "--model", "m.json", "-o", "s.csv")
    assert "Warning" not in done.err
    with (telco.folder / "s.csv").open(encoding="utf-8", newline="") as stream:
        scores = [float(row["churn_score"]) for row in csv.DictReader(stream)]
    assert len(scores) == 300
    assert all(0 < score < 1 for score in scores)


def test_more_columns_than_rows(telco: Telco) -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(200, 500)).round(3), columns=[f"v{n}" for n in range(500)])
    frame["left"] = (rng.random(200) < 1 / (1 + np.exp(-2 * frame["v0"]))).astype(int)
    frame.to_csv(telco.folder / "t.csv", index=False)
    telco.good("churn", "fit", "--table", "t.csv", "--label", "left", "--model", "m.json")
    importance = json.loads((telco.folder / "m.json").read_text("utf-8"))["importance"]
    assert max(importance, key=importance.get) == "v0"


@pytest.mark.parametrize(
    ("spell", "positive"),
    [
        (
            lambda n: (" Yes ", "no ", "YES", "No", "yes", "no")[n % 6],
            "Yes",
        ),  # " Yes " is the first of the most frequent
        (lambda n: ("1.0", "0.0")[n % 2], "1.0"),
        (lambda n: ("True", "False")[n % 2], "True"),
        (lambda n: ("是", "否")[n % 2], "是"),
    ],
)
def test_labels_in_any_spelling(tmp_path: Path, spell: Callable[[int], str], positive: str) -> None:
    lines = ["x,left", *(f"{n},{spell(n)}" for n in range(120))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    table = read_wide(str(tmp_path / "t.csv"), tmp_path, 1)
    prepared = prepare(table, TableTask(label="left"), 0)
    assert prepared.outcome.tolist() == [1, 0] * 60
    assert prepared.positive.casefold() == positive.casefold()
    named = prepare(table, TableTask(label="left", positive=positive.upper(), negative=(spell(1),)), 0)
    assert named.outcome.tolist() == [1, 0] * 60


def test_headers_that_name_a_column_twice(telco: Telco) -> None:
    table = telco.write("t.csv", "id,x,x,left\n1,2,3,yes\n2,3,4,no\n")
    says = ("t.csv: column x occurs 2 times (columns 2, 3)",)
    telco.refused("churn", "fit", "--table", table, "--label", "left", "--model", "m.json", says=says)


def test_column_that_is_empty_at_scoring(telco: Telco) -> None:
    frame, left = people(300)
    frame["left"] = left
    frame.to_csv(telco.folder / "t.csv", index=False)
    telco.good("churn", "fit", "--table", "t.csv", "--label", "left", "--model", "m.json")
    frame.assign(minutes=None, city="").to_csv(telco.folder / "e.csv", index=False)
    says = ("e.csv does not fit the model: nothing is in columns minutes, city:",)
    telco.refused("churn", "score", "--table", "e.csv", "--model", "m.json", "-o", "s.csv", says=says)

"""bandicoot's demo user: a file of one person without a subscriber column, read by a mapping of one line."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path

import pytest
from telco_process import Telco

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "bandicoot.toml"


def test_every_row_is_read(telco: Telco, ego: Path) -> None:
    shown = telco.good("check", "--usage", ego, "--config", EXAMPLE).out
    assert re.search(r"usage +\S+ego.csv +CSV, ASCII, comma +314 +314 +0", shown)
    for column, source in (
        ("subscriber_id", 'always "ego"'),
        ("start_time", "datetime"),
        ("service", "interaction"),
        ("counterpart", "correspondent_id"),
        ("duration_s", "call_duration"),
        ("cell_id", "antenna_id"),
    ):
        assert re.search(rf"{column} +{re.escape(source)} *\n", shown), column


def test_features_against_bandicoots_own_figures(telco: Telco, ego: Path) -> None:
    """bandicoot says of the whole period: 44 active days, 75 calls of 3557.2933 s on average, 31 of them initiated,
    239 texts; of calls it knows 7 contacts."""
    telco.good("features", "--usage", ego, "--config", EXAMPLE, "-o", "f.csv", "-q")
    with (telco.folder / "f.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["subscriber_id"], r["month"], r["records"]) for r in rows] == [
        ("ego", "2014-03", "223"),
        ("ego", "2014-04", "91"),
    ]

    def total(name: str) -> float:
        return sum(float(row[name]) for row in rows)

    assert total("active_days") == 44
    assert (total("voice_calls"), total("voice_out_calls"), total("sms")) == (75, 31, 239)
    assert total("voice_minutes") * 60 / total("voice_calls") == pytest.approx(3557.2933333333335, abs=1e-4)


def test_features_against_plain_python(telco: Telco, ego: Path) -> None:
    with ego.open(newline="") as stream:
        records = [(datetime.fromisoformat(r["datetime"]), r) for r in csv.DictReader(stream)]
    telco.good("features", "--usage", ego, "--config", EXAMPLE, "-o", "f.csv", "-q")
    with (telco.folder / "f.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            month = [(t, r) for t, r in records if f"{t:%Y-%m}" == row["month"]]
            assert int(row["contacts"]) == len({r["correspondent_id"] for _, r in month})
            assert int(row["active_days"]) == len({t.date() for t, _ in month})
            calls = [r for _, r in month if r["interaction"] == "call"]
            assert int(row["voice_in_calls"]) == sum(r["direction"] == "in" for r in calls)
            assert float(row["longest_call_s"]) == max(float(r["call_duration"]) for r in calls)

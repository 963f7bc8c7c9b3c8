"""Who left and when, monthly rates, and circles, worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from telco_crm.churn.circle import HISTORY
from telco_crm.churn.score import RATES
from telco_crm.config import Config
from telco_crm.session import Settings, analyse, loaded
from world import export, records, table_of

# Kinds of leaving, and the silent: S is prepaid and last used on 31 January, T on 5 April.
SUBSCRIBERS = """
subscriber_id activated_on cancelled_on cancel_kind status brand
A 2020-01-01 -          -           active  gotone
B 2020-01-01 2026-02-10 voluntary   closed  gotone
C 2020-01-01 2026-03-10 port_out    closed  gotone
D 2020-01-01 2026-03-11 involuntary closed  gotone
E 2026-02-15 -          -           active  gotone
S 2020-01-01 -          -           active  easyown
T 2020-01-01 -          -           active  easyown
"""


def call(day: str, number: str) -> str:
    return f"{day} 10:00:00 voice out {number} own local home - 60 - -"


# In the months 2 to 4 A is in touch with B (who left in February), C (who left in March) and X; in April with X alone.
USAGE = [
    *records("A", "\n".join([call("2026-01-03", "Y"), call("2026-02-03", "B"), call("2026-02-04", "X")])),
    *records("A", "\n".join([call("2026-03-03", "C"), call("2026-04-03", "X"), call("2026-05-31", "X")])),
    *records("A", "2026-04-03 11:00:00 data - - - - home - 60 4M -"),
    *records("S", call("2026-01-31", "A")),
    *records("T", call("2026-04-05", "A")),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """leavers, churn_rates and circle as of May."""
    folder = export(tmp_path_factory.mktemp("history"), {"subscribers": table_of(SUBSCRIBERS), "usage": USAGE})
    return tables(folder, Config())


def tables(folder: Path, config: Config) -> dict[str, Any]:
    with loaded(folder, {}, Settings(config, threads=1)) as data:
        context, impossible = analyse(data, (HISTORY, RATES))
        assert impossible == {}
        return {
            "leavers": context.engine.rows("SELECT subscriber_id, left_on::VARCHAR, kind FROM leavers ORDER BY 1"),
            "rates": context.engine.frame("SELECT * FROM churn_rates ORDER BY month").set_index("month"),
            "circle": context.engine.rows("SELECT * FROM circle ORDER BY subscriber_id, cutoff"),
        }


def test_who_left_and_how(found: dict[str, Any]) -> None:
    # S is silent for 90 days after 31 January: gone on 2 May. T's 90 days end after May.
    assert found["leavers"] == [
        ("B", "2026-02-10", "voluntary"),
        ("C", "2026-03-10", "port_out"),
        ("D", "2026-03-11", "involuntary"),
        ("S", "2026-05-02", "inactive"),
    ]


def test_rates_by_month_with_their_base(found: dict[str, Any]) -> None:
    rates = found["rates"]
    # February: 6 at the start, B leaves, E joins: 6 at the end. March: 6, C and D leave: 4, so a base of 5.
    assert rates.loc["2026-02", ["at_start", "joined", "left_all", "at_end", "base"]].tolist() == [6, 1, 1, 6, 6]
    assert rates.loc["2026-03", ["at_start", "left_all", "at_end", "base"]].tolist() == [6, 2, 4, 5]
    assert rates.loc["2026-03", "churn_rate"] == pytest.approx(2 / 5)
    assert rates.loc["2026-03", "willing_rate"] == pytest.approx(1 / 5)
    assert rates.loc["2026-03", "involuntary_rate"] == pytest.approx(1 / 5)
    assert rates.loc["2026-05", "inactive"] == 1


def test_circles_of_the_cutoffs(found: dict[str, Any]) -> None:
    # March (January to March): Y, B, X and C, of whom B and C left; Y, B and X were not called in March.
    # May (March to May): C, who left in March, and X; C was not called in May. T called A in April.
    assert found["circle"] == [
        ("A", "2026-03", 4, 2, 3),
        ("A", "2026-05", 2, 1, 1),
        ("S", "2026-03", 1, 0, 1),
        ("T", "2026-05", 1, 0, 1),
    ]


def test_what_is_recorded_counts_before_silence_that_ends_on_the_same_day(tmp_path: Path) -> None:
    closed = SUBSCRIBERS.replace(
        "S 2020-01-01 -          -           active ", "S 2020-01-01 2026-05-02 involuntary closed "
    )
    folder = export(tmp_path, {"subscribers": table_of(closed), "usage": USAGE})
    assert tables(folder, Config())["leavers"][3:] == [("S", "2026-05-02", "involuntary")]


def test_all_can_be_taken_for_gone_by_silence(tmp_path: Path) -> None:
    folder = export(tmp_path, {"subscribers": table_of(SUBSCRIBERS), "usage": USAGE})
    rules = {"churn": {"leaving": {"inactive_if": "all", "inactive_days": 50}}}
    made = tables(folder, Config(rules=rules))
    # T: 5 April and 50 days without use: gone on 26 May. A was last silent for 58 days, from 3 April on, and came back.
    assert made["leavers"][3:] == [("S", "2026-03-23", "inactive"), ("T", "2026-05-26", "inactive")]

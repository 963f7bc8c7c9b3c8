"""Credit stars: every component at every edge, and the star edges, against points worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import hand_credit
import pytest

from world import Row, Run, agrees, by

COLUMNS = ["subscriber_id", "brand_points", "tenure_points", "spend_points", "suspension_points", "score", "stars"]
WORLD = {"subscribers": hand_credit.SUBSCRIBERS, "bills": hand_credit.BILLS, "events": hand_credit.EVENTS}


@pytest.fixture(scope="module")
def credit(module_run: Run) -> dict[str, Row]:
    return by(module_run(WORLD, "--as-of", "2026-03")["credit"], "subscriber_id")


@pytest.mark.parametrize(("who", "points"), hand_credit.POINTS.items())
def test_points_score_and_stars(credit: dict[str, Row], who: str, points: tuple[int, ...]) -> None:
    assert tuple(int(credit[who][column]) for column in COLUMNS[1:]) == points


@pytest.mark.parametrize(("who", "grounds"), hand_credit.GROUNDS.items())
def test_what_the_points_are_for_stands_beside_them(credit: dict[str, Row], who: str, grounds: tuple[Any, ...]) -> None:
    columns = ("brand", "months_on_network", "mean_spend", "suspensions")
    cells = dict(zip(columns, grounds, strict=True))
    assert {c: credit[who][c] for c, value in cells.items() if not agrees(credit[who][c], value)} == {}


def test_columns_and_everybody_once(credit: dict[str, Row]) -> None:
    assert list(credit["top"])[:7] == COLUMNS
    assert set(credit) == set(hand_credit.POINTS)  # so not comes-later


def test_credit_writes_the_same_table_as_run(run: Run, credit: dict[str, Row]) -> None:
    assert by(run(WORLD, "--as-of", "2026-03", command="credit")["credit"], "subscriber_id") == credit


def test_subscribers_without_an_activation_date_are_counted(run: Run, said: Callable[[], str]) -> None:
    run(WORLD, "--as-of", "2026-03", command="credit")
    # no-date, and the 16 that have bills but no record: all spend-… but spend-13 and spend-gap
    assert "Note: credit: 17 subscribers have no activation date and get no tenure points." in said()


def test_without_events_nobody_loses_points_and_it_is_said(run: Run, said: Callable[[], str]) -> None:
    tables = {name: table for name, table in WORLD.items() if name != "events"}
    credit = by(run(tables, "--as-of", "2026-03", command="credit")["credit"], "subscriber_id")
    assert {row["suspension_points"] for row in credit.values()} == {"0"}
    assert (credit["stopped-top"]["score"], credit["stopped-top"]["stars"]) == ("600", "5")
    assert "Note: credit: suspension points are 0 for everybody, since there is no events table." in said()


# Brands of one's own make scores to the point: nothing else counts here.
EDGES = {99: 0, 100: 1, 199: 1, 200: 2, 299: 2, 300: 3, 399: 3, 400: 4, 499: 4, 500: 5, -1: 0, 9999: 5}


def test_stars_begin_exactly_at_their_score(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text("[rules.credit.brand]\n" + "".join(f'"brand{n}" = {n}\n' for n in EDGES))
    people = "subscriber_id brand activated_on\n" + "".join(f"s{n} brand{n} 2026-03-31\n" for n in EDGES)
    bills = "subscriber_id month total\ns500 2026-03 0\n"
    rows = run({"subscribers": people, "bills": bills}, "--config", config, command="credit")["credit"]
    assert {int(row["score"]): int(row["stars"]) for row in rows} == EDGES


OWN = """
[rules.credit]
spend_bills = 1
suspension = -7
stars = [10, 1000]
tenure = [{ years = 2, points = 11 }]
spend = [{ above = 49.99, points = 3 }, { above = 1234567.5, points = 5 }]
[rules.credit.brand]
unlisted = 70
Unlisted = 4
gotone = 0
"""
OWN_POINTS = {
    "unlisted": (4, 0, 0, 0, 4, 0),
    "gotone": (0, 0, 0, 0, 0, 0),
    "mzone": (30, 0, 0, 0, 30, 1),  # as shipped
    "years-1": (0, 0, 0, 0, 0, 0),
    "years-2": (0, 11, 0, 0, 11, 1),
    "years-26": (0, 11, 0, 0, 11, 1),
    "spend-13": (0, 0, 3, 0, 3, 0),  # the latest bill alone: 50
    "spend-20+": (0, 0, 0, 0, 0, 0),
    "stopped-3": (0, 0, 0, -21, -21, 0),
    "stopped-top": (0, 11, 3, -49, -35, 0),
}


def test_own_rules_are_laid_over_the_shipped_ones(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text(OWN)
    rows = by(run(WORLD, "--as-of", "2026-03", "--config", config, command="credit")["credit"], "subscriber_id")
    assert {who: tuple(int(rows[who][c]) for c in COLUMNS[1:]) for who in OWN_POINTS} == OWN_POINTS


def test_large_spend_steps_hold_to_the_cent(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text(OWN)
    bills = "subscriber_id month total\na 2026-03 1234567.50\nb 2026-03 1234567.51\n"
    people = "subscriber_id brand activated_on\na other 2026-03-31\nb other 2026-03-31\n"
    rows = run({"subscribers": people, "bills": bills}, "--config", config, command="credit")["credit"]
    assert [row["spend_points"] for row in rows] == ["3", "5"]

"""ARPU bands at every edge, their revenue table, and the segments table, against values worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import hand_bands
import pytest

from world import Row, agrees, by, export, table_of

Run = Callable[..., dict[str, list[Row]]]
FIGURES = {
    "revenue": hand_bands.REVENUE,
    "revenue_share": hand_bands.REVENUE_SHARE,
    "cumulative_revenue": hand_bands.CUMULATIVE_REVENUE,
    "cumulative_share": hand_bands.CUMULATIVE_SHARE,
    "share_from_here_up": hand_bands.SHARE_FROM_HERE_UP,
    "churn_rate": hand_bands.CHURN_RATE,
    "mean_months_on_network": hand_bands.MONTHS_ON_NETWORK,
}
COLUMNS = ["subscriber_id", "month", "arpu", "arpu_band", "group_id", "group", "months_on_network", "brand", "region"]


@pytest.fixture(scope="module")
def tables(module_run: Run) -> dict[str, list[Row]]:
    return module_run({"bills": hand_bands.BILLS, "subscribers": hand_bands.SUBSCRIBERS})


@pytest.fixture(scope="module")
def bands(tables: dict[str, list[Row]]) -> dict[str, Row]:
    return by(tables["arpu_bands"], "arpu_band")


@pytest.fixture(scope="module")
def segments(tables: dict[str, list[Row]]) -> dict[str, Row]:
    return by(tables["segments"], "subscriber_id")


@pytest.mark.parametrize("who", sorted({row["subscriber_id"] for row in table_of(hand_bands.BILLS)} - {"gone-before"}))
def test_bill_is_in_the_band_it_was_made_for(segments: dict[str, Row], who: str) -> None:
    assert segments[who]["arpu_band"] == hand_bands.NAMES[int(who[1])]


def test_bands_come_from_the_lowest_to_the_highest(tables: dict[str, list[Row]]) -> None:
    assert [row["arpu_band"] for row in tables["arpu_bands"]] == hand_bands.NAMES


@pytest.mark.parametrize("column", FIGURES)
def test_band_has_the_figure_worked_out_by_hand(bands: dict[str, Row], column: str) -> None:
    cells = {name: bands[name][column] for name in hand_bands.NAMES}
    wrong = {n: c for (n, c), value in zip(cells.items(), FIGURES[column], strict=True) if not agrees(c, value)}
    assert wrong == {}


def test_every_band_has_its_two_subscribers(bands: dict[str, Row]) -> None:
    counts = [(row["subscribers"], row["share"]) for row in bands.values()]
    assert counts == [("2", "0.100000")] * 10  # 2 of 20


def test_mean_arpu_is_rounded_to_two_decimals(bands: dict[str, Row]) -> None:
    means = [float(row["mean_arpu"]) for row in bands.values()]
    assert means == pytest.approx(hand_bands.MEAN_ARPU, abs=0.0051)


@pytest.mark.parametrize(("who", "values"), hand_bands.SEGMENTS.items())
def test_segment_has_month_arpu_mean_and_bands(segments: dict[str, Row], who: str, values: tuple[Any, ...]) -> None:
    arpu, band, mean, mean_band, policy = values
    row = segments[who]
    assert row["month"] == "2026-03"
    assert agrees(row["arpu"], arpu)
    assert row["arpu_mean"] == "" if mean is None else float(row["arpu_mean"]) == pytest.approx(mean, abs=0.0051)
    assert (row["arpu_band"], row["arpu_mean_band"], row["policy_band"]) == (band, mean_band, policy)


@pytest.mark.parametrize(("who", "values"), hand_bands.PEOPLE.items())
def test_segment_has_what_the_record_says(segments: dict[str, Row], who: str, values: tuple[Any, ...]) -> None:
    months, brand, region, has_left = values
    row = segments[who]
    assert agrees(row["months_on_network"], months)
    assert (row["brand"], row["region"], row["has_left"]) == (brand, region, has_left)


def test_segments_holds_everybody_of_the_month_and_nobody_else(tables: dict[str, list[Row]]) -> None:
    people = [row["subscriber_id"] for row in tables["segments"]]
    assert people == sorted(people)
    assert len(people) == hand_bands.SUBSCRIBERS_IN_ALL
    assert {"a9-without", "a9-never"} <= set(people)
    assert not {"gone-before", "comes-later"} & set(people)


def test_segments_begins_with_the_columns_promised(tables: dict[str, list[Row]]) -> None:
    assert list(tables["segments"][0])[: len(COLUMNS)] == COLUMNS


def test_churn_rate_is_not_known_without_a_subscribers_table(run: Run) -> None:
    tables = run({"bills": hand_bands.BILLS})
    assert [row["churn_rate"] for row in tables["arpu_bands"]] == [""] * 10


def test_segment_writes_the_same_table_as_run(run: Run, tables: dict[str, list[Row]], tmp_path: Path) -> None:
    folder = export(tmp_path / "in", {"bills": hand_bands.BILLS, "subscribers": hand_bands.SUBSCRIBERS})
    assert run(folder, command="segment") == {"segments": tables["segments"]}


def test_bands_of_ones_own_hold_amounts_to_the_cent(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text("[rules.arpu]\nbands = [0.5, 1234567.89]\nmid_high = 1234567.89\nhigh = 98765432.1\n")
    bills = """
    subscriber_id month   total
    a             2026-03 0.50
    b             2026-03 0.51
    c             2026-03 1234567.88
    d             2026-03 1234567.89
    e             2026-03 1234567.90
    f             2026-03 98765432.09
    g             2026-03 98765432.10
    """
    tables = run({"bills": bills}, "--config", config)
    names = ["<0", "0", "(0,0.5]", "(0.5,1234567.89]", "(1234567.89,inf)", "no bill"]
    assert [row["arpu_band"] for row in tables["arpu_bands"]] == names
    assert [row["subscribers"] for row in tables["arpu_bands"]] == ["0", "0", "1", "3", "3", "0"]
    assert [row["policy_band"] for row in tables["segments"]] == [*["mass"] * 3, *["mid_high"] * 3, "high"]

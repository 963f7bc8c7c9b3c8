"""Every feature of the hand-worked world against values worked out by hand (in the modules hand_*)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from operator_world import COUNTED, OTHER

from world import Row, agrees, cases, process

Features = dict[tuple[str, str], Row]
# The features that count or add up records, by the first and the last of them.
FIRST, LAST = "voice_calls", "data_weekend_mb"


@pytest.mark.parametrize(("who", "month", "feature", "value"), cases(COUNTED, *OTHER.values()))
def test_feature_has_the_value_worked_out_by_hand(
    features: Features, who: str, month: str, feature: str, value: Any
) -> None:
    assert agrees(features[who, month][feature], value), features[who, month][feature]


@pytest.mark.parametrize(("who", "month"), COUNTED)
def test_usage_feature_that_is_not_named_by_hand_is_zero(features: Features, who: str, month: str) -> None:
    row = features[who, month]
    names = list(row)
    counted = names[names.index(FIRST) : names.index(LAST) + 1]
    wrong = {n: row[n] for n in counted if n not in COUNTED[who, month] and not agrees(row[n], 0)}
    assert wrong == {}


def test_there_is_one_row_per_subscriber_and_month_with_usage_or_a_bill(features: Features) -> None:
    assert sorted(features) == [
        *(("amy", month) for month in ("2026-03", "2026-04", "2026-05")),
        ("ben", "2026-03"),  # usage and bill
        ("ben", "2026-04"),
        ("cat", "2026-04"),  # usage only
        ("dan", "2026-05"),
        ("eve", "2026-03"),
        ("fay", "2026-05"),
        ("gus", "2026-04"),
        *(("hal", month) for month in ("2026-03", "2026-04", "2026-05")),  # bills only
        ("ida", "2026-04"),  # usage, without a record
        ("jon", "2026-04"),  # bills and events; none in March
        ("jon", "2026-05"),
        ("kim", "2026-03"),  # nothing in April
        ("kim", "2026-05"),
        *(("leo", month) for month in ("2026-03", "2026-04", "2026-05")),
    ]


def test_every_feature_has_a_hand_value_that_is_not_zero() -> None:
    dictionary = process("schema", "features", "--format", "csv").stdout
    columns = [row["column"] for row in csv.DictReader(io.StringIO(dictionary))]
    assert columns[:2] == ["subscriber_id", "month"]
    worked_out = {
        feature
        for table in (COUNTED, *OTHER.values())
        for values in table.values()
        for feature, value in values.items()
        if value not in (None, 0, "")
    }
    assert len(columns) > 100
    assert set(columns[2:]) - worked_out == set()
    assert worked_out - set(columns[2:]) == set()


def test_the_columns_of_the_feature_table_are_those_of_the_dictionary(features: Features) -> None:
    dictionary = process("schema", "features", "--format", "csv").stdout
    columns = [row["column"] for row in csv.DictReader(io.StringIO(dictionary))]
    assert list(features["amy", "2026-03"]) == columns

"""One number, however it is written."""

from __future__ import annotations

import duckdb
import pytest

from telco_crm.engine.sql import literal
from telco_crm.errors import RuleError
from telco_crm.features.loading import load_catalog
from telco_crm.ingest.dialling import packed, unpacked

DIALLING = load_catalog({}, {}).vocabulary.dialling


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800000001", "13800000001"),
        ("+8613800000001", "13800000001"),
        ("008613800000001", "13800000001"),
        ("8613800000001", "13800000001"),
        ("013800000001", "13800000001"),
        ("138-0000-0001", "13800000001"),
        ("+86 138 0000 0001", "13800000001"),
        ("1795113800000001", "13800000001"),
        ("17951013800000001", "13800000001"),
        ("01062345678", "01062345678"),
        ("+861062345678", "01062345678"),
        ("+86 010-62345678", "01062345678"),
        ("(0755)2345678", "07552345678"),
        ("86755234567", "86755234567"),  # eleven digits that begin with 8: taken as they stand
        ("0085212345678", "0085212345678"),
        ("+85212345678", "0085212345678"),
        ("+16502530000", "0016502530000"),
        ("10086", "10086"),
        ("+8610086", "10086"),
        ("4008001234", "4008001234"),
        ("+864008001234", "4008001234"),
        ("17951", "17951"),  # the prefix alone
        ("17951114", "17951114"),  # and before a short number
        ("86138000000010", "86138000000010"),  # a digit too many
        ("a3f9+8613800000001", "a3f9+8613800000001"),  # a pseudonym
        ("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
    ],
)
def test_one_number(written: str, number: str) -> None:
    assert duckdb.sql(f"SELECT {DIALLING.one_number(literal(written))}").fetchall() == [(number,)]


def test_an_unknown_number_stays_unknown() -> None:
    assert duckdb.sql(f"SELECT {DIALLING.one_number('NULL::VARCHAR')}").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("number", "stands_for"),
    [
        ("13800000001", 113800000001),
        ("01062345678", 101062345678),  # the zero in front is kept
        ("0", 10),
        ("123456789012345678", 1123456789012345678),  # eighteen digits
    ],
)
def test_a_number_stands_for_itself(number: str, stands_for: int) -> None:
    found = duckdb.sql(f"SELECT cp, {unpacked('cp')} FROM (SELECT {packed(literal(number))} AS cp)").fetchall()
    assert found == [(stands_for, number)]


# Casts of the engine take some of these for numbers.
@pytest.mark.parametrize(
    "text",
    ["1e5", "1.5", "1_000", " 13800000001", "+8613800000001", "1234567890123456789", "9" * 19, "a3f9", "-1", "１２"],
)
def test_of_anything_else_there_is_only_a_hash(text: str) -> None:
    found = duckdb.sql(f"SELECT cp, {unpacked('cp')} FROM (SELECT {packed(literal(text))} AS cp)").fetchall()
    assert found[0][0] >= 1 << 63
    assert found[0][1] is None


def test_what_is_unknown_stands_for_nothing() -> None:
    assert duckdb.sql(f"SELECT {packed('NULL::VARCHAR')}, {unpacked('NULL::UBIGINT')}").fetchall() == [(None, None)]


def test_a_pattern_that_is_none_is_said() -> None:
    with pytest.raises(RuleError, match="no regular expression"):
        load_catalog({}, {"dialling": {"forms": [{"pattern": "(", "to": ""}]}})

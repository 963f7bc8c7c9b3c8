"""Words, names and identifiers in the columns of any wide table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from telco_crm.errors import InputError
from telco_crm.ingest.widetable import NUMBER, TEXT, WideTable
from telco_crm.ingest.widewords import check_columns, identifier, one_spelling, usual


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["No", "Yes"], "Yes"),
        (["1.0", "0.0"], "1.0"),
        (["FALSE", "True."], "True."),
        (["否", "是"], "是"),
        (["yes", "perhaps"], None),
        (["yes", "true"], None),  # two for yes
        (["yes", "no", "unknown"], None),
        (["yes"], None),
    ],
)
def test_usual_words_are_known(words: list[str], found: str | None) -> None:
    assert usual(words) == found


def test_more_words_may_be_usual() -> None:
    assert usual(["control", "Treated"], ("treated",), ("control",)) == "Treated"
    assert usual(["control", "treated"]) is None


def test_what_is_alike_gets_the_most_frequent_spelling() -> None:
    cells = pd.Series(["Yes", "yes", "Yes", "1", "1.0", "1.0", None], dtype=object)
    assert one_spelling(cells).tolist()[:6] == ["Yes", "Yes", "Yes", "1.0", "1.0", "1.0"]
    assert one_spelling(cells).isna().tolist() == [False] * 6 + [True]


def test_columns_that_are_not_there_are_all_named() -> None:
    table = WideTable("t.csv", {name: pa.chunked_array([["1"]]) for name in ("churn", "number")}, 1)
    check_columns(table, [("--label", "churn"), ("--id", None)])
    with pytest.raises(InputError) as refused:
        check_columns(table, [("--label", "chrun"), ("--id", "number"), ("--drop", "age")])
    said = str(refused.value)
    assert "--label chrun: t.csv has no such column" in said
    assert "--drop age" in said
    assert "--id" not in said


def test_identifiers_are_texts_or_whole_numbers_of_their_own() -> None:
    texts = pd.Series([f"a{n}" for n in range(100)], dtype=object)
    assert identifier(texts, TEXT) == "names"
    assert identifier(texts.where(texts.index >= 2, "a50"), TEXT) == "names"  # 98 of 100 are distinct
    assert identifier(texts.where(texts.index >= 3, "a50"), TEXT) == ""  # 97
    assert identifier(texts[:49], TEXT) == ""  # too few rows to tell
    whole = pd.Series(np.arange(100.0))
    assert identifier(whole, NUMBER) == "numbers"
    assert identifier(whole.where(whole != 5, 6.0), NUMBER) == ""  # one number twice
    assert identifier(whole / 2, NUMBER) == ""
    assert identifier(whole, "date:%Y-%m-%d") == ""

"""Reasons in words: one and many, and texts that cannot be filled in."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from telco_crm.churn.rules import ChurnRules, Signal, filled
from telco_crm.rules import Wording, load_rules


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (0.0, "0 calls"),
        (0.4, "0 calls"),
        (0.6, "1 call"),
        (1.0, "1 call"),
        (1.4, "1 call"),
        (1.6, "2 calls"),
        (2.0, "2 calls"),
    ],
)
def test_the_word_goes_with_the_number_as_it_is_shown(x: float, says: str) -> None:
    assert filled("{x:.0f} {x:call|calls}", x) == says


def test_no_shipped_reason_has_one_of_many() -> None:
    signals = load_rules(ChurnRules, "churn").all_signals()
    words = {text.en for signal in signals.values() for text in (signal.high, signal.low or signal.high)}
    assert "{x:.0f} {x:complaint|complaints} in three months" in words
    said = [filled(text, 1.0, "down 62%") for text in words if "{x:.0f}" in text]
    assert "1 complaint in three months" in said
    assert "only 1 outgoing minute" in said
    assert not [text for text in said if re.search(r"\b1 (?!of )(more |local )?\w+s\b", text)]


@pytest.mark.parametrize("words", ["{y} calls", "{x:d} calls", "{x", "{x.left}"])
def test_words_that_cannot_be_filled_in(words: str) -> None:
    with pytest.raises(ValidationError, match="is no text with"):
        Signal(theme="usage", sql="1", high=Wording(en="{x:.0f} calls", zh=words))

"""Pseudonyms: one to one, turned back with the key, refused when changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telco_crm.retain.pseudonym import Pseudonyms

NAMES = Pseudonyms(bytes(range(32)))


@given(st.text(min_size=1, max_size=40))
def test_back_is_the_inverse(identifier: str) -> None:
    assert NAMES.back(NAMES.of(identifier)) == identifier
    assert NAMES.of(identifier) == NAMES.of(identifier)


@given(st.sets(st.text(max_size=20), min_size=2, max_size=20))
def test_different_identifiers_have_different_pseudonyms(identifiers: set[str]) -> None:
    assert len({NAMES.of(i) for i in identifiers}) == len(identifiers)


def test_the_length_does_not_tell_that_of_a_number() -> None:
    assert len(NAMES.of("1")) == len(NAMES.of("861390000000001"))


def test_a_changed_pseudonym_is_refused() -> None:
    name = NAMES.of("13900000001")
    for changed in (name[1:], name[:-1] + ("0" if name[-1] != "0" else "1"), "p", "pzz", "13900000001"):
        with pytest.raises(ValueError, match=r".+"):
            NAMES.back(changed)
    assert Pseudonyms(bytes(32)).of("13900000001") != name

"""What holds for any records: the definitions one by one (oracle.py), and what follows from them."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Record

from telco_crm.indicators import numbers
from telco_crm.indicators.catalogue import Shape
from telco_crm.indicators.compute import Columns, Coordinates, Question, compute
from telco_crm.indicators.rows import CALL, EITHER, OUT, PLACED, RECORD, TEXT
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.rules import load_rules

RULES = load_rules(IndicatorRules, "indicators")
PLACES = {"a": (48.8566, 2.3522), "b": (50.8503, 4.3517), "c": (48.9, 2.4)}
START = datetime(2025, 12, 27, 18, 30)
USES = {"call": CALL | EITHER, "text": TEXT | EITHER, "": 0}
# Minutes that crowd together, so that conversations, ties and half hours happen; days over a few weeks and a new year.
MOMENTS = st.builds(
    lambda day, minute, second: START + timedelta(days=day, minutes=minute, seconds=second),
    st.sampled_from([0, 0, 1, 2, 7, 8, 22, 40]),
    st.one_of(st.integers(0, 90), st.sampled_from([30, 750, 751, 810])),
    st.sampled_from([0, 0, 0, 1, 59]),
)


def _record(kind: str, out: bool, contact: str, at: datetime, seconds: int, place: str) -> Record:
    alone = kind == ""  # only a position
    return Record(kind, out and not alone, "" if alone else contact, at, seconds if kind == "call" else 0, place or "a")


RECORDS = st.builds(
    _record,
    st.sampled_from(["call", "text", "text", "text", ""]),
    st.booleans(),
    st.sampled_from(["X", "X", "Y", "Z", ""]),
    MOMENTS,
    st.integers(0, 500),
    st.sampled_from(["a", "b", "c", "d"]),
)


@st.composite
def people(draw: st.DrawFn) -> dict[str, list[Record]]:
    """One to three persons; of records in the same second only one says where the person was."""
    found = {}
    for name in draw(st.sampled_from([("P",), ("P", "Q"), ("P", "Q", "R")])):
        own = draw(st.lists(RECORDS, min_size=1, max_size=40, unique_by=lambda r: (r.at, r.kind == "text", r.out)))
        seen: set[datetime] = set()
        kept = []
        for r in own:
            placed = r.at not in seen
            seen.add(r.at)
            if placed or r.kind:
                kept.append(r if placed else Record(r.kind, r.out, r.contact, r.at, r.seconds, ""))
        found[name] = kept
    return found


SHAPES = st.builds(
    oracle.Shape, st.sampled_from(["week", "none", "month", "day"]), st.booleans(), st.booleans(), st.booleans()
)


@settings(max_examples=120, deadline=None)
@given(people(), SHAPES)
def test_as_defined(world: dict[str, list[Record]], shape: oracle.Shape) -> None:
    found = computed(world, shape)
    for person, records in world.items():
        wanted = oracle.expected(records, shape, PLACES)
        for name, value in wanted.items():
            got = found[person][name]
            if value is None:
                assert math.isnan(got), name
            else:
                assert got == pytest.approx(value, rel=1e-9, abs=2e-6), name


@settings(max_examples=25, deadline=None)
@given(people(), st.randoms(use_true_random=False))
def test_order_of_rows_and_other_people_do_not_matter(world: dict[str, list[Record]], chance: random.Random) -> None:
    shape = oracle.Shape("week", True, True, True)
    together = computed(world, shape)
    for person, records in world.items():
        chance.shuffle(records)
        alone = computed({person: records}, shape)[person]
        assert {n: repr(v) for n, v in alone.items()} == {n: repr(v) for n, v in together[person].items()}


@settings(max_examples=60, deadline=None)
@given(people())
def test_bounds(world: dict[str, list[Record]]) -> None:
    for row in computed(world, oracle.Shape("none", True, True)).values():
        for name, value in row.items():
            if name.startswith(("percent_", "response_rate")):
                assert math.isnan(value) or 0 <= value <= 1, name
        for indicator, number in (
            ("entropy_of_contacts", "number_of_contacts"),
            ("entropy_of_antennas", "number_of_antennas"),
        ):
            for name in [n for n in row if n.startswith(indicator) and not math.isnan(row[n])]:
                assert -1e-12 <= row[name] <= math.log(row[name.replace(indicator, number)]) + 1e-12
        for name in [n for n in row if n.startswith("frequent_antennas") and not math.isnan(row[n])]:
            assert 1 <= row[name] <= row[name.replace("frequent_antennas", "number_of_antennas")]


@settings(max_examples=60, deadline=None)
@given(people())
def test_parts_make_the_whole(world: dict[str, list[Record]]) -> None:
    for row in computed(world, oracle.Shape("none", True, True)).values():
        for kind in ("call", "text"):
            for way in ("interactions", "interaction_in", "interaction_out"):

                def count(week: str, day: str, name: str = f"number_of_{way}", kind: str = kind) -> float:
                    value = row[f"{name}__{week}__{day}__{kind}"]  # noqa: B023 - called at once
                    return 0 if math.isnan(value) else value

                for week in ("allweek", "weekday", "weekend"):
                    assert count(week, "allday") == count(week, "day") + count(week, "night")
                for day in ("allday", "day", "night"):
                    assert count("allweek", day) == count("weekday", day) + count("weekend", day)


def test_equal_bits_of_hashes_are_told_apart() -> None:
    """The top bits are given up for the place of the entry; hashes that differ there only must not be mixed."""
    hashes = np.array([1 << 63, 0, 1 << 63, 5, 0, 5 | 1 << 62], np.uint64)
    assert numbers.together(hashes).tolist() == [1, 4, 0, 2, 3, 5]
    different, number = numbers.numbered(hashes)
    assert different.tolist() == sorted(set(hashes.tolist()))
    assert different[number].tolist() == hashes.tolist()


def test_weights_and_keys_too_large_to_be_packed() -> None:
    group, weight = np.array([0, 1, 0, 1, 1]), np.array([1 << 61, 1, 1 << 59, 3, 6])
    assert numbers.pareto(weight, group, 2, 0.8).tolist() == [1, 2]
    key = np.array([1 << 62, -(1 << 61), 0])
    assert numbers.ordered(key).tolist() == [1, 2, 0]


def computed(world: Mapping[str, Sequence[Record]], shape: oracle.Shape) -> dict[str, dict[str, float]]:
    """person → column → value, from one bucket."""
    known = sorted((_hash("place" + place), *where) for place, where in PLACES.items())
    place, latitude, longitude = zip(*known, strict=True)
    coordinates = Coordinates(np.array(place, np.uint64), np.array(latitude), np.array(longitude))
    summary = "extended" if shape.extended else "default"
    asked = Shape(shape.groupby, shape.split_week, shape.split_day, summary)  # type: ignore[arg-type]
    columns: Columns = compute(_packed(world), None, Question(asked, RULES, coordinates))
    at = {int(sid): i for i, sid in enumerate(columns.pop("sid"))}
    return {p: {n: float(v[at[_hash(p)]]) for n, v in columns.items()} for p in world}


def _packed(world: Mapping[str, Sequence[Record]]) -> dict[str, np.ndarray]:
    rows = [
        (
            _hash(person),
            int(r.at.replace(tzinfo=UTC).timestamp()),
            _hash("contact" + r.contact) if r.contact else 0,
            _hash("place" + r.place) if r.place else 0,
            r.seconds,
            USES[r.kind] | (OUT if r.out else 0) | (PLACED if r.place else 0),
        )
        for person, records in world.items()
        for r in records
    ]
    columns = zip(*rows, strict=True)
    return {name: np.array(values, kind) for (name, kind), values in zip(RECORD.items(), columns, strict=True)}


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.md5(text.encode()).digest()[:8], "little")

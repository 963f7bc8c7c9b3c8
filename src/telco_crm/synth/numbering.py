"""The number book: every telephone number that occurs, the subscribers' own first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from telco_crm.schema import load_schema
from telco_crm.synth.setting import Setting

_STEP = 61_803_399  # coprime with every power of ten: runs through all suffixes without repetition
NO_NETWORK = -1


class Range(NamedTuple):
    """A stretch of the number book."""

    low: int
    size: int


@dataclass(frozen=True)
class NumberBook:
    """All numbers as text, the network of each (position in the schema's values, NO_NETWORK abroad), and
    where the numbers of a (place, network) stand. Position s < N is the number of subscriber s.
    """

    texts: pa.Array
    network: NDArray[np.int8]
    ranges: dict[tuple[str, str], Range]


def make_numbers(setting: Setting) -> NumberBook:
    """Number every subscriber and everyone they may be in touch with; no number stands twice."""
    texts: list[pa.Array] = []
    networks: list[NDArray[np.int8]] = []
    ranges: dict[tuple[str, str], Range] = {}
    used: dict[str, int] = {}
    low = 0
    for place, kind, count in _wanted(setting):
        family = _family(place, kind)
        texts.append(_numbers(setting, family, used.get(family, 0), count))
        used[family] = used.get(family, 0) + count
        networks.append(np.full(count, NO_NETWORK if place == "abroad" else network_code(kind), dtype=np.int8))
        ranges[place, kind] = Range(low, count)
        low += count
    figures = setting.figures.people.numbers
    ranges["short", ""] = Range(low, len(figures.short))
    texts.append(pa.array(figures.short))
    networks.append(np.array([network_code(net) for net in figures.short_networks], dtype=np.int8))
    return NumberBook(pa.concat_arrays(texts), np.concatenate(networks), ranges)


def span(book: NumberBook, place: str) -> Range:
    """The stretch that holds all networks of a place (local, domestic) or a country abroad."""
    parts = [r for (where, kind), r in book.ranges.items() if where == place or (where == "abroad" and kind == place)]
    return Range(parts[0].low, parts[-1].low + parts[-1].size - parts[0].low)


def network_code(kind: str) -> int:
    """Position of a network in the schema's values."""
    return list(load_schema("usage").columns["counterpart_network"].values).index(kind)


def _wanted(setting: Setting) -> Iterable[tuple[str, str, int]]:
    """(place, network or country, how many), in the order of the book."""
    yield "subscribers", "own", setting.n
    pool = setting.figures.people.pool
    for place in ("local", "domestic", "abroad"):
        for kind, per_subscriber in getattr(pool, place).items():
            yield place, kind, max(round(per_subscriber * setting.n), 5)


def _family(place: str, kind: str) -> str:
    """The prefixes that a network's numbers have: fixed lines elsewhere have other area codes."""
    return "fixed_away" if (place, kind) == ("domestic", "fixed") else kind


def _numbers(setting: Setting, family: str, used: int, count: int) -> pa.Array:
    """`count` numbers of a family after the `used` first ones of its sequence."""
    figures = setting.figures.people
    prefixes: tuple[str, ...] = getattr(figures.numbers, family)
    digits: int = getattr(figures.digits, family, figures.digits.mobile)
    start = int(setting.dice.rng("numbers " + family).integers(10**digits))
    place = np.arange(used, used + count)
    # Prefixes may repeat to be more frequent, so the suffix runs on over all of them.
    suffix = (place * _STEP + start) % 10**digits
    prefix = pa.array(prefixes).take(pa.array(place * 7919 % len(prefixes)))
    text = pc.utf8_lpad(pa.array(suffix).cast(pa.string()), width=digits, padding="0")
    return pc.binary_join_element_wise(prefix, text, "")

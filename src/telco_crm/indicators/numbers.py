"""Arithmetic over groups: every value has the number of its group beside it, and a result has one entry per group.

Where a group has nothing to go by, the result is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64 | np.float64]
Hashes = npt.NDArray[np.uint64]

STATISTICS = {
    "default": ("mean", "std"),
    "extended": ("mean", "std", "median", "skewness", "kurtosis", "min", "max"),
}
KEY_BITS = 63  # of a number to sort by
INDEX_BITS = 24  # of the place of an entry, unless there are more than 16 million


def ratio(part: Numbers, whole: Numbers) -> Floats:
    """part / whole; NaN where the whole is 0."""
    out = np.full(part.shape, np.nan)
    np.divide(part, whole, out=out, where=whole != 0)
    return out


def tally(group: Ints, groups: int, weight: Numbers | Flags | None = None) -> Floats:
    """How many entries each group has, or the sum of their weights (exact for whole numbers below 2**53)."""
    return np.bincount(group, weight, groups).astype(np.float64, copy=False)


def starts(*keys: npt.NDArray[Any]) -> Ints:
    """Where runs of equal keys begin."""
    if not len(keys[0]):
        return np.zeros(0, np.int64)
    new = np.ones(len(keys[0]), bool)
    np.not_equal(keys[0][1:], keys[0][:-1], out=new[1:])
    for key in keys[1:]:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)


def ordered(key: Ints) -> Ints:
    """The order of rising keys; which of equal keys comes first is left open.

    One sort of numbers that have the place of the entry in their low bits is several times as quick as an argsort.
    """
    bits = len(key).bit_length()
    key = key - key.min(initial=0)
    if int(key.max(initial=0)).bit_length() + bits > KEY_BITS:
        return np.argsort(key)
    packed = np.sort(key << bits | np.arange(len(key)))
    return packed & ((1 << bits) - 1)


def together(hashes: Hashes) -> Ints:
    """An order that puts equal hashes side by side and leaves the order of their entries.

    As `ordered`, but the place of the entry takes the room of the upper bits of the hash. Which of two hashes comes
    first does not depend on what others there are, so neither does the last digit of a sum in this order.
    """
    bits = np.uint64(max(INDEX_BITS, len(hashes).bit_length()))
    key = hashes << bits
    key |= np.arange(len(hashes), dtype=np.uint64)
    key.sort()
    order = (key & np.uint64((1 << int(bits)) - 1)).astype(np.int64)
    key >>= bits
    found = hashes.take(order)
    if ((key[1:] == key[:-1]) & (found[1:] != found[:-1])).any():  # the lower bits do not tell two hashes apart
        return np.lexsort((hashes, hashes << bits))
    return order


def numbered(hashes: Hashes) -> tuple[Hashes, Ints]:
    """The different hashes, rising, and for every entry the place of its hash among them."""
    order = together(hashes)
    found = hashes.take(order)
    begins = starts(found)
    different = found[begins]
    rank = np.empty(len(begins), np.int64)
    rank[np.argsort(different)] = np.arange(len(begins))
    number = np.empty(len(hashes), np.int64)
    number[order] = np.repeat(rank, lengths(begins, len(hashes)))
    return np.sort(different), number


def lengths(begins: Ints, size: int) -> Ints:
    """How long the runs that begin at `begins` are, in `size` entries."""
    out = np.empty(len(begins), np.int64)
    if len(begins):
        np.subtract(begins[1:], begins[:-1], out=out[:-1])
        out[-1] = size - begins[-1]
    return out


def summed(values: Numbers | Flags, begins: Ints) -> Ints:
    """The sums of whole numbers over the runs that begin at `begins`."""
    return np.add.reduceat(values, begins, dtype=np.int64) if len(begins) else np.zeros(0, np.int64)


def distribution(values: Numbers, group: Ints, groups: int, statistics: Sequence[str]) -> dict[str, Floats]:
    """Statistics of the values of each group. `std` is that of the population; skewness and kurtosis are the
    standardised third and fourth moments (3 for a normal distribution), 0 where all values are equal.
    """
    count = tally(group, groups)
    mean = ratio(tally(group, groups, values), count)
    away = values - mean[group]
    moment = {n: ratio(tally(group, groups, away**n), count) for n in ((2, 3, 4) if len(statistics) > 2 else (2,))}
    found = {"mean": mean, "std": np.sqrt(moment[2])}
    if len(statistics) > 2:
        found |= _ranked(values, group, count)
        alike = found["min"] == found["max"]
        with np.errstate(invalid="ignore"):
            found["skewness"] = np.where(alike, 0.0, ratio(moment[3], moment[2] ** 1.5))
            found["kurtosis"] = np.where(alike, 0.0, ratio(moment[4], moment[2] ** 2))
    return {name: found[name] for name in statistics}


def entropy(count: Ints, group: Ints, groups: int) -> Floats:
    """Shannon's entropy, in nats, of the shares that `count` has of its group."""
    total = tally(group, groups, count)
    share = count / total[group]
    return np.where(total > 0, np.abs(tally(group, groups, share * np.log(share))), np.nan)


def pareto(weight: Ints, group: Ints, groups: int, share: float) -> Floats:
    """How many entries of each group, the heaviest first, it takes to reach `share` of the group's weight."""
    total = tally(group, groups, weight)
    group, weight = _heaviest_first(group, weight)
    begins = starts(group)
    before = np.cumsum(weight) - weight
    before -= np.repeat(before[begins], lengths(begins, len(group)))
    return tally(group[before < share * total[group]], groups)


def _heaviest_first(group: Ints, weight: Ints) -> tuple[Ints, Ints]:
    bits = int(weight.max(initial=0)).bit_length()
    if bits + int(group.max(initial=0)).bit_length() > KEY_BITS:
        order = np.lexsort((-weight, group))
        return group[order], weight[order]
    heaviest = (1 << bits) - 1
    key = np.sort(group << bits | (heaviest - weight))
    return key >> bits, heaviest - (key & heaviest)


def _ranked(values: Numbers, group: Ints, count: Floats) -> dict[str, Floats]:
    """The least, the middle and the greatest value of each group."""
    ranked = values[np.lexsort((values, group))].astype(np.float64)
    size = count.astype(np.int64)
    first = np.cumsum(size) - size
    filled = size > 0
    found = {name: np.full(len(count), np.nan) for name in ("min", "median", "max")}
    first, size = first[filled], size[filled]
    found["min"][filled] = ranked[first]
    found["median"][filled] = (ranked[first + size // 2] + ranked[first + (size - 1) // 2]) / 2
    found["max"][filled] = ranked[first + size - 1]
    return found

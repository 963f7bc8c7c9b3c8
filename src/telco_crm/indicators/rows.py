"""The records of some subscribers in memory, in the orders that the indicators ask for.

Two orders are made once and then only filtered: by subscriber and time, and by subscriber, other party and time. Every
row carries the number of its group, which is a subscriber in a period.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from telco_crm.indicators.numbers import Flags, Ints, starts
from telco_crm.indicators.rules import GroupBy, IndicatorRules

# What a record is used for, in `use`.
CALL, TEXT, OUT, EITHER, PLACED, NIGHT, WEEKEND = (1 << i for i in range(7))  # EITHER: call or text
RECORD = np.dtype(
    [("sid", "<u8"), ("second", "<i8"), ("contact", "<u8"), ("place", "<u8"), ("duration", "<i8"), ("use", "u1")]
)
DAY = 86400
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # makes the hashes of a subscriber and of a contact one hash of the pair
SECOND_BITS = 34  # 1900 to 2199
Array = npt.NDArray[Any]


class Rows:
    """Rows of one order: all of them, or those at `index`; columns are gathered when they are first asked for."""

    def __init__(self, columns: dict[str, Array], index: Ints | None = None) -> None:
        self._columns, self._index = columns, index
        self._taken: dict[str, Array] = {}

    def __getattr__(self, name: str) -> Any:
        try:
            column = self._columns[name]
        except KeyError:
            raise AttributeError(name) from None
        if self._index is None:
            return column
        if name not in self._taken:
            self._taken[name] = column.take(self._index)
        return self._taken[name]

    def where(self, mask: int, bits: int) -> Rows:
        """The rows whose `use` has exactly `bits` of `mask`; only of all rows of an order."""
        return Rows(self._columns, np.flatnonzero((self._columns["use"] & mask) == bits))

    def flag(self, bit: int) -> Flags:
        """Whether `use` has a bit."""
        return (self.use & bit) != 0


@dataclass(frozen=True)
class Groups:
    """The groups: their number, the subscriber of each, and the period."""

    user: Ints
    period: Ints

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.user)


@dataclass(frozen=True)
class Bucket:
    """The records of the subscribers `sids` (their hashes, rising); a subscriber's number is the place in it.

    `by_time` has columns user, group, second, use, duration, place; `by_contact`, only for calls and texts with a known
    other party: pair, group, second, use, duration. `places` are the hashes behind the numbers in `place`.
    """

    sids: npt.NDArray[np.uint64]
    groups: Groups
    by_time: Rows
    by_contact: Rows
    places: npt.NDArray[np.uint64]

    @property
    def users(self) -> int:
        """How many subscribers there are."""
        return len(self.sids)

    @cached_property
    def first(self) -> Ints:
        """The first row of every subscriber in `by_time`."""
        return starts(self.by_time.user)


def bucket_of(records: Array, groupby: GroupBy, rules: IndicatorRules) -> Bucket:
    """The records (of type RECORD) in order. Records of the same second count as calls before texts, incoming before
    outgoing, so that nothing depends on the order of rows in a file.
    """
    sids, user = np.unique(records["sid"], return_inverse=True)
    second, use = records["second"], records["use"] | times(records["second"], rules)
    order = np.argsort(_packed(user, second, use))
    user, second, use = user[order], second[order], use[order]
    period = period_of(second, groupby)
    begins = starts(user, period)
    group = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(user)))
    places, place = np.unique(records["place"], return_inverse=True)
    columns = {
        "user": user,
        "group": group,
        "second": second,
        "use": use,
        "duration": records["duration"][order],
        "place": place[order],
    }
    contact = records["contact"][order]
    known = np.flatnonzero(((use & EITHER) != 0) & (contact != 0))
    by_contact = _by_contact({n: columns[n][known] for n in ("group", "second", "use", "duration")}, contact[known], sids[user[known]])
    return Bucket(sids, Groups(user[begins], period[begins]), Rows(columns), by_contact, places)


def period_of(second: Ints, groupby: GroupBy) -> Ints:
    """Numbers of the periods, rising with time: ISO weeks begin on Monday."""
    if groupby == "none":
        return np.zeros(len(second), np.int64)
    day = second // DAY
    if groupby == "day":
        return day
    if groupby == "week":
        return (day + 3) // 7  # 1970-01-01 was a Thursday
    unit = "M" if groupby == "month" else "Y"
    return day.astype("datetime64[D]").astype(f"datetime64[{unit}]").astype(np.int64)


def times(second: Ints, rules: IndicatorRules) -> npt.NDArray[np.uint8]:
    """The bits NIGHT and WEEKEND of times."""
    day, time = np.divmod(second, DAY)
    start, end = rules.night_seconds
    night = (time > start) & (time < end) if start < end else (time <= end) | (time >= start)
    weekend = np.zeros(7, bool)
    weekend[[d - 1 for d in rules.weekend]] = True
    return np.where(night, NIGHT, 0).astype(np.uint8) | np.where(weekend[(day + 3) % 7], WEEKEND, 0).astype(np.uint8)


def _by_contact(columns: dict[str, Array], contact: Array, sid: Array) -> Rows:
    """The rows in the order of the pair of subscriber and other party, and time."""
    pair = np.unique(contact ^ (sid * SPREAD), return_inverse=True)[1]
    order = np.argsort(_packed(pair, columns["second"], columns["use"]))
    return Rows({"pair": pair[order], **{name: column[order] for name, column in columns.items()}})


def _packed(number: Ints, second: Ints, use: npt.NDArray[np.uint8]) -> Ints:
    """One number to sort by: `number`, then time, then calls before texts, then incoming before outgoing."""
    first = int(second.min()) if len(second) else 0
    key: Ints = (number << SECOND_BITS) | (second - first)
    return (key << 2) | ((use & (TEXT | OUT)) >> 1)

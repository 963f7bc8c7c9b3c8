"""The records of some subscribers in memory, in the orders that the indicators ask for.

Two orders are made once and then only filtered: by subscriber and time, and by subscriber, other party and time. Every
row carries the number of its group, which is a subscriber in a period.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from telco_crm.indicators.numbers import Flags, Hashes, Ints, lengths, numbered, ordered, starts, together
from telco_crm.indicators.rules import GroupBy, IndicatorRules

# What a record is used for, in `use`.
CALL, TEXT, OUT, EITHER, PLACED, NIGHT, WEEKEND = (1 << i for i in range(7))  # EITHER: call or text
# The columns of packed records. sid, contact and place are hashes; 0 is an unknown contact or place.
RECORD = {
    name: np.dtype(kind)
    for name, kind in (
        ("sid", "u8"),
        ("second", "i8"),
        ("contact", "u8"),
        ("place", "u8"),
        ("duration", "i8"),
        ("use", "u1"),
    )
}
DAY = 86400
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # makes the hashes of a subscriber and of a contact one hash of the pair
Array = npt.NDArray[Any]
Records = dict[str, Array]  # columns of RECORD


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
        found: Flags = (self.use & bit) != 0
        return found


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
    """The records of the subscribers `sids` (their hashes); a subscriber's number is the place in it.

    `by_time` has columns user, group, second, use, duration, place; `by_contact`, only for calls and texts with a known
    other party: pair, group, second, use, duration. `places` are the hashes behind the numbers in `place`; `first` is
    the first row of every subscriber in `by_time`.
    """

    sids: Hashes
    groups: Groups
    by_time: Rows
    by_contact: Rows
    places: Hashes
    first: Ints

    @property
    def users(self) -> int:
        """How many subscribers there are."""
        return len(self.sids)


def bucket_of(records: Records, groupby: GroupBy, rules: IndicatorRules) -> Bucket:
    """The records in order. Records of the same second count as calls before texts, incoming before outgoing, so that
    nothing depends on the order of rows in a file.
    """
    order = ordered(_moment(records["second"], records["use"]))
    order = order.take(together(records["sid"].take(order)))
    sid, second = records["sid"].take(order), records["second"].take(order)
    first = starts(sid)
    user = np.repeat(np.arange(len(first)), lengths(first, len(sid)))
    period = period_of(second, groupby)
    begins = starts(user, period)
    groups = Groups(user[begins], period[begins])
    places, place = numbered(records["place"].take(order))
    columns: Records = {
        "user": user,
        "group": np.repeat(np.arange(len(begins)), lengths(begins, len(user))),
        "second": second,
        "use": records["use"].take(order) | times(second, rules),
        "duration": records["duration"].take(order),
        "place": place,
    }
    by_contact = _by_contact(columns, sid, records["contact"].take(order))
    return Bucket(sid[first], groups, Rows(columns), by_contact, places, first)


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


def _by_contact(columns: Records, sid: Hashes, contact: Hashes) -> Rows:
    """The calls and texts with a known other party, by the pair of subscriber and other party, and time."""
    known = np.flatnonzero(((columns["use"] & EITHER) != 0) & (contact != 0))
    pair = contact.take(known) ^ (sid.take(known) * SPREAD)
    order = together(pair)
    index = known.take(order)
    taken = {name: columns[name].take(index) for name in ("group", "second", "use", "duration")}
    return Rows({"pair": pair.take(order), **taken})


def _moment(second: Ints, use: npt.NDArray[np.uint8]) -> Ints:
    """What records are sorted by: time, calls before texts, incoming before outgoing."""
    return (second << 2) | ((use & (TEXT | OUT)) >> 1)

"""Months and days of the sample: day 0 is the first day of the first exported month, month 0 that month."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telco_crm.synth.arrays import Bools, Ints

Dates = NDArray[np.datetime64]


class Timeline:
    """Calendar arithmetic on day and month indices; both may be negative or lie after the end."""

    def __init__(self, first_month: str, months: int) -> None:
        """A period of `months` from `first_month` (YYYY-MM) on."""
        self.months = months
        self._month = np.datetime64(first_month, "M")
        self.first = self._month.astype("datetime64[D]")
        self.days = self.start(months)

    def start(self, month: int) -> int:
        """The first day of a month."""
        return int((self.date_of_month(month) - self.first).astype(int))

    def starts(self, months: Ints) -> Ints:
        """The first day of each of `months`."""
        return np.asarray(((self._month + months).astype("datetime64[D]") - self.first).astype(np.int64))

    def month(self, days: Ints) -> Ints:
        """The month of each day."""
        return np.asarray((self.dates(days).astype("datetime64[M]") - self._month).astype(np.int64))

    def length(self, month: int) -> int:
        """Days in a month."""
        return self.start(month + 1) - self.start(month)

    def label(self, month: int) -> str:
        """A month as YYYY-MM."""
        return str(self._month + month)

    def date_of_month(self, month: int) -> np.datetime64:
        """The first day of a month, as a date."""
        date: np.datetime64 = (self._month + month).astype("datetime64[D]")
        return date

    def dates(self, days: Ints) -> Dates:
        """Days as dates."""
        return np.asarray(self.first + days.astype("timedelta64[D]"))

    def seconds(self, days: Ints | int) -> Ints:
        """Days as seconds since 1970-01-01 00:00."""
        epoch = int(self.first.astype("datetime64[s]").astype(np.int64))
        return np.asarray(days, dtype=np.int64) * 86_400 + epoch

    def is_weekend(self, day: int) -> bool:
        """Whether a day is a Saturday or Sunday."""
        return not np.is_busday(self.first + day)

    def outside(self, days: Ints) -> Bools:
        """Which of `days` are not within the exported months."""
        return np.asarray((days < 0) | (days >= self.days))

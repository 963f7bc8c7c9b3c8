"""Calendar months, written YYYY-MM."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month."""

    text: str

    def __post_init__(self) -> None:
        """Refuse anything but YYYY-MM (ValueError)."""
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", self.text):
            raise ValueError(f'"{self.text}" is not a month of the form YYYY-MM')

    def __str__(self) -> str:
        """YYYY-MM."""
        return self.text

    @property
    def start(self) -> date:
        """Its first day."""
        return date.fromisoformat(f"{self.text}-01")

    @property
    def days(self) -> int:
        """How many days it has."""
        return calendar.monthrange(self.start.year, self.start.month)[1]

    @property
    def end(self) -> date:
        """The first day after it; as a moment, midnight after its last day."""
        return self.start + timedelta(days=self.days)

    @property
    def number(self) -> int:
        """YYYYMM as a number."""
        return self.start.year * 100 + self.start.month

    def back(self, months: int) -> Month:
        """The month that many months earlier, or later if negative."""
        index = self.start.year * 12 + self.start.month - 1 - months
        return Month(f"{index // 12:04d}-{index % 12 + 1:02d}")

    def until(self, last: Month) -> list[Month]:
        """The months from this one to `last`, both included."""
        count = (last.start.year - self.start.year) * 12 + last.start.month - self.start.month + 1
        return [self.back(-n) for n in range(count)]

    @classmethod
    def of(cls, number: int) -> Month:
        """The month of YYYYMM."""
        return cls(f"{number // 100:04d}-{number % 100:02d}")


def spans(months: Iterable[Month], to: str = " to ") -> str:
    """Months in words, runs of them by their ends: "2026-01 to 2026-03, 2026-05"."""
    runs: list[list[Month]] = []
    for month in sorted(months):
        if runs and runs[-1][-1] == month.back(1):
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(f"{run[0]}{to}{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)

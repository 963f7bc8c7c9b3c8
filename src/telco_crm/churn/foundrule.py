"""A rule found in data: conditions that are fulfilled together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Bools = npt.NDArray[np.bool_]


class Condition(NamedTuple):
    """column <= value, column > value, or column = value (text). A missing value fulfils nothing."""

    column: str
    sign: str
    value: float | str

    def holds(self, frame: pd.DataFrame) -> Bools:
        """For every row."""
        values = frame[self.column]
        if self.sign == "=":
            return np.asarray(values.eq(self.value).fillna(False), bool)
        numbers = values.to_numpy(np.float64)
        return np.asarray(numbers <= self.value if self.sign == "<=" else numbers > self.value)


@dataclass(frozen=True)
class FoundRule:
    """All `conditions` together."""

    conditions: tuple[Condition, ...]

    def holds(self, frame: pd.DataFrame) -> Bools:
        """For every row."""
        return np.asarray(np.logical_and.reduce([condition.holds(frame) for condition in self.conditions]))

"""Spells: stretches of days in which something holds for a subscriber (service stopped, away from home)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import Ints


@dataclass(frozen=True)
class Spells:
    """Stretches of days: `subscriber` from day `start` up to, not including, day `end`; `kind` ≥ 1 says what
    holds.
    """

    subscriber: Ints
    start: Ints
    end: Ints
    kind: Ints

    def on(self, day: int, n: int) -> Ints:
        """What holds on a day for each of `n` subscribers; 0 where nothing does, the last spell where several
        do.
        """
        state = np.zeros(n, dtype=np.int64)
        now = (self.start <= day) & (day < self.end)
        state[self.subscriber[now]] = self.kind[now]
        return state

    def cut(self, first: Ints, last: Ints) -> Spells:
        """The parts from day `first` of the subscriber up to, not including, day `last`."""
        start = np.maximum(self.start, first[self.subscriber])
        end = np.minimum(self.end, last[self.subscriber])
        kept = start < end
        return Spells(self.subscriber[kept], start[kept], end[kept], self.kind[kept])

    @staticmethod
    def joined(parts: Sequence[Spells]) -> Spells:
        """All spells of `parts`."""
        return Spells(
            np.concatenate([part.subscriber for part in parts]),
            np.concatenate([part.start for part in parts]),
            np.concatenate([part.end for part in parts]),
            np.concatenate([part.kind for part in parts]),
        )

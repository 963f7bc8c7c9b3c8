"""Journeys: contiguous days away from home."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import Ints
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting
from telco_crm.synth.spells import Spells
from telco_crm.synth.streams import ROAMING


@dataclass(frozen=True)
class Journeys:
    """Spells away (kind: position in streams.ROAMING) and, for each, the first of the cells that are used
    there.
    """

    spells: Spells
    cell: Ints

    def on(self, day: int, n: int) -> tuple[Ints, Ints]:
        """Where each of `n` subscribers is on a day, and the cell that this journey begins from."""
        now = (self.spells.start <= day) & (day < self.spells.end)
        where, cell = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        where[self.spells.subscriber[now]] = self.spells.kind[now]
        cell[self.spells.subscriber[now]] = self.cell[now]
        return where, cell


def make_journeys(setting: Setting, people: People) -> Journeys:
    """Draw the journeys of each group's rate, those under way on the first day included."""
    rng, timeline = setting.dice.rng("journeys"), setting.timeline
    mean_days = setting.figures.rhythm.roaming.days
    spread_activity = people.activity * ~people.silent
    parts = []
    for kind, name in enumerate(ROAMING[1:], 1):
        per_month = np.array([getattr(group.trips, name) for group in setting.groups])[people.group]
        count = rng.poisson(per_month * timeline.months * spread_activity)
        who = np.repeat(np.arange(setting.n), count)
        start = rng.integers(-3, timeline.days, len(who))
        length = rng.geometric(1 / getattr(mean_days, name), len(who))
        parts.append(Spells(who, start, start + length, np.full(len(who), kind)))
    spells = Spells.joined(parts)
    return Journeys(spells, rng.integers(0, 2**31, len(spells.start)))

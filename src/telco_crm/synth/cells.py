"""Cells: where records begin, at home, at work, elsewhere in the region or on a journey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from telco_crm.synth.arrays import Bools, Ints, Rng
from telco_crm.synth.figures.rhythm import CellRhythm
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import ROAMING

_NEARBY = 4  # cells used around one place of a journey


@dataclass(frozen=True)
class Cells:
    """Names of all cells, and as positions in them: each subscriber's home, work and region, each journey
    kind's stretch.

    `low` and `count` are those of the region (per subscriber); `away_low` and `away_count` per kind of
    roaming.
    """

    names: pa.Array
    home: Ints
    work: Ints
    low: Ints
    count: Ints
    away_low: Ints
    away_count: Ints
    rhythm: CellRhythm

    def pick(self, rng: Rng, subscriber: Ints, at_work: Bools, where: Ints, journey: Ints) -> Ints:
        """A cell for each record: `at_work` marks working hours, `where` the kind of roaming, `journey` its
        first cell.
        """
        chance, other = rng.random(len(subscriber)), rng.random(len(subscriber))
        rhythm = self.rhythm
        work = np.where(at_work, rhythm.work_hours.work, rhythm.other_hours.work)
        home = np.where(at_work, rhythm.work_hours.home, rhythm.other_hours.home)
        cell = self.low[subscriber] + (other * self.count[subscriber]).astype(np.int64)
        cell = np.where(chance < work + home, self.home[subscriber], cell)
        cell = np.where(chance < work, self.work[subscriber], cell)
        away = np.flatnonzero(where)
        kind = where[away]
        place = (journey[subscriber[away]] + (other[away] * _NEARBY).astype(np.int64)) % self.away_count[kind]
        cell[away] = self.away_low[kind] + place
        return cell


def make_cells(setting: Setting, people: People) -> Cells:
    """Lay out the cells of the regions and of the places away."""
    rng, figures = setting.dice.rng("cells"), setting.figures.people
    names: list[str] = []
    low = []
    for number, region in enumerate(figures.regions.values(), 1):
        low.append(len(names))
        names += [f"{number:02d}{cell:04d}" for cell in range(region.cells)]
    away_low, away_count = [0], [1]
    for kind in ROAMING[1:]:
        away = getattr(figures.away_cells, kind)
        away_low.append(len(names))
        away_count.append(away.cells)
        names += [f"{away.code}{cell:04d}" for cell in range(away.cells)]
    first = np.array(low)[people.region]
    count = np.array([region.cells for region in figures.regions.values()])[people.region]
    return Cells(
        names=pa.array(names),
        home=first + (rng.random(setting.n) * count).astype(np.int64),
        work=first + (rng.random(setting.n) * count).astype(np.int64),
        low=first,
        count=count,
        away_low=np.array(away_low),
        away_count=np.array(away_count),
        rhythm=setting.figures.rhythm.cells,
    )

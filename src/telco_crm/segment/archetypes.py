"""Archetypes held against people and clusters: who carries their traits, and which cluster deserves which name.

Traits are levels in standard deviations of the logarithm over all subscribers; a level means "that much or more".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from telco_crm.segment.mixture import Labels
from telco_crm.segment.scaling import Matrix, Scaling
from telco_crm.segment.scheme import Scheme

LIMIT = 3.0  # the highest level of a trait: "3 or more"
NEUTRAL = 0.06  # weight of inputs that an archetype does not name when people are compared, against 1 for its traits
NEUTRAL_CLUSTER = 0.04  # the same when clusters are
MIDDLING = 0.5  # weight of a trait of level 0, which many people have, against 1 for a level of one standard deviation
SATISFIED = 0.35  # share of the traits that a cluster must have to deserve the name
MOSTLY = 0.65  # … and of what it has of the archetype whose traits it has most
TOLD = 0.5  # share of the traits that the data must be able to show
CLEARLY = 0.7  # share of the traits with which a further cluster joins a name that is given already
CONTRARY = 1.5  # a cluster that far from 0 contradicts a trait of level 0
OVERSHOOT = 0.15  # weight of what a cluster has of a trait beyond a level below LIMIT
IDLE = 2.0  # a trait "below all" that is exceeded by more tells of people who do nothing at all, which is another thing
FITTING = 6.0  # an archetype with a misfit beyond that is no name for a cluster …
WORSE = 2.5  # … nor an archetype whose misfit is by more than that worse than another's
DISTINCT = 0.7  # by how much less the own name's misfit is for clusters that are surely different
NOTABLE = 2.0  # units of an input below which an amount is next to nothing
NOBODY = -1


@dataclass(frozen=True)
class Archetypes:
    """K archetypes over p inputs: `levels` (K × p, 0 where not named), `named` (K × p), `least` and `most` (K × p,
    standardised; infinite where nothing is asked), `times` (K × p, 0 where nothing is asked), and `centre` and
    `scale` of the data (p).
    """

    ids: Labels
    levels: Matrix
    named: Matrix
    least: Matrix
    most: Matrix
    times: Matrix
    centre: Matrix
    scale: Matrix

    @classmethod
    def of(cls, scheme: Scheme, scaling: Scaling) -> Archetypes:
        """Those of a scheme; its `least`, `most` and `times` are brought to the scale of the data."""
        inputs = list(scheme.inputs)
        shape = (len(scheme.groups), len(inputs))
        levels, named = np.zeros(shape), np.zeros(shape, dtype=bool)
        least, most, times = np.full(shape, -np.inf), np.full(shape, np.inf), np.zeros(shape)
        activity = scaling.activity
        for row, group in enumerate(scheme.groups.values()):
            for trait, level in group.traits.items():
                levels[row, inputs.index(trait)], named[row, inputs.index(trait)] = level, True
            for bound, amounts, part in ((least, group.least, min(1, activity)), (most, group.most, activity)):
                for trait, amount in amounts.items():
                    at = inputs.index(trait)
                    bound[row, at] = scaling.standardised(at, amount * (part if scheme.inputs[trait].amount else 1.0))
            for trait, amount in group.times.items():
                times[row, inputs.index(trait)] = amount
        weight = np.where(named, np.maximum(np.abs(levels), MIDDLING), 0)
        named &= scaling.scale > 0  # nobody can differ in what never varies …
        told = np.where(named, weight, 0).sum(axis=1) >= TOLD * weight.sum(axis=1)
        least[~told] = np.inf  # … and a name that rests on that is not given
        ids = np.array(list(scheme.groups), dtype=np.int64)
        return cls(ids, levels, named, least, most, times, scaling.centre, scaling.scale)

    def seeds(self, z: Matrix, count: int) -> Matrix:
        """One start per archetype (K × p): the mean of the `count` people who resemble it more than any other."""
        weight = np.where(self.named, 1.0, NEUTRAL)
        cut = np.clip(z, -LIMIT, LIMIT)
        far = np.column_stack([_short(cut - t, t) @ w / w.sum() for t, w in zip(self.levels, weight, strict=True)])
        starts = np.empty((len(self.ids), z.shape[1]))
        for k in range(len(self.ids)):
            others = np.delete(far, k, axis=1).min(axis=1) if far.shape[1] > 1 else 0
            starts[k] = z[np.argsort(far[:, k] - others, kind="stable")[:count]].mean(axis=0)
        return starts

    def misfit(self, means: Matrix) -> Matrix:
        """What clusters lack of the traits, and have beyond them (clusters × K): weighted sums of squares."""
        out = np.empty((len(means), len(self.ids)))
        for k, (level, named) in enumerate(zip(self.levels, self.named, strict=True)):
            beyond = means * np.sign(level) - np.abs(level)
            short = np.where(level != 0, np.maximum(0, -beyond) ** 2, MIDDLING * means**2)
            over = np.where((level != 0) & (np.abs(level) < LIMIT), np.clip(beyond, 0, LIMIT), 0) ** 2 * OVERSHOOT
            idle = np.where(level < 0, np.maximum(0, beyond - IDLE), 0) ** 2
            other = np.minimum(np.abs(means), LIMIT) ** 2 * NEUTRAL_CLUSTER
            out[:, k] = np.where(named, short + over + idle, other).sum(axis=1)
        return out

    def satisfied(self, means: Matrix) -> Matrix:
        """How much of the traits clusters have (clusters × K), from 0 to 1 (all); 0 where a trait is contradicted or
        what is asked for at the least or the most is not kept.
        """
        out = np.empty((len(means), len(self.ids)))
        often = self._times(means)
        for k, (level, named) in enumerate(zip(self.levels, self.named, strict=True)):
            at, size = means[:, named], np.abs(level[named])
            part = np.where(size > 0, np.clip(at * np.sign(level[named]) / np.maximum(size, 1e-9), -1, 1), 0)
            part = np.where(size > 0, part, 1 - np.minimum(1, np.abs(at) / CONTRARY))
            against = np.where(size > 0, at * np.sign(level[named]) <= -np.maximum(size, 1), np.abs(at) >= CONTRARY)
            weight = np.maximum(size, MIDDLING)
            within = (means >= self.least[k]).all(axis=1) & (means <= self.most[k]).all(axis=1)
            within &= ((self.times[k] == 0) | (often >= self.times[k])).all(axis=1)
            good = within & ~against.any(axis=1)
            out[:, k] = np.where(good, np.maximum(part @ weight / max(weight.sum(), 1e-9), 0), 0)
        return out

    def assign(self, means: Matrix, weights: Matrix) -> Labels:
        """The archetype (0 … K-1) of every cluster, each given once; NOBODY for clusters that are left.

        Names are given so that the whole fits best; but of two clusters that both deserve a name, the larger has it.
        """
        misfit = self.misfit(means)
        having = self.satisfied(means)
        carried = (having >= SATISFIED) & (having >= MOSTLY * having.max(axis=1, keepdims=True))
        best = np.where(carried, misfit, np.inf).min(axis=1, keepdims=True)
        deserved = carried & (misfit <= np.minimum(best + WORSE, FITTING))
        # A name that is not deserved costs more than any that is, so it is only taken for want of others.
        cost = np.where(deserved, misfit, 1e6)
        rows, columns = linear_sum_assignment(cost)
        names = np.full(len(means), NOBODY, dtype=np.int64)
        names[rows] = np.where(deserved[rows, columns], columns, NOBODY)
        for left in np.flatnonzero(names == NOBODY):
            best = cost[left].argmin()
            holder = np.flatnonzero(names == best)
            if deserved[left, best] and len(holder) and weights[left] > weights[holder[0]]:
                names[left], names[holder[0]] = best, NOBODY
        return names

    def amounts(self, means: Matrix) -> Matrix:
        """Logarithms of what clusters do, where less than NOTABLE units count as next to nothing."""
        logs = means * self.scale + self.centre
        more: Matrix = np.copysign(np.log1p(np.expm1(np.abs(logs)) / NOTABLE), logs)
        return more

    def distinct(self, means: Matrix, names: Labels) -> npt.NDArray[np.bool_]:
        """Which two clusters (clusters × clusters) carry their own names clearly better than each other's."""
        misfit = self.misfit(means)
        own = misfit[np.arange(len(names)), names]
        better = misfit[:, names] - own[:, None] >= DISTINCT
        named = names != NOBODY
        both: npt.NDArray[np.bool_] = better & better.T & named & named[:, None]
        return both

    def join(self, means: Matrix, names: Labels) -> Labels:
        """The same, where clusters that are left take a name that they clearly deserve although it is given already."""
        given = np.isin(np.arange(len(self.ids)), names)
        clear = (self.satisfied(means) >= CLEARLY) & given
        best = np.where(clear, self.misfit(means), np.inf).argmin(axis=1)
        return np.where((names == NOBODY) & clear.any(axis=1), best, names)

    def _times(self, means: Matrix) -> Matrix:
        """What clusters do, in multiples of what the one in the middle does (clusters × p)."""
        amounts = np.expm1(np.maximum(means * self.scale + self.centre, 0))
        middle = np.median(amounts, axis=0)
        times: Matrix = np.divide(amounts, middle, out=np.full(amounts.shape, np.inf), where=middle > 0)
        return times


def _short(differences: Matrix, levels: Matrix) -> Matrix:
    """Squares of what people lack of the levels; what they have beyond them counts little: "that much or more"."""
    squares: Matrix = differences**2
    squares *= np.where(differences * levels > 0, OVERSHOOT, 1.0)
    return squares

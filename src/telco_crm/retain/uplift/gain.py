"""What a ranking is worth in a randomised trial: Qini curve, uplift curve, areas, deciles, and how sure they are.

Customers are taken in the order of their score, the highest first. Of the first k, t were treated and c were control,
with outcomes that sum to Y_t and Y_c. The Qini curve (Radcliffe 2007) is Q(k) = Y_t - Y_c · t / c, the outcomes that
treating them added among those treated; the uplift curve is V(k) = (Y_t / t - Y_c / c) · k, the outcomes that treating
all of the first k would add. Both are divided by the n customers of the trial and given per 1,000. Equal scores share
one mean outcome each, so that the order among them does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
PER = 1000.0
REPLICATES = 200
CHANCE = 0.025  # one-sided: the lower ends of 95% intervals
CROSSED = 2**0.5  # see `intervals`
DRAWS = 20_000
BINS = 5000  # of a ranking, for its replicates


class Gain(NamedTuple):
    """Areas per 1,000 customers: means over all lengths k = 1 … n of a list.

    `incremental`: of Q(k) - Q(n) · k / n, the Qini curve above a list in random order. `qini` is that area divided by
    the area below the random line, |Q(n)| / 2. `auuc`: of V(k), the whole area below the uplift curve;
    `auuc_random`: that of a random order, V(n) / 2.
    """

    incremental: float
    qini: float
    auuc: float
    auuc_random: float


class Curve(NamedTuple):
    """Running figures down a ranking; each has n entries, per 1,000 customers of the trial."""

    qini: Floats
    uplift: Floats


class Interval(NamedTuple):
    """An estimate, its standard error, and an interval."""

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Trial:
    """Who was treated and what came of it: n entries each, by customer."""

    treated: Bools
    outcome: Floats

    @property
    def effect(self) -> float:
        """Mean outcome of the treated minus that of the control group."""
        return float(self.outcome[self.treated].mean() - self.outcome[~self.treated].mean())


@dataclass(frozen=True)
class _Binned:
    """A ranking in at most BINS parts, so that many replicates of it are quick: by customer twice the part, and 1 if
    treated; those with an outcome that is not 0, and that outcome.
    """

    cell: npt.NDArray[np.int64]
    bins: int
    some: npt.NDArray[np.intp]
    outcome: Floats

    @classmethod
    def of(cls, score: Floats, trial: Trial) -> _Binned:
        """Equal scores come into one part."""
        places = rankdata(-score, "dense").astype(np.int64) - 1
        if places.max() >= BINS:
            places = ((rankdata(-score, "average") - 0.5) * BINS / len(score)).astype(np.int64)
        some = np.flatnonzero(trial.outcome)
        return cls(places * 2 + trial.treated, int(places.max()) + 1, some, trial.outcome[some])

    def incremental(self, weight: Floats) -> float:
        """As of `Gain`, of the customers so many times each; within a part the curve is a straight line."""
        counts = np.bincount(self.cell, weight, 2 * self.bins).reshape(-1, 2)
        sums = np.bincount(self.cell[self.some], weight[self.some] * self.outcome, 2 * self.bins).reshape(-1, 2)
        (c, t), (y_c, y_t) = np.cumsum(counts, axis=0).T, np.cumsum(sums, axis=0).T
        if not c[-1] + t[-1]:
            return 0.0
        height = np.append(0.0, _curve(c + t, t, c, y_t, y_c).qini)
        return float(((height[1:] + height[:-1]) / 2 @ counts.sum(axis=1)) / (c[-1] + t[-1]) - height[-1] / 2)


def curve(score: Floats, trial: Trial) -> Curve:
    """Qini and uplift curve of the ranking by `score`, the highest first."""
    order = np.argsort(-score, kind="stable")
    return _curve(*_running(score, trial, order))


def gain(score: Floats, trial: Trial) -> Gain:
    """The areas of the ranking by `score`."""
    found = curve(score, trial)
    n = len(score)
    incremental = float(found.qini.mean() - found.qini[-1] * (n + 1) / n / 2)
    line = abs(found.qini[-1]) / 2
    qini = incremental / line if line > 0 else float("nan")
    return Gain(incremental, qini, float(found.uplift.mean()), float(found.uplift[-1]) / 2)


def intervals(scores: Mapping[str, Floats], trial: Trial, seed: int, more: float = 1.0) -> dict[str, Interval]:
    """`incremental` of several rankings of the same customers, with joint 95% intervals.

    Standard errors are those of a Poisson bootstrap over customers, the same replicates for all rankings. The intervals
    hold together: c standard errors wide to each side, where the largest of the rankings' correlated normal deviations
    stays below c with probability 0.975. So the best of them may be looked at as if it had been the only one.

    `more` multiplies the standard errors. It is `CROSSED` for rankings whose folds were ranked by models fitted on the
    other folds: what chance put into one fold, the model of the next has learnt, so the areas of two folds deviate in
    one direction. Without an effect the area is a sum over pairs of customers of different folds in which each pair
    stands twice; its variance is then twice that of the bootstrap, which holds the ranking fixed (for the same of
    other measures see Wager 2024, "Sequential validation of treatment heterogeneity").
    """
    rng = np.random.default_rng(seed)
    binned = [_Binned.of(score, trial) for score in scores.values()]
    replicates = np.empty((REPLICATES, len(scores)))
    for row in replicates:
        weight = rng.poisson(1.0, len(trial.outcome)).astype(np.float64)
        row[:] = [part.incremental(weight) for part in binned]
    error = more * replicates.std(axis=0, ddof=1)
    width = _critical(replicates, rng)
    found = {}
    for at, (name, score) in enumerate(scores.items()):
        value = gain(score, trial).incremental
        found[name] = Interval(
            value, float(error[at]), value - width * float(error[at]), value + width * float(error[at])
        )
    return found


def deciles(score: Floats, trial: Trial, parts: int = 10) -> list[dict[str, float]]:
    """Cumulative figures of the first tenth of the ranking, the first two, …: customers, treated, control, means of
    the outcome, their difference, both curves, and what a random list of that length would bring.
    """
    order = np.argsort(-score, kind="stable")
    k, t, c, y_t, y_c = _running(score, trial, order)
    found = _curve(k, t, c, y_t, y_c)
    rows = []
    for part in range(1, parts + 1):
        at = max(round(len(order) * part / parts), 1) - 1
        treated, control = (y_t[at] / t[at] if t[at] else np.nan), (y_c[at] / c[at] if c[at] else np.nan)
        rows.append(
            {
                "part": part,
                "customers": at + 1,
                "treated": float(t[at]),
                "control": float(c[at]),
                "treated_mean": float(treated),
                "control_mean": float(control),
                "difference": float(treated - control),
                "incremental": float(found.qini[at]),
                "uplift": float(found.uplift[at]),
                "random": float(found.qini[-1]) * (at + 1) / len(order),
            }
        )
    return rows


def _running(score: Floats, trial: Trial, order: npt.NDArray[np.intp]) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Down the ranking: customers, treated, control, and the sums of their outcomes; along equal scores linear."""
    treated, outcome = trial.treated[order], trial.outcome[order]
    k = np.arange(1.0, len(order) + 1)
    sums = [np.cumsum(part, dtype=np.float64) for part in (treated, treated * outcome, ~treated * outcome)]
    ends = np.append(np.flatnonzero(np.diff(score[order]) != 0), len(order) - 1)
    if len(ends) < len(order):  # equal scores: from one end of a group to the next in a straight line
        at = np.append(0.0, k[ends])
        sums = [np.interp(k, at, np.append(0.0, part[ends])) for part in sums]
    t, y_t, y_c = sums
    return k, t, k - t, y_t, y_c


def _curve(k: Floats, t: Floats, c: Floats, y_t: Floats, y_c: Floats) -> Curve:
    n = max(k[-1], 1.0)
    zero = np.zeros(len(k))
    control = np.divide(y_c, c, out=zero.copy(), where=c > 1e-9)
    treated = np.divide(y_t, t, out=zero.copy(), where=t > 1e-9)
    uplift = np.where((t > 1e-9) & (c > 1e-9), (treated - control) * k, 0.0)
    return Curve(PER * (y_t - control * t) / n, PER * uplift / n)


def _critical(replicates: Floats, rng: np.random.Generator) -> float:
    """How many standard errors the largest of the deviations exceeds with a chance of 2.5%."""
    spread = replicates.std(axis=0)
    moving = replicates[:, spread > 0]
    if not moving.shape[1]:
        return 0.0
    drawn = rng.multivariate_normal(
        np.zeros(moving.shape[1]), np.atleast_2d(np.corrcoef(moving.T)), DRAWS, method="eigh"
    )
    return float(np.quantile(drawn.max(axis=1), 1 - CHANCE))

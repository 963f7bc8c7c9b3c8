"""Survival curves: the product-limit estimate of Kaplan and Meier (1958) with delayed entry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Curve:
    """A survival curve by time 0 … T: at `start` it is 1; `at_risk` and `left` are those of the step that ends at each
    time; `low` and `high` the 95% interval.
    """

    start: int
    at_risk: Ints
    left: Ints
    survival: Floats
    low: Floats
    high: Floats


def kaplan_meier(enter: Ints, leave: Ints, end: Ints, least: int = 1) -> Curve | None:
    """The curve from counts by time: how many come under observation at 0, 1, … (`enter`), and how many of them are
    last seen there, by leaving (`leave`) or otherwise (`end`). Who enters at t is at risk from t + 1 on; who leaves at
    t was at risk at t.

    The curve begins with the first time at which `least` are at risk, and ends with the last one up to which there
    are: what came before is not known, so that it is the chance to stay of those who have stayed until then. None
    where there is no such time.

    Variance by Greenwood (1926); interval by the complementary log-log transformation, S^exp(±z σ ÷ ln S), which stays
    within 0 and 1 (Kalbfleisch and Prentice 1980).
    """
    before = np.concatenate([[0], np.cumsum(enter - leave - end)[:-1]])
    at_risk = before.astype(np.int64)
    enough = np.flatnonzero(at_risk >= least)
    if not len(enough):
        return None
    first = int(enough[0])
    short = np.flatnonzero(at_risk[first:] < least)
    last = first + int(short[0]) if len(short) else len(at_risk)
    n, d = at_risk[first:last].astype(float), leave[first:last].astype(float)
    survival = np.cumprod(1 - d / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(np.where(d > 0, d / (n * (n - d)), 0.0))) / np.abs(np.log(survival))
        power = norm.ppf(0.975) * spread
        low, high = survival ** np.exp(power), survival ** np.exp(-power)
    certain = (survival == 1) | (survival == 0)  # nobody has left yet, or everybody has
    low, high = np.where(certain, survival, low), np.where(certain, survival, high)
    return Curve(first - 1, at_risk[first:last], leave[first:last].astype(np.int64), survival, low, high)

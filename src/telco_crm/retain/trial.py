"""The statistics of a randomised comparison: differences with intervals, permutation checks, balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import hypergeom, t

from telco_crm.intervals import LEVEL, newcombe

Values = npt.NDArray[np.float64]
TIE = 1e-12  # differences that are equal but for rounding count as equal


@dataclass(frozen=True)
class Difference:
    """Mean of the treated − mean of the control group, its 95% interval, and the share of the permutations of the arms
    that give a difference at least as large, up or down.
    """

    treated: float
    control: float
    low: float
    high: float
    chance: float

    @property
    def size(self) -> float:
        """The difference itself."""
        return self.treated - self.control

    @property
    def shown(self) -> bool:
        """Whether there is a difference, by the interval and by the permutations."""
        return (self.low > 0 or self.high < 0) and self.chance < 1 - LEVEL


def share_difference(yes_t: int, n_t: int, yes_c: int, n_c: int) -> Difference:
    """Of two shares, with Newcombe's hybrid score interval (1998, method 10) and the exact permutation distribution,
    which is the hypergeometric one. Both arms must have somebody.
    """
    p, q = yes_t / n_t, yes_c / n_c
    low, high = newcombe((yes_t, n_t), (yes_c, n_c))
    total, yes = n_t + n_c, yes_t + yes_c
    possible = np.arange(max(0, yes - n_c), min(yes, n_t) + 1)
    sizes = np.abs(possible / n_t - (yes - possible) / n_c)
    chance = hypergeom.pmf(possible[sizes >= abs(p - q) - TIE], total, yes, n_t).sum()
    return Difference(p, q, low, high, float(min(chance, 1.0)))


def mean_difference(treated: Values, control: Values, permutations: int, seed: int) -> Difference:
    """Of two means, with Welch's interval and random permutations. Both arms must have at least two."""
    size = float(treated.mean() - control.mean())
    parts = np.array([treated.var(ddof=1) / len(treated), control.var(ddof=1) / len(control)])
    error = float(np.sqrt(parts.sum()))
    half = 0.0
    if error:
        freedom = parts.sum() ** 2 / (parts**2 / [len(treated) - 1, len(control) - 1]).sum()
        half = float(t.ppf(0.5 + LEVEL / 2, freedom)) * error
    rng, pooled, larger = np.random.default_rng(seed), np.concatenate([treated, control]), 0
    for _ in range(permutations):
        rng.shuffle(pooled)
        first = float(pooled[: len(treated)].mean())
        rest = float(pooled[len(treated) :].mean())
        larger += abs(first - rest) >= abs(size) - TIE
    chance = (larger + 1) / (permutations + 1)
    return Difference(float(treated.mean()), float(control.mean()), size - half, size + half, chance)


def standardised_difference(treated: Values, control: Values) -> float:
    """Difference of the means ÷ root of the mean variance (Austin 2009); NaN with fewer than two values in an arm."""
    if min(len(treated), len(control)) < 2:
        return float("nan")
    spread = float(np.sqrt((treated.var(ddof=1) + control.var(ddof=1)) / 2))
    size = float(treated.mean() - control.mean())
    return size / spread if spread else (0.0 if size == 0 else float("inf"))

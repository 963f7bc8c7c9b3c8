"""Does the hazard foretell? The last months are held out, foretold from those before, and held against who left."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import nbinom, poisson

from telco_crm.value.hazard import Hazard, fit_hazard
from telco_crm.value.naming import SEGMENTS

Floats = npt.NDArray[np.float64]
DECILES = 10
COLUMNS = ["kind", "level", "n", "expected", "low", "high", "observed"]


def calibrate(cells: pd.DataFrame, months: list[int], after: int, spread: float) -> pd.DataFrame:
    """One row per segment, month and decile of the hazard: kind, level, n (subscriber-months), expected, low, high (95%
    interval of the number that leaves), observed. `cells` as in lives.cells_sql. A third of the `months` after the
    landmark `after` is held out, at least one; no rows where nobody who left would be there to fit on.
    """
    held = months[-max(1, sum(month > after for month in months) // 3) :]
    past, ahead = (cells[cells["month"].isin(held) == wanted] for wanted in (False, True))
    if not len(ahead) or past["left"].sum() < 1:
        return pd.DataFrame(columns=COLUMNS)
    hazard = fit_hazard(past, spread)
    ahead = ahead.assign(all=0, h=1 / (1 + np.exp(-hazard.log_odds(ahead)))).sort_values("h", kind="stable")
    place = (ahead["n"].cumsum() - ahead["n"] / 2) / ahead["n"].sum()
    ahead["decile"] = np.minimum((place * DECILES).astype(int), DECILES - 1) + 1
    rows = [
        (kind, level, *_against(hazard, members))
        for kind in ("all", *SEGMENTS, "decile", "month")
        for level, members in ahead.groupby(kind, sort=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _against(hazard: Hazard, cells: pd.DataFrame) -> tuple[float, ...]:
    n, h = cells["n"].to_numpy(float), cells["h"].to_numpy(float)
    expected = n * h
    slope = (expected * (1 - h)) @ hazard.design(cells)
    by_month = pd.Series(expected).groupby(cells["month"].to_numpy()).sum()
    more = float(slope @ hazard.covariance @ slope + hazard.shock * (by_month**2).sum())
    low, high = leavers_interval(float(expected.sum()), more)
    return float(n.sum()), float(expected.sum()), low, high, float(cells["left"].sum())


def leavers_interval(expected: float, more: float) -> tuple[float, float]:
    """Between which numbers a count lies in 95 of 100 cases: Poisson about a mean with variance `more` (gamma, so that
    the count is negative binomial).
    """
    if more <= 1e-9 * expected:
        spread = poisson(expected)
    else:
        size = expected**2 / more
        spread = nbinom(size, size / (size + expected))
    return float(spread.ppf(0.025)), float(spread.ppf(0.975))

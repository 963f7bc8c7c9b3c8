"""Months ahead: the chance to be still there, and what a revenue of 1 a month is worth, by profile.

A profile is all that tells lifetimes apart: tenure, contract, brand, band and group. Months on network and the state
of the contract of every month ahead are known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.value.hazard import Hazard
from telco_crm.value.lives import ENDED, FREE, RUNNING
from telco_crm.worth import WorthRules

Floats = npt.NDArray[np.float64]
STATIC = ("brand", "band", "group_id")


@dataclass(frozen=True)
class Ahead:
    """Per profile (rows) and month ahead 1 … H (columns): `hazard` of leaving in it; `there`, the chance to be on the
    books at its start; `rest`, the expected worth of the months after it; with v^t what 1 in month t is worth.

    Worth of 1 a month, per profile: `mean`, its expectation; `square`, that of its square; `low` and `high`, between
    which it is in 95 of 100 cases; `slope`, its derivative by [intercept, effects] (rows × columns of the hazard's
    design).
    """

    hazard: Floats
    there: Floats
    rest: Floats
    mean: Floats
    square: Floats
    low: Floats
    high: Floats
    slope: Floats


def look_ahead(hazard: Hazard, profiles: pd.DataFrame, rules: WorthRules) -> Ahead:
    """`profiles` has the columns brand, band, group_id, months (whole months on network at the end of the as-of month;
    NaN: not known) and contract_left (months from the as-of month to that of the contract's end).
    """
    h, steps, states = _hazards(hazard, profiles, rules)
    stays = np.cumprod(1 - h, axis=1)
    there = np.column_stack([np.ones(len(h)), stays[:, :-1]])
    worth = rules.monthly_discount ** np.arange(1, rules.horizon_months + 1)
    each = there * worth
    mean = each.sum(axis=1)
    rest = mean[:, None] - np.cumsum(each, axis=1)
    total = np.cumsum(worth)
    square = there @ np.diff(total**2, prepend=0.0)
    # Months begun: T ≥ t with the chance `there` of t; T ≤ t with 1 − `stays`.
    low, high = (total[np.minimum((1 - stays < chance).sum(axis=1), len(total) - 1)] for chance in (0.025, 0.975))
    slope = _slope(hazard, profiles, -h * rest, steps, states)
    return Ahead(h, there, rest, mean, square, low, high, slope)


def _hazards(hazard: Hazard, profiles: pd.DataFrame, rules: WorthRules) -> tuple[Floats, Floats, Floats]:
    """Hazards, steps of tenure and states of the contract, by profile and month ahead."""
    ahead = np.arange(rules.horizon_months)  # months that have passed at the start of each month ahead
    months = profiles["months"].to_numpy(float)[:, None] + ahead
    steps = np.searchsorted(rules.tenure_steps, months, side="right").astype(float)
    steps[np.isnan(months)] = np.nan
    left = profiles["contract_left"].to_numpy(float)[:, None] - 1 - ahead
    states = np.select([left >= 0, left >= -rules.ended_months], [RUNNING, ENDED], FREE).astype(float)
    odds = np.full(steps.shape, hazard.intercept)
    for kind, values in (("tenure", steps), ("contract", states)):
        for level in np.unique(values[~np.isnan(values)]):
            odds[values == level] += hazard.of(kind, level)[0]
    static = profiles[list(STATIC)]
    columns = [n for n, (kind, _, _) in enumerate(hazard.columns) if kind in STATIC]
    if columns:
        rows = Hazard(tuple(hazard.columns[n] for n in columns), 0.0, hazard.effects[columns], np.zeros((0, 0)))
        odds += rows.log_odds(static)[:, None]
    return 1 / (1 + np.exp(-odds)), steps, states


def _slope(hazard: Hazard, profiles: pd.DataFrame, weight: Floats, steps: Floats, states: Floats) -> Floats:
    """Sum over the months of `weight` × the row of the design of that month."""
    total = weight.sum(axis=1)
    parts = [total]
    for kind, level, share in hazard.columns:
        if kind in STATIC:
            known = profiles[kind].notna().to_numpy()
            parts.append(np.where(known, (profiles[kind] == level).to_numpy(float) - share, 0.0) * total)
        else:
            values = steps if kind == "tenure" else states
            here = (weight * (values == level)).sum(axis=1)
            parts.append(here - share * (weight * ~np.isnan(values)).sum(axis=1))
    return np.column_stack(parts)

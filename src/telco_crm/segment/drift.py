"""How far a population has moved from the one a model was fitted on: the population stability index.

PSI = Σ (p - q) · ln(p / q) over the bins of an input, or over the groups; p is now, q was then. Below 0.1 nothing to
speak of, from 0.25 a change that calls for a new fit (Siddiqi, "Credit Risk Scorecards", 2006).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from telco_crm.rules import Model

BINS = 10
EMPTY = 1e-4  # share that an empty bin is taken to have


class Distribution(Model):
    """Shares of people in the bins of an input: up to the first of `edges`, …, beyond the last, and `unknown`."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    unknown: float


def distribution(values: npt.NDArray[np.float64]) -> Distribution:
    """By the deciles of `values` (NaN is unknown)."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.array([])
    cuts = tuple(float(f"{e:.10g}") for e in edges)
    shares, unknown = shares_in(cuts, values)
    return Distribution(edges=cuts, shares=tuple(np.round(shares, 8).tolist()), unknown=round(unknown, 8))


def shares_in(edges: tuple[float, ...], values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
    """(share of people in each bin, share of people whose value is unknown)."""
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(np.array(edges), known, side="left"), minlength=len(edges) + 1)
    total = max(len(values), 1)
    return counts / total, 1 - len(known) / total


def input_drift(then: Distribution, values: npt.NDArray[np.float64]) -> float:
    """PSI of an input against its distribution in training."""
    now, unknown = shares_in(then.edges, values)
    return stability_index(np.append(now, unknown), np.append(np.array(then.shares), then.unknown))


def group_drift(then: Mapping[int, float], now: Mapping[int, float]) -> dict[int, float]:
    """Each group's part of the PSI over all groups."""
    return {
        number: stability_index(np.array([now.get(number, 0.0)]), np.array([then.get(number, 0.0)]))
        for number in sorted({*then, *now})
    }


def stability_index(now: npt.NDArray[np.float64], then: npt.NDArray[np.float64]) -> float:
    """Σ (p - q) · ln(p / q); bins that are empty both times count nothing."""
    used = (now > 0) | (then > 0)
    p, q = np.maximum(now[used], EMPTY), np.maximum(then[used], EMPTY)
    return float(((p - q) * np.log(p / q)).sum())

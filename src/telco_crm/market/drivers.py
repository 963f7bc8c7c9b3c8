"""Which areas move the score of everything: Shapley shares of R², from few answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Drivers:
    """By area: `importance` (its share of R²; all add up to 1), `importance_low` and `importance_high` (95%, by
    resampling people) and `coefficient` (of the standardised regression); and R² itself.
    """

    columns: Mapping[str, list[float]]
    r_squared: float


def importance(areas: Floats, overall: Floats, resamples: int, seed: int) -> Drivers:
    """How much each of the `areas` (people × areas) matters for `overall` (people).

    R² of the linear regression is shared out by the mean gain of an area over all orders in which areas can be added
    (Lindeman, Merenda and Gold 1980; the Shapley value). Correlations are shrunk towards 0 by the intensity of Schäfer
    and Strimmer (2005), which vanishes as people become many; so it can be solved however few there are and however
    much areas go together.
    """
    data = np.column_stack([areas, overall])
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(data), (resamples, len(data)))
    correlations = np.array([shrunk(data), *(shrunk(data[rows]) for rows in drawn)])
    shares, total = shapley(correlations)
    parts = shares / np.where(total > 0, total, 1.0)[:, None]
    low, high = np.quantile(parts[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    slopes = np.linalg.solve(correlations[0, :-1, :-1], correlations[0, :-1, -1])
    columns = {"importance": parts[0], "importance_low": low, "importance_high": high, "coefficient": slopes}
    return Drivers({name: values.tolist() for name, values in columns.items()}, float(total[0]))


def shrunk(data: Floats) -> Floats:
    """The correlations of the columns of `data` (people × columns), shrunk towards none; a constant column has none."""
    spread = data.std(axis=0)
    z = np.where(spread > 0, (data - data.mean(axis=0)) / np.where(spread > 0, spread, 1.0), 0.0)
    found = z.T @ z / len(data)
    off = found[~np.eye(len(found), dtype=bool)]
    squares = float((off**2).sum())
    noise = float(((1 - off**2) ** 2).sum()) / max(len(data) - 1, 1)
    kept = 1 - min(1.0, noise / squares) if squares else 0.0
    found *= kept
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def shapley(correlations: Floats) -> tuple[Floats, Floats]:
    """Of many matrices at once (many × columns × columns, the last column the outcome): each area's share of R², and
    R².
    """
    count = correlations.shape[-1] - 1
    every = {s: explained(correlations, s) for size in range(count + 1) for s in combinations(range(count), size)}
    shares = np.zeros((len(correlations), count))
    for area in range(count):
        for chosen, value in every.items():
            if area not in chosen:
                weight = factorial(len(chosen)) * factorial(count - len(chosen) - 1) / factorial(count)
                shares[:, area] += weight * (every[tuple(sorted((*chosen, area)))] - value)
    return shares, every[tuple(range(count))]


def explained(correlations: Floats, areas: tuple[int, ...]) -> Any:
    """R² of the outcome on some of the areas, for each matrix."""
    if not areas:
        return np.zeros(len(correlations))
    chosen = list(areas)
    inner = correlations[:, chosen][:, :, chosen]
    outer = correlations[:, chosen, -1]
    solved = np.linalg.solve(inner, outer[:, :, None])[:, :, 0]
    return (outer * solved).sum(axis=1)

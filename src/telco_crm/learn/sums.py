"""Weighted sums of number columns as further columns for trees.

Trees cut along one column at a time, and approximate "what was spent by day, by night and abroad together" by many
steps. So the rows are parted by a small tree, and in each of its nodes a lasso (Tibshirani 1996) says which columns
together tell leavers from stayers there: oblique splits by regularised regression (Menze et al. 2011), as columns.

A column counts with its height: its value in hundredths of a standard deviation from the mean, cut off at three.
Heights and weights are whole numbers, so a sum is exact, whatever the order of its terms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import model_validator
from sklearn.linear_model import Lasso
from sklearn.tree import DecisionTreeClassifier

from telco_crm.learn.coding import MISSING, MOST_CODES, Codes, Floats, Ints
from telco_crm.learn.linear import straight
from telco_crm.rules import Model

MOST_HEIGHT = 300
STEPS = 100  # heights are in hundredths, the largest weight is a hundred
LEAVES = 8  # of the tree that parts the rows
LEAF_ROWS = 50
NODE_ROWS, NODE_LEAVERS = 150, 25  # that a node needs for a sum of its own; leavers and stayers
MOST_ROWS = 30_000  # more rows do not change a sum
SURE = 1.0  # standard errors of a covariance: what is below does not count
TOLERANCE = 1e-3  # of the lasso's duality gap; weights are rounded anyhow


class Sum(Model):
    """One sum: its code is how many of `edges` lie below Σ weights × heights of `columns` (places in the model)."""

    columns: tuple[int, ...]
    weights: tuple[int, ...]
    edges: tuple[int, ...]

    @model_validator(mode="after")
    def _is_a_sum(self) -> Sum:
        if len(self.columns) < 2 or len(self.columns) != len(self.weights):
            raise ValueError("a sum needs two columns or more, and a weight for each")
        if list(self.columns) != sorted({c for c in self.columns if c >= 0}):
            raise ValueError("the columns of a sum are not in order")
        if not all(0 < abs(weight) <= STEPS for weight in self.weights):
            raise ValueError(f"a weight of a sum is 0 or beyond {STEPS}")
        if len(self.edges) >= MOST_CODES or list(self.edges) != sorted(set(self.edges)):
            raise ValueError("the edges of a sum do not rise, or are too many")
        return self


class Sums:
    """Sums ready to be taken of codes; `heights` is columns × 256."""

    def __init__(self, sums: Sequence[Sum], heights: Sequence[Floats] | Floats) -> None:
        self._sums, self._heights = list(sums), heights
        self._used = sorted({column for one in sums for column in one.columns})
        place = {column: at for at, column in enumerate(self._used)}
        self._members = [[place[column] for column in one.columns] for one in sums]
        self._weights = np.zeros((len(self._sums), len(self._used)))
        for at, (one, members) in enumerate(zip(self._sums, self._members, strict=True)):
            self._weights[at, members] = one.weights

    def beside(self, codes: Codes) -> Codes:
        """The codes (columns × rows) with those of the sums below them."""
        if not self._sums:
            return codes
        values = self._weights @ self._taken(codes)
        found = [np.searchsorted(one.edges, value, side="left") for one, value in zip(self._sums, values, strict=True)]
        return np.vstack([codes, np.array(found, np.uint8)])

    def handed_on(self, parts: Floats, codes: Codes) -> Floats:
        """What columns and sums contribute (columns and sums × rows) as what columns contribute: each sum's part is
        shared out among its members.

        With P the total of the terms above the mean and N that of those below, a term t has the share P·t / (P² + N²)
        or N·|t| / (P² + N²): most goes to those that moved the sum the way it went, the shares are never negative, add
        up to 1, and do not jump where terms cancel out.
        """
        count = len(codes)
        taken = self._taken(codes) if self._sums else parts
        for at, (one, members) in enumerate(zip(self._sums, self._members, strict=True)):
            terms = taken[members] * np.array(one.weights, np.float64)[:, None]
            above, below = terms.clip(0, None).sum(axis=0), (-terms).clip(0, None).sum(axis=0)
            square = above**2 + below**2
            share = np.where(terms > 0, terms * above, -terms * below)
            share = np.divide(share, square, out=np.full(terms.shape, 1 / len(members)), where=square > 0)
            parts[list(one.columns)] += share * parts[count + at]
        return parts[:count]

    def _taken(self, codes: Codes) -> Floats:
        return np.array([self._heights[column].take(codes[column]) for column in self._used])


def heights_of(positions: Floats, codes: Codes) -> Floats:
    """The heights of a number column by code (256); `positions` is where each of the 255 codes lies. "Missing" lies at
    the mean, and so does all where there is no deviation.
    """
    heights = np.zeros(MISSING + 1)
    line = straight(positions, np.bincount(codes, minlength=MISSING + 1)[:MISSING])
    if line is not None:
        heights[:MISSING] = np.round(line * STEPS)
    return heights


def find_sums(heights: Floats, codes: Codes, places: Floats, outcome: Ints) -> list[Sum]:
    """The sums that tell leavers (1 in `outcome`) from stayers: one, at most, for each node of a small tree.

    `heights` is columns × 256, with 0 throughout for a column that is no number; `codes` columns × rows; `places` as
    random trees are grown on (see `randomtrees.places`).
    """
    numbers = np.flatnonzero(heights.any(axis=1))
    if len(numbers) < 2:
        return []
    pick = np.unique(np.linspace(0, len(outcome) - 1, min(len(outcome), MOST_ROWS)).astype(np.int64))
    some, left = codes[:, pick], outcome[pick].astype(np.float64)
    matrix = places[np.arange(len(codes))[:, None], some].T.astype(np.float32, order="C")
    parting = DecisionTreeClassifier(max_leaf_nodes=LEAVES, min_samples_leaf=LEAF_ROWS, random_state=0)
    nodes = parting.fit(matrix, outcome[pick]).decision_path(matrix).tocsc()
    values = np.column_stack([heights[at].take(some[at]) for at in numbers])
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], Sum] = {}
    for node in range(nodes.shape[1]):
        rows = nodes.indices[nodes.indptr[node] : nodes.indptr[node + 1]]
        leavers = left[rows].sum()
        if len(rows) >= NODE_ROWS and min(leavers, len(rows) - leavers) >= NODE_LEAVERS:
            weights = _weights(values[rows], left[rows])
            kept = np.flatnonzero(weights)
            if len(kept) >= 2:
                columns, whole = tuple(numbers[kept].tolist()), tuple(weights[kept].tolist())
                edges = _edges(values[:, kept] @ weights[kept])
                found[columns, whole] = Sum(columns=columns, weights=whole, edges=edges)
    return list(found.values())


def _weights(values: Floats, left: Floats) -> Ints:
    """The weights of the columns of `values` (rows × columns) by a lasso, the largest as 100; columns whose covariance
    with what the others leave open is within its standard error count nothing.
    """
    centred, rest = (values - values.mean(axis=0)) / STEPS, left - left.mean()
    least = SURE * float(np.sqrt(rest @ rest))
    lasso = Lasso(alpha=least / len(left), fit_intercept=False, precompute=True, tol=TOLERANCE)
    weights = np.asarray(lasso.fit(centred, rest).coef_, np.float64)
    largest = np.abs(weights).max()
    return np.round(weights / largest * STEPS).astype(np.int64) if largest > 0 else np.zeros(len(weights), np.int64)


def _edges(values: Floats) -> tuple[int, ...]:
    at = np.linspace(0, 1, MOST_CODES + 1)[1:-1]
    return tuple(np.unique(np.quantile(values, at, method="inverted_cdf")).astype(np.int64).tolist())

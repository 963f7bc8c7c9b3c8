"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) as a sum of log odds.

Each leaf says the log odds of its rows, shrunk to the overall share, and the trees are averaged: a mean of logarithms,
unlike the logarithm of a mean, is a sum of trees, so contributions stay exact. Trees are small, so that the file is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import logit
from sklearn.ensemble import ExtraTreesClassifier

from telco_crm.learn.coding import MISSING, Codes, Floats, Ints
from telco_crm.learn.trees import Forest, Tree

LEAF_PRIOR = 2.0  # rows of the overall share that are added to each leaf
LEVEL_PRIOR = 10.0  # the same for the values of a category, which are put in order by their share
DECIMALS = 9
CHECKED_ROWS = 500


class RandomRecipe(NamedTuple):
    """How trees are grown; the names are scikit-learn's."""

    n_estimators: int
    max_leaf_nodes: int
    max_depth: int
    min_samples_leaf: int
    max_features: float


class _Columns(NamedTuple):
    """What the trees are grown on: a place for each code (columns × 256), which columns have no order, which lack
    values.
    """

    places: Floats
    nominal: dict[int, int]
    gaps: Ints


def grow_random(codes: Codes, outcome: Ints, nominal: dict[int, int], recipe: RandomRecipe, seed: int) -> list[Tree]:
    """Trees whose sum is the log odds of `outcome` (0/1), less those of the overall share.

    `codes` is columns × rows; `nominal` gives the columns without order and how many codes they have.
    """
    columns = _Columns(places(codes, outcome, nominal), nominal, (codes == MISSING).any(axis=1).astype(np.int64))
    matrix = columns.places[np.arange(len(codes))[:, None], codes].T.astype(np.float32, order="C")
    forest = ExtraTreesClassifier(**recipe._asdict(), random_state=seed).fit(matrix, outcome)
    leaves = forest.apply(matrix)
    rate = float(outcome.mean())
    trees, said = [], np.zeros(len(matrix))
    for at, grown in enumerate(forest.estimators_):
        rows = np.bincount(leaves[:, at], minlength=grown.tree_.node_count)
        left = np.bincount(leaves[:, at], weights=outcome, minlength=grown.tree_.node_count)
        odds = logit((left + LEAF_PRIOR * rate) / (rows + LEAF_PRIOR)) - logit(rate)
        value = np.round(np.where(rows > 0, odds, 0) / len(forest.estimators_), DECIMALS)
        trees.append(_tree(grown.tree_, columns, value))
        said += value[leaves[:, at]]
    some = slice(None, CHECKED_ROWS)
    if not np.allclose(Forest(trees, [1.0] * len(trees)).values(codes[:, some]), said[some], rtol=1e-9, atol=1e-9):
        raise RuntimeError("the trees taken out of scikit-learn differ from its own leaves")
    return trees


def places(codes: Codes, outcome: Ints, nominal: dict[int, int]) -> Floats:
    """Where each code lies: "missing" lowest, codes in their order, those without order by their shrunken share."""
    found = np.tile(np.arange(MISSING + 1, dtype=np.float64), (len(codes), 1))
    found[:, MISSING] = -1
    for at, count in nominal.items():
        rows = np.bincount(codes[at], minlength=MISSING + 1)[:count]
        left = np.bincount(codes[at], weights=outcome, minlength=MISSING + 1)[:count]
        share = (left + LEVEL_PRIOR * outcome.mean()) / (rows + LEVEL_PRIOR)
        found[at, np.argsort(share, kind="stable")] = np.arange(count)
    return found


def _tree(grown: Any, columns: _Columns, value: Floats) -> Tree:
    """A tree of scikit-learn with `value` at its leaves. What lacks a value where no fitted row did goes with the most
    rows.
    """
    leaf = grown.children_left < 0
    column = np.where(leaf, -1, grown.feature)
    limit = np.floor(np.where(leaf, 0, grown.threshold)).astype(np.int64)
    rows = grown.n_node_samples
    more_left = rows[grown.children_left] >= rows[grown.children_right]
    missing_left = np.where(columns.gaps[column] == 1, True, more_left) & ~leaf
    nominal = np.isin(column, list(columns.nominal)) & ~leaf
    codes = {
        int(node): tuple(np.flatnonzero(columns.places[at, : columns.nominal[at]] <= limit[node]).tolist())
        for node, at in zip(np.flatnonzero(nominal).tolist(), column[nominal].tolist(), strict=True)
    }
    return Tree(
        column=tuple(column.tolist()),
        limit=tuple(np.where(nominal, 0, limit).tolist()),
        missing_left=tuple(missing_left.astype(int).tolist()),
        left=tuple(np.where(leaf, 0, grown.children_left).tolist()),
        right=tuple(np.where(leaf, 0, grown.children_right).tolist()),
        value=tuple(np.where(leaf, value, 0).tolist()),
        rows=tuple(rows.tolist()),
        codes=codes,
    )

"""Growing trees with scikit-learn and taking them out of it node by node."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from telco_crm.learn.coding import MISSING, Codes, Floats, Ints
from telco_crm.learn.trees import Forest, Tree

CHECKED_ROWS = 500
Booster: TypeAlias = HistGradientBoostingClassifier | HistGradientBoostingRegressor


class Recipe(NamedTuple):
    """How trees are grown; the names are scikit-learn's."""

    max_iter: int
    max_leaf_nodes: int
    min_samples_leaf: int
    learning_rate: float
    l2_regularization: float = 0.0
    max_features: float = 0.3
    max_depth: int = 8


def as_matrix(codes: Codes) -> Floats:
    """Codes (columns × rows) as the matrix that scikit-learn takes: rows × columns, NaN where missing."""
    matrix = codes.T.astype(np.float64, order="C")
    matrix[codes.T == MISSING] = np.nan
    return matrix


def grow(matrix: Floats, outcome: Ints, nominal: dict[int, int], recipe: Recipe, seed: int) -> list[Tree]:
    """Boosted trees for `outcome` (0/1) from codes as `as_matrix` gives them; `nominal` gives the columns without order
    and how many codes they have.

    Deterministic, whatever the number of threads. The log odds start from those of the overall share.
    """
    booster = HistGradientBoostingClassifier(
        **recipe._asdict(), early_stopping=False, random_state=seed, categorical_features=list(nominal) or None
    )
    booster.fit(matrix, outcome)
    trees = trees_of(booster, nominal)
    _check(booster, trees, matrix[:CHECKED_ROWS])
    return trees


def grow_values(matrix: Floats, values: Floats, nominal: dict[int, int], recipe: Recipe, seed: int) -> list[Tree]:
    """As `grow`, for any `values` by least squares; the sum of the trees starts from their mean."""
    booster = HistGradientBoostingRegressor(
        **recipe._asdict(), early_stopping=False, random_state=seed, categorical_features=list(nominal) or None
    )
    booster.fit(matrix, values)
    trees = trees_of(booster, nominal)
    _check(booster, trees, matrix[:CHECKED_ROWS])
    return trees


def trees_of(booster: Booster, nominal: dict[int, int]) -> list[Tree]:
    """The trees of a booster that was fitted on codes."""
    # scikit-learn puts the categorical columns first.
    order = [*nominal, *(c for c in range(booster.n_features_in_) if c not in set(nominal))]
    seen = booster._preprocessor.named_transformers_["encoder"].categories_ if nominal else []
    counts = list(nominal.values())
    return [_tree(stage[0], order, seen, counts) for stage in booster._predictors]


def _tree(predictor: Any, order: list[int], seen: list[Floats], counts: list[int]) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    nominal = nodes["is_categorical"].astype(bool) & ~leaf
    limit = np.where(leaf | nominal, 0, np.minimum(nodes["num_threshold"], MISSING - 1)).astype(np.int64)
    codes = {}
    for at in np.flatnonzero(nominal).tolist():
        place = int(nodes["feature_idx"][at])
        known = [int(code) for code in seen[place] if not np.isnan(code)]
        goes_left = {known[bit] for bit in _members(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][at]])}
        if nodes["missing_go_to_left"][at]:  # codes without a fitted row go where missing ones go
            goes_left |= set(range(counts[place])) - set(known)
        codes[at] = tuple(sorted(goes_left))
    return Tree(
        column=tuple(np.where(leaf, -1, np.array(order)[nodes["feature_idx"]]).tolist()),
        limit=tuple(limit.tolist()),
        missing_left=tuple(np.where(leaf, 0, nodes["missing_go_to_left"]).tolist()),
        left=tuple(nodes["left"].tolist()),
        right=tuple(nodes["right"].tolist()),
        value=tuple(nodes["value"].tolist()),
        rows=tuple(nodes["count"].tolist()),
        codes=codes,
    )


def _members(bitset: Any) -> list[int]:
    found = np.flatnonzero(np.unpackbits(np.asarray(bitset, "<u4").view(np.uint8), bitorder="little"))
    return [int(place) for place in found]


def _check(booster: Booster, trees: list[Tree], matrix: Floats) -> None:
    """The trees were taken out through scikit-learn's inner structures: refuse to go on if they say anything else."""
    codes = np.where(np.isnan(matrix), MISSING, matrix).T.astype(np.uint8)
    ours = Forest(trees, [1.0] * len(trees)).values(codes) + booster._baseline_prediction.item()
    theirs = booster.decision_function if isinstance(booster, HistGradientBoostingClassifier) else booster.predict
    if not np.allclose(ours, theirs(matrix), rtol=1e-9, atol=1e-9):
        raise RuntimeError("the trees taken out of scikit-learn differ from its own predictions")

"""Fitting: boosted trees of two kinds, random trees and two logistic regressions per fold, blended by what they say of
unseen rows.

Each fold model is fitted on the rows outside one fold; the model is the mean of the fold models (a committee, Breiman
1996), so the cross-validation that weighs and calibrates the parts costs no extra fits. Boosted trees come in two
blocks, early and late ones, with weights of their own: where later trees only learn noise, their weight goes to zero.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit
from threadpoolctl import threadpool_limits

from telco_crm.learn.additive import AdditiveModel, Block, with_floor
from telco_crm.learn.blend import Blend, blend
from telco_crm.learn.coding import MISSING, Codes, ColumnCode, Floats, Ints, fit_coding
from telco_crm.learn.folds import folds
from telco_crm.learn.grow import Recipe, as_matrix, grow
from telco_crm.learn.linear import basis, code_values, fit_linear
from telco_crm.learn.randomtrees import RandomRecipe, grow_random
from telco_crm.learn.trees import Forest, Tree

STRENGTHS = (0.05, 1.0)  # of the two logistic regressions
EARLY = 30  # trees of the first block
RECIPES = (
    Recipe(max_iter=100, max_leaf_nodes=24, min_samples_leaf=5, learning_rate=0.1, l2_regularization=1.0),
    Recipe(max_iter=100, max_leaf_nodes=4, min_samples_leaf=20, learning_rate=0.1),
)
RANDOM = RandomRecipe(n_estimators=40, max_leaf_nodes=32, max_depth=6, min_samples_leaf=5, max_features=0.3)
RANDOM_ROWS = 100_000  # up to so many, random trees are worth their time
DECIMALS = 9


@dataclass(frozen=True)
class Learned:
    """A fitted model, and the probability that its fold models gave to the rows they had not seen (at `unseen`)."""

    model: AdditiveModel
    codes: Codes
    unseen: Ints
    probability: Floats


class _Data(NamedTuple):
    columns: list[ColumnCode]
    codes: Codes
    positions: list[Floats]  # where the codes of each column lie, for the logistic regressions
    outcome: Ints
    fold: Ints


class _FoldModel(NamedTuple):
    linear: list[list[Floats]]  # by strength and column: a table of log odds
    blocks: list[list[Tree]]  # early and late trees of each recipe, then random ones


def fit(frame: pd.DataFrame, outcome: Ints, groups: pd.Series, seed: int, threads: int, quick: bool = False) -> Learned:
    """Fit on `frame` (float64 or text columns) and `outcome` (0/1); `groups` as in `folds`.

    With `quick`, fewer fold models are fitted on many rows, and there is no floor, so that the log odds of the
    probability are the sum itself. The result is the same whatever `threads` is.
    """
    count, fitted = _folds_for(len(outcome), quick)
    fold = folds(groups, outcome, count, seed)
    columns, codes = fit_coding(frame, outcome, fold)
    positions = [_positions(column, frame[column.name], codes[at]) for at, column in enumerate(columns)]
    data = _Data(columns, codes, positions, np.asarray(outcome, np.int64), fold)
    with threadpool_limits(1):
        models = _fold_models(data, fitted, seed, threads)
        said = [_parts(model, codes[:, fold == k]) for k, model in enumerate(models)]
    rows = np.concatenate([np.flatnonzero(fold == k) for k in range(fitted)])
    order = np.argsort(rows)
    unseen, parts = rows[order], np.concatenate(said)[order]
    blended = blend(parts, data.outcome[unseen], _prior(parts.shape[1]), with_floor=not quick)
    return Learned(_merged(data, models, blended), codes, unseen, with_floor(expit(blended.odds(parts)), blended.floor))


def _folds_for(rows: int, quick: bool) -> tuple[int, int]:
    """Folds, and how many of them are left out in turn: few rows: all, since a committee steadies the model; many
    rows: one, since they steady it themselves.
    """
    if rows <= 10_000:
        return 10, 10
    if rows <= 20_000:
        return 5, 5
    return (8, 1 if quick else 3) if rows <= 100_000 else (10, 1)


def _positions(column: ColumnCode, values: pd.Series, codes: Codes) -> Floats:
    if column.kind == "number":
        return code_values(values.to_numpy(np.float64), codes)
    return np.arange(MISSING, dtype=np.float64)


def _prior(parts: int) -> Floats:
    """Equal shares for the logistic regressions together and for each kind of trees."""
    kinds = parts - len(STRENGTHS) - len(RECIPES)  # early and late trees are of one kind
    share = 1 / (1 + kinds)
    return np.array([share / len(STRENGTHS)] * len(STRENGTHS) + [share] * (parts - len(STRENGTHS)))


def _fold_models(data: _Data, fitted: int, seed: int, threads: int) -> list[_FoldModel]:
    """One model for each of the folds 0 … fitted - 1, from the rows outside it."""
    jobs: list[Callable[[], Any]] = []
    for k in range(fitted):  # the longest jobs first
        jobs.append(partial(_regressed, data, k))
        jobs += [partial(_boosted, data, k, at, seed) for at in range(len(RECIPES))]
        jobs.append(partial(_random, data, k, seed))
    with ThreadPoolExecutor(threads, initializer=_one_thread) as pool:
        done = list(pool.map(lambda job: job(), jobs))
    per = len(RECIPES) + 2
    return [_FoldModel(done[at], list(chain(*done[at + 1 : at + per]))) for at in range(0, len(done), per)]


def _one_thread() -> None:
    """Within this thread, let OpenMP start none of its own: its limit is one of each thread, unlike that of BLAS."""
    threadpool_limits(1, user_api="openmp")


def _boosted(data: _Data, k: int, at: int, seed: int) -> list[list[Tree]]:
    """Early and late trees."""
    inside = data.fold != k
    codes = data.codes[:, inside]
    trees = grow(as_matrix(codes), data.outcome[inside], _nominal(data, codes), RECIPES[at], seed + 1000 * k + at)
    return [trees[:EARLY], trees[EARLY:]]


def _random(data: _Data, k: int, seed: int) -> list[list[Tree]]:
    inside = data.fold != k
    if len(inside) > RANDOM_ROWS:
        return []
    codes = data.codes[:, inside]
    return [grow_random(codes, data.outcome[inside], _nominal(data, codes), RANDOM, seed + 1000 * k + len(RECIPES))]


def _nominal(data: _Data, codes: Codes) -> dict[int, int]:
    """The columns without order, and how many codes they have.

    Of a category with a single value scikit-learn (1.9) takes "value or missing" for a split of numbers.
    """
    return {
        at: column.count
        for at, column in enumerate(data.columns)
        if column.nominal and len(np.unique(codes[at][codes[at] != MISSING])) > 1
    }


def _regressed(data: _Data, k: int) -> list[list[Floats]]:
    inside = data.fold != k
    codes, outcome = data.codes[:, inside], data.outcome[inside]
    bases = [basis(column, data.positions[at], codes[at]) for at, column in enumerate(data.columns)]
    return fit_linear(bases, codes, outcome, STRENGTHS)


def _parts(model: _FoldModel, codes: Codes) -> Floats:
    """What each part of a fold model says of some rows: rows × parts, in the order of `_prior`."""
    parts = [sum(table[codes[at]] for at, table in enumerate(tables)) for tables in model.linear]
    parts += [Forest(block, [1.0] * len(block)).values(codes) for block in model.blocks]
    return np.column_stack(parts)


def _merged(data: _Data, models: list[_FoldModel], blended: Blend) -> AdditiveModel:
    """The mean of the fold models, blended; each table is centred, so that it says how far a code is from the mean."""
    tables, (intercept, weights, floor) = [], blended
    for at in range(len(data.columns)):
        table = sum(w * m.linear[i][at] for m in models for i, w in enumerate(weights[: len(STRENGTHS)]))
        table = np.asarray(table) / len(models)
        mean = table[data.codes[at]].mean()
        intercept += mean
        tables.append(tuple(np.round(table - mean, DECIMALS).tolist()))
    blocks = []
    for part, weight in enumerate(weights[len(STRENGTHS) :].tolist()):
        trees = [tree for m in models for tree in m.blocks[part]]
        if weight > 0 and trees:  # a part that counts nothing is left out
            blocks.append(Block(weight=round(weight / len(models), DECIMALS), trees=tuple(trees)))
    return AdditiveModel(
        columns=tuple(data.columns),
        floor=floor,
        intercept=round(float(intercept), DECIMALS),
        linear=tuple(_trimmed(column, table) for column, table in zip(data.columns, tables, strict=True)),
        blocks=tuple(blocks),
    )


def _trimmed(column: ColumnCode, table: tuple[float, ...]) -> tuple[float, ...]:
    return (*table[: column.count], table[MISSING])

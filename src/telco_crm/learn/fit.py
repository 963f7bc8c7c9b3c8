"""Fitting: boosted trees of two kinds, random trees and two logistic regressions per fold, blended by what they say of
unseen rows.

Each fold model is fitted on the rows outside one fold; the model is the mean of the fold models (a committee, Breiman
1996), so the cross-validation that weighs and calibrates the parts costs no extra fits. Boosted trees come in two
blocks, early and late ones, with weights of their own: where later trees only learn noise, their weight goes to zero.
The larger ones look at sums of columns, too (see `sums`), if they tell more of unseen rows with them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

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
from telco_crm.learn.randomtrees import RandomRecipe, grow_random, places
from telco_crm.learn.sums import Sum, Sums, find_sums, heights_of
from telco_crm.learn.trees import Forest, Tree

STRENGTHS = (0.05, 1.0)  # of the two logistic regressions
EARLY = 30  # trees of the first block
RECIPES = (
    Recipe(max_iter=100, max_leaf_nodes=24, min_samples_leaf=5, learning_rate=0.1, l2_regularization=1.0),
    Recipe(max_iter=100, max_leaf_nodes=4, min_samples_leaf=20, learning_rate=0.1),
)
RANDOM = RandomRecipe(n_estimators=40, max_leaf_nodes=32, max_depth=6, min_samples_leaf=5, max_features=0.3)
RANDOM_ROWS = 100_000  # up to so many, random trees and sums are worth their time
PLAINLY = 3.0  # standard errors by which the log likelihood of unseen rows must gain for sums to be taken
TINY = 1e-12
DECIMALS = 9
T = TypeVar("T")


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
    heights: Floats  # columns × 256: what the codes of each column count for in sums
    outcome: Ints
    fold: Ints


class _FoldModel(NamedTuple):
    linear: list[list[Floats]]  # by strength and column: a table of log odds
    sums: list[Sum]
    blocks: list[list[Tree]]  # early and late trees of each recipe, then random ones


class _Committee(NamedTuple):
    """Fold models, how they are blended, and the probability of the rows they had not seen."""

    models: list[_FoldModel]
    blended: Blend
    probability: Floats

    def surprise(self, outcome: Ints) -> Floats:
        """Less the log of the probability of what came, by row."""
        return np.asarray(-np.log(np.where(outcome, self.probability, 1 - self.probability).clip(TINY)))


def fit(frame: pd.DataFrame, outcome: Ints, groups: pd.Series, seed: int, threads: int, quick: bool = False) -> Learned:
    """Fit on `frame` (float64 or text columns) and `outcome` (0/1); `groups` as in `folds`.

    With `quick`, fewer fold models are fitted on many rows, and there are no sums of columns and no floor, so that the
    log odds of the probability are the sum itself. The result is the same whatever `threads` is.
    """
    count, fitted = _folds_for(len(outcome), quick)
    fold = folds(groups, outcome, count, seed)
    columns, codes = fit_coding(frame, outcome, fold)
    positions = [_positions(column, frame[column.name], codes[at]) for at, column in enumerate(columns)]
    heights = [_heights(column, positions[at], codes[at]) for at, column in enumerate(columns)]
    data = _Data(columns, codes, positions, np.array(heights), np.asarray(outcome, np.int64), fold)
    unseen = np.flatnonzero(fold < fitted)
    with threadpool_limits(1):
        plain, summing = _fold_models(data, fitted, seed, threads, sums=not quick and len(outcome) <= RANDOM_ROWS)
        best = _committee(data, plain, not quick)
        if any(model.sums for model in summing):
            other = _committee(data, summing, not quick)
            if _plainly_less(other.surprise(data.outcome[unseen]), best.surprise(data.outcome[unseen])):
                best = other
    return Learned(_merged(data, best.models, best.blended), codes, unseen, best.probability)


def _committee(data: _Data, models: list[_FoldModel], with_least: bool) -> _Committee:
    """The fold models (of the folds 0, 1 …), blended by what each says of the rows it has not seen, with a floor or
    without.
    """
    said = [_parts(model, data.heights, data.codes[:, data.fold == k]) for k, model in enumerate(models)]
    order = np.argsort(np.concatenate([np.flatnonzero(data.fold == k) for k in range(len(models))]))
    parts, outcome = np.concatenate(said)[order], data.outcome[data.fold < len(models)]
    blended = blend(parts, outcome, _prior(parts.shape[1]), with_least)
    return _Committee(models, blended, with_floor(expit(blended.odds(parts)), blended.floor, blended.least))


def _plainly_less(one: Floats, other: Floats) -> bool:
    """Whether the rows of `one` are less on the average, by more than chance: by some standard errors."""
    less = other - one
    return bool(less.mean() > PLAINLY * less.std() / np.sqrt(len(less)))


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


def _heights(column: ColumnCode, positions: Floats, codes: Codes) -> Floats:
    return heights_of(positions, codes) if column.kind == "number" else np.zeros(MISSING + 1)


def _prior(parts: int) -> Floats:
    """Equal shares for the logistic regressions together and for each kind of trees."""
    kinds = parts - len(STRENGTHS) - len(RECIPES)  # early and late trees are of one kind
    share = 1 / (1 + kinds)
    return np.array([share / len(STRENGTHS)] * len(STRENGTHS) + [share] * (parts - len(STRENGTHS)))


def _fold_models(
    data: _Data, fitted: int, seed: int, threads: int, sums: bool
) -> tuple[list[_FoldModel], list[_FoldModel]]:
    """One model for each of the folds 0 … fitted - 1, from the rows outside it; and, with `sums`, the same with larger
    trees that look at sums of columns, too.
    """
    parts = [_boosted, _boosted_less, _random, *[_summing] * sums]
    jobs: list[Callable[[], Any]] = []
    for k in range(fitted):  # the longest jobs first
        jobs += [partial(_regressed, data, k), *(partial(part, data, k, seed) for part in parts)]
    with ThreadPoolExecutor(threads, initializer=_one_thread) as pool:
        done = list(pool.map(lambda job: job(), jobs))
    plain, summing = [], []
    for at in range(0, len(done), len(parts) + 1):
        linear, larger, smaller, random, *more = done[at : at + len(parts) + 1]
        plain.append(_FoldModel(linear, [], [*larger, *smaller, *random]))
        for found, trees in more:
            summing.append(_FoldModel(linear, found, [*(trees or larger), *smaller, *random]))
    return plain, summing


def _one_thread() -> None:
    """Within this thread, let OpenMP start none of its own: its limit is one of each thread, unlike that of BLAS."""
    threadpool_limits(1, user_api="openmp")


def _boosted(data: _Data, k: int, seed: int) -> list[list[Tree]]:
    """Early and late trees of the larger kind."""
    inside = data.fold != k
    return _grown(data, data.codes[:, inside], data.outcome[inside], RECIPES[0], seed + 1000 * k)


def _boosted_less(data: _Data, k: int, seed: int) -> list[list[Tree]]:
    """Early and late trees of the smaller kind."""
    inside = data.fold != k
    return _grown(data, data.codes[:, inside], data.outcome[inside], RECIPES[1], seed + 1000 * k + 1)


def _summing(data: _Data, k: int, seed: int) -> tuple[list[Sum], list[list[Tree]]]:
    """Sums of columns, and early and late trees of the larger kind that look at them, too; none where no sums are."""
    inside = data.fold != k
    codes, outcome = data.codes[:, inside], data.outcome[inside]
    sums = find_sums(data.heights, codes, places(codes, outcome, _nominal(data, codes)), outcome)
    if not sums:
        return [], []
    return sums, _grown(data, Sums(sums, data.heights).beside(codes), outcome, RECIPES[0], seed + 1000 * k)


def _grown(data: _Data, codes: Codes, outcome: Ints, recipe: Recipe, seed: int) -> list[list[Tree]]:
    trees = grow(as_matrix(codes), outcome, _nominal(data, codes), recipe, seed)
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


def _parts(model: _FoldModel, heights: Floats, codes: Codes) -> Floats:
    """What each part of a fold model says of some rows: rows × parts, in the order of `_prior`."""
    parts = [sum(table[codes[at]] for at, table in enumerate(tables)) for tables in model.linear]
    codes = Sums(model.sums, heights).beside(codes)
    parts += [Forest(block, [1.0] * len(block)).values(codes) for block in model.blocks]
    return np.column_stack(parts)


def _merged(data: _Data, models: list[_FoldModel], blended: Blend) -> AdditiveModel:
    """The mean of the fold models, blended; each table is centred, so that it says how far a code is from the mean."""
    tables, (intercept, weights, floor, least) = [], blended
    for at in range(len(data.columns)):
        table = sum(w * m.linear[i][at] for m in models for i, w in enumerate(weights[: len(STRENGTHS)]))
        table = np.asarray(table) / len(models)
        mean = table[data.codes[at]].mean()
        intercept += mean
        tables.append(tuple(np.round(table - mean, DECIMALS).tolist()))
    blocks: list[Block] = []
    sums: list[Sum] = []
    ahead = []
    for model in models:
        ahead.append(len(sums))
        sums += model.sums
    for part, weight in enumerate(weights[len(STRENGTHS) :].tolist()):
        trees = [_behind(t, len(tables), n) for n, m in zip(ahead, models, strict=True) for t in m.blocks[part]]
        if weight > 0 and trees:  # a part that counts nothing is left out
            blocks.append(Block(weight=round(weight / len(models), DECIMALS), trees=tuple(trees)))
    return AdditiveModel(
        columns=tuple(data.columns),
        heights=_members(data, sums) if sums else (),
        sums=tuple(sums),
        floor=floor,
        least=least,
        intercept=round(float(intercept), DECIMALS),
        linear=tuple(_trimmed(column, table) for column, table in zip(data.columns, tables, strict=True)),
        blocks=tuple(blocks),
    )


def _behind(tree: Tree, columns: int, sums: int) -> Tree:
    """The tree where `sums` of other fold models stand between the columns and its own sums."""
    if not sums or max(tree.column) < columns:
        return tree
    return tree.model_copy(update={"column": tuple(at + sums * (at >= columns) for at in tree.column)})


def _members(data: _Data, sums: list[Sum]) -> tuple[tuple[int, ...], ...]:
    """The heights of the columns that are in any of the sums."""
    summed = {column for one in sums for column in one.columns}
    tables = [tuple(table.astype(np.int64).tolist()) if at in summed else () for at, table in enumerate(data.heights)]
    return tuple(_trimmed(c, table) if table else () for c, table in zip(data.columns, tables, strict=True))


def _trimmed(column: ColumnCode, table: tuple[T, ...]) -> tuple[T, ...]:
    return (*table[: column.count], table[MISSING])

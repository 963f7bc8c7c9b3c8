"""Learners of uplift: two models, class transformation, doubly robust; and ranking by the response, the baseline.

All look at columns as codes (see `learn.coding`) and are sums of tables and trees, so what they learn can be written
down. The share of the treated e is that of the rows learnt from: customers were split at random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from telco_crm.learn.additive import AdditiveModel, Block
from telco_crm.learn.coding import MISSING, Codes, ColumnCode, Floats, fit_coding
from telco_crm.learn.grow import Recipe, as_matrix, grow, grow_values
from telco_crm.learn.linear import basis, code_values, logistic, ridge
from telco_crm.learn.trees import Tree
from telco_crm.rules import Model

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
LINEAR_CELLS = 20_000_000  # rows of an arm × curves; a linear model gains little from more
CURVES = 5  # of a column, about
STRENGTH = 0.02  # scikit-learn's C
PENALTIES = (100.0, 1000.0, 10_000.0, 100_000.0)  # of ridge regressions on effects: cross-validation chooses
OUTCOME_TREES = Recipe(max_iter=50, max_leaf_nodes=4, min_samples_leaf=50, learning_rate=0.1, max_features=1.0)
EFFECT_TREES = Recipe(max_iter=60, max_leaf_nodes=4, min_samples_leaf=200, learning_rate=0.05, max_features=1.0)
LEAF_PART = 20  # a leaf needs no more than that part of the rows
DECIMALS = 9
BASELINE = "response"


class Effect(Model):
    """A fitted learner: score = effect, or expected outcome if treated minus expected outcome if not.

    `binary` says that the expected outcomes are log odds. Ranking by the response has `treated` only.
    """

    learner: str
    binary: bool
    effect: AdditiveModel | None = None
    treated: AdditiveModel | None = None
    control: AdditiveModel | None = None

    def score(self, frame: pd.DataFrame, threads: int = 1) -> Floats:
        """The score of each row of `frame`."""
        if self.effect:
            return self.effect.log_odds(frame, threads)
        link = expit if self.binary else np.asarray
        found = np.zeros(len(frame))
        for model, sign in ((self.treated, 1.0), (self.control, -1.0)):
            if model:
                found += sign * link(model.log_odds(frame, threads))
        return found


@dataclass(frozen=True)
class Learnt:
    """Rows to learn from: columns × rows as codes, who was treated, what came of it, and whether that is 0 or 1."""

    columns: list[ColumnCode]
    codes: Codes
    positions: list[Floats]
    treated: Bools
    outcome: Floats
    binary: bool
    seed: int

    def nominal(self, codes: Codes) -> dict[int, int]:
        """The columns without order that have several codes in `codes`, and how many they may have."""
        return {
            at: column.count
            for at, column in enumerate(self.columns)
            if column.nominal and len(np.unique(codes[at][codes[at] != MISSING])) > 1
        }

    @cached_property
    def robust(self) -> Floats:
        """The doubly robust effects, which several learners start from."""
        return doubly_robust(self)


def prepared(frame: pd.DataFrame, treated: Bools, outcome: Floats, binary: bool, seed: int) -> Learnt:
    """The rows as learners take them. `frame` has float64 or text columns."""
    high = (outcome > outcome.mean()).astype(np.int64)
    halves = np.random.default_rng(seed).permutation(len(frame)) % 5
    columns, codes = fit_coding(frame, high, halves)
    positions = [
        code_values(frame[c.name].to_numpy(np.float64), codes[at])
        if c.kind == "number"
        else np.arange(MISSING, dtype=np.float64)
        for at, c in enumerate(columns)
    ]
    return Learnt(columns, codes, positions, treated, outcome, binary, seed)


def two_linear(data: Learnt) -> Effect:
    """One regression per arm (T-learner; Künzel et al. 2019)."""
    treated, control = (_linear_outcome(data, np.flatnonzero(arm)) for arm in (data.treated, ~data.treated))
    return Effect(learner="two_linear", binary=data.binary, treated=treated, control=control)


def two_trees(data: Learnt) -> Effect:
    """Boosted trees per arm (T-learner)."""
    treated, control = (_trees_outcome(data, np.flatnonzero(arm)) for arm in (data.treated, ~data.treated))
    return Effect(learner="two_trees", binary=data.binary, treated=treated, control=control)


def class_transformation(data: Learnt) -> Effect:
    """A ridge regression on the transformed outcome Y · (T - e) / (e (1 - e)), whose mean is the effect (Athey and
    Imbens 2016; with e = ½ and Y of 0 or 1 the class variable of Jaskowski and Jaroszewicz 2012). Y is counted from
    its arm's mean, which leaves differences of effects as they are and takes noise away.
    """
    share = data.treated.mean()
    centred = data.outcome - np.where(
        data.treated, data.outcome[data.treated].mean(), data.outcome[~data.treated].mean()
    )
    target = centred * (data.treated - share) / (share * (1 - share))
    return Effect(learner="class_transformation", binary=False, effect=_linear_effect(data, target))


def doubly_robust_linear(data: Learnt) -> Effect:
    """A ridge regression on doubly robust effects (DR-learner; Kennedy 2023)."""
    return Effect(learner="doubly_robust_linear", binary=False, effect=_linear_effect(data, data.robust))


def doubly_robust_trees(data: Learnt) -> Effect:
    """Boosted trees on doubly robust effects (DR-learner)."""
    effects = data.robust
    matrix = _matrix(data.codes)
    trees = grow_values(matrix, effects, data.nominal(data.codes), *_recipe(data, EFFECT_TREES, len(effects)))
    model = _additive(data, float(effects.mean()), None, trees)
    return Effect(learner="doubly_robust_trees", binary=False, effect=model)


def response(two: Effect) -> Effect:
    """Expected outcome of those treated, by `two_linear`: what a campaign without uplift would rank by."""
    return Effect(learner=BASELINE, binary=two.binary, treated=two.treated)


LEARNERS: dict[str, Callable[[Learnt], Effect]] = {
    learner.__name__: learner
    for learner in (two_linear, two_trees, class_transformation, doubly_robust_linear, doubly_robust_trees)
}


def doubly_robust(data: Learnt) -> Floats:
    """For each row μ1 - μ0 + T (Y - μ1) / e - (1 - T)(Y - μ0) / (1 - e), with the expected outcomes μ of trees that
    were grown on the other half of the rows.
    """
    share, effects = data.treated.mean(), np.empty(len(data.outcome))
    half = _halves(data)
    for k in (0, 1):
        inside, outside = np.flatnonzero(half != k), np.flatnonzero(half == k)
        means = []
        for arm in (data.treated, ~data.treated):
            model = _trees_outcome(data, inside[arm[inside]])
            said = model.coded_log_odds(data.codes[:, outside])
            means.append(expit(said) if data.binary else said)
        treated, outcome = data.treated[outside], data.outcome[outside]
        inverse = np.where(treated, 1 / share, -1 / (1 - share))
        effects[outside] = means[0] - means[1] + inverse * (outcome - np.where(treated, *means))
    return effects


def _halves(data: Learnt) -> Rows:
    """0 or 1 for each row, evenly in each arm and, for outcomes of 0 and 1, in each outcome."""
    chance = np.random.default_rng(data.seed + 1).random(len(data.outcome))
    stratum = data.treated * 2 + (data.outcome > 0 if data.binary else 0)
    half = np.empty(len(chance), np.int64)
    half[np.lexsort((chance, stratum))] = np.arange(len(chance)) % 2
    return half


def _linear_outcome(data: Learnt, rows: Rows) -> AdditiveModel:
    rows = _thinned(data, rows)
    bases, codes, outcome = _bases(data, rows), data.codes[:, rows], data.outcome[rows]
    if data.binary:
        found = logistic(bases, codes, outcome.astype(np.int64), STRENGTH)
    else:
        found = ridge(bases, codes, outcome, PENALTIES)
    return _additive(data, *found, trees=())


def _trees_outcome(data: Learnt, rows: Rows) -> AdditiveModel:
    codes, outcome = data.codes[:, rows], data.outcome[rows]
    recipe, seed = _recipe(data, OUTCOME_TREES, len(rows))
    mean = float(outcome.mean())
    if data.binary:
        if mean in (0.0, 1.0):
            return _additive(data, float(logit(np.clip(mean, 1e-6, 1 - 1e-6))), None, ())
        trees = grow(_matrix(codes), outcome.astype(np.int64), data.nominal(codes), recipe, seed)
        return _additive(data, float(logit(mean)), None, trees)
    return _additive(data, mean, None, grow_values(_matrix(codes), outcome, data.nominal(codes), recipe, seed))


def _linear_effect(data: Learnt, target: Floats) -> AdditiveModel:
    treated, control = (_thinned(data, np.flatnonzero(arm)) for arm in (data.treated, ~data.treated))
    rows = np.sort(np.concatenate([treated, control]))
    found = ridge(_bases(data, rows), data.codes[:, rows], target[rows], PENALTIES)
    return _additive(data, *found, trees=())


def _thinned(data: Learnt, rows: Rows) -> Rows:
    most = LINEAR_CELLS // (CURVES * len(data.columns))
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _bases(data: Learnt, rows: Rows) -> list[Floats]:
    return [basis(column, data.positions[at], data.codes[at, rows]) for at, column in enumerate(data.columns)]


def _matrix(codes: Codes) -> Floats:
    """As `as_matrix`, with 0 in columns that have nothing but missing values: scikit-learn (1.9) fails on them."""
    matrix = as_matrix(codes)
    matrix[:, (codes == MISSING).all(axis=1)] = 0.0
    return matrix


def _recipe(data: Learnt, recipe: Recipe, rows: int) -> tuple[Recipe, int]:
    """The recipe with leaves that are not too large for few rows, and the seed."""
    return recipe._replace(min_samples_leaf=max(2, min(recipe.min_samples_leaf, rows // LEAF_PART))), data.seed


def _additive(data: Learnt, intercept: float, tables: Sequence[Floats] | None, trees: Sequence[Tree]) -> AdditiveModel:
    """Tables (256 entries per column; None: nothing) and trees as an additive model."""
    linear = []
    for at, column in enumerate(data.columns):
        table = np.zeros(MISSING + 1) if tables is None else np.round(tables[at], DECIMALS)
        linear.append((*table[: column.count].tolist(), float(table[MISSING])))
    blocks = (Block(weight=1.0, trees=tuple(trees)),) if trees else ()
    return AdditiveModel(
        columns=tuple(data.columns), intercept=round(intercept, DECIMALS), linear=tuple(linear), blocks=blocks
    )

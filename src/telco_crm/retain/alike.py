"""Look-alikes: how likely it is that somebody who does such things holds a product.

For every product with enough holders a logistic regression on standardised inputs, calibrated on rows that it had not
seen (Platt 1999). Being linear, it goes back into SQL and is applied to everybody by the engine, wherever that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from telco_crm.engine.sql import number
from telco_crm.retain.products import Input

Floats = npt.NDArray[np.float64]
FOLDS = 5
BOUND = 4.0  # a standardised value beyond it counts as that
DECIMALS = 9
Z95 = 1.96


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of every input after the logarithm; 0 as deviation where it does not vary."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]

    @classmethod
    def of(cls, values: Floats) -> Scale:
        """Of rows × inputs, NaN where a value is unknown."""
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=0), 1)
        means = np.where(known, values, 0).sum(axis=0) / count
        deviations = np.sqrt(np.where(known, (values - means) ** 2, 0).sum(axis=0) / count)
        rounded = (tuple(np.round(x, DECIMALS).tolist()) for x in (means, deviations))
        return cls(*rounded)

    def apply(self, values: Floats) -> Floats:
        """Standardised values; what is unknown or does not vary is 0."""
        deviations = np.array(self.deviations)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.clip((values - np.array(self.means)) / deviations, -BOUND, BOUND)
        return np.where(np.isfinite(values) & (deviations > 0), z, 0.0)

    def sql(self, inputs: Sequence[Input]) -> list[str]:
        """The same as SQL, an expression for every input."""
        z = (
            (i.sql, f"({taken_sql(i)} - {number(mean)}) / {number(deviation)}" if deviation else "")
            for i, mean, deviation in zip(inputs, self.means, self.deviations, strict=True)
        )
        # Of NULL and a number, greatest and least give the number.
        bounded = f"greatest({-BOUND}, least({BOUND}, {{}}))"
        return [f"CASE WHEN ({x}) IS NULL THEN 0 ELSE {bounded.format(sql)} END" if sql else "0.0" for x, sql in z]


@dataclass(frozen=True)
class Alike:
    """A fitted look-alike model: log odds = intercept + weights · standardised inputs; `share` is that of the holders
    among the `rows` it was fitted on, `auc` of rows it had not seen.
    """

    intercept: float
    weights: tuple[float, ...]
    share: float
    rows: int
    auc: float

    def sql(self, inputs: Sequence[str]) -> str:
        """SQL for the probability, from that for the standardised inputs."""
        terms = [f"{number(w)} * {z}" for w, z in zip(self.weights, inputs, strict=True) if w]
        return f"1 / (1 + exp(-({' + '.join([number(self.intercept), *terms])})))"


def taken_sql(i: Input) -> str:
    """SQL for an input as it is compared."""
    value = f"({i.sql})::DOUBLE"
    return f"CASE WHEN {value} IS NOT NULL THEN ln(1 + greatest({value}, 0)) END" if i.log else value


def fit_alike(z: Floats, held: Floats, seed: int) -> Alike | None:
    """A model of `held` (1, 0; NaN unknown) on standardised inputs (rows × inputs); None if it finds no difference:
    if the 95 % interval of the area under the ROC curve (Hanley and McNeil 1982) of unseen rows reaches down to 0.5.

    Needs at least `FOLDS` holders and others.
    """
    known = np.isfinite(held)
    x, y = z[known], held[known].astype(np.int64)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    with threadpool_limits(1):  # so that sums do not depend on the number of threads
        model = LogisticRegression(C=1.0, max_iter=1000)
        unseen = cross_val_predict(model, x, y, cv=folds, method="decision_function")
        area = float(roc_auc_score(y, unseen))
        if area - Z95 * _auc_error(area, int(y.sum()), int((1 - y).sum())) <= 0.5:
            return None
        platt = LogisticRegression(C=1e6, max_iter=1000).fit(unseen.reshape(-1, 1), y)
        model.fit(x, y)
    slope, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    weights = np.round(slope * model.coef_[0], DECIMALS)
    intercept = round(slope * float(model.intercept_[0]) + shift, DECIMALS)
    return Alike(intercept, tuple(weights.tolist()), round(float(y.mean()), DECIMALS), len(y), round(area, 6))


def fit_products(
    frame: pd.DataFrame, inputs: Mapping[str, Input], products: Sequence[str], least: int, seed: int
) -> tuple[Scale, dict[str, Alike | None]]:
    """The scale, and a model for each product (a column of `frame`, as the inputs are) with at least `least` holders
    and others; None where it finds no difference.
    """
    values = frame[list(inputs)].to_numpy(np.float64)
    scale = Scale.of(values)
    z = scale.apply(values)
    models: dict[str, Alike | None] = {}
    for name in products:
        held = frame[name].to_numpy(np.float64)
        if min((held == 1).sum(), (held == 0).sum()) >= least:
            models[name] = fit_alike(z, held, seed)
    return scale, models


def _auc_error(area: float, holders: int, others: int) -> float:
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (holders - 1) * (q1 - area**2) + (others - 1) * (q2 - area**2)
    return float(np.sqrt(max(variance, 0) / (holders * others)))

"""Logistic regression on smooth curves of each column: a table of log odds per column and code.

A number enters as itself (standardised, its extremes cut off) and as cubic splines between its quantiles; text with few
values as one indicator per value; text ordered by its share of leavers as the log odds of that share; "missing" as an
indicator of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer

from telco_crm.learn.coding import LARGEST, MISSING, Codes, ColumnCode, Floats, Ints, steady

KNOTS = 5
CUT = 3.0  # standard deviations at which the straight part of a number is cut off
LEAST_ROWS = 5  # an indicator needs that many rows on either side
MOST_ROWS, MOST_CELLS = 50_000, 40_000_000  # a linear model gains nothing from more rows, or rows × curves
BATCH = 16_384  # rows of a batch of a ridge regression
SURE = 1e-5  # of the largest eigenvalue: what a penalty needs to be felt in single precision
MOST_CURVES = 3000  # beyond, steps of Newton's method cost more than they save


def code_values(values: Floats, codes: Codes) -> Floats:
    """The mean of `values` at each of the 255 codes; NaN where no row has the code."""
    values = steady(values)
    known = np.isfinite(values)
    rows = np.bincount(codes[known], minlength=MISSING)[:MISSING].astype(np.float64)
    total = np.bincount(codes[known], weights=values[known].clip(-LARGEST, LARGEST), minlength=MISSING)[:MISSING]
    return np.asarray(np.divide(total, rows, out=np.full(MISSING, np.nan), where=rows > 0))


def basis(column: ColumnCode, positions: Floats, codes: Codes) -> Floats:
    """The curves of a column: a matrix of codes (256) × curves.

    `positions` is where each code lies: a mean value or a share, in any unit (see `code_values`).
    """
    rows = np.bincount(codes, minlength=256)
    parts = []
    if column.nominal:
        kept = np.flatnonzero(_worth(rows[:MISSING], len(codes)))
        indicators = np.zeros((256, len(kept)))
        indicators[kept, np.arange(len(kept))] = 1
        parts.append(indicators)
    else:
        parts.append(_curves(positions, rows[:MISSING]))
    if _worth(rows[MISSING:], len(codes))[0]:
        missing = np.zeros((256, 1))
        missing[MISSING] = 1
        parts.append(missing)
    return np.hstack(parts)


def _worth(rows: Ints, count: int) -> Ints:
    return np.asarray((rows >= LEAST_ROWS) & (rows <= count - LEAST_ROWS))


def _curves(positions: Floats, rows: Ints) -> Floats:
    """A straight line and splines over the codes that occur; codes between them are interpolated."""
    there = np.flatnonzero((rows > 0) & ~np.isnan(positions))
    line = straight(positions, rows)
    if line is None:
        return np.zeros((256, 0))
    at = np.interp(np.arange(MISSING), there, positions[there])
    weight = rows[there] / rows[there].sum()
    order = np.argsort(positions[there], kind="stable")
    heights = np.cumsum(weight[order])
    quantiles = np.linspace(0, 1, KNOTS)
    knots = np.unique(positions[there][order][np.minimum(np.searchsorted(heights, quantiles - 1e-9), len(there) - 1)])
    curves = [line[:, None]]
    if len(knots) > 2:
        splines = SplineTransformer(degree=3, knots=knots[:, None], include_bias=False, extrapolation="constant")
        curves.append(splines.fit_transform(at[:, None]))
    table = np.hstack(curves)
    return np.vstack([table, (rows[there][:, None] * table[there]).sum(axis=0)[None] / rows[there].sum()])


def straight(positions: Floats, rows: Ints) -> Floats | None:
    """Where each of the 255 codes lies, in standard deviations from the mean, cut off at `CUT`; None where that says
    nothing. `rows` is how many rows each code has; codes between those that occur are interpolated.
    """
    there = np.flatnonzero((rows > 0) & ~np.isnan(positions))
    if len(there) < 2:
        return None
    at = np.interp(np.arange(MISSING), there, positions[there])
    weight = rows[there] / rows[there].sum()
    mean = float((weight * positions[there]).sum())
    deviation = float(np.sqrt((weight * (positions[there] - mean) ** 2).sum()))
    return np.clip((at - mean) / deviation, -CUT, CUT) if 0 < deviation < np.inf else None


def fit_linear(bases: Sequence[Floats], codes: Codes, outcome: Ints, strengths: Sequence[float]) -> list[list[Floats]]:
    """Log odds by code (256) of each column, for each of `strengths` (scikit-learn's C), without the intercept.

    Each fit starts from the one before, so the strengths should rise.
    """
    curves = sum(table.shape[1] for table in bases)
    most = min(MOST_ROWS, MOST_CELLS // max(curves, 1))
    pick = slice(None) if len(outcome) <= most else np.linspace(0, len(outcome) - 1, most).astype(np.int64)
    design, y = _design(bases, codes[:, pick]), outcome[pick]
    regression = LogisticRegression(tol=1e-5, warm_start=True, **_solver(curves))
    return [
        _tables(bases, regression.set_params(C=strength).fit(_light(design, y, strength), y).coef_)
        for strength in strengths
    ]


def logistic(bases: Sequence[Floats], codes: Codes, outcome: Ints, strength: float) -> tuple[float, list[Floats]]:
    """The intercept, and what each code (256) of each column adds to it, by logistic regression; `strength` is
    scikit-learn's C.
    """
    curves = sum(table.shape[1] for table in bases)
    if not curves:  # columns of nearly one value
        return float(logit(outcome.mean())), [np.zeros(256) for _ in bases]
    regression = LogisticRegression(C=strength, tol=1e-5, **_solver(curves))
    fitted = regression.fit(_light(_design(bases, codes), outcome, strength), outcome)
    return float(fitted.intercept_[0]), _tables(bases, fitted.coef_)


def ridge(
    bases: Sequence[Floats], codes: Codes, target: Floats, penalties: Sequence[float]
) -> tuple[float, list[Floats]]:
    """As `logistic`, by a ridge regression with the penalty of least generalised cross-validation error,
    n · RSS / (n - 1 - tr)² (Golub, Heath and Wahba 1979).

    Rows are only summed up, in batches, so that wide tables take neither memory nor time for a decomposition.
    """
    n, mean = len(target), float(target.mean())
    shares = [np.bincount(codes[at], minlength=256) @ table / n for at, table in enumerate(bases)]
    centred = [table - share for table, share in zip(bases, shares, strict=True)]
    size = sum(table.shape[1] for table in bases)
    gram, along = np.zeros((size, size)), np.zeros(size)
    for start in range(0, n, BATCH):
        part = _design(centred, codes[:, start : start + BATCH])
        gram += part.T @ part
        along += part.T @ (target[start : start + BATCH] - mean)
    height, axes = np.linalg.eigh(gram)
    height, turned = height.clip(0), axes.T @ along
    square = float(((target - mean) ** 2).sum())

    def error(penalty: float) -> float:
        weight = turned / (height + penalty)
        rest = square - 2 * (turned @ weight) + height @ weight**2
        return float(rest / (n - 1 - (height / (height + penalty)).sum()) ** 2)

    weights = axes @ (turned / (height + min(penalties, key=error)))
    return mean, _tables(centred, weights)


def _solver(curves: int) -> dict[str, Any]:
    """Few steps, each of rows × curves², or many of rows × curves."""
    return {"solver": "newton-cholesky", "max_iter": 100} if curves <= MOST_CURVES else {"max_iter": 500}


def _light(design: Floats, outcome: Ints, strength: float) -> Floats:
    """The design in single precision, which halves the steps, where the penalty keeps them sure.

    The curves of a column add up to nearly a constant, and columns may repeat each other: what the penalty (1 / C)
    adds to the second derivatives is all that tells them apart. Their largest eigenvalue is far below the sum of
    squares times the variance of the outcome.
    """
    most = float(np.square(design).sum()) * float(outcome.var())
    return np.asarray(design.astype(np.float32) if 1 / strength > SURE * most else design)


def _design(bases: Sequence[Floats], codes: Codes) -> Floats:
    return np.hstack([table[codes[at]] for at, table in enumerate(bases)])


def _tables(bases: Sequence[Floats], coefficients: Floats) -> list[Floats]:
    weights = np.split(np.ravel(coefficients).astype(np.float64), np.cumsum([table.shape[1] for table in bases])[:-1])
    return [table @ weight for table, weight in zip(bases, weights, strict=True)]

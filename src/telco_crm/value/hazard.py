"""A discrete-time hazard of leaving: logistic regression over subscriber-months (Allison 1982; Singer and Willett
1993).

ln(h ÷ (1 − h)) = intercept + the effects of tenure, contract, brand, band and group. Every effect is measured against
the mean over the subscriber-months in which it is known; what is not known has none. Effects are drawn towards 0 by a
normal prior, whose posterior (Laplace's approximation) gives their covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.float64]
KINDS = ("tenure", "contract", "brand", "band", "group_id")
LEAST_SHARE = 0.002  # of the subscriber-months: rarer levels have no effect of their own


@dataclass(frozen=True)
class Hazard:
    """A fitted hazard. `columns` are (kind, level, share of the level where the kind is known), in the order of
    `effects`; `covariance` is that of [intercept, *effects]; `shock` the variance of the log odds from month to month
    that chance alone does not explain.
    """

    columns: tuple[tuple[str, object, float], ...]
    intercept: float
    effects: Floats
    covariance: Floats
    shock: float = 0.0

    def design(self, frame: pd.DataFrame) -> Floats:
        """The columns (rows × [1, columns]) of a frame with KINDS; an effect that is not known is 0."""
        parts = [np.ones(len(frame))]
        for kind, level, share in self.columns:
            known = frame[kind].notna().to_numpy()
            parts.append(np.where(known, (frame[kind] == level).to_numpy(dtype=np.float64) - share, 0.0))
        return np.column_stack(parts)

    def log_odds(self, frame: pd.DataFrame) -> Floats:
        """ln(h ÷ (1 − h)) of every row."""
        return np.asarray(self.design(frame) @ np.array([self.intercept, *self.effects]))

    def of(self, kind: str, level: object) -> tuple[float, Floats]:
        """What `kind` being `level` adds to the log odds, and the row of the design (without the 1) that says so."""
        here = [(k == kind) * (float(value == level) - share) for k, value, share in self.columns]
        row = np.array(here, dtype=np.float64)
        return float(row @ self.effects), row


def flat(rate: float, leavers: int = 0) -> Hazard:
    """The same hazard for everybody; `leavers` it was measured on, 0 where it is assumed."""
    variance = 1 / (leavers * (1 - rate)) if leavers else 0.0
    return Hazard((), float(np.log(rate / (1 - rate))), np.zeros(0), np.array([[variance]]))


def fit_hazard(cells: pd.DataFrame, spread: float) -> Hazard:
    """Fitted on counted subscriber-months: KINDS, month, n (at risk) and left. `spread` is the standard deviation that
    the effects are expected to have.
    """
    columns = _columns(cells)
    empty = Hazard(columns, 0.0, np.zeros(len(columns)), np.zeros((0, 0)))
    design, n, left = empty.design(cells), cells["n"].to_numpy(float), cells["left"].to_numpy(float)
    rows = np.concatenate([design[:, 1:], design[:, 1:]])
    outcome = np.repeat([1, 0], len(cells))
    model = LogisticRegression(C=spread**2, solver="newton-cholesky", tol=1e-8, max_iter=200)
    with threadpool_limits(1):
        if columns:
            weights = np.concatenate([left, n - left])
            fitted = model.fit(rows[weights > 0], outcome[weights > 0], weights[weights > 0])
            coefficients = np.array([fitted.intercept_[0], *fitted.coef_[0]])
        else:
            coefficients = np.array([np.log(left.sum() / (n - left).sum())])
        h = 1 / (1 + np.exp(-(design @ coefficients)))
        weighted = design.T @ (design * (n * h * (1 - h))[:, None])
        prior = np.diag([0.0, *np.full(len(columns), spread**-2)])
        covariance = np.linalg.inv(weighted + prior)
    return Hazard(columns, float(coefficients[0]), coefficients[1:], covariance, _shock(cells["month"], n * h, left))


def _columns(cells: pd.DataFrame) -> tuple[tuple[str, object, float], ...]:
    found: list[tuple[str, object, float]] = []
    for kind in KINDS:
        months = cells.groupby(kind, sort=True)["n"].sum()
        shares = months / max(months.sum(), 1)
        if len(shares) > 1:
            found += [(kind, level, float(share)) for level, share in shares.items() if share >= LEAST_SHARE]
    return tuple(found)


def _shock(months: pd.Series, expected: Floats, left: Floats) -> float:
    """By the method of moments: leavers of a month vary by their expected number E, and by shock × E²."""
    frame = pd.DataFrame({"expected": expected, "left": left}).groupby(months.to_numpy()).sum()
    if len(frame) < 3:
        return 0.0
    excess = ((frame["left"] - frame["expected"]) ** 2 - frame["expected"]).sum()
    return float(max(0.0, excess / (frame["expected"] ** 2).sum()))

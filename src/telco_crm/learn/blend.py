"""How much each part of a model counts: a logistic regression on what the parts said of rows they had not seen.

Weights are never negative and are held to equal shares as if by a normal prior, which matters where leavers are few
(stacking, Wolpert 1992; Breiman 1996). The blend also calibrates: its intercept and scale are fitted to outcomes, and
so is the floor, the share of rows with the outcome that no column tells anything about: those who leave as lightning
strikes. Without it a model that separates the others well says that hardly anybody of the rest will leave.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from telco_crm.learn.coding import Floats, Ints

PRIOR_DEVIATION = 0.3
DECIMALS = 6
FLOORS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)  # coarse, so that it stays the same from fit to fit
LEAST_GAIN = 3.0  # of the log likelihood, for any floor: chance alone reaches it in one of 70


class Blend(NamedTuple):
    """Probability = floor + (1 - floor) / (1 + exp(-(intercept + parts @ weights)))."""

    intercept: float
    weights: Floats
    floor: float

    def odds(self, parts: Floats) -> Floats:
        """Log odds of leaving for a reason that some column tells."""
        return self.intercept + parts @ self.weights


def blend(parts: Floats, outcome: Ints, prior: Floats, with_floor: bool) -> Blend:
    """The best blend of `parts` (rows × parts, log odds); `prior` is where the weights are held to."""
    rate = np.clip(outcome.mean(), 1e-6, 1 - 1e-6)
    loss, best = _fitted(parts, outcome, prior, np.concatenate([[np.log(rate / (1 - rate))], prior]), 0.0)
    least = loss - LEAST_GAIN
    for floor in FLOORS if with_floor else ():
        one, found = _fitted(parts, outcome, prior, np.concatenate([[best.intercept], best.weights]), floor)
        if one > loss:
            break
        loss, best = one, found if one < least else best
    return best


def _fitted(parts: Floats, outcome: Ints, prior: Floats, start: Floats, floor: float) -> tuple[float, Blend]:
    """The loss, and the blend with this floor."""
    strength = 1 / PRIOR_DEVIATION**2
    with np.errstate(divide="ignore"):
        low, rest = np.log(floor), np.log1p(-floor)

    def loss(theta: Floats) -> tuple[float, Floats]:
        odds = theta[0] + parts @ theta[1:]
        away = theta[1:] - prior
        softly = np.logaddexp(0, odds)
        told = np.logaddexp(low, rest + odds - softly)  # log of the probability
        value = -np.where(outcome, told, rest - softly).sum() + strength / 2 * away @ away
        share = expit(odds)
        error = np.where(outcome, -np.exp(rest + odds - softly - told) * (1 - share), share)
        return float(value), np.concatenate([[error.sum()], error @ parts + strength * away])

    bounds = [(None, None), *[(0, None)] * len(prior)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-12})
    rounded = np.round(found.x, DECIMALS)
    return float(found.fun), Blend(float(rounded[0]), np.asarray(rounded[1:]), floor)

"""How much each part of a model counts: a logistic regression on what the parts said of rows they had not seen.

Weights are never negative and are held to equal shares as if by a normal prior, which matters where leavers are few
(stacking, Wolpert 1992; Breiman 1996). The blend also calibrates: its intercept and scale are fitted to outcomes, and
so is the floor, the share of rows with the outcome that no column tells anything about: those who leave as lightning
strikes. Without it a model that separates the others well says that hardly anybody of the rest will leave. The floor
is added to what columns tell; or, where the unseen rows speak for it, it is the least that is said of anybody, and the
order of those below, which tells nothing, is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from telco_crm.learn.coding import Floats, Ints

PRIOR_DEVIATION = 0.3
DECIMALS = 6
FLOORS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)  # coarse, so that it stays the same from fit to fit
LEAST_GAIN = 3.0  # of the log likelihood, for any floor: chance alone reaches it in one of 70
SAME = 0.1  # of the log likelihood
LEAST_MORE = 1.0  # of the log likelihood, for giving up the order of those below the floor


class Blend(NamedTuple):
    """Probability = floor + (1 - floor) / (1 + exp(-(intercept + parts @ weights))), and at least `least`."""

    intercept: float
    weights: Floats
    floor: float = 0.0
    least: float = 0.0

    def odds(self, parts: Floats) -> Floats:
        """Log odds of leaving for a reason that some column tells."""
        return self.intercept + parts @ self.weights


class _Rows(NamedTuple):
    """What is blended, and where the weights are held to."""

    parts: Floats
    outcome: Ints
    prior: Floats


def blend(parts: Floats, outcome: Ints, prior: Floats, with_floor: bool) -> Blend:
    """The best blend of `parts` (rows × parts, log odds); `prior` is where the weights are held to."""
    rows = _Rows(parts, outcome, prior)
    rate = np.clip(outcome.mean(), 1e-6, 1 - 1e-6)
    loss, best = _fitted(rows, Blend(np.log(rate / (1 - rate)), prior))
    if not with_floor:
        return best
    added, floored = _floored(rows, [best._replace(floor=floor) for floor in FLOORS], loss)
    bound, bounded = _floored(rows, [best._replace(least=least) for least in FLOORS], loss)
    if bound <= min(loss - LEAST_GAIN, added - LEAST_MORE):
        return bounded
    return floored if added <= loss - LEAST_GAIN else best


def _floored(rows: _Rows, starts: Sequence[Blend], loss: float) -> tuple[float, Blend]:
    """The least loss, and its blend, of the floors of `starts`, which rise; `loss` is that without a floor. Once a
    floor is worse, larger ones are not tried.
    """
    best = starts[0]
    for start in starts:
        one, found = _fitted(rows, start)
        if one > loss + SAME:
            break
        if one < loss:
            loss, best = one, found
    return loss, best


def _fitted(rows: _Rows, start: Blend) -> tuple[float, Blend]:
    """The loss, and the blend with the floor of `start`."""
    strength = 1 / PRIOR_DEVIATION**2
    losses = _bounded(rows, start.least) if start.least else _added(rows, start.floor)

    def loss(theta: Floats) -> tuple[float, Floats]:
        away = theta[1:] - rows.prior
        value, error = losses(theta[0] + rows.parts @ theta[1:])
        return float(value + strength / 2 * away @ away), np.concatenate(
            [[error.sum()], error @ rows.parts + strength * away]
        )

    bounds = [(None, None), *[(0, None)] * len(rows.prior)]
    first = np.concatenate([[start.intercept], start.weights])
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-12})
    rounded = np.round(found.x, DECIMALS)
    return float(found.fun), start._replace(intercept=float(rounded[0]), weights=np.asarray(rounded[1:]))


def _added(rows: _Rows, floor: float) -> Callable[[Floats], tuple[float, Floats]]:
    """Of log odds, less the log likelihood of `floor` + (1 - floor) × their probability, and its derivatives."""
    with np.errstate(divide="ignore"):
        low, rest = np.log(floor), np.log1p(-floor)

    def losses(odds: Floats) -> tuple[float, Floats]:
        softly = np.logaddexp(0, odds)
        told = np.logaddexp(low, rest + odds - softly)  # log of the probability
        share = expit(odds)
        error = np.where(rows.outcome, -np.exp(rest + odds - softly - told) * (1 - share), share)
        return -np.where(rows.outcome, told, rest - softly).sum(), error

    return losses


def _bounded(rows: _Rows, least: float) -> Callable[[Floats], tuple[float, Floats]]:
    """The same of their probability where it is more than `least`, and of `least` elsewhere."""
    lowest = np.log(least / (1 - least))

    def losses(odds: Floats) -> tuple[float, Floats]:
        said = np.maximum(odds, lowest)
        return (np.logaddexp(0, said) - rows.outcome * said).sum(), (expit(said) - rows.outcome) * (odds > lowest)

    return losses

"""How much each part of a model counts: a logistic regression on what the parts said of rows they had not seen.

Weights are never negative and are held to equal shares as if by a normal prior, which matters where leavers are few
(stacking, Wolpert 1992; Breiman 1996). The blend also calibrates: its intercept and scale are fitted to outcomes.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from telco_crm.learn.coding import Floats, Ints

PRIOR_DEVIATION = 0.3
DECIMALS = 6


def blend_weights(parts: Floats, outcome: Ints, prior: Floats) -> tuple[float, Floats]:
    """Intercept and weights for `parts` (rows × parts, log odds); `prior` is where the weights are held to."""
    strength = 1 / PRIOR_DEVIATION**2

    def loss(theta: Floats) -> tuple[float, Floats]:
        odds = theta[0] + parts @ theta[1:]
        away = theta[1:] - prior
        value = np.logaddexp(0, odds).sum() - odds @ outcome + strength / 2 * away @ away
        error = expit(odds) - outcome
        return float(value), np.concatenate([[error.sum()], error @ parts + strength * away])

    rate = np.clip(outcome.mean(), 1e-6, 1 - 1e-6)
    start = np.concatenate([[np.log(rate / (1 - rate))], prior])
    bounds = [(None, None), *[(0, None)] * len(prior)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-12})
    rounded = np.round(found.x, DECIMALS)
    return float(rounded[0]), np.asarray(rounded[1:])

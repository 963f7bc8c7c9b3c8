"""Factors: what the inputs have in common, rotated so that each is a matter of few inputs, and named by those.

Maximum-likelihood factor analysis of the correlations with varimax rotation (Kaiser, Psychometrika 23, 1958); how many
factors is Jolliffe's rule, eigenvalues above 0.7 (Applied Statistics 21, 1972). Factors describe the groups; the
mixture itself looks at all inputs, because what little the factors leave over tells neighbouring groups apart.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import FactorAnalysis
from sklearn.exceptions import ConvergenceWarning

from telco_crm.segment.scaling import Matrix

EIGENVALUE = 0.7
LOADING = 0.5  # inputs that load at least that much name a factor
NAMING = 3


@dataclass(frozen=True)
class Factors:
    """`loadings` (inputs × factors) and `coefficients` (inputs × factors): scores are z @ coefficients."""

    loadings: Matrix
    coefficients: Matrix

    def names(self, labels: Sequence[str]) -> list[str]:
        """One name per factor, from the labels of the inputs that load most."""
        names = []
        for column in self.loadings.T:
            order = np.argsort(-np.abs(column), kind="stable")[:NAMING]
            chosen = [j for at, j in enumerate(order) if at == 0 or abs(column[j]) >= LOADING]
            names.append(", ".join(("" if column[j] >= 0 else "less ") + labels[j] for j in chosen))
        return names


def find_factors(z: npt.NDArray[np.floating], count: int | None = None) -> Factors:
    """The factors of z (people × inputs, standardised); `count` None: by Jolliffe's rule.

    Only the covariance matters, so the fit runs on 2p rows that have it, not on all people: the rows of its root and
    their negatives.
    """
    p = z.shape[1]
    spread = z.std(axis=0)
    live = spread > 1e-9
    unit = np.where(live, spread, 1)
    correlation = np.atleast_2d(np.cov(z / unit, rowvar=False, bias=True))
    values, vectors = np.linalg.eigh(correlation)
    wanted = int((values > EIGENVALUE).sum()) if count is None else count
    wanted = max(1, min(wanted, int((values > 1e-9).sum()), p))
    root = np.sqrt(np.clip(values, 0, None))[:, None] * vectors.T * np.sqrt(p)
    analysis = FactorAnalysis(wanted, rotation="varimax" if wanted > 1 else None, svd_method="lapack")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        analysis.fit(np.vstack([root, -root]))
    loadings = analysis.components_.T
    noise = np.maximum(analysis.noise_variance_, 1e-6)
    weighted = loadings / noise[:, None]
    coefficients = np.linalg.solve(np.eye(wanted) + loadings.T @ weighted, weighted.T).T / unit[:, None]
    sign = np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(wanted)])
    order = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    turn = np.where(sign == 0, 1, sign)
    return Factors((loadings * turn)[:, order], (coefficients * turn)[:, order])

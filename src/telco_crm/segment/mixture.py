"""A Gaussian mixture whose components share one covariance matrix, fitted by expectation maximisation.

With one covariance the log density is linear in the data, up to a term that all components share, so that a step is
one matrix product (Hastie & Tibshirani, "Discriminant Analysis by Gaussian Mixtures", JRSS B 58, 1996).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telco_crm.segment.scaling import Matrix

RIDGE = 1e-3  # added to every variance, so that inputs that follow from others do no harm
STEPS = 200
STILL = 3e-3  # means that move less than that many standard deviations have arrived
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mixture:
    """K components in p dimensions: `means` (K × p), `weights` (K), and `covariance` (p × p), the same for all."""

    means: Matrix
    weights: Matrix
    covariance: Matrix

    @property
    def whitening(self) -> Matrix:
        """W (p × p) such that the rows of x @ W have unit variance within a component."""
        root: Matrix = np.linalg.inv(np.linalg.cholesky(self.covariance)).T
        return root

    def linear(self) -> tuple[Matrix, Matrix]:
        """(A, b): x @ A + b is the log of the component's share of the density at x, up to a term of x alone."""
        slopes = np.asarray(np.linalg.solve(self.covariance, self.means.T), dtype=np.float64)
        with np.errstate(divide="ignore"):
            start: Matrix = np.log(self.weights) - 0.5 * (self.means * slopes.T).sum(axis=1)
        return slopes, start

    def probability(self, x: Matrix) -> Matrix:
        """Of every component at x: rows × K, rows add up to 1."""
        slopes, start = self.linear()
        return softmax(x @ slopes + start)

    def labels(self, x: Matrix) -> Labels:
        """The likeliest component."""
        slopes, start = self.linear()
        return np.asarray((x @ slopes + start).argmax(axis=1), dtype=np.int64)

    def distances(self) -> Matrix:
        """Mahalanobis distances between the means: K × K, the diagonal infinite."""
        at = self.means @ self.whitening
        apart: Matrix = np.sqrt(((at[:, None] - at) ** 2).sum(axis=2))
        np.fill_diagonal(apart, np.inf)
        return apart


def fit_mixture(x: Matrix, means: Matrix, steps: int = STEPS) -> Mixture:
    """The mixture near `means` (K × p) under which x (n × p) is likeliest; components that lose everybody stay."""
    n, p = x.shape
    total = x.T @ x / n
    mean = x.mean(axis=0)
    now = Mixture(means, np.full(len(means), 1 / len(means)), total - np.outer(mean, mean) + RIDGE * np.eye(p))
    for _ in range(steps):
        share = now.probability(x)
        count = share.sum(axis=0) + 1e-9
        moved = share.T @ x / count[:, None]
        within = total - (moved.T * count) @ moved / n
        nxt = Mixture(moved, count / count.sum(), within + RIDGE * np.eye(p))
        step = np.abs((moved - now.means) @ nxt.whitening).max()
        now = nxt
        if step < STILL:
            break
    return now


def softmax(logits: Matrix) -> Matrix:
    """Rows to probabilities, in place."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits

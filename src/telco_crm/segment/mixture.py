"""A Gaussian mixture whose components share one covariance matrix, fitted by expectation maximisation.

With one covariance the log density is linear in the data, up to a term that all components share, so that a step is
one matrix product (Hastie & Tibshirani, "Discriminant Analysis by Gaussian Mixtures", JRSS B 58, 1996).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telco_crm.segment.scaling import Matrix

RIDGE = 0.02  # added to every variance: inputs that (nearly) follow from others vary too little to tell groups apart
STEPS = 200
STILL = 3e-3  # means that move less than that many standard deviations have arrived
ROWS = 16_384  # at a time: a block that fits into the processor's cache
Labels = npt.NDArray[np.int64]
Values = npt.NDArray[np.floating]


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


def fit_mixture(x: Values, start: Matrix | Mixture, steps: int = STEPS) -> Mixture:
    """The mixture near `start` (means, K × p, or a mixture) under which x (n × p) is likeliest; components that lose
    everybody stay. Beside x, memory does not grow with n.
    """
    n, p = x.shape
    total, mean = np.zeros((p, p)), np.zeros(p)
    for part in _blocks(x):
        total += part.T @ part / n
        mean += part.sum(axis=0) / n
    now = start if isinstance(start, Mixture) else _alike(start, total - np.outer(mean, mean))
    for _ in range(steps):
        count, sums = np.full(len(now.means), 1e-9), np.zeros_like(now.means)
        slopes, at_zero = now.linear()
        for part in _blocks(x):
            share = softmax(part @ slopes + at_zero)
            count += share.sum(axis=0)
            sums += share.T @ part
        moved = sums / count[:, None]
        within = total - (moved.T * count) @ moved / n
        nxt = Mixture(moved, count / count.sum(), within + RIDGE * np.eye(p))
        step = np.abs((moved - now.means) @ nxt.whitening).max()
        now = nxt
        if step < STILL:
            break
    return now


def _alike(means: Matrix, covariance: Matrix) -> Mixture:
    """Components of the same weight, each as wide as all people."""
    return Mixture(means, np.full(len(means), 1 / len(means)), covariance + RIDGE * np.eye(len(covariance)))


def _blocks(x: Values) -> Iterator[Matrix]:
    for first in range(0, len(x), ROWS):
        yield np.asarray(x[first : first + ROWS], dtype=np.float64)


def softmax(logits: Matrix) -> Matrix:
    """Rows to probabilities, in place."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits

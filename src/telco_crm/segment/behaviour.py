"""Behavioural grouping: logarithms and scaling, factor analysis, clustering that starts from the archetypes, one-
to-one names.

Off-the-shelf clustering splits the largest group and merges the 1% ones. Here every archetype seeds one cluster
with the subscribers that carry its traits most; a Gaussian mixture with one covariance matrix for all clusters,
fitted to the factor scores by expectation maximisation, then moves the clusters to where the people are. Names are
given by the assignment of clusters to archetypes with the least total Mahalanobis distance (Hungarian method).
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.decomposition import FactorAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils.validation import check_is_fitted

from telco_crm.segment.scheme import Scheme

Matrix = npt.NDArray[np.float64]
TRAIT_LIMIT = 3.0  # traits of 3 mean "3 or more", so values are cut there when they are held against archetypes
NEUTRAL_WEIGHT = 0.06  # of inputs an archetype does not name, against 1 for its traits


class BehaviourSegmenter(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Finds a scheme's groups among subscribers.

    Parameters: `scheme`; `factors`, how many factors are kept; `seed_share`, `seed_least`, `seed_most`, how many
    subscribers seed a cluster; `random_state`.

    After fit: `centre_`, `scale_` (of the logarithms), `factors_` (FactorAnalysis), `mixture_`, `group_ids_` (of
    each cluster), `match_` (correlation of each cluster's profile with its archetype), `runner_up_` (group id of
    the next best).
    """

    def __init__(
        self,
        scheme: Scheme,
        factors: int = 16,
        seed_share: float = 0.005,
        seed_least: int = 3,
        seed_most: int = 40,
        random_state: int | None = None,
    ) -> None:
        self.scheme = scheme
        self.factors = factors
        self.seed_share = seed_share
        self.seed_least = seed_least
        self.seed_most = seed_most
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: object = None) -> BehaviourSegmenter:  # noqa: N803
        """Fit on mean monthly inputs (subscribers × the scheme's inputs, NaN as 0, all ≥ 0)."""
        self.feature_names_in_ = np.array(list(self.scheme.inputs))
        logs = self._logs(X)
        self.centre_ = logs.mean(axis=0)
        self.scale_ = _spread(logs)
        z = self._standardised(logs)
        self.factors_ = _factor_analysis(z, self.factors, self.random_state)
        scores = self.factors_.transform(z)
        seeds = np.array([scores[rows].mean(axis=0) for rows in self._seeds(z)])
        self.mixture_ = GaussianMixture(
            len(seeds),
            covariance_type="tied",
            means_init=seeds,
            max_iter=300,
            reg_covar=1e-4,
            random_state=self.random_state,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            labels = self.mixture_.fit_predict(scores)
        self._name(z, labels, seeds)
        self.labels_ = self.group_ids_[labels]
        return self

    def transform(self, X: pd.DataFrame) -> Matrix:  # noqa: N803
        """Factor scores: subscribers × factors."""
        check_is_fitted(self)
        scores: Matrix = self.factors_.transform(self.standardise(X))
        return scores

    def predict_proba(self, X: pd.DataFrame) -> Matrix:  # noqa: N803
        """Membership probabilities: subscribers × clusters, in the order of `group_ids_`."""
        probabilities: Matrix = self.mixture_.predict_proba(self.transform(X))
        return probabilities

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:  # noqa: N803
        """Group ids."""
        ids: npt.NDArray[np.int64] = self.group_ids_[self.predict_proba(X).argmax(axis=1)]
        return ids

    def standardise(self, X: pd.DataFrame) -> Matrix:  # noqa: N803
        """Standardised logarithms: subscribers × inputs; an input that never varies is 0."""
        return self._standardised(self._logs(X))

    def _logs(self, X: pd.DataFrame) -> Matrix:  # noqa: N803
        logs: Matrix = np.log1p(X[list(self.scheme.inputs)].fillna(0).clip(lower=0).to_numpy(np.float64))
        return logs

    def _standardised(self, logs: Matrix) -> Matrix:
        z: Matrix = np.divide(logs - self.centre_, self.scale_, out=np.zeros_like(logs), where=self.scale_ > 0)
        return z

    def _targets(self) -> tuple[Matrix, Matrix]:
        """(traits, weights) of the archetypes: groups × inputs."""
        names = list(self.scheme.inputs)
        targets = np.zeros((len(self.scheme.groups), len(names)))
        weights = np.full(targets.shape, NEUTRAL_WEIGHT)
        for row, group in enumerate(self.scheme.groups.values()):
            for trait, level in group.traits.items():
                targets[row, names.index(trait)], weights[row, names.index(trait)] = level, 1.0
        return targets, weights

    def _seeds(self, z: Matrix) -> list[npt.NDArray[np.int64]]:
        """For every archetype, the rows that lie nearest to its traits."""
        count = int(np.clip(round(self.seed_share * len(z)), self.seed_least, self.seed_most))
        cut = np.clip(z, -TRAIT_LIMIT, TRAIT_LIMIT)
        return [
            np.argsort((((cut - t) ** 2) * w).sum(axis=1), kind="stable")[:count]
            for t, w in zip(*self._targets(), strict=True)
        ]

    def _name(self, z: Matrix, labels: npt.NDArray[np.int64], seeds: Matrix) -> None:
        """Match clusters with archetypes one to one: least total Mahalanobis distance between cluster means and
        seeds.
        """
        targets, _ = self._targets()
        root = self.mixture_.precisions_cholesky_
        means = self.mixture_.means_ @ root
        distance = ((means[:, None, :] - seeds @ root) ** 2).sum(axis=2)
        _, chosen = linear_sum_assignment(distance)
        every = np.arange(len(targets))
        ids = np.array(list(self.scheme.groups))
        self.group_ids_ = ids[chosen]
        profiles = np.array(
            [z[labels == k].mean(axis=0) if (labels == k).any() else np.zeros(z.shape[1]) for k in every]
        )
        cut = np.clip(profiles, -TRAIT_LIMIT, TRAIT_LIMIT)
        self.match_ = np.array([_correlation(cut[k], targets[chosen[k]]) for k in every])
        distance[every, chosen] = np.inf
        self.runner_up_ = ids[distance.argmin(axis=1)]


def _spread(logs: Matrix) -> Matrix:
    """Standard deviation within the middle 99.8%, so that a few extreme people do not set the scale."""
    low, high = np.quantile(logs, [0.001, 0.999], axis=0)
    spread: Matrix = np.clip(logs, low, high).std(axis=0)
    return np.where(spread > 1e-9, spread, logs.std(axis=0))


def _factor_analysis(z: Matrix, factors: int, seed: int | None) -> FactorAnalysis:
    """Maximum-likelihood factors with varimax rotation.

    Only the covariance matrix counts, so the fit runs on 2p rows that have it, not on all subscribers: the rows of
    its root, and their negatives.
    """
    mean = z.mean(axis=0)
    covariance = np.cov(z, rowvar=False, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    root = np.sqrt(np.clip(values, 0, None))[:, None] * vectors.T * np.sqrt(len(values))
    live = int((values > 1e-9).sum())
    analysis = FactorAnalysis(
        max(1, min(factors, live - 1)), rotation="varimax", svd_method="lapack", random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        analysis.fit(np.vstack([root, -root]))
    analysis.mean_ = mean
    return analysis


def _correlation(a: Matrix, b: Matrix) -> float:
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else 0.0

"""Behavioural grouping as a scikit-learn estimator.

Off-the-shelf clustering splits the largest group and merges the 1% ones. Here logarithms make heavy tails comparable;
every archetype of a scheme starts one component at the people who carry its traits most; a Gaussian mixture with one
covariance matrix for all components moves them to where the people are; components that stand for nobody go; what is
left is named by optimal matching with the archetypes, or by its own traits. See `search` for the details.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from telco_crm.errors import RuleError
from telco_crm.segment.archetypes import NOBODY, Archetypes
from telco_crm.segment.factors import find_factors
from telco_crm.segment.mixture import Labels, Mixture, Values, fit_mixture
from telco_crm.segment.scaling import Matrix, Scaling
from telco_crm.segment.scheme import Scheme, load_scheme
from telco_crm.segment.search import APART, FIT_ROWS, Groups, find_groups
from telco_crm.segment.solution import Solution

OWN = 100  # groups that no archetype knows are numbered from 101


class BehaviourSegmenter(ClusterMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Finds a scheme's groups among subscribers.

    Parameters:
        scheme: a Scheme, or the name or file of one. None: `n_clusters` clusters of any data, without names.
        n_clusters: how many clusters there are without a scheme.
        factors: how many factors are kept; None: as many as have an eigenvalue above 0.7.
        max_rows: fitting looks at that many rows at most, chosen at random.
        random_state: of that choice, and of the start without a scheme.

    After fit: `solution_` (everything that prediction needs), `group_ids_` (present groups, the columns of
    `predict_proba`; those above 100 are no archetype's), `absent_` (archetypes that nobody belongs to), `labels_`
    (group id of each row), `archetypes_` (None without a scheme), `feature_names_in_` where the columns are named.
    """

    def __init__(
        self,
        scheme: Scheme | str | None = "postpaid-17",
        n_clusters: int = 8,
        factors: int | None = None,
        max_rows: int = 100_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.scheme = scheme
        self.n_clusters = n_clusters
        self.factors = factors
        self.max_rows = max_rows
        self.random_state = random_state

    def fit(self, X: Any, y: object = None, previous: Solution | None = None) -> BehaviourSegmenter:  # noqa: N803
        """Fit on mean monthly inputs (subscribers × the scheme's inputs; NaN where a value is unknown).

        `previous` is a former solution over the same inputs: its means are the start, so that names stay.

        Raises:
            ValueError: fewer rows than groups, all of them alike, no such scheme, or columns that are not its inputs.
        """
        scheme = self._scheme()
        values = self._validated(X, scheme)
        groups = self.n_clusters if scheme is None else len(scheme.groups)
        if len(values) < groups:
            raise ValueError(f"n_samples={len(values)} should be >= the number of groups, {groups}")
        rng = check_random_state(self.random_state)
        sample = values
        if len(values) > self.max_rows:
            sample = values[np.sort(rng.choice(len(values), self.max_rows, replace=False))]
        scaling = previous.scaling if previous else self._scaling(sample, scheme)
        z = scaling.table(sample)
        if scheme is not None and not scaling.scale.any():
            raise ValueError("X is the same in every row, so there are no groups to be found")
        self.archetypes_ = None if scheme is None else Archetypes.of(scheme, scaling)
        found = self._found(z, previous, rng)
        self.solution_ = Solution(
            scaling,
            found.mixture,
            self._owners(found, previous),
            find_factors(z[:: max(1, len(z) // FIT_ROWS)], self.factors),
        )
        self.group_ids_ = self.solution_.group_ids
        known = [] if scheme is None else list(scheme.groups)
        self.absent_ = np.setdiff1d(np.array(known, dtype=np.int64), self.group_ids_)
        self.labels_ = self.solution_.groups(values)
        return self

    def predict(self, X: Any) -> Labels:  # noqa: N803
        """Group ids."""
        values = self._checked(X)
        return self.solution_.groups(values)

    def predict_proba(self, X: Any) -> Matrix:  # noqa: N803
        """Membership probabilities: subscribers × groups, in the order of `group_ids_`."""
        values = self._checked(X)
        return self.solution_.probability(values)

    def transform(self, X: Any) -> Matrix:  # noqa: N803
        """Factor scores: subscribers × factors."""
        values = self._checked(X)
        return self.solution_.scores(values)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the factors."""
        check_is_fitted(self)
        count = self.solution_.factors.loadings.shape[1]
        return np.array([f"factor{i}" for i in range(count)], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _scheme(self) -> Scheme | None:
        if not isinstance(self.scheme, str):
            return self.scheme
        try:
            return load_scheme(self.scheme).complete()
        except RuleError as error:
            raise ValueError("; ".join(error.problems)) from None

    @staticmethod
    def _ordered(X: Any, scheme: Scheme | None) -> Any:  # noqa: N803
        """The scheme's columns in its order."""
        if scheme is None:
            return X
        names = list(scheme.inputs)
        if isinstance(X, pd.DataFrame):
            missing = [name for name in names if name not in X.columns]
            if missing:
                raise ValueError(
                    f"X lacks the inputs {', '.join(missing)} of the scheme {scheme.name}; behaviour_inputs(features) "
                    "makes them of a feature table"
                )
            if X[names].shape[1] > len(names):
                twice = X.columns[X.columns.duplicated()].intersection(names)
                raise ValueError(f"X has {', '.join(twice)} more than once")
            return X[names]
        width = np.shape(X)[1] if np.ndim(X) == 2 else None
        if width is not None and width != len(names):
            raise ValueError(f"X has {width} columns, and the scheme {scheme.name} has {len(names)} inputs")
        return X

    @staticmethod
    def _scaling(values: npt.NDArray[np.floating], scheme: Scheme | None) -> Scaling:
        if scheme is None:
            return Scaling.fit(values, np.ones(values.shape[1]))
        units = np.array([i.unit for i in scheme.inputs.values()])
        return Scaling.fit(values, units, scheme.activity(values))

    def _found(self, z: Values, previous: Solution | None, rng: np.random.RandomState) -> Groups:
        start = previous.mixture.means if previous else None
        if self.archetypes_ is None:
            if start is None:
                start = KMeans(self.n_clusters, n_init=1, random_state=rng).fit(z).cluster_centers_
            mixture = fit_mixture(z, start)
            return Groups(mixture, np.full(len(start), NOBODY, dtype=np.int64))
        return find_groups(z, self.archetypes_, start)

    def _owners(self, found: Groups, previous: Solution | None) -> Labels:
        """Group id of every component: the archetype's. Beyond archetypes the id of the former group that it
        continues, or a new one, the largest first.
        """
        ids = np.array([], dtype=np.int64) if self.archetypes_ is None else self.archetypes_.ids
        owner = np.array([ids[k] if k != NOBODY else NOBODY for k in found.archetype], dtype=np.int64)
        if previous is not None:
            for component, number in _continued(found.mixture, np.flatnonzero(owner < 0), previous, ids).items():
                owner[component] = number
        own = np.flatnonzero(owner < 0)
        taken = {*owner.tolist(), *(previous.owner.tolist() if previous else [])}
        first = max(OWN, int(ids.max())) + 1 if len(ids) else 0
        free = (n for n in itertools.count(first) if n not in taken)
        for component in own[np.argsort(-found.mixture.weights[own], kind="stable")]:
            owner[component] = next(free)
        return owner

    def _checked(self, X: Any) -> npt.NDArray[np.floating]:  # noqa: N803
        check_is_fitted(self)
        return self._validated(X, self._scheme(), reset=False)

    def _validated(self, X: Any, scheme: Scheme | None, reset: bool = True) -> npt.NDArray[np.floating]:  # noqa: N803
        kinds = [np.float64, np.float32]
        checked: npt.NDArray[np.floating] = validate_data(
            self, self._ordered(X, scheme), dtype=kinds, ensure_all_finite="allow-nan", reset=reset
        )
        return checked


def _continued(mixture: Mixture, own: Labels, previous: Solution, ids: Labels) -> dict[int, int]:
    """Component → id of the former group without archetype that lies nearest, one to one, if it is near at all."""
    former = np.flatnonzero(~np.isin(previous.owner, ids))
    if not len(own) or not len(former):
        return {}
    white = mixture.whitening
    apart = cdist(mixture.means[own] @ white, previous.mixture.means[former] @ white)
    pairs = zip(*linear_sum_assignment(apart), strict=True)
    return {int(own[a]): int(previous.owner[former[b]]) for a, b in pairs if apart[a, b] < APART}

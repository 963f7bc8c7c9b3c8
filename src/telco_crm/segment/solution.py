"""A grouping as it was found: everything that is needed to say which group somebody belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from telco_crm.segment.factors import Factors
from telco_crm.segment.mixture import ROWS, Labels, Mixture, softmax
from telco_crm.segment.scaling import Matrix, Scaling


@dataclass(frozen=True)
class Solution:
    """`owner` is the group id of every component; a group may own several."""

    scaling: Scaling
    mixture: Mixture
    owner: Labels
    factors: Factors

    @cached_property
    def group_ids(self) -> Labels:
        """The groups, by id."""
        return np.unique(self.owner)

    @cached_property
    def means(self) -> Matrix:
        """Mean of every group (groups × inputs, standardised)."""
        weight = self._owned * self.mixture.weights[:, None]
        means: Matrix = weight.T @ self.mixture.means / weight.sum(axis=0)[:, None]
        return means

    def probability(self, values: npt.NDArray[np.floating]) -> Matrix:
        """Membership: people × groups, in the order of `group_ids`."""
        out = np.empty((len(values), len(self.group_ids)))
        for rows, logits in self._logits(values):
            out[rows] = softmax(logits) @ self._owned
        return out

    def groups(self, values: npt.NDArray[np.floating]) -> Labels:
        """The likeliest group of everybody."""
        out = np.empty(len(values), dtype=np.int64)
        alone = len(self.owner) == len(self.group_ids)
        for rows, logits in self._logits(values):
            if alone:
                out[rows] = self.owner[logits.argmax(axis=1)]
            else:
                out[rows] = self.group_ids[(softmax(logits) @ self._owned).argmax(axis=1)]
        return out

    def scores(self, values: npt.NDArray[np.floating]) -> Matrix:
        """Factor scores: people × factors."""
        out = np.empty((len(values), self.factors.coefficients.shape[1]))
        for rows in _blocks(len(values)):
            out[rows] = self.scaling.apply(values[rows]) @ self.factors.coefficients
        return out

    @cached_property
    def _owned(self) -> Matrix:
        owned: Matrix = (self.owner[:, None] == self.group_ids).astype(np.float64)
        return owned

    def _logits(self, values: npt.NDArray[np.floating]) -> Iterator[tuple[slice, Matrix]]:
        slopes, start = self.mixture.linear()
        for rows in _blocks(len(values)):
            yield rows, self.scaling.apply(values[rows]) @ slopes + start


def _blocks(count: int) -> Iterator[slice]:
    for first in range(0, count, ROWS):
        yield slice(first, min(first + ROWS, count))

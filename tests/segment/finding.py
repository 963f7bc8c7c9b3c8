"""Groups that were found in populations, for several tests."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from population import Operator, People, people
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from telco_crm.segment.behaviour import BehaviourSegmenter
from telco_crm.segment.scheme import load_scheme

Fitted = tuple[People, BehaviourSegmenter]
USUAL = Operator()


@cache
def fitted(seed: int, count: int = 20_000, operator: Operator = USUAL) -> Fitted:
    """An operator and the groups found among its subscribers."""
    drawn = people(seed, count, operator)
    return drawn, BehaviourSegmenter(random_state=0).fit(drawn.inputs)


def left_out(seed: int) -> tuple[int, ...]:
    """Four of the 17 groups, which do not exist."""
    known = list(load_scheme("postpaid-17").groups)
    return tuple(int(g) for g in np.random.default_rng(seed).choice(known, 4, replace=False))


def names_right(true: np.ndarray, given: np.ndarray) -> int:
    """Groups of which most people have the name, and most who have the name are of the group."""
    return sum((given[true == g] == g).mean() > 0.5 and (true[given == g] == g).mean() > 0.5 for g in np.unique(true))


def ceiling(inputs: pd.DataFrame, true: np.ndarray, segmenter: BehaviourSegmenter) -> tuple[float, float]:
    """Accuracy and adjusted Rand index of a discriminant analysis that is told the groups, on the same scaled inputs,
    cross-validated.
    """
    z = segmenter.solution_.scaling.apply(inputs.to_numpy())
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    told = cross_val_predict(LinearDiscriminantAnalysis(), z, true, cv=folds)
    return float((told == true).mean()), float(adjusted_rand_score(true, told))

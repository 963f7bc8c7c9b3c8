"""The same groups on operators of a third kind: other base rates, other levels of activity, months missing, months
overdispersed, groups that rise and fall.
"""

from __future__ import annotations

import numpy as np
import pytest
from elsewhere import Elsewhere, draw
from finding import ceiling, left_out, names_right
from sklearn.metrics import adjusted_rand_score, balanced_accuracy_score

from telco_crm.segment.behaviour import BehaviourSegmenter

KINDS = {
    "as usual": (Elsewhere(), 0.95),
    "half of everything": (Elsewhere(level=0.5), 0.95),
    "twice everything": (Elsewhere(level=2), 0.95),
    "a third of the months missing": (Elsewhere(missing=0.33), 0.95),
    "noise 0.6": (Elsewhere(noise=0.6), 0.90),
    "equal sizes": (Elsewhere(equal=True), 0.93),
}


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("seed", [1, 3])
def test_near_what_is_possible(seed: int, kind: str) -> None:
    operator, part = KINDS[kind]
    drawn = draw(seed, 10_000, operator)
    segmenter = BehaviourSegmenter(random_state=0).fit(drawn.inputs)
    accuracy, index = ceiling(drawn.inputs, drawn.group, segmenter)
    right = (segmenter.labels_ == drawn.group).mean()
    assert right >= part * accuracy
    assert adjusted_rand_score(drawn.group, segmenter.labels_) >= part * index
    assert names_right(drawn.group, segmenter.labels_) >= 16
    assert balanced_accuracy_score(drawn.group, segmenter.labels_) == pytest.approx(right, abs=0.05)


def test_sms_enthusiasts_and_potential_stay_apart_where_habits_vary_much() -> None:
    # Some 3 standard deviations lie between them, and the people of both have two clear humps.
    drawn = draw(2003, operator=Elsewhere(noise=0.6))
    given = BehaviourSegmenter(random_state=0).fit(drawn.inputs).labels_
    for group in (6, 7):
        assert (given[drawn.group == group] == group).mean() >= 0.7


@pytest.mark.parametrize("seed", range(20, 24))
def test_names_of_groups_that_do_not_exist_are_given_to_nobody(seed: int) -> None:
    without = left_out(seed)
    drawn = draw(seed, 8_000, Elsewhere(without=without))
    segmenter = BehaviourSegmenter(random_state=0).fit(drawn.inputs)
    assert max((segmenter.labels_ == g).mean() for g in without) <= 0.005
    assert names_right(drawn.group, segmenter.labels_) >= 12


def test_a_month_later_people_keep_their_group_and_a_resample_gives_the_same_groups() -> None:
    drawn = draw(2)
    segmenter = BehaviourSegmenter(random_state=0).fit(drawn.inputs)
    same = ~np.isin(drawn.group, (12, 14))  # who rises and falls has changed
    assert (segmenter.predict(drawn.again(seed=7)) == segmenter.labels_)[same].mean() >= 0.97
    rows = np.random.default_rng(5).integers(0, len(drawn.group), len(drawn.group))
    again = BehaviourSegmenter(random_state=1).fit(drawn.inputs.iloc[rows])
    assert adjusted_rand_score(segmenter.labels_, again.predict(drawn.inputs)) >= 0.95


def test_without_messages_and_data_in_the_export_the_other_groups_are_found() -> None:
    drawn = draw(4, 10_000)
    inputs = drawn.inputs.assign(**dict.fromkeys(("sms", "mms", "data_sessions", "data_mb"), 0.0))
    given = BehaviourSegmenter(random_state=0).fit(inputs).labels_
    others = ~np.isin(drawn.group, (6, 7, 13))  # who are told by messages and data alone
    assert (given == drawn.group)[others].mean() >= 0.95

"""Operators where many never use a service and those who do use it in bursts; and neighbours that lie close."""

from __future__ import annotations

import numpy as np
import pytest
from bursty import Bursty, draw
from finding import ceiling, fitted, left_out, names_right
from population import Operator
from sklearn.metrics import adjusted_rand_score

from telco_crm.segment.behaviour import BehaviourSegmenter


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_near_what_is_possible(seed: int) -> None:
    drawn = draw(seed, 10_000)
    segmenter = BehaviourSegmenter(random_state=0).fit(drawn.inputs)
    accuracy, index = ceiling(drawn.inputs, drawn.group, segmenter)
    assert (segmenter.labels_ == drawn.group).mean() >= 0.95 * accuracy
    assert adjusted_rand_score(drawn.group, segmenter.labels_) >= 0.95 * index
    assert names_right(drawn.group, segmenter.labels_) >= 15  # SMS enthusiasts and potential lie close


@pytest.mark.parametrize("seed", [2003, 2015, 4001, 4002, 4003, 4006])
def test_a_name_asks_for_what_its_group_does(seed: int) -> None:
    """Where only one of two like groups exists it kept the other's name: Business-busy and Business potential (4001,
    4003, 4006), All-round developing and Local-busy (2015), IP long-chatters and Local-busy (2003); and those who call
    Hong Kong once a month were its callers (4002).
    """
    without = left_out(seed)
    drawn = draw(seed, 10_000, Bursty(without=without))
    segmenter = BehaviourSegmenter(random_state=0).fit(drawn.inputs)
    assert max((segmenter.labels_ == g).mean() for g in without) <= 0.005
    assert names_right(drawn.group, segmenter.labels_) >= 12


def test_neighbours_with_names_of_their_own_and_two_humps_are_not_merged() -> None:
    # Long-chatters by IP lie 3.2 standard deviations from the thrifty here; without them both would lose their names,
    # and with them the largest group.
    drawn, segmenter = fitted(1, 10_000, Operator(noise=0.6))
    for group in (1, 3, 8):
        assert (segmenter.labels_[drawn.group == group] == group).mean() >= 0.7  # 0.8 where the groups are told
    assert not np.isin(segmenter.group_ids_, range(101, 110)).any()

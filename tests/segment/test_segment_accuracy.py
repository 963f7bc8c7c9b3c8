"""How many of the true groups are found, on an operator that has nothing in common with the sample generator.

The ceiling is a discriminant analysis that is told the true groups, cross-validated on the same transformed inputs.
"""

from __future__ import annotations

import numpy as np
import pytest
from finding import ceiling, fitted, left_out, names_right
from population import STRANGER, Operator, people
from sklearn.metrics import adjusted_rand_score, balanced_accuracy_score

from telco_crm.segment.behaviour import BehaviourSegmenter
from telco_crm.segment.scheme import load_scheme

SEEDS = range(1, 11)


@pytest.mark.parametrize(
    ("operator", "part"),
    [(Operator(), 0.95), (Operator(noise=0.6), 0.90), (Operator(equal=True), 0.93)],
    ids=["noise 0.35", "noise 0.6", "equal sizes"],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_near_what_is_possible(seed: int, operator: Operator, part: float) -> None:
    drawn, segmenter = fitted(seed, operator=operator)
    accuracy, index = ceiling(drawn.inputs, drawn.group, segmenter)
    assert (segmenter.labels_ == drawn.group).mean() >= part * accuracy
    assert adjusted_rand_score(drawn.group, segmenter.labels_) >= part * index


@pytest.mark.parametrize("seed", SEEDS)
def test_names_are_on_the_right_groups_and_small_groups_count(seed: int) -> None:
    drawn, segmenter = fitted(seed)
    assert names_right(drawn.group, segmenter.labels_) >= 16
    accuracy = (segmenter.labels_ == drawn.group).mean()
    assert balanced_accuracy_score(drawn.group, segmenter.labels_) == pytest.approx(accuracy, abs=0.05)


@pytest.mark.parametrize("seed", range(20, 24))
def test_names_of_groups_that_do_not_exist_are_given_to_nobody(seed: int) -> None:
    without = left_out(seed)
    drawn, segmenter = fitted(seed, 10_000, Operator(without=without))
    assert max((segmenter.labels_ == g).mean() for g in without) <= 0.005
    assert set(segmenter.absent_) <= set(without)
    assert names_right(drawn.group, segmenter.labels_) >= 12


def test_a_group_that_the_scheme_does_not_know_is_a_group_of_its_own() -> None:
    drawn, segmenter = fitted(9, 10_000, Operator(strangers=0.03))
    given = segmenter.labels_[drawn.group == STRANGER]
    assert (given == 101).mean() >= 0.9
    assert (drawn.group[segmenter.labels_ == 101] == STRANGER).mean() >= 0.9


def test_people_who_go_on_as_before_keep_their_group() -> None:
    drawn, segmenter = fitted(3)
    later = segmenter.predict(drawn.again(seed=77))
    stayed = drawn.months == 3
    assert (later == segmenter.labels_)[stayed].mean() >= 0.97


def test_another_draw_of_the_same_people_gives_the_same_groups() -> None:
    drawn, segmenter = fitted(2)
    rows = np.random.default_rng(5).integers(0, len(drawn.group), len(drawn.group))
    again = BehaviourSegmenter(random_state=1).fit(drawn.inputs.iloc[rows])
    assert adjusted_rand_score(segmenter.labels_, again.predict(drawn.inputs)) >= 0.95


def test_no_input_is_money_so_that_price_levels_change_nothing() -> None:
    words = ("fee", "charge", "bill", "arpu", "total", "rent", "paid")
    for name in ("postpaid-17", "behaviour-16"):
        inputs = load_scheme(name).inputs.values()
        assert [i.sql for i in inputs if any(word in i.sql for word in words)] == []


@pytest.mark.parametrize("seed", [31, 32])
def test_those_of_a_group_who_roam_are_no_group(seed: int) -> None:
    """A fifth of the Local-busy roam like Business potential, who do not exist, and differ in nothing else."""
    drawn = people(seed, 10_000, Operator(without=(12,)))
    rng = np.random.default_rng(seed)
    busy = np.flatnonzero(drawn.group == 16)
    some = rng.choice(busy, len(busy) // 5, replace=False)
    inputs = drawn.inputs.copy()
    inputs.loc[inputs.index[some], "roaming_calls"] = rng.lognormal(2.0, 0.5, len(some))
    labels = BehaviourSegmenter(random_state=0).fit(inputs).labels_
    assert (labels == 12).mean() <= 0.005
    assert (labels[some] == 16).mean() >= 0.85

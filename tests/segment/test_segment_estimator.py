"""The estimator by scikit-learn's own rules, and its answers to poor data."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from finding import fitted
from population import Operator
from sklearn.utils.estimator_checks import parametrize_with_checks

from telco_crm.segment import BehaviourSegmenter, behaviour_inputs
from telco_crm.segment.scheme import load_scheme


@parametrize_with_checks([BehaviourSegmenter(scheme=None, n_clusters=3)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_shapes_names_and_probabilities() -> None:
    drawn, segmenter = fitted(2)
    some = drawn.inputs.iloc[:100]
    assert list(segmenter.feature_names_in_) == list(drawn.inputs.columns)
    probability = segmenter.predict_proba(some)
    assert probability.shape == (100, len(segmenter.group_ids_))
    assert probability.sum(axis=1) == pytest.approx(np.ones(100))
    assert (segmenter.group_ids_[probability.argmax(axis=1)] == segmenter.predict(some)).all()
    scores = segmenter.transform(some)
    assert scores.shape == (100, len(segmenter.get_feature_names_out()))


def test_columns_may_come_in_any_order_and_with_others() -> None:
    drawn, segmenter = fitted(2)
    some = drawn.inputs.iloc[:50]
    assert (segmenter.predict(some[some.columns[::-1]].assign(other=1)) == segmenter.predict(some)).all()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="X lacks the inputs sms of the scheme postpaid-17"):
        BehaviourSegmenter().fit(fitted(2)[0].inputs.drop(columns="sms"))


def test_a_column_that_is_there_twice_is_named() -> None:
    inputs = fitted(2)[0].inputs
    with pytest.raises(ValueError, match="X has minutes more than once"):
        BehaviourSegmenter().fit(pd.concat([inputs, inputs[["minutes"]]], axis=1))


def test_a_scheme_that_there_is_not() -> None:
    with pytest.raises(ValueError, match='there is no scheme "postpaid-71" .did you mean "postpaid-17"'):
        BehaviourSegmenter(scheme="postpaid-71").fit(fitted(2)[0].inputs)


@pytest.mark.filterwarnings("error")
def test_people_who_are_all_alike() -> None:
    inputs = fitted(2)[0].inputs
    with pytest.raises(ValueError, match="the same in every row"):
        BehaviourSegmenter().fit(inputs * 0 + 1)


def test_inputs_of_a_feature_table() -> None:
    """B's mean of 10 and 30 calls is 20; its month without usage does not count. A spoke 6 minutes in 4 calls, of which
    one was not answered: 2 minutes a call.
    """
    names = [i.sql for i in load_scheme("postpaid-17").inputs.values() if i.sql.isidentifier()]
    others = {"ip_minutes": 0.0, "voice_calls": 4.0, "unanswered_calls": 1.0, "voice_minutes": 6.0, "records": 1.0}
    rows = [("B", "2026-01", 10.0), ("B", "2026-02", 30.0), ("A", "2026-01", 7.0), ("B", "2026-03", 500.0)]
    table = pd.DataFrame(
        [
            {"subscriber_id": s, "month": m, **dict.fromkeys(names, 0.0), **others, "voice_out_calls": n}
            for s, m, n in rows
        ]
    )
    table.loc[3, "records"] = np.nan
    inputs = behaviour_inputs(table)
    assert list(inputs.index) == ["A", "B"]
    assert list(inputs.columns) == list(load_scheme("postpaid-17").inputs)
    assert inputs["out_calls"].tolist() == [7, 20]
    assert inputs["minutes_per_call"].tolist() == [2, 2]
    with pytest.raises(ValueError, match='there is no feature "sms"'):
        behaviour_inputs(table.drop(columns="sms"))


@pytest.mark.parametrize(
    ("name", "feature", "given"),
    [
        ("postpaid-17", "forward_telecom_calls", "forward_telecom"),
        ("postpaid-17", "forward_unicom_calls", "forward_unicom"),
        ("behaviour-16", "forward_calls", "forward_calls"),
    ],
)
def test_forwarding_is_a_habit_only_if_it_goes_on_all_the_time(name: str, feature: str, given: str) -> None:
    """A forwards 20, 26 and 23 calls a month. B, about to leave, begins in the second month, as C, who came then, does;
    but of C there is nothing without it. D's month without usage, and the one where it is unknown, do not count.
    """
    calls = {"A": (20, 26, 23), "B": (0, 30, 35), "C": (None, 30, 35), "D": (None, 15, np.nan)}
    scheme = load_scheme(name)
    features = {word for i in scheme.inputs.values() for word in re.findall(r"[a-z_]+", i.sql)} - {"nullif"}
    rows = [
        {"subscriber_id": who, "month": f"2026-0{at + 1}", **dict.fromkeys(features, 1.0),
         "records": np.nan if n is None else 1.0, feature: 0.0 if n is None else n}
        for who, months in calls.items() for at, n in enumerate(months)
    ]  # fmt: skip
    assert behaviour_inputs(pd.DataFrame(rows), name)[given].tolist() == [20, 0, 30, 15]


def test_fewer_people_than_groups() -> None:
    with pytest.raises(ValueError, match="n_samples=16 should be >= the number of groups, 17"):
        BehaviourSegmenter().fit(fitted(2)[0].inputs.iloc[:16])


@pytest.mark.parametrize("value", [np.nan, 0.0, 7.0])
def test_an_input_that_never_varies_changes_little(value: float) -> None:
    drawn, _ = fitted(4)
    inputs = drawn.inputs.iloc[:6000].assign(mms=value)
    segmenter = BehaviourSegmenter(random_state=0).fit(inputs)
    assert segmenter.solution_.scaling.scale[list(inputs.columns).index("mms")] == 0
    assert (segmenter.labels_ == drawn.group[:6000]).mean() >= 0.85


def test_unknown_values_and_newcomers_get_groups() -> None:
    drawn, segmenter = fitted(2)
    new = drawn.months == 1
    assert new.sum() > 300
    assert (segmenter.labels_[new] == drawn.group[new]).mean() >= 0.9
    nothing = pd.DataFrame(np.nan, index=[0], columns=drawn.inputs.columns)
    assert segmenter.predict(nothing)[0] in segmenter.group_ids_


def test_refit_from_a_former_solution_keeps_numbers_and_names() -> None:
    drawn, first = fitted(9, 10_000, Operator(strangers=0.03))
    again = BehaviourSegmenter(random_state=3).fit(drawn.again(seed=6), previous=first.solution_)
    assert (again.labels_ == first.labels_).mean() >= 0.95
    assert set(again.group_ids_) == set(first.group_ids_)


def test_the_same_seed_gives_the_same_groups_whatever_the_order() -> None:
    inputs = fitted(2)[0].inputs.iloc[:3000]
    turned = inputs.iloc[::-1]
    one, other = (BehaviourSegmenter(random_state=0).fit(x) for x in (inputs, turned))
    assert (one.predict(inputs) == other.predict(inputs)).mean() >= 0.99
    assert (one.labels_ == BehaviourSegmenter(random_state=0).fit(inputs).labels_).all()

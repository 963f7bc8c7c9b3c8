"""The estimator by scikit-learn's own rules, and its answers to poor data."""

from __future__ import annotations

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


def test_inputs_do_not_depend_on_the_order_of_rows() -> None:
    """Sums of fractions do: (0.1 + 0.2) + 0.3 is not 0.1 + (0.2 + 0.3). Models fitted on them would differ."""
    names = {i.sql for i in load_scheme("postpaid-17").inputs.values() if i.sql.isidentifier()}
    names |= {"ip_minutes", "voice_calls", "unanswered_calls", "voice_minutes"}
    values = np.random.default_rng(1).gamma(0.5, 400, (3000, len(names))) / 60
    table = pd.DataFrame(values, columns=sorted(names)).assign(
        subscriber_id=[f"{i // 3:04}" for i in range(3000)], month=[f"2026-0{i % 3 + 1}" for i in range(3000)]
    )
    pd.testing.assert_frame_equal(behaviour_inputs(table), behaviour_inputs(table.iloc[::-1]), check_exact=True)


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

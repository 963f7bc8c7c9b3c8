"""Figures against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from telco_crm.churn.metrics import (
    auc,
    brier,
    calibration_error,
    caught,
    lift_at,
    measures,
    recall_at,
    reliability,
    wilson,
)

# Ten people, highest score first; the leavers are those at 0.9, 0.8, 0.5 and one of the two at 0.3.
LEFT = np.array([1, 1, 0, 0, 1, 0, 1, 0, 0, 0])
SCORE = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.3, 0.2, 0.1])


def test_auc_counts_pairs() -> None:
    # 4 leavers × 6 stayers = 24 pairs. Stayers below: 0.9 → 6, 0.8 → 6, 0.5 → 4, 0.3 → 2 and half of the equal one.
    assert auc(LEFT, SCORE).value == pytest.approx(18.5 / 24)


def test_interval_of_auc_by_hand() -> None:
    # Leavers 2 and 4, stayers 1 and 3: of each leaver the share of stayers below: 1/2, 1; of each stayer the share of
    # leavers above: 1, 1/2. Variance of each 1/8; (1/8)/2 + (1/8)/2 = 1/8; 1.959964 × sqrt(1/8) = 0.692952.
    found = auc(np.array([0, 1, 0, 1]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.value == pytest.approx(0.75)
    assert found.low == pytest.approx(0.75 - 0.692952, abs=1e-6)
    assert found.high == 1.0


def test_brier_is_the_mean_square() -> None:
    assert brier(np.array([1, 0]), np.array([0.8, 0.4])) == pytest.approx((0.04 + 0.16) / 2)


def test_gain_curve_ends_at_runs_of_equal_scores() -> None:
    share, left = caught(LEFT, SCORE)
    assert share.tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 1.0])
    assert left.tolist() == pytest.approx([0, 0.25, 0.5, 0.5, 0.5, 0.75, 0.75, 1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("share", "recall"),
    [(0.1, 0.25), (0.2, 0.5), (0.5, 0.75), (0.7, 0.875), (0.01, 0.25)],  # 70% cuts the two at 0.3: half of their leaver
)
def test_recall_and_lift_of_a_list(share: float, recall: float) -> None:
    taken = max(1, round(share * 10)) / 10
    assert recall_at(LEFT, SCORE, share) == pytest.approx(recall)
    assert lift_at(LEFT, SCORE, share) == pytest.approx(recall / taken)


def test_equal_scores_are_no_better_than_chance_whatever_their_order() -> None:
    flat = np.full(10, 0.4)
    assert lift_at(LEFT, flat, 0.1) == pytest.approx(1)
    assert lift_at(LEFT[::-1], flat, 0.1) == pytest.approx(1)
    assert auc(LEFT, flat).value == pytest.approx(0.5)


def test_reliability_and_calibration_error_by_hand() -> None:
    # Two bins of five: 0.1 0.2 0.3 0.3 0.4 (mean 0.26, one of five left) and 0.5 … 0.9 (mean 0.7, three of five).
    low, high = reliability(LEFT, SCORE, bins=2)
    assert (low.rows, low.lowest, low.mean, low.rate.value) == pytest.approx((5, 0.1, 0.26, 0.2))
    assert (high.rows, high.lowest, high.mean, high.rate.value) == pytest.approx((5, 0.5, 0.7, 0.6))
    # Ten bins, where the two at 0.3 stay together: |p - rate| 0.1 0.2 | 0.3: 0.2 | 0.4 0.5 0.6 0.7 0.2 0.1
    wanted = (0.1 + 0.2 + 2 * 0.2 + 0.4 + 0.5 + 0.6 + 0.7 + 0.2 + 0.1) / 10
    assert calibration_error(LEFT, SCORE) == pytest.approx(wanted)


def test_wilson_interval() -> None:
    # Newcombe (1998), table I: 81 of 263 by the score method without continuity correction: 0.2553 to 0.3662.
    found = wilson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20).low == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=60))
def test_auc_is_scikit_learns(rows: list[tuple[bool, int]]) -> None:
    outcome = np.array([1, 0, *(int(left) for left, _ in rows)])
    score = np.array([4.0, 5.0, *(float(s) for _, s in rows)])
    found = auc(outcome, score)
    assert found.value == pytest.approx(roc_auc_score(outcome, score))
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_all_measures_have_names() -> None:
    found = measures(LEFT, SCORE)
    assert found["auc"] == pytest.approx(18.5 / 24)
    assert found["recall_10"] == pytest.approx(0.25)
    assert set(found) == {
        *("auc", "auc_low", "auc_high", "average_precision", "brier", "calibration_error"),
        *(f"{what}_{share}" for what in ("lift", "recall") for share in (1, 5, 10)),
    }

"""Kaplan and Meier's curve and the discrete-time hazard, against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from telco_crm.value.calibration import leavers_interval
from telco_crm.value.hazard import KINDS, fit_hazard, flat
from telco_crm.value.survival import kaplan_meier


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_kaplan_meier_with_delayed_entry_by_hand() -> None:
    # A is seen from 0 and leaves at 2; B is seen from 0 to 3; C comes under observation at 1 and leaves at 3;
    # D is seen from 2 to 4.
    curve = kaplan_meier(enter=ints(2, 1, 1, 0, 0), leave=ints(0, 0, 1, 1, 0), end=ints(0, 0, 0, 1, 1))
    assert curve is not None
    assert curve.start == 0
    # At risk at 1: A, B; at 2: also C; at 3: B, C, D (A is gone); at 4: D.
    assert curve.at_risk.tolist() == [2, 3, 3, 1]
    assert curve.left.tolist() == [0, 1, 1, 0]
    # 1; 1 − 1/3; × (1 − 1/3); × 1
    assert curve.survival == pytest.approx([1, 2 / 3, 4 / 9, 4 / 9])
    # Greenwood at 3: 1/(3 × 2) + 1/(3 × 2) = 1/3, so σ = 0.577350; ln(4/9) = −0.810930; 1.959964 × 0.577350 ÷ 0.810930
    # = 1.395409, whose exponentials are 4.036625 and 0.247732: (4/9)^4.0366 = 0.03788, (4/9)^0.24773 = 0.81800.
    assert (curve.low[2], curve.high[2]) == pytest.approx((0.03788, 0.81800), abs=1e-5)
    assert (curve.low[0], curve.high[0]) == (1, 1)  # nobody has left yet


def test_kaplan_meier_without_delayed_entry_is_the_share_that_is_left() -> None:
    curve = kaplan_meier(enter=ints(10, 0, 0), leave=ints(0, 4, 0), end=ints(0, 0, 6))
    assert curve is not None
    assert curve.survival.tolist() == [0.6, 0.6]
    # A share of 0.6 of 10: Greenwood's variance is p (1 − p) ÷ n = 0.024; σ ÷ p = 0.258199.
    assert np.log(np.log(curve.low[0]) / np.log(0.6)) == pytest.approx(1.959964 * 0.258199 / 0.510826, abs=1e-5)


def test_the_curve_begins_where_enough_are_at_risk_and_ends_where_they_are_not() -> None:
    # One newcomer leaves at 1, which would end a curve from 0 at once; from 3 on ten are at risk, from 6 on four.
    enter, leave = ints(1, 0, 10, 0, 0, 0, 0), ints(0, 1, 0, 1, 0, 5, 0)
    curve = kaplan_meier(enter, leave, ints(0, 0, 0, 0, 0, 0, 4), least=5)
    assert curve is not None
    assert curve.start == 2
    assert curve.at_risk.tolist() == [10, 9, 9]
    assert curve.survival == pytest.approx([0.9, 0.9, 0.4])
    assert kaplan_meier(enter, leave, ints(0, 0, 0, 0, 0, 0, 4), least=11) is None


def test_when_all_have_left_nobody_survives() -> None:
    curve = kaplan_meier(ints(2, 0, 0), ints(0, 1, 1), ints(0, 0, 0))
    assert curve is not None
    assert (curve.survival[-1], curve.low[-1], curve.high[-1]) == (0, 0, 0)


def months(*rows: tuple[float, int, int]) -> pd.DataFrame:
    """Cells that differ by tenure alone: (step, at risk, left)."""
    frame = pd.DataFrame(rows, columns=["tenure", "n", "left"])
    for kind in KINDS[1:]:
        frame[kind] = np.nan
    return frame.assign(month=24000)


def test_the_hazard_of_a_step_is_its_share_of_leavers() -> None:
    cells = months((0, 100, 10), (1, 300, 15))
    hazard = fit_hazard(cells, spread=1000)  # hardly drawn to the mean
    assert 1 / (1 + np.exp(-hazard.log_odds(cells))) == pytest.approx([0.1, 0.05], abs=1e-6)
    # The variance of log odds is 1/left + 1/stayed: 1/10 + 1/90 and 1/15 + 1/285.
    rows = hazard.design(cells)
    variances = np.einsum("ij,jk,ik->i", rows, hazard.covariance, rows)
    assert variances == pytest.approx([1 / 10 + 1 / 90, 1 / 15 + 1 / 285], rel=1e-4)


def test_effects_of_small_segments_are_drawn_to_the_mean() -> None:
    cells = months((0, 20, 4), (1, 4000, 80))
    free, drawn = (fit_hazard(cells, spread).of("tenure", 0)[0] for spread in (1000, 0.5))
    assert 0 < drawn < 0.8 * free


def test_what_is_not_known_has_no_effect() -> None:
    cells = months((0, 100, 10), (1, 300, 15))
    hazard = fit_hazard(cells, spread=1000)
    unknown = months((np.nan, 1, 0))
    assert hazard.log_odds(unknown) == pytest.approx([hazard.intercept])
    # A quarter of the months are of step 0: the intercept is the mean of the log odds, a quarter and three quarters.
    assert hazard.intercept == pytest.approx(0.25 * np.log(1 / 9) + 0.75 * np.log(1 / 19), abs=1e-5)


def test_a_flat_hazard_is_as_uncertain_as_its_leavers_are_few() -> None:
    assert flat(0.02).covariance.tolist() == [[0.0]]
    # 25 left of 1,000 months: 1/25 + 1/975
    assert flat(0.025, 25).covariance[0, 0] == pytest.approx(1 / 25 + 1 / 975)


def test_good_and_bad_months_are_noticed() -> None:
    # Ten months of 1,000 at risk: 20 leave in each, or 5 and 35 by turns: (15² − 20) ÷ 20² = 0.5125.
    even = pd.concat([months((0, 1000, 20)).assign(month=m) for m in range(10)])
    uneven = even.assign(left=[5, 35] * 5)
    assert fit_hazard(even, 0.5).shock == 0
    assert fit_hazard(uneven, 0.5).shock == pytest.approx(0.5125)


def test_interval_of_a_number_of_leavers() -> None:
    # Poisson with mean 10: P(≤ 3) = 0.0103, P(≤ 4) = 0.0293; P(≤ 16) = 0.9730, P(≤ 17) = 0.9857.
    assert leavers_interval(10, 0) == (4, 17)
    low, high = leavers_interval(10, 9)  # a mean that is itself not known
    assert low < 4
    assert high > 17

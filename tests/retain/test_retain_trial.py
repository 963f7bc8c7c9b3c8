"""Differences with intervals: published and hand-worked values, and what 500 simulated campaigns must give."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_ind

from telco_crm.retain.campaign import detectable
from telco_crm.retain.effect import verdict
from telco_crm.retain.trial import mean_difference, share_difference, standardised_difference


def test_interval_of_newcombe() -> None:
    """Newcombe 1998, table II, method 10: 56/70 − 48/80."""
    d = share_difference(56, 70, 48, 80)
    assert (d.size, d.low, d.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_permutations_of_shares_are_counted() -> None:
    # Of the 20 ways to choose the 3 treated of 6 with 3 leavers, 2 are as extreme: all leavers, or none.
    assert share_difference(3, 3, 0, 3).chance == pytest.approx(0.1)
    # Of 4 with 1 leaver and 1 treated: 4 ways; the leaver treated gives 1, else −1/3: only 1 is as large as 1.
    assert share_difference(1, 1, 0, 3).chance == pytest.approx(0.25)
    assert share_difference(0, 1, 1, 3).chance == 1
    assert share_difference(0, 5, 0, 5).chance == 1


def test_interval_of_welch() -> None:
    one, other = np.array([1.0, 4, 2, 9, 5]), np.array([3.0, 3.5, 1])
    d = mean_difference(one, other, 99, 0)
    wanted = ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert (d.low, d.high) == pytest.approx((wanted.low, wanted.high))
    same = mean_difference(np.ones(3), np.ones(4), 99, 0)
    assert (same.low, same.high, same.chance) == (0, 0, 1)


def test_standardised_difference_by_hand() -> None:
    # means 2 and 5; variances 1 and 4: 3 / sqrt(2.5)
    values = np.array([1.0, 2, 3]), np.array([3.0, 5, 7])
    assert standardised_difference(*values) == pytest.approx(-3 / math.sqrt(2.5))
    assert standardised_difference(np.ones(2), np.ones(2)) == 0
    assert math.isnan(standardised_difference(np.ones(1), np.ones(2)))


def test_detectable_difference_by_hand() -> None:
    # (1.959964 + 0.841621) × sqrt(0.1 × 0.9 × (1/900 + 1/100)) = 2.801585 × 0.0316228
    assert detectable(900, 100, 0.1) == pytest.approx(0.088594, abs=1e-6)
    assert detectable(900, 0, 0.1) is None


@pytest.mark.parametrize(("treated", "control", "rates"), [(900, 300, (0.06, 0.10)), (2000, 200, (0.03, 0.05))])
def test_intervals_of_shares_cover_what_is_true(treated: int, control: int, rates: tuple[float, float]) -> None:
    rng = np.random.default_rng(1)
    found = [
        share_difference(rng.binomial(treated, rates[0]), treated, rng.binomial(control, rates[1]), control)
        for _ in range(500)
    ]
    assert 0.93 <= np.mean([d.low <= rates[0] - rates[1] <= d.high for d in found]) <= 0.97


def test_intervals_of_revenue_cover_what_is_true() -> None:
    rng = np.random.default_rng(2)
    found = [mean_difference(rng.gamma(2, 55, 600), rng.gamma(2, 50, 300), 99, 0) for _ in range(500)]
    assert 0.93 <= np.mean([d.low <= 10 <= d.high for d in found]) <= 0.97


def test_campaigns_without_effect_rarely_raise_an_alarm() -> None:
    rng = np.random.default_rng(3)
    shares = [share_difference(rng.binomial(900, 0.08), 900, rng.binomial(300, 0.08), 300) for _ in range(500)]
    means = [mean_difference(rng.gamma(2, 50, 300), rng.gamma(2, 50, 150), 199, n) for n in range(500)]
    assert np.mean([d.shown for d in shares]) <= 0.06
    assert np.mean([d.shown for d in means]) <= 0.06


def test_a_real_effect_is_shown() -> None:
    assert share_difference(40, 1000, 100, 1000).shown
    assert mean_difference(np.arange(100.0), np.arange(50.0, 150), 999, 0).shown


def test_verdicts() -> None:
    fewer, more = share_difference(40, 1000, 100, 1000), share_difference(100, 1000, 40, 1000)
    assert verdict(fewer, (0, 2000), []).startswith(
        "fewer of those contacted left: 4.0% of the treated left and 10.0% of the control group (-6.0 points"
    )
    assert verdict(more, (0, 2000), []).startswith("MORE of those contacted left")
    assert verdict(fewer, (5, 2000), []).startswith("preliminary, do not decide on it: the outcome of 5 of 2,000")
    assert "unlike before the campaign (ARPU)" in verdict(fewer, (0, 2000), ["arpu_before"])


def test_a_verdict_says_why_an_interval_without_0_is_not_enough() -> None:
    # 6 of 50 and 3 of 7. Of the C(57, 9) = 8,996,462,475 ways to place the nine who left, those with at most 6 among
    # the 50 differ as much: the sum of C(50, k) C(7, 9 - k) for k = 2 … 6 is 635,305,825, or 7.06 %.
    unsure = share_difference(6, 50, 3, 7)
    assert (unsure.high < 0, unsure.shown) == (True, False)
    words = verdict(unsure, (0, 57), [])
    assert words.startswith("no measurable effect on leaving")
    assert words.endswith("but by chance alone 7.1% of the ways to draw the arms differ as much")
    assert "by chance" not in verdict(share_difference(10, 100, 11, 100), (0, 200), [])

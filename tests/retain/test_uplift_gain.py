"""Qini and uplift curves against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from telco_crm.retain.uplift.gain import CROSSED, Trial, curve, deciles, gain, intervals

# Four customers in the order of their score: treated 1, control 0, treated 0, control 1.
ORDER = Trial(np.array([True, False, True, False]), np.array([1.0, 0.0, 0.0, 1.0]))
SCORE = np.array([4.0, 3.0, 2.0, 1.0])


def test_curves_by_hand() -> None:
    found = curve(SCORE, ORDER)
    # Q: k=1: 1 - 0 (no control yet) = 1; k=2: 1 - 0·1/1 = 1; k=3: 1 - 0·2/1 = 1; k=4: 1 - 1·2/2 = 0.
    # By 4 customers, per 1,000.
    assert found.qini.tolist() == [250, 250, 250, 0]
    # V: k=1: no control, so 0; k=2: (1/1 - 0/1)·2 = 2; k=3: (1/2 - 0/1)·3 = 1.5; k=4: (1/2 - 1/2)·4 = 0.
    assert found.uplift.tolist() == [0, 500, 375, 0]


def test_areas_by_hand() -> None:
    found = gain(SCORE, ORDER)
    assert found.incremental == pytest.approx((250 * 3 + 0) / 4)  # the random line is 0 throughout
    assert found.auuc == pytest.approx((0 + 500 + 375 + 0) / 4)
    assert found.auuc_random == 0
    assert np.isnan(found.qini)  # a random list brings nothing to compare with


def test_unequal_shares_and_the_random_line_by_hand() -> None:
    trial = Trial(np.array([True, True, False, True]), np.array([1.0, 0.0, 0.0, 1.0]))
    # Q: k=1: 1; k=2: 1; k=3: 1 - 0 = 1; k=4: 2 - 0 = 2. By 4, per 1,000: 250, 250, 250, 500; mean 312.5.
    # The line 500·k/4 has mean 500·(1+2+3+4)/16 = 312.5; so the area above it is 0.
    found = gain(SCORE, trial)
    assert found.incremental == pytest.approx(0)
    assert found.qini == pytest.approx(0)
    assert found.auuc_random == pytest.approx(1000 * (2 / 3) / 2)  # V(4) = (2/3 - 0)·4 of 4


def test_equal_scores_are_a_random_order() -> None:
    rng = np.random.default_rng(1)
    trial = Trial(rng.random(1000) < 0.85, (rng.random(1000) < 0.2).astype(float))
    flat = gain(np.zeros(1000), trial)
    assert flat.incremental == pytest.approx(0, abs=1e-9)
    turned = gain(np.zeros(1000), Trial(trial.treated[::-1], trial.outcome[::-1]))
    assert flat == pytest.approx(turned)


def test_deciles_end_with_everybody() -> None:
    rng = np.random.default_rng(2)
    trial = Trial(rng.random(1000) < 0.5, rng.random(1000))
    rows = deciles(rng.random(1000), trial)
    assert [row["customers"] for row in rows] == [100 * n for n in range(1, 11)]
    assert rows[-1]["difference"] == pytest.approx(trial.effect)
    assert rows[-1]["incremental"] == pytest.approx(rows[-1]["random"])
    assert rows[-1]["uplift"] == pytest.approx(1000 * trial.effect)


def test_intervals_of_random_rankings_hold_zero() -> None:
    outside = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        trial = Trial(rng.random(800) < 0.5, (rng.random(800) < 0.2).astype(float))
        found = intervals({name: rng.random(800) for name in "abc"}, trial, seed)
        outside += any(interval.low > 0 for interval in found.values())
    assert outside <= 3  # 2.5% of 40 is 1; 4 or more has a chance of 2%


def test_rankings_fitted_across_folds_do_not_find_what_is_not_there() -> None:
    """Every fold is ranked by a regression of the transformed outcome on the other four, and treating does nothing."""
    found = 0
    for seed in range(250):
        rng = np.random.default_rng(seed)
        x, fold = rng.normal(size=(400, 3)), rng.permutation(400) % 5
        trial = Trial(rng.random(400) < 0.5, rng.normal(size=400))
        moved = trial.outcome * np.where(trial.treated, 2.0, -2.0)
        score = np.empty(400)
        for part in range(5):
            there, here = fold != part, fold == part
            guess = x[here] @ np.linalg.lstsq(x[there], moved[there], rcond=None)[0]
            score[here] = np.argsort(np.argsort(guess)) / here.sum()
        found += intervals({"one": score}, trial, seed, CROSSED)["one"].low > 0
    assert found <= 7  # 2.5% of 250 is 6.25, wanted; without CROSSED it is 15 or so

"""The blend: weights, and the floor under all probabilities where some leave for no reason that a column tells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from telco_crm.learn.additive import with_floor
from telco_crm.learn.blend import blend


def drawn(floor: float, rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Log odds that two parts tell, the second with some error, and outcomes drawn from the first and the floor."""
    random = np.random.default_rng(5)
    odds = random.normal(-3, 4, rows)
    outcome = random.random(rows) < floor + (1 - floor) * expit(odds)
    return np.column_stack([odds, odds + random.normal(0, 1, rows)]), outcome.astype(np.int64)


@pytest.mark.parametrize("floor", [0.0, 0.02, 0.05])
def test_the_floor_is_found(floor: float) -> None:
    parts, outcome = drawn(floor)
    found = blend(parts, outcome, np.array([0.5, 0.5]), with_floor=True)
    assert found.floor == floor
    assert found.weights.sum() == pytest.approx(1, abs=0.05)
    low = parts[:, 0] < -6  # leavers by the floor alone
    said = found.floor + (1 - found.floor) * expit(found.odds(parts[low]))
    assert said.mean() == pytest.approx(outcome[low].mean(), abs=0.01)


def test_without_a_floor_the_rest_is_said_to_stay() -> None:
    """What the floor is for: of 10,000 drawn like these, more than 200 leave, and fewer than half of them are said."""
    parts, outcome = drawn(0.05)
    found = blend(parts, outcome, np.array([0.5, 0.5]), with_floor=False)
    low = parts[:, 0] < -6
    assert found.floor == 0
    assert expit(found.odds(parts[low])).mean() < outcome[low].mean() / 2


def test_weights_are_those_of_a_logistic_regression() -> None:
    """With many rows the prior hardly counts; at the best intercept as many are expected to leave as left."""
    parts, outcome = drawn(0.0)
    found = blend(parts, outcome, np.array([0.5, 0.5]), with_floor=False)
    assert expit(found.odds(parts)).sum() == pytest.approx(outcome.sum(), abs=0.1)
    assert found.weights == pytest.approx([1, 0], abs=0.1)  # the second part is the first with an error


def test_few_rows_have_no_floor() -> None:
    """Two who left against all odds among 40 prove nothing."""
    parts = np.linspace(-4, 4, 40)[:, None]
    outcome = (parts[:, 0] > 0).astype(np.int64)
    outcome[:1] = 1
    assert blend(parts, outcome, np.array([1.0]), with_floor=True).floor == 0


def told_of_few(floor: float, rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Log odds that tell of a fifth of the rows who leaves; in what they say of the others there is nothing."""
    random = np.random.default_rng(6)
    told = random.random(rows) < 0.2
    odds = np.where(told, random.normal(1, 3, rows), random.normal(-6, 1.5, rows))
    chance = np.where(told, np.maximum(expit(odds), floor), floor)
    return odds[:, None], (random.random(rows) < chance).astype(np.int64)


def test_where_the_order_of_the_rest_tells_nothing_it_is_given_up() -> None:
    parts, outcome = told_of_few(0.02)
    found = blend(parts, outcome, np.array([1.0]), with_floor=True)
    assert (found.floor, found.least) == (0, 0.02)
    said = with_floor(expit(found.odds(parts)), found.floor, found.least)
    low = parts[:, 0] < -4
    assert set(said[low]) == {0.02}
    assert outcome[low].mean() == pytest.approx(0.02, abs=0.005)


def test_where_the_order_of_the_rest_tells_something_it_is_kept() -> None:
    parts, outcome = drawn(0.02)  # what is told adds to the floor, of everybody
    found = blend(parts, outcome, np.array([0.5, 0.5]), with_floor=True)
    assert (found.floor, found.least) == (0.02, 0)

"""Sums of columns: what they are worth, how they are found, and to whom their contributions are handed on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from telco_crm.churn.model import ChurnModel, Training, fit_model
from telco_crm.learn import fit as fitting
from telco_crm.learn.additive import AdditiveModel
from telco_crm.learn.coding import MISSING, fit_coding
from telco_crm.learn.fit import Learned, fit
from telco_crm.learn.randomtrees import places
from telco_crm.learn.sums import Sum, Sums, find_sums, heights_of


def heights(*columns: list[int]) -> np.ndarray:
    """Columns × 256: the heights of the first codes; 0 of all others and of "missing"."""
    found = np.zeros((len(columns), 256))
    for at, column in enumerate(columns):
        found[at, : len(column)] = column
    return found


def spent(rows: int = 1500, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """Charges by day and by night, calls that mean nothing, and a plan: of the basic one those leave who spend more
    than 1 together; a few leave anyhow.
    """
    random = np.random.default_rng(seed)
    day, night = random.normal(0, 1, (2, rows))
    calls, basic = random.integers(0, 40, rows).astype(np.float64), random.random(rows) < 0.7
    left = (basic & (day + night > 1)) | (random.random(rows) < 0.02)
    plan = np.where(basic, "basic", "gold").astype(object)
    return pd.DataFrame({"calls": calls, "day": day, "plan": plan, "night": night}), left.astype(np.int64)


@pytest.fixture(autouse=True)
def few_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_folds_for", lambda rows, quick: (3, 3))  # instead of ten: for time


@cache
def learned(threads: int = 1) -> Learned:
    frame, left = spent()
    return fit(frame, left, pd.Series(np.arange(len(left))), 0, threads)


def test_a_sum_by_hand() -> None:
    # Heights of codes 0, 1, 2: -100, 0, 100 of the first column, 50, 0, -150 of the third. Sum = 100 a + 50 b.
    sums = Sums(
        [Sum(columns=(0, 2), weights=(100, 50), edges=(-5000, 0, 10_000))], heights([-100, 0, 100], [], [50, 0, -150])
    )
    codes = np.array([[0, 1, 2, 2, MISSING], [7, 7, 7, 7, 7], [0, 1, 1, 2, 2]], np.uint8)
    # -10,000 + 2500 = -7500: no edge lies below. 0: one, -5000; 0 does not lie below 0. 10,000: two, and so of
    # 10,000 - 7500. Missing is 0, and 0 - 7500: none.
    assert sums.beside(codes)[3].tolist() == [0, 1, 2, 2, 0]
    assert sums.beside(codes)[:3].tolist() == codes.tolist()


def test_a_part_is_handed_on_by_hand() -> None:
    table = heights([3, 0, 30], [1, 0, 30], [-2, 0, -60])
    sums = Sums([Sum(columns=(0, 1, 2), weights=(1, 1, 1), edges=(0,))], table)
    codes = np.array([[0, 1, 2], [0, 1, 2], [0, 1, 2]], np.uint8)
    parts = np.zeros((4, 3))
    parts[3], parts[0, 0] = 6.0, 10.0
    # Terms 3, 1, -2: P = 4, N = 2, P² + N² = 20; shares 12/20, 4/20, 4/20 of 6, beside what the column has itself.
    # All at the mean: a third each. Terms 30, 30, -60: P = N = 60, shares 1/4, 1/4, 1/2.
    expected = [[10 + 3.6, 2, 1.5], [1.2, 2, 1.5], [1.2, 2, 3]]
    np.testing.assert_allclose(sums.handed_on(parts, codes), expected)


@given(st.lists(st.integers(-300, 300), min_size=3, max_size=3), st.floats(-5, 5))
def test_all_of_a_part_is_handed_on_and_no_share_is_negative(terms: list[int], part: float) -> None:
    sums = Sums([Sum(columns=(0, 1, 2), weights=(100, -3, 70), edges=(0,))], heights(*([term] for term in terms)))
    parts = np.array([[0.0], [0.0], [0.0], [part]])
    shares = sums.handed_on(parts, np.zeros((3, 1), np.uint8))
    assert shares.sum() == pytest.approx(part, abs=1e-12)
    assert (shares * part >= 0).all()


def test_the_columns_that_count_together_are_found() -> None:
    frame, left = spent()
    columns, codes = fit_coding(frame, left, np.arange(len(left)) % 5)
    table = np.zeros((4, 256))
    for at in (0, 1, 3):
        values = pd.Series(frame.iloc[:, at]).groupby(codes[at]).mean().reindex(range(255)).to_numpy()
        table[at] = heights_of(values, codes[at])
    found = find_sums(table, codes, places(codes, left, {2: columns[2].count}), left)
    assert all(2 not in one.columns for one in found)  # text is in no sum
    weights = [dict(zip(one.columns, one.weights, strict=True)) for one in found]
    assert all({1, 3} <= set(each) for each in weights)
    first = weights[0]  # of all rows: day and night count alike
    assert min(first[1], first[3]) > 85
    assert abs(first.get(0, 0)) < 10


def test_what_is_no_number_or_too_few_makes_no_sum() -> None:
    codes = np.zeros((3, 100), np.uint8)
    codes[:, ::2] = 1
    outcome = codes[0].astype(np.int64)
    at = places(codes, outcome, {})
    assert find_sums(heights([], [-100, 100], []), codes, at, outcome) == []  # one number
    assert find_sums(heights([-100, 100], [-100, 100], []), codes, at, outcome) == []  # 100 rows


def test_heights() -> None:
    # Values 0 and 2, once and thrice: mean 1.5, variance (2.25 + 3 · 0.25) / 4 = 0.75, deviation 0.866.
    positions = np.full(255, np.nan)
    positions[:2] = 0, 2
    table = heights_of(positions, np.array([0, 1, 1, 1, MISSING], np.uint8))
    assert table[[0, 1, MISSING]].tolist() == [-173, 58, 0]
    assert not heights_of(positions, np.zeros(5, np.uint8)).any()  # a single value


def test_a_model_with_sums_adds_up_and_comes_back() -> None:
    frame, left = spent()
    model = learned().model
    assert model.sums
    assert any(c >= 4 for block in model.blocks for tree in block.trees for c in tree.column)
    frame = frame.assign(day=frame["day"].where(np.arange(len(frame)) % 7 > 0))  # missing values
    odds, parts = model.log_odds(frame), model.contributions(frame, threads=2)
    assert list(parts.columns) == ["calls", "day", "plan", "night"]
    np.testing.assert_allclose(parts.sum(axis=1) + model.base, odds, rtol=0, atol=1e-9)
    again = AdditiveModel.model_validate_json(model.model_dump_json())
    assert again == model
    assert again.log_odds(frame).tolist() == odds.tolist()
    assert left[learned().unseen].mean() == pytest.approx(learned().probability.mean(), abs=0.01)


def test_the_file_of_a_model_with_sums(tmp_path: Path) -> None:
    frame, left = spent()
    training = Training(source="table", rows=len(left), leavers=int(left.sum()), seed=0)
    meaning = {name: "text" if name == "plan" else "number" for name in frame}
    model = fit_model(frame, left, pd.Series(np.arange(len(left))), training, meaning, 1)
    assert model.additive == learned().model
    path = tmp_path / "model.json"
    model.save(path)
    lines = path.read_text("utf-8").splitlines()
    assert sum('"weights"' in line for line in lines) == len(model.additive.sums)  # one sum, one line
    again = ChurnModel.load(path)
    assert again == model
    assert again.probability(frame).tolist() == model.probability(frame).tolist()


def test_a_fit_with_sums_does_not_depend_on_threads() -> None:
    assert learned(threads=2).model == learned().model


@pytest.mark.parametrize(("rows", "quick"), [(1000, False), (100_000, True)])
def test_many_rows_and_exports_have_no_sums(monkeypatch: pytest.MonkeyPatch, rows: int, quick: bool) -> None:
    monkeypatch.setattr(fitting, "RANDOM_ROWS", rows)
    frame, left = spent()
    model = fit(frame, left, pd.Series(np.arange(len(left))), 0, 1, quick=quick).model
    assert (model.sums, model.heights) == ((), ())


def test_sums_that_tell_nothing_more_are_not_taken() -> None:
    """Each charge counts by itself: trees need no sums for that."""
    frame, _ = spent()
    chance = np.where(frame["day"] > 0, 0.4, 0.1)
    left = (np.random.default_rng(1).random(len(frame)) < chance).astype(np.int64)
    assert fit(frame, left, pd.Series(np.arange(len(left))), 0, 1).model.sums == ()


GOOD = {"columns": (0, 2), "weights": (100, -3), "edges": (-5, 7)}


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"columns": (0,), "weights": (100,)}, "two columns or more"),
        ({"weights": (100,)}, "a weight for each"),
        ({"columns": (2, 0)}, "not in order"),
        ({"columns": (0, 0)}, "not in order"),
        ({"columns": (-1, 0)}, "not in order"),
        ({"weights": (100, 0)}, "0 or beyond 100"),
        ({"weights": (101, 1)}, "0 or beyond 100"),
        ({"edges": (7, -5)}, "do not rise"),
        ({"edges": tuple(range(250))}, "too many"),
    ],
)
def test_what_is_no_sum_is_refused(parts: dict[str, tuple[int, ...]], why: str) -> None:
    assert Sum.model_validate(GOOD)
    with pytest.raises(ValidationError, match=why):
        Sum.model_validate({**GOOD, **parts})


def broken(data: dict[str, Any], what: str) -> None:
    if what == "sum":
        data["sums"][0]["columns"] = (1, 9)
        data["sums"][0]["weights"] = (1, 1)
    elif what == "length":
        data["heights"] = data["heights"][:-1]
    elif what == "codes":
        data["heights"] = (*data["heights"][:-1], data["heights"][-1][:-1])
    elif what == "unasked":
        data["heights"] = (*data["heights"][:2], (0, 0, 0), *data["heights"][3:])
    elif what == "high":
        data["heights"] = (*data["heights"][:-1], (301, *data["heights"][-1][1:]))
    elif what == "tree":
        data["sums"] = data["sums"][:1]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("sum", "a sum asks for a column that there is not"),
        ("length", "heights and columns differ in length"),
        ("codes", "heights of night do not fit"),
        ("unasked", "heights of plan do not fit its codes, or no sum asks for them"),
        ("high", "a height of night is beyond 300"),
        ("tree", "a tree asks for a column that there is not"),
    ],
)
def test_sums_that_do_not_fit_the_model_are_refused(what: str, why: str) -> None:
    data = learned().model.model_dump()
    broken(data, what)
    with pytest.raises(ValidationError, match=why):
        AdditiveModel.model_validate(data)

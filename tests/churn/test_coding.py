"""How columns become codes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from telco_crm.learn.coding import MISSING, ColumnCode, encode, fit_coding
from telco_crm.learn.fit import fit
from telco_crm.learn.folds import folds, keep_some, row_groups

NOBODY = np.zeros(6, np.int64)


def coded(values: list[object], outcome: list[int], fold: list[int]) -> tuple[ColumnCode, list[int]]:
    numbers = all(v is None or isinstance(v, float) for v in values)
    frame = pd.DataFrame({"x": pd.Series(values, dtype="float64" if numbers else object)})
    columns, codes = fit_coding(frame, np.array(outcome), np.array(fold))
    return columns[0], codes[0].tolist()


def test_few_numbers_are_cut_half_way_between_neighbours() -> None:
    column, codes = coded([1.0, 2.0, 4.0, None, 2.0, 1.0], [0] * 6, [0] * 6)
    assert column.edges == (1.5, 3.0)
    assert codes == [0, 1, 2, MISSING, 1, 0]
    # A value on an edge belongs below it, as in scikit-learn; values beyond all edges take the outer codes.
    assert column.codes(pd.Series([1.5, 1.51, -9.0, 99.0, np.inf, np.nan])).tolist() == [0, 1, 0, 2, 2, MISSING]


def test_many_numbers_are_cut_at_quantiles_of_equal_size() -> None:
    values = np.random.default_rng(0).lognormal(0, 3, 10_000)
    column, codes = coded(values.tolist(), [0] * 10_000, [0] * 10_000)
    assert column.count == 250
    assert set(np.bincount(codes).tolist()) <= {39, 40, 41}


def test_text_with_few_values_has_a_code_for_each_and_one_for_the_rare() -> None:
    values = ["b"] * 12 + ["a"] * 11 + ["seldom"] * 9 + [None] * 3
    column, codes = coded(values, [0, 1] * 17 + [0], [0] * 35)
    assert (column.levels, column.other, column.ordered) == ({"a": 0, "b": 1}, 2, False)
    assert codes == [1] * 12 + [0] * 11 + [2] * 9 + [MISSING] * 3
    assert column.codes(pd.Series(["never seen", "a", None], dtype=object)).tolist() == [2, 0, MISSING]


def test_text_with_many_values_is_ordered_by_leavers_and_no_row_sees_its_own_outcome() -> None:
    # 40 values of 50 rows; v00 … v39 leave at 0%, 2%, … 78%. The fold is the row's number within its value.
    values = [f"v{n:02d}" for n in range(40) for _ in range(50)]
    outcome = [int(row < n) for n in range(40) for row in range(50)]
    column, codes = coded(list(values), outcome, [row % 5 for row in range(2000)])
    assert column.ordered
    order = [column.levels[f"v{n:02d}"] for n in range(40)]
    assert order == sorted(order)
    assert len(set(order)) == 40
    # The rows of a value differ in outcome, but the code of a row comes from the other folds: equal within a fold.
    for n in (7, 23):
        of_value = np.array(codes[50 * n : 50 * n + 50])
        for k in range(5):
            assert len(set(of_value[k::5].tolist())) == 1
    prior = column.codes(pd.Series(["new"], dtype=object))[0]
    assert order[0] < prior < order[-1]


def test_a_value_with_few_rows_is_drawn_to_the_overall_share() -> None:
    values = [f"v{n:02d}" for n in range(35) for _ in range(100)] + ["once"]
    outcome = [int(row < 20 + n) for n in range(35) for row in range(100)] + [1]
    column, _ = coded(list(values), outcome, [n % 5 for n in range(3501)])
    assert column.levels["v00"] < column.levels["once"] < column.levels["v34"]  # although all of its one row left


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=2, max_size=40))
def test_codes_of_numbers_keep_their_order(values: list[float]) -> None:
    column, codes = coded([float(v) for v in values], [0] * len(values), [0] * len(values))
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(codes)[order]) >= 0).all()
    assert max(codes) < column.count


def test_a_model_does_not_hang_on_the_last_digits_of_sums() -> None:
    # What one engine sums up in one order, another sums in another: equal but for the last digits.
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"fee": rng.lognormal(3, 1, 600), "few": rng.integers(1, 9, 600) / 10, "tail": rng.pareto(1, 600)}
    )
    frame.loc[::7, "tail"] = np.nan
    outcome = (rng.random(600) < 1 / (1 + np.exp(3 - frame["fee"] / 20))).astype(np.int64).to_numpy()
    other = frame * (1 + rng.integers(-3, 4, frame.shape) * 2.0**-52)
    assert not other.equals(frame)
    one, same = (fit(f, outcome, pd.Series(np.arange(600)), seed=1, threads=1).model for f in (frame, other))
    assert same == one


def test_columns_that_are_not_there_are_missing() -> None:
    column = ColumnCode(name="gone", kind="number", edges=(1.0,))
    assert encode([column], pd.DataFrame({"other": [1.0, 2.0]})).tolist() == [[MISSING, MISSING]]


def test_folds_keep_groups_together_and_spread_leavers() -> None:
    groups = pd.Series([n // 2 for n in range(1000)])
    outcome = np.array([int(n % 20 < 2) for n in range(1000)])  # 50 of 500 groups, both rows
    fold = folds(groups, outcome, 5, 0)
    assert (fold[::2] == fold[1::2]).all()
    assert np.bincount(fold).tolist() == [200] * 5
    assert np.bincount(fold[outcome == 1]).tolist() == [20] * 5
    other = folds(groups, outcome, 5, 1)
    assert (fold != other).any()


def test_folds_do_not_depend_on_the_order_of_rows() -> None:
    groups = pd.Series([f"s{n}" for n in range(300)])
    outcome = np.array([int(n % 7 == 0) for n in range(300)])
    order = np.random.default_rng(0).permutation(300)
    shuffled = folds(groups.iloc[order].reset_index(drop=True), outcome[order], 4, 9)
    assert (folds(groups, outcome, 4, 9)[order] == shuffled).all()


def test_some_of_the_groups_are_kept_whole() -> None:
    groups = pd.Series([n % 500 for n in range(2000)])
    kept = keep_some(groups, 0.3, 0)
    assert 0.2 < kept.mean() < 0.4
    assert all(len(set(kept[groups == g])) == 1 for g in range(500))


def test_equal_rows_are_of_one_group() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 1.0, np.nan, np.nan], "b": ["x", "x", "x", None, None]})
    one, two, three, four, five = row_groups(frame)
    assert one == three
    assert four == five
    assert len({one, two, four}) == 3

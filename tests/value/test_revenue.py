"""What bands, groups and brands bring of the level before, told apart from one another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from telco_crm.value.revenue import NEW, Revenue, Share, fit_shares, told_by_whole_months

# Subscribers by band and group: the low band is nearly all of group 3, the high one of groups 1 and 2.
COUNTS = {(0, 1): 20, (0, 2): 20, (0, 3): 400, (1, 1): 300, (1, 2): 300, (1, 3): 20}
SHARES, FACTORS = {0: 1.2, 1: 0.9}, {1: 1.1, 2: 1.1, 3: 0.8}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Everybody was billed 100 a month before, and pays share × factor of it, give or take a tenth."""
    cells = pd.DataFrame([(*cell, n) for cell, n in COUNTS.items()], columns=["band", "group_id", "n"])
    frame = cells.loc[cells.index.repeat(cells["n"])].reset_index(drop=True).assign(brand="other", due=100.0)
    wanted = frame["band"].map(SHARES) * frame["group_id"].map(FACTORS)
    return frame.assign(wanted=wanted, paid=100 * wanted * np.where(frame.index % 2, 0.9, 1.1))


def test_what_a_band_brings_because_of_its_groups_is_not_counted_twice(people: pd.DataFrame) -> None:
    # Against the mean of each band alone the groups would differ by a few percent: the low band brings
    # (40 × 1.32 + 400 × 0.96) ÷ 440 = 0.993 of the level, and its group 3 would bring 0.96 ÷ 0.993 = 0.97 of that.
    expected, _ = Revenue(*fit_shares(people), {}, 0.0).of(people)
    assert expected == pytest.approx(people["wanted"].to_numpy(), rel=0.01)


def test_bands_bring_together_what_was_billed(people: pd.DataFrame) -> None:
    expected, _ = Revenue(*fit_shares(people), {}, 0.0).of(people)
    sums = people.assign(expected=100 * expected).groupby("band")[["paid", "expected"]].sum()
    assert sums["expected"].to_numpy() == pytest.approx(sums["paid"].to_numpy(), rel=1e-4)


def test_groups_that_differ_by_chance_alone_have_no_factor(people: pd.DataFrame) -> None:
    alike = people.assign(paid=100 * people["band"].map(SHARES) * np.where(people.index % 2, 0.9, 1.1))
    _, factors = fit_shares(alike)
    assert [share.mean for share in factors["group_id"].values()] == pytest.approx([1.0, 1.0, 1.0])
    assert factors["brand"] == {}  # two levels or fewer tell nothing of how levels differ


def test_somebody_alone_in_a_group_tells_nothing_of_it(people: pd.DataFrame) -> None:
    # What one subscriber misses the ratio of one subscriber by is 0, or a rounding error, and would weigh all.
    groups = np.arange(4, 24)  # of one each
    alone = pd.DataFrame({"band": 1, "group_id": groups, "brand": "other", "due": 70 + groups / 7})
    alone["paid"] = 0.99 * alone["due"] + groups / 30 - 0.5
    bands, factors = fit_shares(pd.concat([people, alone], ignore_index=True))
    assert set(factors["group_id"]) == {1, 2, 3}
    expected, _ = Revenue(bands, factors, {}, 0.0).of(people)
    assert expected == pytest.approx(people["wanted"].to_numpy(), rel=0.01)


def test_a_group_told_by_part_of_a_month_says_nothing_of_whole_months() -> None:
    # Group 3 brings 0.8 of what its band does; who joined in the month is in it for want of days.
    revenue = Revenue({-2: Share(1.0, 0.0)}, {"group_id": {3: Share(0.8, 0.0)}, "brand": {}}, {}, 0.0)
    profiles = pd.DataFrame({"band": 0, "group_id": 3, "brand": "other", "months": [0, 1, np.nan]})
    shares, _ = revenue.of(told_by_whole_months(profiles))
    assert shares.tolist() == [1.0, 0.8, 0.8]
    assert profiles["group_id"].tolist() == [3, 3, 3]


def test_a_level_by_part_of_a_month_is_less_certain() -> None:
    revenue = Revenue({-2: Share(1.0, 0.0)}, {}, {0: 0.1, 1: 0.9, NEW: 0.5}, 0.0)
    profiles = pd.DataFrame({"band": [0, 0, 1, 2], "months": [0, 1, 0, 0]})
    _, noise = revenue.of(profiles)
    assert noise.tolist() == [0.5, 0.1, 0.9, 0.9]  # of a band that was not measured the most, as before

"""Months ahead, and the worth of one subscriber and of segments, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from telco_crm.rules import load_rules
from telco_crm.value.hazard import Hazard, flat
from telco_crm.value.horizon import look_ahead
from telco_crm.value.revenue import Revenue, Share, unmeasured
from telco_crm.value.segmentworth import Sums
from telco_crm.worth import WorthRules


def rules(**own: object) -> WorthRules:
    return load_rules(WorthRules, "assessment", {"margin": 0.5, "discount": 0.0, "horizon_months": 3, **own})


def profile(**own: object) -> pd.DataFrame:
    row = {"brand": None, "band": np.nan, "group_id": np.nan, "months": 10.0, "contract_left": -2.0}
    return pd.DataFrame([{**row, **own}])


def test_worth_of_three_months_by_hand() -> None:
    ahead = look_ahead(flat(0.1), profile(), rules())
    assert ahead.there[0] == pytest.approx([1, 0.9, 0.81])
    assert ahead.mean[0] == pytest.approx(2.71)
    assert ahead.rest[0] == pytest.approx([1.71, 0.81, 0])
    # One, two or three months begin: 1 × 0.1 + 4 × 0.09 + 9 × 0.81 = 7.75.
    assert ahead.square[0] == pytest.approx(7.75)
    # A tenth leaves in the first month already: one month in the worst 2.5%, three in the best.
    assert (ahead.low[0], ahead.high[0]) == (1, 3)
    # Each h lowers the rest by h × rest: 0.1 × (1.71 + 0.81).
    assert ahead.slope[0] == pytest.approx([-0.252])


def test_amounts_are_discounted_by_the_year() -> None:
    ahead = look_ahead(flat(1e-12), profile(), rules(discount=0.21, horizon_months=12))
    ratio = 1.21 ** (-1 / 12)
    assert ahead.mean[0] == pytest.approx(ratio * (1 - 1 / 1.21) / (1 - ratio))


def test_contract_and_tenure_go_on() -> None:
    # The contract ends in the second month ahead; then it has just ended for two months; then there is none.
    # Tenure is 2 whole months at first, and 3 from the second month ahead on.
    columns = (("contract", 0, 0.0), ("contract", 1, 0.0), ("contract", 2, 0.0), ("tenure", 1, 0.0), ("tenure", 2, 0.0))
    effects = np.array([0.0, 1.0, -1.0, 0.5, 0.0])
    hazard = Hazard(columns, -3.0, effects, np.zeros((6, 6)))
    ahead = look_ahead(hazard, profile(months=2.0, contract_left=2.0), rules(horizon_months=5))
    odds = np.log(ahead.hazard[0] / (1 - ahead.hazard[0]))
    assert odds == pytest.approx([-3.5, -4, -2, -2, -3])


@pytest.mark.parametrize("column", range(4))
def test_the_slope_is_the_derivative(column: int) -> None:
    columns = (("tenure", 3.0, 0.3), ("contract", 2, 0.4), ("group_id", 7.0, 0.1))
    hazard = Hazard(columns, -3.0, np.array([0.2, -0.6, 0.4]), np.zeros((4, 4)))
    people = pd.concat([profile(months=9.0, contract_left=2.0, group_id=7.0), profile(months=np.nan)])
    six = rules(horizon_months=6)

    def worth(step: float) -> np.ndarray:
        moved = np.array([hazard.intercept, *hazard.effects])
        moved[column] += step
        return look_ahead(replace(hazard, intercept=moved[0], effects=moved[1:]), people, six).mean

    numeric = (worth(1e-5) - worth(-1e-5)) / 2e-5
    assert look_ahead(hazard, people, six).slope[:, column] == pytest.approx(numeric, rel=1e-5, abs=1e-9)


def segment(revenue: Revenue, hazard: Hazard, levels: list[float]) -> pd.Series:
    """The row of a segment of subscribers alike but for their levels."""
    people = profile(
        n=len(levels), level=sum(levels), level2=sum(x * x for x in levels), band=0.0, brand="gotone", share=1.0,
        noise=0.0, all=0,
    )  # fmt: skip
    people["share"], people["noise"] = revenue.of(people)
    sums = Sums(hazard, revenue, rules())
    sums.add(people, look_ahead(hazard, people, rules()), ("all",))
    return sums.table().iloc[0]


def test_worth_of_a_segment_by_hand() -> None:
    row = segment(unmeasured(1.0), flat(0.1), [100, 200])
    assert (row["subscribers"], row["revenue"]) == (2, 300)
    assert row["value"] == pytest.approx(0.5 * 300 * 2.71)
    assert (row["leave"], row["stay"], row["months"]) == pytest.approx((0.1, 0.729, 2.71))
    # The months begun vary by 7.75 − 2.71² = 0.4059; each person's by the square of 50 or 100.
    deviation = 1.959964 * np.sqrt((50**2 + 100**2) * 0.4059)
    assert (row["low"], row["high"]) == pytest.approx((406.5 - deviation, 406.5 + deviation))


def test_every_doubt_widens_the_interval_of_a_segment() -> None:
    levels = [100.0] * 50
    plain = Revenue({-2: Share(1, 0), 0: Share(1, 0)}, {}, {0: 0.0}, 0.0)
    variance = {}
    for name, (revenue, hazard) in {
        "plain": (plain, flat(0.1)),
        "few leavers": (plain, flat(0.1, 100)),
        "bad months": (plain, replace(flat(0.1), shock=0.04)),
        "revenue of a band": (replace(plain, bands={-2: Share(1, 0), 0: Share(1, 0.01)}), flat(0.1)),
        "revenue of a brand": (replace(plain, factors={"brand": {"gotone": Share(1, 0.02)}}), flat(0.1)),
        "revenue of one": (replace(plain, noise={0: 0.25}), flat(0.1)),
        "revenue of all": (replace(plain, shock=0.01), flat(0.1)),
    }.items():
        row = segment(revenue, hazard, levels)
        variance[name] = ((row["high"] - row["value"]) / 1.959964) ** 2
    base = 0.5 * 5000  # margin on everybody's revenue of a month
    more = {name: value - variance["plain"] for name, value in variance.items()}
    assert variance["plain"] == pytest.approx(50 * 50**2 * 0.4059)
    # 100 leavers in 1,000 months: 1/100 + 1/900 on the log odds; the slope is −0.252.
    assert more["few leavers"] == pytest.approx((base * 0.252) ** 2 * (1 / 100 + 1 / 900))
    # Months are good and bad on their own: 0.171² + 0.081².
    assert more["bad months"] == pytest.approx(base**2 * 0.04 * (0.171**2 + 0.081**2))
    assert more["revenue of a band"] == pytest.approx((base * 2.71) ** 2 * 0.01)
    assert more["revenue of a brand"] == pytest.approx((base * 2.71) ** 2 * 0.02)
    # The mean of a person lies off by a half of it: 7.75 × 0.25 a person.
    assert more["revenue of one"] == pytest.approx(50 * 50**2 * 7.75 * 0.25)
    # A change stays: it concerns the months from 1, from 2 and from 3 on: 2.71² + 1.71² + 0.81².
    assert more["revenue of all"] == pytest.approx(base**2 * 0.01 * (2.71**2 + 1.71**2 + 0.81**2))


def test_nothing_below_zero() -> None:
    assert segment(Revenue({-2: Share(1, 0), 0: Share(1, 0)}, {}, {0: 4.0}, 0.0), flat(0.1), [100])["low"] == 0

"""Figures worked out by hand: drift, shrunk IP ratios, the strategy matrix, movement between periods."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from telco_crm.analysis import RunContext
from telco_crm.engine.duck import DuckEngine
from telco_crm.months import Month
from telco_crm.segment.drift import distribution, group_drift, input_drift
from telco_crm.segment.evaluate import accuracy
from telco_crm.segment.migration import create_migration, summary
from telco_crm.segment.prices import PRICES, estimate, price_sensitivity, prior
from telco_crm.segment.strategy import compute_strategy


@pytest.fixture
def context():
    with DuckEngine(1, None, None) as engine:
        yield RunContext(engine, Month("2026-03"), [Month("2026-03")], {"events"})


def test_stability_index_of_two_groups() -> None:
    """Half and half became 0.6 and 0.4: 0.1 ln 1.2 + 0.1 ln 1.25 = 0.018232 + 0.022314."""
    parts = group_drift({1: 0.5, 2: 0.5}, {1: 0.6, 2: 0.4})
    assert parts == pytest.approx({1: 0.1 * math.log(1.2), 2: -0.1 * math.log(0.8)})


def test_a_group_that_comes_or_goes_counts_and_the_same_population_does_not_drift() -> None:
    parts = group_drift({1: 1.0}, {1: 0.9, 2: 0.1})
    assert parts[2] == pytest.approx((0.1 - 1e-4) * math.log(0.1 / 1e-4))
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, np.nan])
    assert input_drift(distribution(values), values[::-1]) == pytest.approx(0, abs=1e-9)
    assert input_drift(distribution(values), values * 3) > 0.25


def test_prior_by_moments() -> None:
    """Four people with 10 toll calls each and ratios 0, 0, 0.5, 0.5: m = 0.25, Σ n (r - m)² = 40 × 0.0625 = 2.5.

    ρ = (2.5 / 0.1875 - 3) / (40 - 400/40 - 3) = 10.3333 / 27; k = (1 - ρ) / ρ = 16.6667 / 10.3333.
    """
    mean, weight = prior(0.25, 4, 40.0, 400.0, 2.5)
    assert mean == 0.25
    assert weight == pytest.approx(16.66666667 / 10.33333333)


def test_everybody_alike_means_full_shrinkage_and_no_calls_mean_nothing() -> None:
    assert prior(0.25, 4, 40.0, 400.0, 0.0) == pytest.approx((0.25, 999))
    assert prior(None, 0, 0.0, 0.0, 0.0)[0] == 0


def test_price_sensitivity_of_people(context: RunContext) -> None:
    """a and c have the calls of the test above; d has too few; b changed the plan in February."""
    rows = [("a", 10, 0), ("b", 10, 0), ("c", 10, 5), ("d", 10, 5), ("e", 1, 1)]
    features = pd.DataFrame(
        [(who, m, toll if m == "2026-03" else 0, ip if m == "2026-03" else 0, minutes, arpu)
         for who, toll, ip in rows for m, minutes, arpu in
         (("2026-01", 100.0, 50.0), ("2026-02", 999.0, 1.0), ("2026-03", 150.0, 40.0))],
        columns=["subscriber_id", "month", "toll_out_calls", "ip_calls", "voice_minutes", "arpu"],
    )  # fmt: skip
    engine = context.engine
    engine.register("f", features)
    engine.run("CREATE TABLE features AS SELECT *, 1 AS records FROM f")
    engine.run("CREATE TABLE people AS SELECT DISTINCT subscriber_id FROM f UNION ALL SELECT 'z'")
    engine.run(
        "CREATE TABLE events AS SELECT 'b' AS subscriber_id, TIMESTAMP '2026-02-10' AS time, 'plan_change' AS kind"
    )
    estimate(context)
    mean = 11 / 41  # the person with one call counts for the mean, but not for the spread
    scatter = 2 * 10 * mean**2 + 2 * 10 * (0.5 - mean) ** 2
    spread = (scatter / (mean * (1 - mean)) - 3) / 27
    assert context.facts["ip_prior"] == pytest.approx((mean, (1 - spread) / spread))
    price_sensitivity(context)
    k = (1 - spread) / spread
    found = {row[0]: row[1:] for row in engine.rows("FROM price_sensitivity ORDER BY 1")}
    assert found["a"][:3] == (10, 0, 0.0)
    assert found["a"][3] == pytest.approx(k * mean / (10 + k))
    assert found["e"][:3] == (1, 1, None)
    assert found["e"][3] == pytest.approx((1 + k * mean) / (1 + k))
    assert (found["c"][4], found["e"][4], found["z"]) == ("high", None, (None,) * 8)
    assert found["b"][5:] == ("2026-02", 0.5, pytest.approx(-0.2))
    assert found["c"][5:] == (None, None, None)
    assert PRICES.makes == ("price_sensitivity",)


def test_strategy_matrix(context: RunContext) -> None:
    """1000 subscribers: many are 50 and more (5%), high is a contribution of 1 and more."""
    groups = pd.DataFrame(
        [(1, "a", 600, 0.6, 50.0, 0.5), (2, "b", 350, 0.35, 150.0, 1.5), (3, "c", 30, 0.03, 100.0, 1.0),
         (4, "d", 20, 0.02, 90.0, 0.9), (5, "e", 0, 0.0, None, None)],
        columns=["group_id", "group", "subscribers", "share", "arpu", "arpu_ratio"],
    )  # fmt: skip
    context.engine.register("groups", groups)
    compute_strategy(context)
    rows = context.engine.rows("SELECT group_id, field, strategy FROM strategy ORDER BY 1")
    assert rows == [
        (1, "raise", "raise the bill"),
        (2, "bundle", "bundles and retention"),
        (3, "care", "differentiated care"),
        (4, "research", "bundle or research new needs"),
    ]
    revenue = 600 * 50 + 350 * 150 + 30 * 100 + 20 * 90
    assert context.engine.rows("SELECT revenue_share FROM strategy WHERE group_id = 2")[0][0] == pytest.approx(
        350 * 150 / revenue
    )
    assert context.facts["strategy_cuts"] == (50, 1.0)


BEFORE = [("a", 1, "A", "premium", 100.0), ("b", 1, "A", "premium", 300.0), ("c", 2, "B", "weak", 50.0),
          ("d", 2, "B", "weak", None), ("e", None, None, None, 10.0)]  # fmt: skip
AFTER = [("a", 1, "A", "premium", 120.0), ("b", 2, "B", "weak", 150.0), ("c", 2, "B", "weak", 60.0),
         ("f", 1, "A", "premium", 80.0), ("e", 1, "A", "premium", 30.0)]  # fmt: skip


def test_movement_between_two_periods() -> None:
    """a and c stayed, b moved from A to B, d left, f joined, e came from no group to A."""
    columns = ["subscriber_id", "group_id", "group", "group_class", "arpu"]
    with DuckEngine(1, None, None) as engine:
        for name, rows, month in (("before", BEFORE, "2026-01"), ("after", AFTER, "2026-03")):
            frame = pd.DataFrame(rows, columns=columns).astype({"group_id": "Int64"})
            engine.register(name, frame.assign(month=month))
        create_migration(engine, "en")
        flows = {
            (row[0] or "", row[1] or ""): row[2:]
            for row in engine.rows(
                "SELECT from_name, to_name, kind, subscribers, share_of_from, share_of_to, arpu_difference "
                "FROM migration WHERE level = 'group'"
            )
        }
        assert flows == {
            ("A", "A"): ("stayed", 1, 0.5, pytest.approx(1 / 3), 20.0),
            ("A", "B"): ("moved", 1, 0.5, 0.5, -150.0),
            ("B", "B"): ("stayed", 1, 0.5, 0.5, 10.0),
            ("B", ""): ("left", 1, 0.5, None, None),
            ("", "A"): ("joined", 1, None, pytest.approx(1 / 3), None),
            ("no group", "A"): ("moved", 1, 1.0, pytest.approx(1 / 3), 20.0),
        }
        balance = engine.rows(
            "SELECT name, before, after, stayed, moved_out, moved_in, left_network, joined_network, net, "
            "retention_rate, arpu_before, arpu_after FROM migration_balance WHERE level = 'class' ORDER BY name"
        )
        assert [row for row in balance if row[0] == "premium"] == [
            ("premium", 2, 3, 1, 1, 1, 0, 1, 1, 0.5, 200.0, pytest.approx(230 / 3))
        ]
        assert [row for row in balance if row[0] == "weak"] == [("weak", 2, 2, 1, 0, 1, 1, 0, 0, 0.5, 50.0, 105.0)]
        assert engine.rows("SELECT DISTINCT from_month, to_month FROM migration") == [("2026-01", "2026-03")]
        assert summary(engine) == {"stayed": 2, "moved": 2, "joined": 1, "left": 1, "before": 5, "after": 5}


def test_accuracy_by_hand() -> None:
    """Of three 1s two are right, of one 2 one: accuracy 3/4, balanced (2/3 + 1) / 2; both names are right at 2/3, and
    of the two called 2 one is: not more than half.
    """
    given = pd.Series([1, 1, 2, 2, 9], ["a", "b", "c", "d", "x"])
    truth = pd.Series([1, 1, 1, 2], ["a", "b", "c", "d"])
    found = {measure: value for measure, value, _ in accuracy(given, truth)}
    assert found["accuracy"] == 0.75
    assert found["balanced_accuracy"] == pytest.approx(5 / 6)
    assert found["names_right"] == 0.5

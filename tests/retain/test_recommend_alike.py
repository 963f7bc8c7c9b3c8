"""Look-alikes and what groups recommend: enough holders, no difference, calibration, and the same in SQL."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from telco_crm.analysis import RunContext
from telco_crm.engine.duck import DuckEngine
from telco_crm.months import Month
from telco_crm.retain.alike import Alike, Scale, fit_alike, fit_products
from telco_crm.retain.products import Input
from telco_crm.retain.recommend import FACT, Basis, prepare, propose

INPUTS = {"sms": Input(sql="sms", en="SMS", zh="短信"), "age": Input(sql="age", log=False, en="age", zh="年龄")}


def _people(n: int, seed: int = 0) -> pd.DataFrame:
    """log(1 + sms) is normal; the odds of holding `pack` are exp(-2 + it), of `noise` nobody's business."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    held = rng.random(n) < 1 / (1 + np.exp(2 - z))
    noise = rng.random(n) < 0.3
    return pd.DataFrame({"sms": z, "age": rng.normal(40, 10, n), "pack": held * 1.0, "noise": noise * 1.0})


def test_what_is_said_comes_true() -> None:
    frame, later = _people(4000), _people(40_000, seed=1)
    scale, models = fit_products(frame, INPUTS, ["pack"], 50, 0)
    model = models["pack"]
    assert model is not None
    z = scale.apply(later[["sms", "age"]].to_numpy())
    said = 1 / (1 + np.exp(-(model.intercept + z @ np.array(model.weights))))
    for part in np.array_split(np.argsort(said), 10):
        # 4,000 each: a standard error of at most 0.8 points, and that of the fit.
        assert said[part].mean() == pytest.approx(later["pack"].to_numpy()[part].mean(), abs=0.03)
    assert model.share == pytest.approx(frame["pack"].mean(), abs=1e-9)


def test_no_model_where_holders_do_not_differ_or_are_few() -> None:
    frame = _people(2000)
    frame["few"] = ([1.0] * 49) + [0.0] * 1951
    frame["enough"] = (frame["sms"].rank() > 1950) * 1.0
    frame["nobody_knows"] = np.nan
    frame["all"] = 1.0
    _, models = fit_products(frame, INPUTS, ["noise", "few", "enough", "nobody_knows", "all"], 50, 0)
    assert set(models) == {"noise", "enough"}  # of 49, of nobody known and of nobody without it: none tried
    assert models["noise"] is None
    assert models["enough"] is not None


def test_false_alarms_are_rare() -> None:
    """Of products that are held by chance at most one in ten looks like a signal (2.5 % are meant to)."""
    rng = np.random.default_rng(7)
    z = rng.normal(size=(400, 3))
    found = [fit_alike(z, (rng.random(400) < 0.3) * 1.0, seed) for seed in range(60)]
    assert sum(model is not None for model in found) <= 6


def test_the_same_model_whenever_it_is_fitted() -> None:
    frame = _people(1000)
    assert fit_products(frame, INPUTS, ["pack"], 50, 3) == fit_products(frame, INPUTS, ["pack"], 50, 3)


def test_sql_says_the_same() -> None:
    scale = Scale((1.0, 40.0), (0.5, 10.0))
    model = Alike(-1.5, (0.8, -0.3), 0.2, 100, 0.7)
    rows = {"sms": [0.0, 10.0, None, 5.0], "age": [40.0, 90.0, 30.0, None]}
    with DuckEngine(1) as engine:
        engine.run("CREATE TABLE people AS FROM (VALUES (0, 40), (10, 90), (NULL, 30), (5, NULL)) p(sms, age)")
        sql = model.sql(scale.sql(list(INPUTS.values())))
        said = [row[0] for row in engine.rows(f"SELECT {sql} FROM people")]
    taken = np.column_stack([np.log1p(np.array(rows["sms"], float)), np.array(rows["age"], float)])
    z = scale.apply(taken)
    assert z[1].tolist() == [
        pytest.approx((np.log(11) - 1) / 0.5),
        4.0,
    ]  # 50 years above the mean of 40 count as 4 deviations
    assert z[2].tolist() == [0.0, -1.0]  # what is unknown counts as the mean
    assert said == pytest.approx((1 / (1 + np.exp(-(model.intercept + z @ np.array(model.weights))))).tolist())


@pytest.fixture
def context() -> RunContext:
    """Five subscribers of known groups; a and b send messages, of whom b holds a data pack."""
    engine = DuckEngine(1)
    context = RunContext(engine, Month("2026-03"), [Month("2026-03")], {"features", "subscribers", "groups"})
    context.facts["segment_model"] = SimpleNamespace(scheme=SimpleNamespace(name="postpaid-17"))
    people = "(SELECT unnest(['a', 'b', 'c', 'd', 'e']) AS subscriber_id)"
    wanted = "voice_out_calls voice_minutes sms mms data_mb contacts roaming_calls domestic_out_calls ip_calls "
    wanted += "hk_macau_out_calls taiwan_out_calls international_out_calls forward_calls busy_share night_share arpu "
    wanted += "bill_vas data_peak_mb overages roaming_fee"
    zeros = ", ".join(f"0.0 AS {name}" for name in wanted.split() if name != "sms")
    sent = "CASE WHEN subscriber_id IN ('a', 'b') THEN 100.0 ELSE 1.0 END AS sms"
    context.create("features", f"SELECT subscriber_id, '2026-03' AS month, {sent}, {zeros} FROM {people}")
    context.create(
        "profile",
        "SELECT subscriber_id, 'east' AS region, NULL::VARCHAR AS account_id, 100.0 AS arpu_mean, NULL::VARCHAR AS "
        f"status, 12 AS months_on_network, 30 AS age, NULL::BIGINT AS contract_days_left FROM {people}",
    )
    context.create(
        "subscribers",
        f"SELECT subscriber_id, CASE subscriber_id WHEN 'b' THEN 'data_pack' END AS services FROM {people}",
    )
    context.create(
        "grouped",
        "SELECT * FROM (VALUES ('a', 13, 'All-round'), ('b', 13, 'All-round'), ('c', 9, 'International'), "
        "('d', 99, 'Other')) g(subscriber_id, group_id, \"group\")",
    )
    context.create("groups", "SELECT 13 AS group_id, 'bundle with data' AS business UNION ALL SELECT 9, 'toll package'")
    return context


def _proposed(context: RunContext) -> dict[str, tuple[object, ...]]:
    propose(context)
    rows = context.engine.rows("SELECT subscriber_id, product, reason, propensity, look_alike FROM proposed")
    return {row[0]: row[1:] for row in rows}


def test_the_business_of_the_group(context: RunContext) -> None:
    prepare(context)
    assert _proposed(context) == {
        # (1/19)·2: 2/21; b holds the pack; 99 is no group of the scheme, and e is in none
        "a": ("data_pack", "All-round: bundle with data", 0.095238, None),
        "c": ("abroad_pack", "International: toll package", 0.076923, None),  # (4/96)·2: 1/13
    }
    assert (
        "recommendations: look-alikes for no product; holders of no product do not differ from others; of 15 products "
        "fewer than 50 holders or others are known" in context.notes
    )


def test_groups_of_another_scheme_recommend_nothing(context: RunContext) -> None:
    context.facts["segment_model"] = SimpleNamespace(scheme=SimpleNamespace(name="own"))
    prepare(context)
    assert _proposed(context) == {}
    assert "recommendations: no product names groups of the scheme own, so groups recommend nothing" in context.notes


def test_likeness_counts_against_the_share_of_all(context: RunContext) -> None:
    """A model by SMS alone: of 100 SMS, log odds of ln(101) - 4 = 0.615 and so 0.649; of one, -3.307 and so 0.035."""
    prepare(context)
    weights = tuple(1.0 if name == 2 else 0.0 for name in range(18))
    scale = Scale((0.0,) * 18, tuple(1.0 if n == 2 else 0.0 for n in range(18)))
    basis = context.facts[FACT]
    model = Alike(-4.0, weights, 0.2, 100, 0.8)
    context.facts[FACT] = Basis("own", {}, scale, {"data_pack": model}, basis.known)
    # 4 deviations at most: ln(101) = 4.615 counts as 4, so log odds of 0: 0.5, against the odds of all of 0.25: × 4.
    # (1/19)·4: 4/23. With one SMS the odds are exp(0.693 - 4) = 0.0366, × 0.146: nothing speaks for the pack.
    assert _proposed(context) == {"a": ("data_pack", "50% of those alike hold it (20% of all), by SMS", 0.173913, 0.5)}
    model = Alike(-4.0, weights, 0.4, 100, 0.8)  # odds of 2/3: × 1.5 is just enough
    context.facts[FACT] = Basis("own", {}, scale, {"data_pack": model}, basis.known)
    assert _proposed(context)["a"][2] == 0.073171  # (1/19)·1.5: 3/41
    model = Alike(-4.0, weights, 0.401, 100, 0.8)
    context.facts[FACT] = Basis("own", {}, scale, {"data_pack": model}, basis.known)
    assert _proposed(context) == {}

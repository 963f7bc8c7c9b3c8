"""A campaign plan by an uplift model: what P(kept | offer) becomes, and what happens without a signal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from telco_process import Telco

from telco_crm.analysis import RunContext
from telco_crm.engine.duck import DuckEngine
from telco_crm.errors import InputError
from telco_crm.learn.additive import AdditiveModel
from telco_crm.learn.coding import ColumnCode
from telco_crm.months import Month
from telco_crm.retain.uplift.exports import _one_share, use_uplift
from telco_crm.retain.uplift.learners import Effect
from telco_crm.retain.uplift.model import Training, UpliftModel, new_model


def model(outcome: str = "stayed", signal: bool = True) -> UpliftModel:
    """Uplift 0.02 + 1 · (score - 0), where the score is 0.1 above 50 minutes, -0.1 below and 0 if unknown."""
    column = ColumnCode(name="minutes", kind="number", edges=(50.0,))
    effect = AdditiveModel(columns=(column,), intercept=0.0, linear=((-0.1, 0.1, 0.0),), blocks=())
    training = Training(
        source="exports",
        outcome=outcome,
        customers=100,
        treated=50,
        treated_mean=0.92,
        control_mean=0.9,
        seed=0,
        campaigns=("May",),
    )
    return new_model(
        training=training,
        meaning={"minutes": "feature"},
        quality=(),
        chosen="class_transformation",
        signal=signal,
        slope=1.0 if signal else 0.0,
        effect=Effect(learner="class_transformation", binary=False, effect=effect) if signal else None,
    )


@pytest.fixture
def context() -> RunContext:
    engine = DuckEngine(1)
    context = RunContext(engine, Month("2026-06"), [Month("2026-06")], {"people", "features", "candidates"})
    context.create("people", "SELECT unnest(['a', 'b', 'c', 'd']) AS subscriber_id, false AS has_left")
    context.create(
        "features",
        "SELECT unnest(['a', 'b', 'c']) AS subscriber_id, '2026-06' AS month, unnest([90.0, 10, 90]) AS minutes",
    )
    context.create(
        "candidates",
        "SELECT unnest(['a', 'b', 'c', 'd']) AS subscriber_id, unnest([0.5, 0.5, 0.1, 0.5]) AS churn_score, "
        "0.3 AS take_up, 100.0 AS kept_value, 2.0 AS expected_cost, 13.0 AS expected_profit",
    )
    return context


def test_kept_if_offered_is_uplift_over_score(context: RunContext) -> None:
    use_uplift(context, model())
    rows = context.engine.rows("SELECT subscriber_id, take_up, expected_profit FROM candidates ORDER BY 1")
    # a: uplift 0.12 of a score of 0.5: 0.24, 0.5·0.24·100 - 2 = 10. b: -0.08: -0.16, -10. c: 0.12 of 0.1: at most 1, 8.
    # d has no features: the mean effect, 0.02: 0.04, 0.
    assert [tuple(map(float, row[1:])) for row in rows] == [(0.24, 10), (-0.16, -10), (1, 8), (0.04, 0)]
    assert "is that of the uplift model" in context.notes[-1]


def test_without_signal_the_assumed_take_up_stays(context: RunContext) -> None:
    use_uplift(context, model(signal=False))
    assert {float(row[0]) for row in context.engine.rows("SELECT take_up FROM candidates")} == {0.3}
    assert "no usable signal" in context.notes[-1]


def test_a_model_of_revenue_is_refused(context: RunContext) -> None:
    with pytest.raises(InputError, match="a plan needs one of stayed"):
        use_uplift(context, model("revenue"))


def test_campaigns_get_the_same_share_of_treated(context: RunContext) -> None:
    # May: 80 treated, 20 control; June: 40 and 60: together 120 of 200, 60%. May keeps all 20 control and 30 treated
    # (60% of 50), June all 40 treated and 26.7 control.
    rows = pd.DataFrame(
        {
            "campaign": ["May"] * 100 + ["June"] * 100,
            "treated": np.r_[[True] * 80, [False] * 20, [True] * 40, [False] * 60],
        }
    )
    counts = _one_share(context, rows).groupby(["campaign", "treated"]).size().to_dict()
    assert counts == {("May", True): 30, ("May", False): 20, ("June", True): 40, ("June", False): 27}
    assert "83 of 200 contacts are left out" in context.notes[-1]


def test_fit_score_and_plan_on_the_sample(tmp_path: Path) -> None:
    telco = Telco(tmp_path)
    sample = Path(__file__).parents[2] / "data" / "samples" / "operator"
    (tmp_path / "t.toml").write_text("[rules.uplift]\nleast_customers = 10\n", "utf-8")
    common = (sample, "--store", "s")
    telco.refused("campaign", "fit", *common, "--model", "m.json", says=("an uplift model needs at least 30",))
    fit = ("campaign", "fit", *common, "--model", "m.json", "--config", "t.toml", "--outcome", "revenue")
    assert "uplift" in telco.good(*fit).err  # 100 customers: whatever is found, it is said
    telco.good("campaign", "score", *common, "--model", "m.json", "-o", "u.csv")
    assert (tmp_path / "u.csv").read_text("utf-8").startswith("row_id,uplift,uplift_rank")
    plan = ("campaign", "plan", *common, "-o", "p", "--name", "x", "--uplift-model", "m.json")
    telco.refused(*plan, says=("a plan needs one of stayed",))
    assert not (tmp_path / "p").exists()

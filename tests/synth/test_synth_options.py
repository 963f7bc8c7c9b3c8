from __future__ import annotations

import pytest

from telco_crm.errors import RuleError, UsageError
from telco_crm.rules import explain, merge
from telco_crm.synth import SampleOptions, generate
from telco_crm.synth.figures import load_figures
from telco_crm.synth.figures.defects import Defect
from telco_crm.synth.figures.groups import GroupFigures, Hours, fill_in
from telco_crm.synth.figures.rhythm import Bands


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"subscribers": 0}, "subscribers must be between 1 and"),
        ({"months": 0}, "months must be between 1 and 60, not 0."),
        ({"seed": -1}, "seed must be between"),
        ({"dirty": 1.5}, "dirty must be between 0 and 1, not 1.5."),
        ({"noise": float("nan")}, "noise must be between"),
        ({"price_level": 0}, "price_level must be between"),
        ({"churn_level": -0.1}, "churn_level must be between"),
        ({"format": "xlsx"}, "format must be csv or parquet"),
        ({"lang": "de"}, "lang must be en or zh"),
        ({"shares": "reel"}, 'did you mean "real"'),
        ({"first_month": "2026-13"}, "first_month must be a month such as 2026-01"),
        ({"without_groups": (18,)}, "without_groups names 18, but the groups are 1, 2, 3"),
        ({"without_groups": tuple(range(1, 18))}, "leaves no group at all"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(tmp_path, wrong, sentence):
    out = tmp_path / "out"
    with pytest.raises(UsageError) as error:
        generate(out, SampleOptions(**wrong))
    assert len(error.value.problems) == 1
    assert sentence in error.value.problems[0]
    assert not out.exists()


def group(**changes: object) -> dict[str, object]:
    known = load_figures().groups["3"].model_dump()
    return {"typical": {}, "groups": {"3": merge(known, changes)}}


def test_unknown_keys_in_the_figures_are_errors():
    explain(GroupFigures, fill_in(group()), "")
    with pytest.raises(RuleError, match=r"groups.3.shares: unknown key"):
        explain(GroupFigures, fill_in(group(shares=1.0)), "")
    with pytest.raises(RuleError, match=r"groups.3.rates.loca_out: unknown key"):
        explain(GroupFigures, fill_in(group(rates={"loca_out": 1.0})), "")


def test_groups_take_what_is_typical():
    data = {
        "typical": {"share": 1.0, "plans": {"a": 1}, "rates": {"sms_out": 5}},
        "groups": {"1": {"rates": {"data": 2}}},
    }
    assert fill_in(data)["groups"]["1"] == {
        "share": 1.0,
        "plans": {"a": 1},
        "rates": {"sms_out": 5, "data": 2},
    }


@pytest.mark.parametrize(
    ("model", "data", "reason"),
    [
        (Hours, {"busy": 0.5, "off_peak": 0.5, "night": 0.1}, "must add up to 1"),
        (
            Bands,
            {"busy": [9], "off_peak": [10], "night": [0], "weekend_busy": 0.5},
            "each hour from 0 to 23 once",
        ),
        (Defect, {"parquet": True, "column": "a", "keep": 3}, "exactly one of column, keep, twice"),
    ],
)
def test_figures_that_contradict_themselves(model, data, reason):
    with pytest.raises(RuleError, match=reason):
        explain(model, data, "")

"""The commands on exports whose history, or whose columns, do not allow what was asked: as processes."""

from __future__ import annotations

import csv
from pathlib import Path

import hand_history
import pytest
from telco_process import Telco

from world import Row, export

RULES = "[rules.churn]\nminimum_leavers = 20\n"
REGION = RULES + '[rules.churn.signals.region]\ntext = true\nsql = "p.region"\ntheme = "contract"\n'
REGION += 'low = { en = "region {x}", zh = "地区{x}" }\nhigh = { en = "region {x}", zh = "地区{x}" }\n'


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def without_stayers() -> dict[str, list[Row]]:
    """60 who leave in April, and one who joins in April and has bills from then on."""
    tables = hand_history.exports(60, (4,))
    kept = {name: [row for row in table if row["subscriber_id"].startswith("l")] for name, table in tables.items()}
    kept["bills"] += [{"subscriber_id": "new", "month": f"2026-0{month}", "total": "50"} for month in (4, 5)]
    kept["subscribers"].append({**kept["subscribers"][0], "subscriber_id": "new", "activated_on": "2026-04-02"})
    kept["subscribers"][-1] |= {"cancelled_on": "", "cancel_kind": "", "status": "active"}
    return kept


@pytest.mark.parametrize(("leavers", "found"), [(0, 0), (49, 49)])
def test_no_leavers_or_too_few(telco: Telco, leavers: int, found: int) -> None:
    export(telco.folder / "data", hand_history.exports(leavers, (4,)))
    why = f"the history holds only {found} leavers, and a model needs at least 50"
    telco.refused("churn", "fit", "data", "--model", "m.json", says=(f"churn fit: no model, because {why}",))
    assert not (telco.folder / "m.json").exists()
    done = telco.good("churn", "score", "data", "-o", "s.csv")
    assert f"churn: scored by rules, not by a model, because {why}" in done.err
    assert {row["method"] for row in rows(telco.folder / "s.csv")} == {"rules"}
    if leavers:
        telco.good("churn", "evaluate", "data", "-o", "e.csv")
        assert {row["method"] for row in rows(telco.folder / "e.csv")} == {"rules"}
    else:
        says = ("no past cut-off has a known outcome with leavers and stayers",)
        telco.refused("churn", "evaluate", "data", "-o", "e.csv", "-q", says=says)


def test_all_leave(telco: Telco) -> None:
    """As of May, March is the only cut-off with a known outcome, and all who were on the books then leave in April."""
    export(telco.folder / "data", without_stayers())
    why = "churn fit: no model, because the history holds only 0 stayers, and a model needs at least 50"
    telco.refused("churn", "fit", "data", "--as-of", "2026-05", "--model", "m.json", says=(why,))
    assert not (telco.folder / "m.json").exists()


def test_one_cutoff_alone_is_fitted_and_not_tested(telco: Telco) -> None:
    export(telco.folder / "data", hand_history.exports(60, (4,)))
    done = telco.good("churn", "fit", "data", "--as-of", "2026-05", "--model", "m.json")
    assert "60 leavers" in done.err or "leavers 60" in done.err
    done = telco.good("churn", "evaluate", "data", "--as-of", "2026-05", "-o", "e.csv")
    assert "too short or has too few leavers to test a model on a later cut-off" in done.err
    assert [row["method"] for row in rows(telco.folder / "e.csv")] == ["rules"]


def test_values_that_the_model_has_not_seen(telco: Telco) -> None:
    """A text signal of one's own: regions of training, and a region of later."""
    tables = hand_history.exports(60, (4,))
    for n, row in enumerate(tables["subscribers"]):
        row["region"] = ("North", "South")[n % 2]
    export(telco.folder / "data", tables)
    telco.write("telco-crm.toml", REGION)
    telco.good("churn", "fit", "data", "--model", "m.json")
    for row in tables["subscribers"][:40]:
        row["region"] = "Mars"
    export(telco.folder / "later", tables)
    done = telco.good("churn", "score", "later", "--model", "m.json", "-o", "s.csv")
    assert (
        "churn: region has 1 values that were rare or unknown when the model was fitted, such as Mars; they count like "
        "the other rare ones, or as empty"
    ) in done.err
    done = telco.good("churn", "score", "later", "--model", "m.json", "-o", "s.csv", "--lang", "zh")
    assert "离网：region有1个值在建模时罕见或没有，如Mars；按其他罕见值或空处理" in done.err


def test_table_that_is_missing_at_scoring(telco: Telco) -> None:
    """The model has learned from bills and is given usage instead."""
    tables = hand_history.exports(60, (4,))
    export(telco.folder / "data", tables)
    telco.good("churn", "fit", "data", "--model", "m.json")
    message = {"subscriber_id": "s000", "service": "sms", "direction": "out", "counterpart": "X"}
    usage = [{**message, "start_time": f"2026-0{month}-28 10:00:00"} for month in (6, 7, 8)]
    export(telco.folder / "bare", {"subscribers": tables["subscribers"], "usage": usage})
    done = telco.good("churn", "score", "bare", "--model", "m.json", "-o", "s.csv")
    assert "churn: the model was fitted with bills, which this data does not have; what it looks at there" in done.err


def test_model_of_other_signals_is_refused_and_the_differences_named(telco: Telco) -> None:
    export(telco.folder / "data", hand_history.exports(60, (4,)))
    telco.write("telco-crm.toml", REGION.replace("p.region", "p.brand"))
    telco.good("churn", "fit", "data", "--model", "m.json")
    telco.write("telco-crm.toml", RULES + '[rules.churn.signals.arpu]\nsql = "m3.arpu"\n')
    says = ("the churn model was fitted with other definitions of arpu", "fit it again")
    telco.refused("churn", "score", "data", "--model", "m.json", "-o", "s.csv", says=says)
    assert not (telco.folder / "s.csv").exists()

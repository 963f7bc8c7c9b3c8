"""The commands on exports with a past: back-test, rules and the watch, on a world where bills halve before leaving."""

from __future__ import annotations

import csv
from pathlib import Path

import hand_history
import pytest
from telco_process import Telco

from world import export

# 120 leave in April to July, 30 a month. With 20 leavers to learn from, the cut-offs May and June have a model.
CONFIG = """
[rules.churn]
minimum_leavers = 20
[rules.churn.profit]
value = "12 * m3.arpu"
[[rules.churn.flags]]
when = "m3.arpu < 0.6 * m2.arpu"
en = "bill nearly halved"
zh = "账单近乎减半"
"""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    folder = tmp_path_factory.mktemp("past")
    export(folder / "data", hand_history.exports(120, (4, 5, 6, 7), ("voluntary", "port_out")))
    telco = Telco(folder)
    telco.write("telco-crm.toml", CONFIG)
    return telco


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def fitted(past: Telco) -> Path:
    past.good("churn", "fit", "data", "--model", "m.json", "--pictures", ".")
    return past.folder / "m.json"


@pytest.fixture(scope="module")
def backtest(past: Telco) -> dict[tuple[str, str], dict[str, str]]:
    past.good("churn", "evaluate", "data", "-o", "backtest.csv")
    return {(row["cutoff"], row["method"]): row for row in rows(past.folder / "backtest.csv")}


def test_every_past_cutoff_is_tested(backtest: dict[tuple[str, str], dict[str, str]]) -> None:
    months = ["2026-03", "2026-04", "2026-05", "2026-06"]  # two months after August are not known yet
    models = [("2026-05", "model"), ("2026-06", "model")]
    assert sorted(backtest) == sorted([*((month, "rules") for month in months), *models])


def test_a_model_is_fitted_on_earlier_cutoffs_whose_outcome_was_known(
    backtest: dict[tuple[str, str], dict[str, str]],
) -> None:
    assert backtest["2026-05", "model"]["fitted_on"] == "2026-03"
    assert backtest["2026-06", "model"]["fitted_on"] == "2026-03, 2026-04"
    assert backtest["2026-06", "rules"]["fitted_on"] == ""


def test_figures_of_the_backtest(backtest: dict[tuple[str, str], dict[str, str]]) -> None:
    june = backtest["2026-06", "model"]
    # On the books in June: 240 stayers, 4 looked at closely and the 30 who leave in July.
    assert (june["subscribers"], june["leavers"], june["churn_rate"]) == ("274", "30", "0.109489")
    # Their bill halves in June: a model knows them nearly all.
    assert float(june["auc"]) > 0.95
    assert float(june["auc_low"]) <= float(june["auc"]) <= float(june["auc_high"])
    assert float(june["lift_10"]) > 7
    assert float(june["empc"]) >= float(june["mp"]) > 0


def test_rules_are_found_and_hold_later(past: Telco) -> None:
    past.good("churn", "rules", "data", "-o", "rules.csv")
    found = rows(past.folder / "rules.csv")
    best = found[0]
    assert best["kind"] == "found"
    assert "bill in M3" in best["rule"]
    assert float(best["precision"]) > 0.5
    assert int(best["later_leavers"]) > 15  # of the 30 who leave in July
    assert float(best["later_lift"]) > 3
    flag = next(row for row in found if row["rule"] == "bill nearly halved")
    # March to May, who leave the month after: 30 each, whose bills halve; nobody else's do.
    assert (flag["kind"], flag["marked"], flag["leavers"], flag["precision"]) == ("expert", "90", "90", "1.0000")
    assert (flag["later_marked"], flag["later_leavers"], flag["later_recall"]) == ("30", "30", "1.0000")
    # In August "halved" pays 55 after 120, "quartered" 20 after 80.
    assert flag["marked_now"] == "2"


def test_found_rules_are_flags_that_can_be_used(past: Telco) -> None:
    past.good("churn", "rules", "data", "-o", "flags.toml")
    text = (past.folder / "flags.toml").read_text("utf-8")
    assert text.startswith("[[rules.churn.flags]]\nwhen = ")
    past.write("found.toml", "[rules.churn]\nminimum_leavers = 5000\n" + text)
    past.good("churn", "score", "data", "--config", "found.toml", "-o", "scores.csv")
    scores = {row["subscriber_id"]: row for row in rows(past.folder / "scores.csv")}
    assert scores["quartered"]["method"] == "rules"  # and the flags hold without a model
    assert "bill in M3" in scores["quartered"]["rules_held"]


def test_subscores_add_up_and_rules_are_named(past: Telco, fitted: Path) -> None:
    past.good("churn", "score", "data", "--model", fitted, "-o", "scores.csv")
    scores = {row["subscriber_id"]: row for row in rows(past.folder / "scores.csv")}
    assert scores["quartered"]["rules_held"] == "bill nearly halved"
    assert scores["s000"]["rules_held"] == ""
    assert float(scores["quartered"]["price_part"]) > 1  # what a bill does is told under price
    assert abs(float(scores["quartered"]["usage_part"])) < 0.01  # there is no usage
    assert (past.folder / "importance.svg").exists()


def test_watch_says_when_to_refit(past: Telco) -> None:
    past.good("churn", "fit", "data", "--as-of", "2026-07", "--model", "july.json")
    past.good("churn", "monitor", "data", "--model", "july.json", "-o", "watch.csv")
    watch = rows(past.folder / "watch.csv")
    outcome = {row["name"]: row for row in watch if row["what"] == "outcome"}
    assert (outcome["leavers"]["at"], float(outcome["leavers"]["value"])) == ("2026-06", 30.0)
    assert float(outcome["auc"]["value"]) > 0.95
    assert watch[0]["name"] == "churn_score"
    assert watch[-1]["what"] == "advice"


def test_one_cutoff_alone_makes_a_model_and_no_test(past: Telco, tmp_path: Path) -> None:
    done = past.good("churn", "evaluate", "data", "--as-of", "2026-05", "-o", tmp_path / "b.csv")
    assert [row["method"] for row in rows(tmp_path / "b.csv")] == ["rules"]
    assert "too short or has too few leavers to test a model on a later cut-off" in done.err


def test_signals_of_another_definition_are_refused(past: Telco, fitted: Path) -> None:
    past.write("other.toml", '[rules.churn]\nminimum_leavers = 20\n[rules.churn.signals.tenure]\nsql = "1.0"\n')
    says = ("fitted with other definitions of tenure", "fit it again")
    past.refused("churn", "score", "data", "--model", fitted, "--config", "other.toml", "-o", "s.csv", says=says)

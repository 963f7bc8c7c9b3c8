"""Uplift on a wide table, end to end: a planted effect is found, none is not, and what bad input gets."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from telco_process import Telco

from telco_crm.retain.uplift.fitting import Task, fit_uplift, looked_at
from telco_crm.retain.uplift.model import Training
from telco_crm.retain.uplift.rules import UpliftRules
from telco_crm.rules import load_rules

NAMES = ["number", "arm", "bought", "age", "plan", "noise"]
FIT = ("campaign", "fit", "--treatment", "arm", "--outcome", "bought", "--id", "number")


def trial(path: Path, effect: float, rows: int = 4000, seed: int = 1) -> Path:
    """Three of four treated; 15% buy without it; the effect is there for the plan gold only."""
    draw = np.random.default_rng(seed)
    treated, gold = draw.random(rows) < 0.75, draw.random(rows) < 0.5
    bought = draw.random(rows) < 0.15 + effect * (treated & gold)
    columns = [
        [f"0{n}" for n in range(rows)],
        np.where(treated, "treated", "control"),
        np.where(bought, "yes", "no"),
        draw.integers(18, 80, rows),
        np.where(gold, "gold", "basic"),
        np.round(draw.normal(size=rows), 3),
    ]
    return written(path, [list(row) for row in zip(*columns, strict=True)])


def written(path: Path, rows: list[list[object]], names: list[str] = NAMES) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([names, *rows])
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program, called in an empty folder."""
    return Telco(tmp_path)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    """A folder with trial.csv, which has an effect, and what was learnt from it."""
    telco = Telco(tmp_path_factory.mktemp("uplift"))
    trial(telco.folder / "trial.csv", 0.2)
    done = telco.good(*FIT, "--table", "trial.csv", "--model", "m.json", "--curves", "curves.csv")
    assert " is used: " in done.err
    assert "Warning" not in done.err  # what scikit-learn says of itself is not for the user
    assert "response" in done.out
    return telco


def test_gold_stands_first(found: Telco) -> None:
    found.good("campaign", "score", "--table", "trial.csv", "--model", "m.json", "-o", "scores.csv")
    scores = read(found.folder / "scores.csv")
    assert [row["uplift_rank"] for row in scores] == [str(n) for n in range(1, 4001)]
    assert scores[0]["row_id"].startswith("0")  # identifiers stay text
    plan = {row["number"]: row["plan"] for row in read(found.folder / "trial.csv")}
    gold = [float(row["uplift"]) for row in scores if plan[row["row_id"]] == "gold"]
    basic = [float(row["uplift"]) for row in scores if plan[row["row_id"]] == "basic"]
    assert np.mean(gold) == pytest.approx(0.2, abs=0.06)
    assert np.mean(basic) == pytest.approx(0, abs=0.06)


def test_curves_hold_every_learner(found: Telco) -> None:
    curves = read(found.folder / "curves.csv")
    assert {row["learner"] for row in curves} == {
        *("two_linear", "two_trees", "class_transformation", "doubly_robust_linear", "doubly_robust_trees", "response")
    }
    assert len(curves) == 60
    assert {row["part"] for row in curves if row["is_chosen"] in ("true", "1")} == {str(n) for n in range(1, 11)}


def test_same_model_whatever_the_threads(found: Telco) -> None:
    found.good(*FIT, "--table", "trial.csv", "--model", "one.json", "--threads", "1")
    assert (found.folder / "one.json").read_bytes() == (found.folder / "m.json").read_bytes()


def test_no_signal_nobody_is_ranked(found: Telco) -> None:
    trial(found.folder / "none.csv", 0.0, seed=5)
    done = found.good(*FIT, "--table", "none.csv", "--model", "none.json")
    assert "no usable signal" in done.err
    done = found.good("campaign", "score", "--table", "none.csv", "--model", "none.json", "-o", "same.csv")
    assert "no usable signal" in done.err
    assert {row["uplift_rank"] for row in read(found.folder / "same.csv")} == {""}
    assert len({row["uplift"] for row in read(found.folder / "same.csv")}) == 1


def test_infinite_and_missing_values_do_no_harm(telco: Telco) -> None:
    trial(telco.folder / "trial.csv", 0.2)
    rows = read(telco.folder / "trial.csv")
    for at, row in enumerate(rows):
        row["noise"] = ("inf", "-inf", "", "nan", "1e300")[at % 5]
        if at % 400 == 0:
            row["bought"] = "inf"
        else:
            row["bought"] = "1" if row["bought"] == "yes" else "0"
    written(telco.folder / "odd.csv", [list(row.values()) for row in rows])
    done = telco.good(*FIT, "--table", "odd.csv", "--model", "m.json")
    assert "10 of 4,000 rows" in done.err
    assert " is used: " in done.err
    assert "Warning" not in done.err
    model = json.loads((telco.folder / "m.json").read_text("utf-8"))
    assert 0 < model["training"]["treated_mean"] < 1


def test_learners_look_at_a_part_of_a_large_trial_and_are_judged_on_all() -> None:
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({f"x{n}": draw.normal(size=5000) for n in range(4)})
    treated = draw.random(5000) < 0.8
    task = Task(frame, treated, (draw.random(5000) < 0.1).astype(float))
    rules = load_rules(UpliftRules, "uplift").model_copy(update={"most_cells": 4000})
    rows = looked_at(task, np.arange(5000), rules, seed=0)
    assert len(rows) == 1000  # 4,000 cells in 4 columns
    assert len(set(rows)) == 1000
    assert task.treated[rows].mean() == pytest.approx(treated.mean(), abs=0.002)
    assert task.outcome[rows].mean() == pytest.approx(task.outcome.mean(), abs=0.002)
    assert len(looked_at(task, np.arange(900), rules, seed=0)) == 900  # few enough: all
    training = Training(source="table", outcome="y", customers=5000, treated=1, treated_mean=0, control_mean=0, seed=0)
    fitted = fit_uplift(task, training, rules, threads=1)
    assert {len(ranks) for ranks in fitted.ranks.values()} == {5000}
    assert "1,000 of the 5,000 customers" in fitted.notes[0]


def test_changed_models_are_refused(found: Telco) -> None:
    model = json.loads((found.folder / "m.json").read_text("utf-8"))
    model["slope"] = 2.0
    (found.folder / "changed.json").write_text(json.dumps(model), "utf-8")
    score = ("campaign", "score", "--table", "trial.csv", "-o", "x.csv", "--model")
    found.refused(*score, "changed.json", says=("was changed after it was fitted",))
    found.refused(*score, "trial.csv", says=("is not an uplift model",))
    assert not (found.folder / "x.csv").exists()


def lines(arms: list[str], bought: list[str]) -> list[list[object]]:
    return [[f"0{n}", arm, b, n % 50, "gold", n % 7] for n, (arm, b) in enumerate(zip(arms, bought, strict=True))]


@pytest.mark.parametrize(
    ("arms", "bought", "said"),
    [
        (["treated", "control", "other"] * 100, ["yes", "no", "no"] * 100, "say with --treated-value"),
        (["treated"] * 300, ["yes", "no", "no"] * 100, "no control group"),
        (["treated"] * 290 + ["control"] * 10, ["yes", "no", "no"] * 100, "10 customers are in the control group"),
        (["treated", "control"] * 150, ["0"] * 300, "the outcome is 0 for everybody"),
        (["treated", "control"] * 150, ["1"] * 40 + ["0"] * 260, "20 treated customers are with the outcome"),
        (["treated", "control"] * 150, ["many", "few"] * 150, "it takes numbers, or yes and no"),
    ],
)
def test_bad_trials_get_a_sentence(telco: Telco, arms: list[str], bought: list[str], said: str) -> None:
    written(telco.folder / "bad.csv", lines(arms, bought))
    telco.refused(*FIT, "--table", "bad.csv", "--model", "m.json", says=(said,))
    assert not (telco.folder / "m.json").exists()


def test_three_values_need_two_named(telco: Telco) -> None:
    written(telco.folder / "bad.csv", lines(["a", "b", "c"] * 100, ["yes", "no", "no"] * 100))
    fit = (*FIT, "--table", "bad.csv", "--model", "m.json", "--treated-value", "a")
    telco.refused(*fit, says=("say with --control-value",))

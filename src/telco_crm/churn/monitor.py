"""Watching a model: have columns and scores drifted, were the last scores right, is it time to refit."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.churn.dataset import check_signals, outcomes_at, past_cutoffs, signals_at
from telco_crm.churn.drift import as_values
from telco_crm.churn.known import SOURCES
from telco_crm.churn.metrics import auc, calibration_error, lift_at
from telco_crm.churn.model import ChurnModel
from telco_crm.churn.rules import ChurnRules, Watch
from telco_crm.churn.score import check_meaning
from telco_crm.errors import CannotCompute
from telco_crm.labels import text
from telco_crm.learn.coding import encode

Status = Literal["ok", "watch", "refit", ""]
MATTERS = 0.01  # part of a model's importance from which on the drift of a column asks for a refit
NOISE = 2.0  # standard deviations of a count that are no news


class Finding(NamedTuple):
    """One thing that was looked at, for the population or cut-off `at`; `reference` is what it was in training."""

    at: str
    what: str
    name: str
    value: float | None
    reference: float | None
    status: Status
    advice: str = ""


def compute_monitor(context: RunContext) -> None:
    """Make `churn_monitor` for the model in context.settings["churn_model"]: drift of the as-of month, and the outcome
    of the latest cut-off for which it is known.

    Raises:
        CannotCompute: no model was given.
    """
    model = context.settings.get("churn_model")
    if model is None:
        raise CannotCompute(text("notes.monitor_no_model", context.lang))
    rules = context.rules(ChurnRules, "churn")
    check_signals(context, rules)
    check_meaning(model, rules)
    rows = drift(model, signals_at(context, rules, context.as_of), str(context.as_of), rules.watch)
    cutoffs = past_cutoffs(context, rules) if context.has("subscribers") else []
    if cutoffs:
        cutoff = cutoffs[-1]
        known = outcomes_at(context, rules, cutoff)
        signals = signals_at(context, rules, cutoff)
        both = signals.index.intersection(known.index)
        score = model.probability(signals.loc[both], context.engine.threads).to_numpy()
        rows += outcomes(model, known.loc[both].to_numpy(), score, str(cutoff), rules.watch)
        if str(cutoff) in model.training.cutoffs:
            context.say("monitor_own_month", month=cutoff)
    else:
        context.say("monitor_no_outcome")
    rows.append(verdict(rows, context.lang))
    context.engine.register("monitored", pd.DataFrame(rows))
    context.create("churn_monitor", "SELECT row_number() OVER () AS row_no, * FROM monitored")


def drift(model: ChurnModel, frame: pd.DataFrame, at: str, watch: Watch) -> list[Finding]:
    """Population stability index of the scores, then of every column, the largest first."""
    columns = model.additive.columns
    scores = model.probability(frame).to_numpy()
    rows = [_psi(at, "score", "churn_score", model.scores.psi(scores), (watch, 1.0))]
    total = sum(model.importance.values()) or 1.0
    found = [
        (spread.psi(as_values(code)), column.name)
        for column, code, spread in zip(columns, encode(columns, frame), model.spreads, strict=True)
    ]
    for value, name in sorted(found, key=lambda pair: (-pair[0], pair[1])):
        rows.append(_psi(at, "column", name, value, (watch, model.importance[name] / total)))
    return rows


def outcomes(
    model: ChurnModel, outcome: npt.NDArray[np.int64], score: npt.NDArray[np.float64], at: str, watch: Watch
) -> list[Finding]:
    """What came of the scores: leavers, calibration, ranking and lift, each against training."""
    came, said = float(outcome.sum()), float(score.sum())
    ratio = came / said if said else float("inf")
    beyond = abs(came - said) > NOISE * np.sqrt(max(said, 1))
    off = beyond and not 1 / watch.calibration <= ratio <= watch.calibration
    rows = [
        Finding(at, "outcome", "leavers", came, said, "refit" if off else "ok"),
        Finding(
            at,
            "outcome",
            "calibration_error",
            calibration_error(outcome, score),
            model.metrics["calibration_error"],
            "",
        ),
    ]
    if 0 < came < len(outcome):
        area, then = auc(outcome, score), model.metrics["auc"]
        status: Status = "refit" if area.high < then - watch.auc_drop else "watch" if area.high < then else "ok"
        rows.append(Finding(at, "outcome", "auc", area.value, then, status))
        rows.append(Finding(at, "outcome", "lift_10", lift_at(outcome, score, 0.1), model.metrics["lift_10"], ""))
    return rows


def verdict(rows: list[Finding], lang: str) -> Finding:
    """What to do, and why."""
    for status in ("refit", "watch"):
        names = [row.name for row in rows if row.status == status]
        if names:
            shown = ", ".join(names[:5])
            return Finding(
                rows[0].at, "advice", status, None, None, status, text(f"monitor.{status}", lang, names=shown)
            )
    return Finding(rows[0].at, "advice", "keep", None, None, "ok", text("monitor.keep", lang))


def _psi(at: str, what: str, name: str, value: float, limits: tuple[Watch, float]) -> Finding:
    watch, part = limits
    status: Status = "ok"
    if part >= MATTERS and value >= watch.psi_watch:
        status = "refit" if value >= watch.psi_refit and what == "score" else "watch"
    return Finding(at, what, name, value, 0.0, status)


MONITOR = Analysis("churn monitor", ("people", "features"), ("churn_monitor",), compute_monitor, uses=SOURCES)

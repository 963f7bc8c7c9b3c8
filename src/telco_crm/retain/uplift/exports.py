"""Uplift on exports: the features of the month before each contact, the arm, and what became of the subscriber; and
the campaign plan that uses a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import InputError
from telco_crm.labels import text
from telco_crm.learn.coding import Floats
from telco_crm.retain.arms import EffectRules
from telco_crm.retain.followed import find_arms, find_outcomes
from telco_crm.retain.uplift.fitting import Fitted, Task, check, fit_uplift
from telco_crm.retain.uplift.model import Training, UpliftModel
from telco_crm.retain.uplift.rules import UpliftRules

FEATURE = "feature"
KEYS = ("subscriber_id", "treated", "outcome", "campaign")
Outcome = Literal["stayed", "revenue"]


def fit_exports(context: RunContext, names: Sequence[str], outcome: Outcome, threads: int) -> tuple[Fitted, Task]:
    """A model of the campaigns `names` (none: all that had a control group and whose outcome is known).

    Raises:
        InputError: there is no such campaign, nobody in one of the arms, or too little to learn from.
    """
    rules = context.rules(UpliftRules, "uplift")
    found = context.engine.rows("SELECT DISTINCT campaign FROM contacts ORDER BY campaign")
    frames = []
    for name in names or [row[0] for row in found]:
        try:
            frames.append(_campaign(context, rules, name, outcome))
        except InputError as why:
            if names:
                raise
            context.note(text("uplift.left_out", context.lang, why=why))
    if not frames:
        raise InputError(text("uplift.none_known", context.lang))
    rows = _one_share(context, pd.concat(frames, ignore_index=True))
    frame = rows.drop(columns=list(KEYS))
    frame = frame[[name for name in frame if frame[name].nunique() + frame[name].isna().any() > 1]]
    if not len(frame.columns):
        raise InputError(text("uplift.no_features", context.lang))
    treated, values = rows["treated"].to_numpy(bool), rows["outcome"].to_numpy(np.float64)
    groups = np.asarray(pd.factorize(rows["subscriber_id"])[0], np.int64)
    task = Task(frame, treated, values, groups, {str(name): FEATURE for name in frame})
    used = tuple(sorted(set(rows["campaign"])))
    check(task, rules, f"campaign fit, {', '.join(used)}", context.lang)
    training = Training(
        source="exports",
        outcome=outcome,
        customers=len(values),
        treated=int(treated.sum()),
        treated_mean=float(values[treated].mean()),
        control_mean=float(values[~treated].mean()),
        seed=context.seed,
        campaigns=used,
    )
    return fit_uplift(task, training, rules, threads, context.lang), task


def uplift_now(context: RunContext, model: UpliftModel) -> tuple[pd.Series, Floats]:
    """Every subscriber who has not left, and the uplift by the features of the as-of month.

    Raises:
        InputError: the model was fitted on a wide table, or on features that there are not.
    """
    if model.training.source != "exports":
        raise InputError(text("uplift.of_table", context.lang))
    there = context.engine.columns("features")
    lost = [name for name in model.meaning if name not in there]
    if lost and model.signal:
        raise InputError(text("uplift.lost", context.lang, names=", ".join(lost)))
    wanted = [f"f.{identifier(name)}::DOUBLE AS {identifier(name)}" for name in model.meaning if name in there]
    frame = context.engine.frame(
        f"SELECT {', '.join(['p.subscriber_id', *wanted])} FROM people p LEFT JOIN features f ON "
        f"f.subscriber_id = p.subscriber_id AND f.month = {literal(str(context.as_of))} "
        "WHERE NOT p.has_left ORDER BY p.subscriber_id"
    )
    return frame["subscriber_id"], model.uplift(frame, context.engine.threads)


def use_uplift(context: RunContext, model: UpliftModel) -> None:
    """Let `candidates` rest on the model: P(kept | offer) = uplift / churn score, at most 1, below 0 for whom a contact
    drives away. Without a usable signal the offers' take-up stays. Either is said.

    Raises:
        InputError: the model is not one of staying, fitted on exports.
    """
    if model.training.outcome != "stayed":
        raise InputError(text("uplift.of_other", context.lang, outcome=model.training.outcome))
    if not model.signal:
        context.note(text("uplift.plan_without", context.lang))
        return
    names, uplift = uplift_now(context, model)
    context.engine.register("uplift_rows", pd.DataFrame({"subscriber_id": names, "uplift": uplift}))
    kept = "coalesce(least(uplift / nullif(churn_score, 0), 1), 0)"
    context.create(
        "candidates",
        f"SELECT * EXCLUDE (uplift) REPLACE (round({kept}, 6) AS take_up, "
        f"round(churn_score * {kept} * kept_value - expected_cost, 6) AS expected_profit) "
        "FROM candidates LEFT JOIN uplift_rows USING (subscriber_id)",
    )
    used = text("effect.comma", context.lang).join(model.training.campaigns)
    context.note(text("uplift.plan_with", context.lang, learner=model.chosen, names=used))


def _campaign(context: RunContext, rules: UpliftRules, name: str, outcome: Outcome) -> pd.DataFrame:
    """KEYS and the features of the month before the contact, one row per subscriber whose outcome is known."""
    effect = context.rules(EffectRules, "effect")
    for trouble in find_arms(context, effect, name):
        context.note(trouble)
    measures = find_outcomes(context, effect)
    if outcome == "revenue" and "revenue" not in measures:
        raise InputError(text("uplift.no_bills", context.lang))
    features = [
        f"f.{identifier(column)}"
        for column, kind in context.engine.columns("features").items()
        if kind == "DOUBLE" and column not in rules.undated
    ]
    value = "o.revenue" if outcome == "revenue" else '1 - o."left"'
    before = "strftime(date_trunc('month', a.day) - INTERVAL 1 MONTH, '%Y-%m')"
    frame = context.engine.frame(
        f"SELECT a.subscriber_id, a.treated, {value}::DOUBLE AS outcome, {literal(name)} AS campaign, "
        f"{', '.join(features)} FROM arms a JOIN outcomes o USING (subscriber_id) LEFT JOIN features f ON "
        f"f.subscriber_id = a.subscriber_id AND f.month = {before} ORDER BY a.subscriber_id"
    )
    if frame["treated"].nunique() < 2:
        takes = text("effect.takes", context.lang, days=effect.days, months=effect.months)
        raise InputError(text("uplift.not_known", context.lang, name=name, takes=takes, month=context.as_of))
    return frame


def _one_share(context: RunContext, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows thinned at random so that every campaign has the same share of treated: otherwise a difference between
    campaigns would look like one between the arms.
    """
    share = float(rows["treated"].mean())
    chance = np.random.default_rng(context.seed).random(len(rows))
    kept = np.zeros(len(rows), bool)
    treated, campaign = rows["treated"].to_numpy(bool), rows["campaign"].to_numpy(object)
    for name in sorted(set(campaign)):
        arms = {arm: np.flatnonzero((campaign == name) & (treated == arm)) for arm in (True, False)}
        most = min(len(arms[True]) / share, len(arms[False]) / (1 - share))
        for arm, size in ((True, most * share), (False, most * (1 - share))):
            chosen = arms[arm][np.argsort(chance[arms[arm]], kind="stable")]
            kept[chosen[: round(size)]] = True
    if not kept.all():
        lost = int((~kept).sum())
        context.note(text("uplift.thinned", context.lang, n=lost, all=len(rows), share=share))
    return rows[kept].reset_index(drop=True)

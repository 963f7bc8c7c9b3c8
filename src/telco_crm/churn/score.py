"""Scores of everybody on the books: by a fitted model where the history allows it, else by the documented rules."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from telco_crm.analysis import Analysis, RunContext
from telco_crm.churn.dataset import (
    TrainingSet,
    check_signals,
    past_cutoffs,
    prepare_tables,
    rule_hits,
    signals_sql,
    training_set,
)
from telco_crm.churn.explain import Words, held_rules, model_reasons, model_themes, rule_reasons, rule_themes
from telco_crm.churn.labels import create_leavers, create_rates
from telco_crm.churn.learn.folds import keep_some
from telco_crm.churn.model import ChurnModel, Training, fit_model
from telco_crm.churn.rules import ChurnRules
from telco_crm.errors import CannotCompute, RuleError
from telco_crm.measures import note_absent
from telco_crm.months import Month

MATTERS = 0.01  # part of a model's importance from which on a signal without data is worth a note


def choose_model(context: RunContext) -> None:
    """Leave the model that scores in context.facts["churn_model"]: the one in context.settings["churn_model"], else one
    fitted on the history; none where the history is too thin, which is noted.
    """
    rules = context.rules(ChurnRules, "churn")
    prepare_tables(context, rules)
    check_signals(context, rules)
    model = context.settings.get("churn_model")
    if model is None:
        try:
            model = fit_on_history(context, rules)
        except CannotCompute as why:
            context.note(f"churn: scored by rules, not by a model, because {why}")
            return
    check_meaning(model, rules)
    context.facts["churn_model"] = model


def score_everybody(context: RunContext) -> None:
    """Make `churn_scored`: score, method, reasons and sub-scores of everybody who has not left."""
    rules = context.rules(ChurnRules, "churn")
    model = context.facts.get("churn_model")
    parts = by_model(context, rules, model) if model else [by_rules(context, rules)]
    tables = [pa.Table.from_pandas(part.reset_index(), preserve_index=False) for part in parts]
    context.engine.register("churn_parts", pa.concat_tables(tables, promote_options="permissive"))
    context.create("churn_scored", "SELECT * FROM churn_parts")


def rank_everybody(context: RunContext) -> None:
    """Make `churn`: the scores with ranks."""
    context.create(
        "churn",
        "SELECT *, row_number() OVER (ORDER BY churn_score DESC, subscriber_id) AS risk_rank FROM churn_scored",
    )


def fit_on_history(context: RunContext, rules: ChurnRules, cutoffs: list[Month] | None = None) -> ChurnModel:
    """A model fitted on these cut-offs, or on every past one.

    Raises:
        CannotCompute: too little history, or too few leavers or stayers.
    """
    cutoffs = past_cutoffs(context, rules) if cutoffs is None else cutoffs
    data = training_set(context, rules, cutoffs)
    leavers = int(data.outcome.sum())
    if min(leavers, len(data.outcome) - leavers) < rules.minimum_leavers:
        kind = "leavers" if leavers * 2 < len(data.outcome) else "stayers"
        count = min(leavers, len(data.outcome) - leavers)
        raise CannotCompute(
            f"the history holds only {count} {kind}, and a model needs at least {rules.minimum_leavers}"
        )
    signals, outcome, subscribers = _some(data, rules.fit_rows, context.seed)
    context.fitted("churn", len(outcome), len(data.outcome))
    varied = [name for name in signals.columns if signals[name].nunique(dropna=False) > 1]
    if not varied:
        raise CannotCompute("the signals are the same for everybody")
    training = Training(
        source="exports",
        rows=len(outcome),
        leavers=int(outcome.sum()),
        seed=context.seed,
        cutoffs=tuple(map(str, cutoffs)),
        horizon_months=rules.horizon_months,
        gap_months=rules.gap_months,
        target=rules.target,
    )
    meaning = {name: signal.sql for name, signal in rules.all_signals().items()}
    return fit_model(signals[varied], outcome, subscribers, training, meaning, context.engine.threads)


def check_meaning(model: ChurnModel, rules: ChurnRules) -> None:
    """Refuse a model whose signals have another definition now (RuleError)."""
    if model.training.source != "exports":
        raise RuleError("the churn model was fitted on a wide table, not on exports; score that table with --table")
    signals = rules.all_signals()
    changed = [n for n, sql in model.meaning.items() if n not in signals or signals[n].sql != sql]
    if changed:
        raise RuleError(f"the churn model was fitted with other definitions of {', '.join(changed)}; fit it again")


def by_model(context: RunContext, rules: ChurnRules, model: ChurnModel) -> Iterator[pd.DataFrame]:
    """churn_score, method, reasons and sub-scores by the model, by subscriber_id, some rows at a time."""
    signals = rules.all_signals()
    words = Words(signals, model.middle, context.lang)
    unknown = set(model.meaning)
    for batch in context.engine.batches(signals_sql(context, rules, context.as_of, shown=True)):
        frame = batch.to_pandas().set_index("subscriber_id")
        unknown -= {name for name in unknown if frame[name].notna().any()}
        parts = model.contributions(frame, context.engine.threads)
        score = model.probability(frame, context.engine.threads).round(6)
        yield pd.DataFrame({"churn_score": score, "method": "model"}, index=frame.index).join(
            [model_reasons(parts, frame, words), model_themes(parts, signals), held_rules(frame, rules, context.lang)]
        )
    total = sum(model.importance.values()) or 1.0
    lost = sorted(n for n in unknown if model.importance[n] / total >= MATTERS)
    if lost:
        context.note(f"churn: the data says nothing about {', '.join(lost)}, which the model looks at")


def by_rules(context: RunContext, rules: ChurnRules) -> pd.DataFrame:
    """The same by the rule score."""
    note_absent(context)
    hits = rule_hits(context, rules, context.as_of)
    score = pd.DataFrame({"churn_score": rule_probability(hits, rules).round(6), "method": "rules"}, index=hits.index)
    reasons, held = rule_reasons(hits, rules, context.lang), held_rules(hits, rules, context.lang)
    return score.join([reasons, rule_themes(hits, rules), held])


def rule_probability(hits: pd.DataFrame, rules: ChurnRules) -> pd.Series:
    """The rule score as a probability, from which rules hold."""
    weights = np.array([r.weight for r in rules.rule_score.rules])
    scored = hits[[f"r{i}" for i in range(len(weights))]].to_numpy()
    odds = rules.rule_score.base + (scored * weights).sum(axis=1)
    return pd.Series(1 / (1 + np.exp(-odds)), hits.index)


def _some(data: TrainingSet, most: int, seed: int) -> TrainingSet:
    """At most about `most` rows: all rows of some subscribers."""
    if len(data.outcome) <= most:
        return data
    keep = keep_some(data.subscribers, most / len(data.outcome), seed)
    return TrainingSet(
        data.signals[keep].reset_index(drop=True), data.outcome[keep], data.subscribers[keep].reset_index(drop=True)
    )


def compute_churn_rates(context: RunContext) -> None:
    """Make `churn_rates`; see labels.create_rates."""
    create_leavers(context, context.rules(ChurnRules, "churn").leaving)
    create_rates(context)


RATES = Analysis("churn rates", ("people", "features", "subscribers"), ("churn_rates",), compute_churn_rates)
CHURN = Analysis(
    "churn",
    ("people", "features"),
    ("churn",),
    choose_model,
    uses=("subscribers", "events", "bills", "contacts", "leavers", "circle"),
    each=score_everybody,
    makes=("churn_scored",),
    finish=rank_everybody,
)

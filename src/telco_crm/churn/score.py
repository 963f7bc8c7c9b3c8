"""Scores of everybody on the books: by a fitted model where the history allows it, else by the documented rules."""

from __future__ import annotations

import numpy as np
import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.churn.dataset import check_signals, past_cutoffs, rule_hits, signals_at, training_set
from telco_crm.churn.explain import Words, model_reasons, rule_reasons
from telco_crm.churn.model import ChurnModel, TrainingWindow, fit_model
from telco_crm.churn.rules import ChurnRules
from telco_crm.errors import CannotCompute, RuleError
from telco_crm.measures import note_absent


def compute_churn(context: RunContext) -> None:
    """Make `churn`: score, rank, method and reasons of everybody who has not left.

    With a model in context.settings["churn_model"] that one is used; otherwise one is fitted, or the rule score is
    taken and the reason is noted. The model used is left in context.facts["churn_model"].
    """
    rules = context.rules(ChurnRules, "churn")
    check_signals(context, rules)
    model = context.settings.get("churn_model")
    if model is None:
        try:
            model = fit_on_history(context, rules)
        except CannotCompute as why:
            context.note(f"churn: scored by rules, not by a model, because {why}")
    scores = by_model(context, rules, model) if model else by_rules(context, rules)
    if model:
        context.facts["churn_model"] = model
    scores = scores.reset_index().sort_values(
        ["churn_score", "subscriber_id"], ascending=[False, True], ignore_index=True
    )
    scores.insert(2, "risk_rank", np.arange(1, len(scores) + 1))
    context.engine.register("churn_scores", scores)
    context.create("churn", "SELECT * FROM churn_scores")


def fit_on_history(context: RunContext, rules: ChurnRules) -> ChurnModel:
    """A model fitted on every past cut-off.

    Raises:
        CannotCompute: too little history, or too few leavers or stayers.
    """
    cutoffs = past_cutoffs(context, rules)
    signals, outcome = training_set(context, rules, cutoffs)
    leavers = int(outcome.sum())
    if min(leavers, len(outcome) - leavers) < rules.minimum_leavers:
        kind = "leavers" if leavers * 2 < len(outcome) else "stayers"
        count = min(leavers, len(outcome) - leavers)
        raise CannotCompute(
            f"the history holds only {count} {kind}, and a model needs at least {rules.minimum_leavers}"
        )
    context.fitted("churn", min(len(signals), rules.fit_rows), len(signals))
    if len(signals) > rules.fit_rows:
        keep = np.sort(np.random.default_rng(context.seed).choice(len(signals), rules.fit_rows, replace=False))
        signals, outcome = signals.iloc[keep], outcome.iloc[keep]
    window = TrainingWindow(tuple(map(str, cutoffs)), rules.horizon_months, rules.target)
    return fit_model(signals, outcome, rules.meaning(), window, context.seed)


def by_model(context: RunContext, rules: ChurnRules, model: ChurnModel) -> pd.DataFrame:
    """churn_score, method and reasons by the model, by subscriber_id.

    Raises:
        RuleError: the model was fitted with signals of another meaning.
    """
    changed = [n for n, sql in model.signals.items() if n not in rules.signals or rules.signals[n].sql != sql]
    if changed:
        raise RuleError(f"the churn model was fitted with other definitions of {', '.join(changed)}; fit it again")
    signals = signals_at(context, rules, context.as_of, shown=True)
    unknown = [n for n in model.signals if signals[n].isna().all()]
    if unknown and len(signals):
        context.note(
            f"churn: the data says nothing about {', '.join(unknown)}, which the model looks at; their mean was taken"
        )
    reasons = model_reasons(model.contributions(signals), signals, Words(rules, model.mean, context.lang))
    return pd.DataFrame(
        {"churn_score": model.probability(signals).round(6), "method": "model"}, index=signals.index
    ).join(reasons)


def by_rules(context: RunContext, rules: ChurnRules) -> pd.DataFrame:
    """churn_score, method and reasons by the rule score, by subscriber_id."""
    note_absent(context)
    hits = rule_hits(context, rules, context.as_of)
    score = pd.DataFrame({"churn_score": rule_probability(hits, rules).round(6), "method": "rules"}, index=hits.index)
    return score.join(rule_reasons(hits, rules, context.lang))


def rule_probability(hits: pd.DataFrame, rules: ChurnRules) -> pd.Series:
    """The rule score as a probability, from which rules hold."""
    weights = np.array([r.weight for r in rules.rule_score.rules])
    odds = rules.rule_score.base + (hits.to_numpy() * weights).sum(axis=1)
    return pd.Series(1 / (1 + np.exp(-odds)), hits.index)


CHURN = Analysis("churn", ("people", "features"), ("churn",), compute_churn)

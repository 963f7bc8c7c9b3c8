"""Scores of everybody on the books: by a fitted model where the history allows it, else by the documented rules."""

from __future__ import annotations

import numpy as np
import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.churn.dataset import check_signals, past_cutoffs, rule_hits_sql, signals_sql, training_set
from telco_crm.churn.explain import REASONS, Words, held_rules, model_reasons, model_themes, rule_reasons, rule_themes
from telco_crm.churn.known import EXPORTS, SOURCES
from telco_crm.churn.labels import create_rates
from telco_crm.churn.model import ChurnModel, Training, fit_model
from telco_crm.churn.rules import THEMES, ChurnRules
from telco_crm.errors import CannotCompute, RuleError
from telco_crm.labels import text
from telco_crm.measures import note_absent
from telco_crm.months import Month
from telco_crm.schema import tables_in_words

SCORED = {
    "subscriber_id": "VARCHAR",
    "churn_score": "DOUBLE",
    "method": "VARCHAR",
    **{f"reason_{n}": "VARCHAR" for n in range(1, REASONS + 1)},
    **{f"{theme}_part": "DOUBLE" for theme in THEMES},
    "rules_held": "VARCHAR",
}
LEAST_IN_SAMPLE = 10  # leavers and stayers, whatever the rules say
SHOWN = 3  # values that a note gives as examples
MATTERS = 0.01  # part of a model's importance from which on a signal without data is worth a note


def choose_model(context: RunContext) -> None:
    """Leave the model that scores in context.facts["churn_model"]: the one in context.settings["churn_model"], else one
    fitted on the history; none where the history is too thin, which is noted, and why in "churn_by_rules".
    """
    rules = context.rules(ChurnRules, "churn")
    check_signals(context, rules)
    model = context.settings.get("churn_model")
    if model is None:
        try:
            model = fit_on_history(context, rules)
        except CannotCompute as why:
            context.say("by_rules", why=why)
            context.facts["churn_by_rules"] = str(why)
            note_absent(context)
            return
    check_meaning(model, rules)
    if lost := [name for name in model.training.tables if not context.has(name)]:
        context.say("lost_tables", tables=tables_in_words(lost, context.lang))
    context.facts["churn_model"] = model


def score_everybody(context: RunContext) -> None:
    """Make `churn_scored`: score, method, reasons and sub-scores of everybody who has not left; and `churn_seen`: the
    signals that anybody has a value of, and in `value` each text that the model has not learned.
    """
    rules = context.rules(ChurnRules, "churn")
    model = context.facts.get("churn_model")
    asked = signals_sql(context, rules, context.as_of, shown=True)
    if model is None:
        asked = rule_hits_sql(context, rules, context.as_of)
    columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in SCORED.items())
    context.create("churn_scored", f"SELECT {columns} LIMIT 0")
    context.create("churn_seen", "SELECT '' AS name, '' AS value LIMIT 0")
    seen: set[tuple[str, str]] = set()
    for batch in context.engine.session().batches(asked):
        frame = batch.to_pandas().set_index("subscriber_id")
        scored = by_model(context, rules, model, frame) if model else by_rules(frame, rules, context.lang)
        context.engine.register("churn_batch", scored.reset_index())
        context.engine.run(f"INSERT INTO churn_scored SELECT {', '.join(SCORED)} FROM churn_batch")
        for column in model.additive.columns if model else ():
            values = frame[column.name]
            seen |= {(column.name, value) for value in (*column.unseen(values), *[""] * bool(values.notna().any()))}
    context.engine.register("churn_batch", pd.DataFrame(sorted(seen), columns=["name", "value"], dtype="str"))
    context.engine.run("INSERT INTO churn_seen SELECT name, value FROM churn_batch")


def rank_everybody(context: RunContext) -> None:
    """Make `churn`: the scores with ranks; note what the model looks at and nobody has, and values it does not know."""
    ranks = "row_number() OVER (ORDER BY churn_score DESC, subscriber_id)"
    context.create("churn", f"SELECT *, {ranks} AS risk_rank FROM churn_scored")
    model = context.facts.get("churn_model")
    if model is None or not context.engine.rows("SELECT 1 FROM churn LIMIT 1"):
        return
    seen: dict[str, list[str]] = {}
    for name, value in context.engine.rows("SELECT DISTINCT name, value FROM churn_seen ORDER BY ALL"):
        seen.setdefault(name, []).extend([value] * bool(value))
    total = sum(model.importance.values()) or 1.0
    lost = sorted(n for n in set(model.meaning) - set(seen) if model.importance[n] / total >= MATTERS)
    if lost:
        context.say("unseen", names=", ".join(lost))
    for name, values in seen.items():
        if values:
            context.say("unknown_values", name=name, n=len(values), shown=", ".join(values[:SHOWN]))


def fit_on_history(context: RunContext, rules: ChurnRules, cutoffs: list[Month] | None = None) -> ChurnModel:
    """A model fitted on these cut-offs, or on every past one.

    Raises:
        CannotCompute: too little history, or too few leavers or stayers.
    """
    cutoffs = past_cutoffs(context, rules) if cutoffs is None else cutoffs
    data = training_set(context, rules, cutoffs)
    if min(data.outcome.sum(), (1 - data.outcome).sum()) < LEAST_IN_SAMPLE:
        raise CannotCompute(text("notes.few_sampled", context.lang, rows=rules.fit_rows))
    context.fitted("churn", len(data.outcome), data.of)
    varied = [name for name in data.signals.columns if data.signals[name].nunique(dropna=False) > 1]
    if not varied:
        raise CannotCompute(text("notes.same_signals", context.lang))
    training = Training(
        source="exports",
        rows=len(data.outcome),
        leavers=int(data.outcome.sum()),
        seed=context.seed,
        cutoffs=tuple(map(str, cutoffs)),
        horizon_months=rules.horizon_months,
        gap_months=rules.gap_months,
        target=rules.target,
        tables=tuple(name for name in EXPORTS if context.has(name)),
    )
    meaning = {name: signal.sql for name, signal in rules.all_signals().items()}
    return fit_model(data.signals[varied], data.outcome, data.subscribers, training, meaning, context.engine.threads)


def check_meaning(model: ChurnModel, rules: ChurnRules) -> None:
    """Refuse a model whose signals have another definition now (RuleError)."""
    if model.training.source != "exports":
        raise RuleError("the churn model was fitted on a wide table, not on exports; score that table with --table")
    signals = rules.all_signals()
    changed = [n for n, sql in model.meaning.items() if n not in signals or signals[n].sql != sql]
    if changed:
        raise RuleError(f"the churn model was fitted with other definitions of {', '.join(changed)}; fit it again")


def by_model(context: RunContext, rules: ChurnRules, model: ChurnModel, frame: pd.DataFrame) -> pd.DataFrame:
    """churn_score, method, reasons and sub-scores by the model, by subscriber_id, from a frame of `signals_sql`."""
    signals, threads = rules.all_signals(), context.engine.threads
    parts = model.contributions(frame, threads)
    score = model.probability(frame, threads).round(6)
    said = model_reasons(parts, frame, Words(signals, model.middle, context.lang))
    return pd.DataFrame({"churn_score": score, "method": "model"}, index=frame.index).join(
        [said, model_themes(parts, signals), held_rules(frame, rules, context.lang)]
    )


def by_rules(hits: pd.DataFrame, rules: ChurnRules, lang: str) -> pd.DataFrame:
    """The same by the rule score, from a frame of `rule_hits_sql`."""
    score = pd.DataFrame({"churn_score": rule_probability(hits, rules).round(6), "method": "rules"}, index=hits.index)
    return score.join([rule_reasons(hits, rules, lang), rule_themes(hits, rules), held_rules(hits, rules, lang)])


def rule_probability(hits: pd.DataFrame, rules: ChurnRules) -> pd.Series:
    """The rule score as a probability, from which rules hold."""
    weights = np.array([r.weight for r in rules.rule_score.rules])
    scored = hits[[f"r{i}" for i in range(len(weights))]].to_numpy()
    odds = rules.rule_score.base + (scored * weights).sum(axis=1)
    return pd.Series(1 / (1 + np.exp(-odds)), hits.index)


RATES = Analysis(
    "churn rates", ("people", "features", "subscribers"), ("churn_rates",), create_rates, uses=("leavers",)
)
CHURN = Analysis(
    "churn",
    ("people", "features"),
    ("churn",),
    choose_model,
    uses=SOURCES,
    each=score_everybody,
    makes=("churn_scored", "churn_seen"),
    finish=rank_everybody,
)

"""Signals of subscribers at a cut-off month, and who left afterwards: only what was known by the end of that month."""

from __future__ import annotations

import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.churn.rules import ChurnRules
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import CannotCompute, RuleError
from telco_crm.measures import lags_sql
from telco_crm.months import Month

LAGS = 3


def signals_at(context: RunContext, rules: ChurnRules, cutoff: Month, shown: bool = False) -> pd.DataFrame:
    """The signals of everybody on the books at the end of `cutoff`, by subscriber_id.

    Columns: one per signal (float64, NaN where unknown); with `shown` also show_<signal>, the value put into words.
    """
    return _evaluated(context, _signal_columns(rules, shown), cutoff)


def rule_hits(context: RunContext, rules: ChurnRules, cutoff: Month) -> pd.DataFrame:
    """Which rules of the rule score hold, by subscriber_id: columns r0, r1, … of 0 and 1."""
    hits = {f"r{i}": f"if({rule.when}, 1, 0)" for i, rule in enumerate(rules.rule_score.rules)}
    return _evaluated(context, hits, cutoff)


def past_cutoffs(context: RunContext, rules: ChurnRules) -> list[Month]:
    """Cut-offs whose outcome is known by the as-of month and which have all three lags, oldest first."""
    known = set(context.months)
    last = context.as_of.back(rules.horizon_months)
    return [m for m in context.months if m <= last and {m.back(i) for i in range(LAGS)} <= known]


def outcomes_at(context: RunContext, rules: ChurnRules, cutoff: Month) -> pd.Series:
    """1 for those who left within the horizon after `cutoff`, 0 for those who stayed, by subscriber_id.

    Who left in a way that is not the target is neither and is missing.
    """
    end = cutoff.back(-rules.horizon_months).end
    kinds = ", ".join(literal(k) for k in rules.target)
    wanted = f"coalesce(cancel_kind, 'voluntary') IN ({kinds})"
    left = f"coalesce(cancelled_on < DATE '{end}', false)"
    rows = context.engine.frame(f"""
        SELECT p.subscriber_id, CASE WHEN NOT {left} THEN 0 WHEN {wanted} THEN 1 END AS outcome
        FROM {_people(context, cutoff)} p JOIN subscribers s ON s.subscriber_id = p.subscriber_id ORDER BY 1""")
    return rows.dropna().set_index("subscriber_id")["outcome"].astype("int64")


def training_set(context: RunContext, rules: ChurnRules, cutoffs: list[Month]) -> tuple[pd.DataFrame, pd.Series]:
    """Signals and outcomes of several cut-offs, stacked.

    Raises:
        CannotCompute: there is no history to learn from; the message says what is missing.
    """
    if not context.has("subscribers"):
        raise CannotCompute("there is no subscribers table, so nobody is known to have left")
    if not cutoffs:
        need = LAGS + rules.horizon_months
        raise CannotCompute(
            f"the data has no cut-off with {LAGS} months before it and {rules.horizon_months} after it "
            f"({need} months in a row are needed)"
        )
    frames, labels = [], []
    for cutoff in cutoffs:
        outcome = outcomes_at(context, rules, cutoff)
        signals = signals_at(context, rules, cutoff)
        both = signals.index.intersection(outcome.index)
        frames.append(signals.loc[both])
        labels.append(outcome.loc[both])
    return pd.concat(frames), pd.concat(labels)


def check_signals(context: RunContext, rules: ChurnRules) -> None:
    """Try every signal and rule on no rows.

    Raises:
        RuleError: naming each whose SQL does not run.
    """
    tries = {f"signals.{n}": s for n, s in _signal_columns(rules, True).items()}
    tries |= {f"rule_score.rules.{i}": r.when for i, r in enumerate(rules.rule_score.rules)}
    source = f"people p {lags_sql(context.as_of)} LIMIT 0"
    if not _problem(context, f"SELECT {', '.join(tries.values())} FROM {source}"):
        return
    problems = [(name, _problem(context, f"SELECT {sql} FROM {source}")) for name, sql in tries.items()]
    raise RuleError([f"rules.churn.{name}: {why}" for name, why in problems if why])


def _problem(context: RunContext, sql: str) -> str:
    """Why a query does not run; "" if it does."""
    try:
        context.engine.rows(sql)
    except Exception as error:
        return str(error).strip().splitlines()[0]
    return ""


def _signal_columns(rules: ChurnRules, shown: bool) -> dict[str, str]:
    columns = {name: signal.sql for name, signal in rules.signals.items()}
    if shown:
        columns |= {f"show_{name}": signal.show or signal.sql for name, signal in rules.signals.items()}
    return columns


def _evaluated(context: RunContext, columns: dict[str, str], cutoff: Month) -> pd.DataFrame:
    wanted = ", ".join(f"({sql})::DOUBLE AS {identifier(name)}" for name, sql in columns.items())
    frame = context.engine.frame(
        f"SELECT p.subscriber_id, {wanted} FROM {_people(context, cutoff)} p {lags_sql(cutoff)} ORDER BY 1"
    )
    return frame.set_index("subscriber_id")


def _people(context: RunContext, cutoff: Month) -> str:
    """FROM item: the subscribers on the books at the end of `cutoff`, with a usage record or bill in that month."""
    seen = f"SELECT subscriber_id FROM features WHERE month = {literal(str(cutoff))}"
    if cutoff == context.as_of:
        return "(SELECT * FROM people WHERE NOT has_left)"
    return (
        f"(SELECT subscriber_id FROM subscribers WHERE coalesce(activated_on < DATE '{cutoff.end}', true) AND "
        f"coalesce(cancelled_on >= DATE '{cutoff.end}', status IS NULL OR status <> 'closed') "
        f"AND subscriber_id IN ({seen}))"
    )

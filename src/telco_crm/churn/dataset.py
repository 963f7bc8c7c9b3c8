"""Signals of subscribers at a cut-off month, and who left afterwards: only what was known by the end of that month."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.churn.circle import create_circle
from telco_crm.churn.known import LAGS, known_sql
from telco_crm.churn.labels import create_leavers, present_sql
from telco_crm.churn.rules import ChurnRules
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import CannotCompute, RuleError
from telco_crm.measures import lags_sql
from telco_crm.months import Month


class TrainingSet(NamedTuple):
    """Signals of several cut-offs, stacked; 1 for leavers; the subscriber of each row."""

    signals: pd.DataFrame
    outcome: npt.NDArray[np.int64]
    subscribers: pd.Series


def prepare_tables(context: RunContext, rules: ChurnRules) -> None:
    """Make the tables that signals and outcomes are taken from: `leavers` and, where there is usage, `circle`."""
    if context.has("subscribers"):
        create_leavers(context, rules.leaving)
        create_circle(context, [*past_cutoffs(context, rules), context.as_of], rules.circle_rows)


def past_cutoffs(context: RunContext, rules: ChurnRules) -> list[Month]:
    """Cut-offs whose outcome is known by the as-of month and which have all three lags, oldest first."""
    known = set(context.months)
    last = context.as_of.back(rules.gap_months + rules.horizon_months)
    return [m for m in context.months if m <= last and {m.back(i) for i in range(LAGS)} <= known]


def outcomes_at(context: RunContext, rules: ChurnRules, cutoff: Month) -> pd.Series:
    """1 for those who left within the horizon (after the gap), 0 for those who stayed, by subscriber_id.

    Who left within the gap, or in a way that is not the target, is neither and is missing.
    """
    begin = cutoff.back(-rules.gap_months).end
    end = cutoff.back(-rules.gap_months - rules.horizon_months).end
    kinds = ", ".join(literal(k) for k in rules.target)
    stayed = f"coalesce(left_on >= DATE '{end}', true)"
    rows = context.engine.frame(f"""
        SELECT p.subscriber_id, CASE WHEN {stayed} THEN 0 WHEN left_on >= DATE '{begin}' AND kind IN ({kinds}) THEN 1
        END AS outcome FROM {present_sql(context, cutoff)} p LEFT JOIN leavers USING (subscriber_id) ORDER BY 1""")
    return rows.dropna().set_index("subscriber_id")["outcome"].astype("int64")


def training_set(context: RunContext, rules: ChurnRules, cutoffs: list[Month]) -> TrainingSet:
    """Signals and outcomes of several cut-offs, stacked.

    Raises:
        CannotCompute: there is no history to learn from; the message says what is missing.
    """
    if not context.has("subscribers"):
        raise CannotCompute("there is no subscribers table, so nobody is known to have left")
    if not cutoffs:
        after = rules.gap_months + rules.horizon_months
        raise CannotCompute(
            f"the data has no cut-off with {LAGS} months before it and {after} after it "
            f"({LAGS + after} months in a row are needed)"
        )
    frames, labels = [], []
    for cutoff in cutoffs:
        outcome = outcomes_at(context, rules, cutoff)
        signals = signals_at(context, rules, cutoff)
        both = signals.index.intersection(outcome.index)
        frames.append(signals.loc[both])
        labels.append(outcome.loc[both])
    stacked = pd.concat(frames)
    subscribers = pd.Series(stacked.index.to_numpy(), name="subscriber_id")
    return TrainingSet(stacked.reset_index(drop=True), pd.concat(labels).to_numpy(np.int64), subscribers)


def signals_at(context: RunContext, rules: ChurnRules, cutoff: Month, shown: bool = False) -> pd.DataFrame:
    """The signals of everybody on the books at the end of `cutoff`, by subscriber_id.

    Columns: one per signal (float64, NaN where unknown; or text); with `shown` also show_<signal>, the value that is
    put into words, and those of `rule_hits`.
    """
    return context.engine.frame(signals_sql(context, rules, cutoff, shown)).set_index("subscriber_id")


def signals_sql(context: RunContext, rules: ChurnRules, cutoff: Month, shown: bool = False) -> str:
    """The query behind `signals_at`."""
    return query(context, _columns(rules, shown) | (rules.hits() if shown else {}), cutoff)


def rule_hits(context: RunContext, rules: ChurnRules, cutoff: Month) -> pd.DataFrame:
    """Which rules hold, by subscriber_id: columns r0, r1, … of 0 and 1, in the order of ChurnRules.every_rule."""
    return context.engine.frame(query(context, rules.hits(), cutoff)).set_index("subscriber_id")


def values_at(context: RunContext, rules: ChurnRules, cutoff: Month) -> pd.Series:
    """What each subscriber is worth if kept, in money, by subscriber_id; 0 where it is not known."""
    frame = context.engine.frame(query(context, {"value": f"coalesce(({rules.profit.value})::DOUBLE, 0)"}, cutoff))
    return frame.set_index("subscriber_id")["value"]


def check_signals(context: RunContext, rules: ChurnRules) -> None:
    """Try every signal and rule on no rows.

    Raises:
        RuleError: naming each whose SQL does not run.
    """
    lagged = {f"lagged.{n}": tuple(s.sql for s in lag.signals(n).values()) for n, lag in rules.lagged.items()}
    tries = {**lagged, **{f"signals.{n}": (s.sql, s.show or s.sql) for n, s in rules.signals.items()}}
    tries |= {f"rule_score.rules.{i}": (r.when,) for i, r in enumerate(rules.rule_score.rules)}
    tries |= {f"flags.{i}": (r.when,) for i, r in enumerate(rules.flags)}
    tries |= {f"rule_search.columns.{n}": (sql,) for n, sql in rules.rule_search.sql().items()}
    tries["profit.value"] = (str(rules.profit.value),)
    source = f"people p {lags_sql(context.as_of)} LEFT JOIN {known_sql(context, context.as_of)} k "
    source += "ON k.subscriber_id = p.subscriber_id LIMIT 0"
    if not _problem(context, f"SELECT {', '.join(sql for both in tries.values() for sql in both)} FROM {source}"):
        return
    problems = [(name, _problem(context, f"SELECT {', '.join(both)} FROM {source}")) for name, both in tries.items()]
    raise RuleError([f"rules.churn.{name}: {why}" for name, why in problems if why])


def _problem(context: RunContext, sql: str) -> str:
    """Why a query does not run; "" if it does."""
    try:
        context.engine.rows(sql)
    except Exception as error:
        return str(error).strip().splitlines()[0]
    return ""


def _columns(rules: ChurnRules, shown: bool) -> dict[str, str]:
    columns = {}
    for name, signal in rules.all_signals().items():
        kind = "VARCHAR" if signal.text else "DOUBLE"
        columns[name] = f"({signal.sql})::{kind}"
        if shown:
            columns[f"show_{name}"] = f"({signal.show or signal.sql})::{kind}"
    return columns


def query(context: RunContext, columns: dict[str, str], cutoff: Month) -> str:
    """subscriber_id and these SQL columns over p, k, m1, m2, m3, of everybody on the books at the end of `cutoff`."""
    wanted = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())
    known = f"LEFT JOIN {known_sql(context, cutoff)} k ON k.subscriber_id = p.subscriber_id"
    return f"SELECT p.subscriber_id, {wanted} FROM {_people(context, cutoff)} p {lags_sql(cutoff)} {known} ORDER BY 1"


def _people(context: RunContext, cutoff: Month) -> str:
    """FROM item: the subscribers on the books at the end of `cutoff`."""
    if cutoff != context.as_of:
        return present_sql(context, cutoff)
    gone = " AND subscriber_id NOT IN (SELECT subscriber_id FROM leavers)" if context.has("leavers") else ""
    return f"(SELECT * FROM people WHERE NOT has_left{gone})"

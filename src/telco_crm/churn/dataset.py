"""Signals of subscribers at a cut-off month, and who left afterwards: only what was known by the end of that month."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.churn.known import LAGS, known_sql
from telco_crm.churn.labels import present_sql
from telco_crm.churn.rules import ChurnRules
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import CannotCompute
from telco_crm.labels import text
from telco_crm.measures import check_sql, lags_sql
from telco_crm.months import Month

DECIMALS = 9  # of a signal


class TrainingSet(NamedTuple):
    """Signals of several cut-offs, stacked; 1 for leavers; the subscriber of each row; of how many rows they are a
    sample.
    """

    signals: pd.DataFrame
    outcome: npt.NDArray[np.int64]
    subscribers: pd.Series
    of: int


def past_cutoffs(context: RunContext, rules: ChurnRules) -> list[Month]:
    """Cut-offs whose outcome is known by the as-of month and which have all three lags, oldest first."""
    known = set(context.months)
    last = context.as_of.back(rules.gap_months + rules.horizon_months)
    return [m for m in context.months if m <= last and {m.back(i) for i in range(LAGS)} <= known]


def outcomes_sql(rules: ChurnRules, cutoff: Month) -> str:
    """Query for subscriber_id and outcome: 1 for those who left within the horizon (after the gap), 0 for those who
    stayed. Who left within the gap, or in a way that is not the target, is neither and is not in it.
    """
    begin = cutoff.back(-rules.gap_months).end
    end = cutoff.back(-rules.gap_months - rules.horizon_months).end
    kinds = ", ".join(literal(k) for k in rules.target)
    stayed = f"coalesce(left_on >= DATE '{end}', true)"
    left = f"left_on >= DATE '{begin}' AND kind IN ({kinds})"
    return (
        f"SELECT * FROM (SELECT subscriber_id, CASE WHEN {stayed} THEN 0 WHEN {left} THEN 1 END AS outcome "
        f"FROM {present_sql(cutoff)} LEFT JOIN leavers USING (subscriber_id)) WHERE outcome IS NOT NULL"
    )


def outcomes_at(context: RunContext, rules: ChurnRules, cutoff: Month) -> pd.Series:
    """The outcomes of everybody who was on the books, by subscriber_id."""
    rows = context.engine.frame(f"{outcomes_sql(rules, cutoff)} ORDER BY 1")
    return rows.set_index("subscriber_id")["outcome"].astype("int64")


def training_set(context: RunContext, rules: ChurnRules, cutoffs: list[Month]) -> TrainingSet:
    """Signals and outcomes of several cut-offs, stacked; at most `fit_rows` of them, chosen by
    md5(subscriber_id || seed || cut-off), so that no more than these leave the engine.

    Raises:
        CannotCompute: there is too little history to learn from; the message says what is missing.
    """
    if not context.has("subscribers"):
        raise CannotCompute(text("notes.no_records", context.lang))
    if not cutoffs:
        after = rules.gap_months + rules.horizon_months
        raise CannotCompute(text("notes.no_cutoff", context.lang, before=LAGS, after=after, all=LAGS + after))
    rows = _counted(context, rules, cutoffs)
    total = sum(rows)
    frames = []
    for cutoff, count in zip(cutoffs, rows, strict=True):
        most = count if total <= rules.fit_rows else rules.fit_rows * count // total
        key = f"md5(subscriber_id || {literal(f'{context.seed}{cutoff}')})"
        chosen = f"(SELECT * FROM ({outcomes_sql(rules, cutoff)}) ORDER BY {key} LIMIT {most})"
        signals = query(context, _columns(rules, shown=False), cutoff)
        frames.append(
            context.engine.frame(f"FROM ({signals}) JOIN {chosen} USING (subscriber_id) ORDER BY subscriber_id")
        )
    stacked = pd.concat(frames, ignore_index=True)
    return TrainingSet(
        stacked.drop(columns=["subscriber_id", "outcome"]),
        stacked["outcome"].to_numpy(np.int64),
        stacked["subscriber_id"],
        total,
    )


def _counted(context: RunContext, rules: ChurnRules, cutoffs: list[Month]) -> list[int]:
    """How many rows each cut-off has; CannotCompute with too few leavers or stayers among the people in them."""
    each = " UNION ALL ".join(
        f"SELECT *, {n} AS n FROM ({outcomes_sql(rules, cutoff)})" for n, cutoff in enumerate(cutoffs)
    )
    counts = ", ".join(f"count_if(n = {n})" for n in range(len(cutoffs)))
    people = ", ".join(f"count(DISTINCT CASE WHEN outcome = {n} THEN subscriber_id END)" for n in (1, 0))
    *rows, leavers, stayers = context.engine.rows(f"SELECT {counts}, {people} FROM ({each})")[0]
    if min(leavers, stayers) < rules.minimum_leavers:
        few = "leavers" if leavers < stayers else "stayers"
        n, least = min(leavers, stayers), rules.minimum_leavers
        raise CannotCompute(text(f"notes.few_{few}", context.lang, n=n, least=least))
    return [int(row) for row in rows]


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
    return context.engine.frame(rule_hits_sql(context, rules, cutoff)).set_index("subscriber_id")


def rule_hits_sql(context: RunContext, rules: ChurnRules, cutoff: Month) -> str:
    """The query behind `rule_hits`."""
    return query(context, rules.hits(), cutoff)


def values_at(context: RunContext, rules: ChurnRules, cutoff: Month) -> pd.Series:
    """What each subscriber is worth if kept, in money, by subscriber_id; 0 where it is not known."""
    frame = context.engine.frame(query(context, {"value": f"coalesce(({rules.profit.value})::DOUBLE, 0)"}, cutoff))
    return frame.set_index("subscriber_id")["value"]


def check_signals(context: RunContext, rules: ChurnRules) -> None:
    """Try every signal and rule on no rows.

    Raises:
        RuleError: naming each whose SQL does not run.
    """
    lagged = {f"lagged.{n}": [s.sql for s in lag.signals(n).values()] for n, lag in rules.lagged.items()}
    signals = {f"signals.{n}": [s.sql, s.show or s.sql] for n, s in rules.signals.items()}
    tries = {name: ", ".join(sqls) for name, sqls in {**lagged, **signals}.items()}
    tries |= {f"rule_score.rules.{i}": r.when for i, r in enumerate(rules.rule_score.rules)}
    tries |= {f"flags.{i}": r.when for i, r in enumerate(rules.flags)}
    tries |= {f"rule_search.columns.{n}": sql for n, sql in rules.rule_search.sql().items()}
    tries["profit.value"] = str(rules.profit.value)
    source = f"people p {lags_sql(context.as_of)} LEFT JOIN {known_sql(context, context.as_of)} k "
    check_sql(context, "churn", tries, source + "ON k.subscriber_id = p.subscriber_id")


def _columns(rules: ChurnRules, shown: bool) -> dict[str, str]:
    columns = {}
    for name, signal in rules.all_signals().items():
        kind = "VARCHAR" if signal.text else "DOUBLE"
        value = f"({signal.sql})::{kind}"
        # Of two sums that are equal in truth, the difference is 0 or the last digit of a number, by the order of terms.
        columns[name] = value if signal.text else f"round({value}, {DECIMALS})"
        if shown:
            columns[f"show_{name}"] = f"({signal.show or signal.sql})::{kind}"
    return columns


def query(context: RunContext, columns: dict[str, str], cutoff: Month) -> str:
    """subscriber_id and these SQL columns over p, k, m1, m2, m3, of everybody on the books at the end of `cutoff`."""
    wanted = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())
    known = f"LEFT JOIN {known_sql(context, cutoff)} k ON k.subscriber_id = p.subscriber_id"
    lags = lags_sql(cutoff, _features(context, cutoff))
    return f"SELECT p.subscriber_id, {wanted} FROM {_people(context, cutoff)} p {lags} {known} ORDER BY 1"


def _features(context: RunContext, cutoff: Month) -> str:
    """The features as they were known at `cutoff`: what the record says without a date is unknown before as-of."""
    if cutoff >= context.as_of:
        return "features"
    undated = context.rules(ChurnRules, "churn").undated
    there = [name for name in undated if name in context.engine.columns("features")]
    unknown = ", ".join(f"NULL AS {identifier(name)}" for name in there)
    return f"(SELECT * REPLACE ({unknown}) FROM features)" if there else "features"


def _people(context: RunContext, cutoff: Month) -> str:
    """FROM item: the subscribers on the books at the end of `cutoff`."""
    if cutoff != context.as_of:
        return present_sql(cutoff)
    gone = " AND subscriber_id NOT IN (SELECT subscriber_id FROM leavers)" if context.has("leavers") else ""
    return f"(SELECT * FROM people WHERE NOT has_left{gone})"

"""A campaign: who is chosen, who of them stays untouched as the control group, who is left out and why."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from scipy.stats import norm

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.retain.contact import ContactRules, find_exclusions, judge, order_sql, words_sql
from telco_crm.retain.priority import ORDER as BY_REVENUE

BY_PROFIT = "expected_profit DESC, priority DESC, subscriber_id"
STRATA = 5
ALPHA, POWER = 0.05, 0.8


@dataclass(frozen=True)
class Plan:
    """What a campaign is asked to be: its name and day (None: that after the as-of month), the order, and how long the
    list may be.
    """

    name: str
    day: date | None = None
    by: Literal["profit", "revenue"] = "profit"
    control: float = 0.1
    top: int | None = None
    budget: float | None = None
    min_profit: float | None = None
    agents: int = 1


def plan_campaign(context: RunContext, plan: Plan) -> dict[str, Any]:
    """Make, from `candidates`, `roster` (everybody: treated, control, excluded or not selected), `calls` (the treated),
    `contacts_made` (treated and control as a contacts table) and `exclusion_counts`; what the manifest keeps.
    """
    rules = context.rules(ContactRules, "contact")
    if plan.day is None:
        plan = replace(plan, day=context.as_of.end)
    for table, reasons in find_exclusions(context, rules, plan.name, str(plan.day)).items():
        for reason in reasons:
            context.note(f'campaign: there is no table {table}, so nobody is left out as "{rules.words[reason].en}"')
    judge(context, rules, "candidates", BY_PROFIT if plan.by == "profit" else BY_REVENUE)
    length = _length(context, plan)
    _draw(context, plan, length)
    _tables(context, plan, rules)
    return _facts(context, plan)


def detectable(treated: int, control: int, rate: float) -> float | None:
    """The smallest difference of the share that leaves which is found with power 0.8 at level 0.05, two-sided:
    (z(0.975) + z(0.8)) × sqrt(p (1 − p) (1/treated + 1/control)); None without one of the groups.
    """
    if not treated or not control:
        return None
    z = norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER)
    return float(z * math.sqrt(rate * (1 - rate) * (1 / treated + 1 / control)))


def _length(context: RunContext, plan: Plan) -> int:
    """The last place that is chosen: by --top, --budget and --min-profit; without any of them the list that brings
    most.
    """
    sums = (f"sum({column}) OVER (ORDER BY place) AS {column}" for column in ("expected_profit", "expected_cost"))
    columns = f"place, row_number() OVER (ORDER BY place) AS number, {', '.join(sums)}"
    free = f"(SELECT {columns} FROM ranked WHERE place IS NOT NULL{_least(plan)})"
    limits = [] if plan.top is None else [f"number <= {plan.top}"]
    limits += [] if plan.budget is None else [f"expected_cost <= {number(plan.budget)}"]
    if plan.by == "revenue" and not limits and plan.min_profit is None:
        where = "expected_profit > 0 ORDER BY expected_profit DESC, place LIMIT 1"
    else:
        where = f"{' AND '.join(limits) or 'true'} ORDER BY place DESC LIMIT 1"
    found = context.engine.rows(f"SELECT place FROM {free} WHERE {where}")
    return int(found[0][0]) if found else 0


def _least(plan: Plan) -> str:
    """SQL: the profit that everybody chosen must promise. In the order of profits that is 0 if nothing else was asked
    for: what brings most ends there.
    """
    least = 0.0 if plan.min_profit is None and plan.by == "profit" else plan.min_profit
    return "" if least is None else f" AND expected_profit >= {number(least)}"


def _draw(context: RunContext, plan: Plan, length: int) -> None:
    """Make `drawn`: the arm of everybody. In each stratum (fifth of the list × policy band) of n, the control group are
    the first floor(share × n + u) by md5(subscriber_id | campaign | seed), u in [0, 1) by md5 of the stratum.
    """
    key = literal(f"|{plan.name}|{context.seed}")
    chosen = f"coalesce(place <= {length}{_least(plan)}, false)"
    fifth = f"ntile({STRATA}) OVER (PARTITION BY is_chosen ORDER BY place)"
    context.create("chosen", f"SELECT *, {chosen} AS is_chosen FROM ranked")
    context.create(
        "stratified",
        f"SELECT *, CASE WHEN is_chosen THEN concat({fifth}, ' ', coalesce(tier, '-')) END AS stratum FROM chosen",
    )
    share = f"('0x' || substr(md5(stratum || {key}), 1, 8))::BIGINT / 4294967296.0"
    at = f"row_number() OVER (PARTITION BY stratum ORDER BY md5(subscriber_id || {key}), subscriber_id)"
    size = "count(*) OVER (PARTITION BY stratum)"
    context.create(
        "drawn",
        f"SELECT *, CASE WHEN len(reasons) > 0 THEN 'excluded' WHEN NOT is_chosen THEN 'not selected' "
        f"WHEN {at} <= floor({number(plan.control)} * {size} + {share}) THEN 'control' ELSE 'treated' END AS arm "
        "FROM stratified",
    )


def _tables(context: RunContext, plan: Plan, rules: ContactRules) -> None:
    day, name = f"DATE '{plan.day}'", literal(plan.name)
    words = words_sql(rules, "x", context.lang)
    context.create(
        "roster",
        f"""
        SELECT *, {name} AS campaign, {day} AS contacted_on, place AS rank,
               {words.replace("CASE x", "CASE reasons[1]")} AS excluded_for,
               array_to_string(list_transform(reasons, lambda x: {words}), '; ') AS all_reasons
        FROM drawn""",
    )
    context.create(
        "calls",
        f"SELECT *, (rank - 1) % {plan.agents} + 1 AS agent, {literal(rules.call_from)} AS call_from, "
        f"{literal(rules.call_until)} AS call_until FROM (SELECT * EXCLUDE (rank), row_number() OVER (ORDER BY rank) "
        "AS rank FROM roster WHERE arm = 'treated')",
    )
    context.create(
        "contacts_made",
        "SELECT subscriber_id, campaign, contacted_on, arm, offer_id AS offer, channel, NULL::BOOLEAN AS accepted, "
        "CASE WHEN arm = 'treated' THEN expected_cost ELSE 0 END AS cost FROM roster "
        "WHERE arm IN ('treated', 'control')",
    )
    context.create(
        "exclusion_counts",
        f"SELECT {words} AS excluded_for, count(*) FILTER (x = first) AS subscribers, count(*) AS in_all, "
        f"{order_sql('x')} AS place FROM (SELECT unnest(reasons) AS x, reasons[1] AS first FROM ranked) GROUP BY x",
    )


def _facts(context: RunContext, plan: Plan) -> dict[str, Any]:
    arms = dict(context.engine.rows("SELECT arm, count(*) FROM roster GROUP BY arm"))
    sums = "sum(expected_profit), sum(expected_cost), avg(churn_score)"
    profit, cost, rate = context.engine.rows(f"SELECT {sums} FROM roster WHERE arm = 'treated'")[0]
    treated, control = arms.get("treated", 0), arms.get("control", 0)
    smallest = detectable(treated, control, rate or 0.0)
    if not treated:
        context.note("campaign: nobody is chosen; no contact is expected to earn what it costs, or all are excluded")
    elif smallest is None:
        context.note("campaign: there is no control group, so the effect of this campaign cannot be measured")
    else:
        context.note(
            f"campaign: {treated:,} to contact and {control:,} as control; if {rate:.1%} leave without it, a "
            f"difference of {smallest * 100:.1f} points or more is found with a chance of {POWER:.0%}"
            + ("; that is more than all who leave, so enlarge the list or the control group" if smallest > rate else "")
        )
    return {
        "name": plan.name,
        "day": str(plan.day),
        "order": plan.by,
        "arms": arms,
        "control_share": plan.control,
        "expected_profit": profit,
        "expected_cost": cost,
        "expected_leaving": rate,
        "detectable_difference": smallest,
    }

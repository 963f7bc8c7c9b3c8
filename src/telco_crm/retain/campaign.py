"""A campaign: who is chosen, who of them stays untouched as the control group, who is left out and why."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from scipy.stats import norm

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.retain.capacity import Capacity, assign, capacity_of
from telco_crm.retain.contact import ContactRules, find_exclusions, order_sql, say_unknown, words_sql
from telco_crm.retain.judging import Agents, judge
from telco_crm.retain.length import Wanted
from telco_crm.schema import tables_in_words

STRATA = 5
ALPHA, POWER = 0.05, 0.8
# What choosing looks at; the rest of `candidates` joins in at the end.
LOOKED_AT = "subscriber_id, account_id, region, tier, channel, churn_score, priority, expected_cost, expected_profit"


@dataclass(frozen=True)
class Plan(Wanted):
    """What a campaign is asked to be: its name and day (None: that after the as-of month), the order, how long the
    list may be, and who calls (None: by the rules).
    """

    name: str
    day: date | None = None
    control: float = 0.1
    agents: int | None = None
    calls_per_day: int | None = None
    days: int | None = None


def plan_campaign(context: RunContext, plan: Plan) -> dict[str, Any]:
    """Make, from `candidates`, `roster` (everybody: treated, control, excluded or not selected), `calls` (the treated),
    `contacts_made` (treated and control as a contacts table) and `exclusion_counts`; what the manifest keeps.

    Raises:
        InputError: the capacity asked for makes no sense.
    """
    rules = context.rules(ContactRules, "contact")
    capacity = capacity_of(rules, plan.agents, plan.calls_per_day, plan.days)
    day = plan.day or context.as_of.end
    plan = replace(plan, day=day)
    for table, unknown in find_exclusions(context, rules, str(day), plan.name).items():
        for reason in unknown:
            words = rules.words[reason].text(context.lang)
            context.say("campaign_no_table", table=tables_in_words([table], context.lang), reason=words)
    say_unknown(context, rules)
    _rank(context, plan, rules, capacity)
    length = plan.last(context.engine, "ranked")
    _release(context, plan, length)
    _draw(context, plan, length)
    assign(context, capacity, rules, day)
    _tables(context, plan, rules)
    return _facts(context, plan) | _calling(context, capacity)


def detectable(treated: int, control: int, rate: float) -> float | None:
    """The smallest difference of the share that leaves which is found with power 0.8 at level 0.05, two-sided:
    (z(0.975) + z(0.8)) × sqrt(p (1 − p) (1/treated + 1/control)); None without one of the groups.
    """
    if not treated or not control:
        return None
    return float(_z() * math.sqrt(rate * (1 - rate) * (1 / treated + 1 / control)))


def needed(share: float, rate: float, difference: float) -> int | None:
    """How many it takes, a `share` of them control, until `detectable` is `difference`:
    z² p (1 − p) ÷ (share × (1 − share) × difference²), rounded up; None if there is nothing to find.
    """
    if not share or not difference:
        return None
    return math.ceil(_z() ** 2 * rate * (1 - rate) / (share * (1 - share) * difference**2))


def _z() -> float:
    return float(norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER))


def _rank(context: RunContext, plan: Plan, rules: ContactRules, capacity: Capacity) -> None:
    """Make `ranked`: candidates with `reasons` (a list, first the one that counts), or else their `place`."""
    limits = capacity.limits
    agents = Agents(capacity.pool, capacity.is_called, limits) if limits else None
    judge(context, rules, f"(SELECT {LOOKED_AT} FROM candidates)", plan.order, f"true{plan.least}", agents)


def _release(context: RunContext, plan: Plan, length: int) -> None:
    """Take account, quota and agents from the `reasons` of those for whom the list had no room any more: they are not
    selected, whatever else there is.
    """
    sums = ", ".join(
        f"coalesce(sum({what}) FILTER (place IS NOT NULL{plan.least}) OVER (ORDER BY number ROWS BETWEEN UNBOUNDED "
        f"PRECEDING AND 1 PRECEDING), 0) + {what} AS {name}"
        for name, what in (("n", "1"), ("cost", "expected_cost"), ("profit", "expected_profit"))
    )
    last = f"coalesce((SELECT number FROM ranked WHERE place = {length}), 0)"
    room = plan.has_room(context.engine, "ranked", length)
    # Nobody has more than one of these reasons, or another beside it.
    full = f"number > {last} AND NOT ({room}) AND coalesce(reasons[1] IN ('account', 'quota', 'capacity'), false)"
    free = "(place IS NOT NULL OR is_full)"
    context.create(
        "ranked",
        "SELECT * EXCLUDE (n, cost, profit, is_full) REPLACE (CASE WHEN is_full THEN [] ELSE reasons END AS reasons, "
        f"CASE WHEN {free} THEN row_number() OVER (PARTITION BY {free} ORDER BY number) END AS place) "
        f"FROM (SELECT *, {full} AS is_full FROM (SELECT *, {sums} FROM ranked))",
    )


def _draw(context: RunContext, plan: Plan, length: int) -> None:
    """Make `drawn`: the arm of everybody. In each stratum (fifth of the list × policy band) of n, the control group are
    the first floor(share × n + u) by md5(subscriber_id | campaign | seed), u in [0, 1) by md5 of the stratum.
    """
    key = literal(f"|{plan.name}|{context.seed}")
    fifth = f"concat(ntile({STRATA}) OVER (ORDER BY place), ' ', coalesce(tier, '-'))"
    context.create(
        "stratified",
        f"SELECT subscriber_id, {fifth} AS stratum FROM ranked WHERE place <= {length}{plan.least}",
    )
    share = f"('0x' || substr(md5(stratum || {key}), 1, 8))::BIGINT / 4294967296.0"
    at = f"row_number() OVER (PARTITION BY stratum ORDER BY md5(subscriber_id || {key}), subscriber_id)"
    size = "count(*) OVER (PARTITION BY stratum)"
    context.create(
        "chosen",
        f"SELECT *, {at} <= floor({number(plan.control)} * {size} + {share}) AS is_control FROM stratified",
    )
    context.create(
        "drawn",
        "SELECT *, CASE WHEN len(reasons) > 0 THEN 'excluded' WHEN stratum IS NULL THEN 'not selected' "
        "WHEN is_control THEN 'control' ELSE 'treated' END AS arm FROM ranked LEFT JOIN chosen USING (subscriber_id)",
    )


def _tables(context: RunContext, plan: Plan, rules: ContactRules) -> None:
    day, name = f"DATE '{plan.day}'", literal(plan.name)
    words = words_sql(rules, "x", context.lang)
    context.create(
        "roster",
        f"""
        SELECT c.*, {name} AS campaign, coalesce(a.contacted_on, {day}) AS contacted_on, a.agent, d.place AS rank,
               d.arm, d.stratum, {words.replace("CASE x", "CASE reasons[1]")} AS excluded_for,
               array_to_string(list_transform(reasons, lambda x: {words}), '; ') AS all_reasons
        FROM candidates c JOIN drawn d USING (subscriber_id) LEFT JOIN assigned a USING (subscriber_id)""",
    )
    context.create(
        "calls",
        f"SELECT * REPLACE (row_number() OVER (ORDER BY rank) AS rank), {literal(rules.call_from)} AS call_from, "
        f"{literal(rules.call_until)} AS call_until FROM roster WHERE arm = 'treated'",
    )
    context.create(
        "contacts_made",
        "SELECT subscriber_id, campaign, contacted_on, arm, offer_id AS offer, channel, NULL::BOOLEAN AS accepted, "
        "NULL::BOOLEAN AS reached, CASE WHEN arm = 'treated' THEN expected_cost ELSE 0 END AS cost FROM roster "
        "WHERE arm IN ('treated', 'control')",
    )
    context.create(
        "exclusion_counts",
        f"SELECT {words} AS excluded_for, count(*) FILTER (x = first) AS subscribers, count(*) AS in_all, "
        f"{order_sql('x')} AS place FROM (SELECT unnest(reasons) AS x, reasons[1] AS first FROM ranked) GROUP BY x",
    )


def _facts(context: RunContext, plan: Plan) -> dict[str, Any]:
    arms = dict(context.engine.rows("SELECT arm, count(*) FROM roster GROUP BY arm"))
    sums = "sum(expected_profit), sum(expected_cost), avg(churn_score), avg(churn_score * take_up)"
    found = context.engine.rows(f"SELECT {sums} FROM roster WHERE arm = 'treated'")[0]
    profit, cost, rate, kept = (value and float(value) for value in found)
    treated, control = arms.get("treated", 0), arms.get("control", 0)
    smallest, enough = detectable(treated, control, rate or 0.0), None
    if not treated:
        context.say("campaign_nobody")
    elif smallest is None:
        context.say("campaign_no_control")
    else:
        enough = needed(plan.control, rate, kept)
        figures = {"treated": treated, "control": control, "rate": rate, "power": POWER}
        context.say("campaign_power", points=smallest * 100, **figures)
        if smallest > rate:
            context.say("campaign_too_small")
        if enough:
            context.say("campaign_needed", points=kept * 100, enough=enough, power=POWER)
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
        "expected_difference": kept,
        "needed_for_expected_difference": enough,
    }


def _calling(context: RunContext, capacity: Capacity) -> dict[str, Any]:
    """What the manifest keeps of agents and days."""
    calls, last = context.engine.rows("SELECT count(agent), max(contacted_on) FROM calls WHERE agent IS NOT NULL")[0]
    agents = sum(capacity.agents.values())
    if calls and capacity.calls_per_day:
        context.say("campaign_calls", calls=calls, agents=agents, most=capacity.calls_per_day, last=last)
    return {"agents": agents, "calls_per_day": capacity.calls_per_day or None, "last_day": str(last) if last else None}

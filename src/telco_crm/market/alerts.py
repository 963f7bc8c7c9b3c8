"""Alerts: what somebody should look at now, since when (domain sections 9, 10 and 12)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from string import Template
from typing import Literal

import pyarrow as pa
from pydantic import Field, model_validator

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.market.alert_state import load_state
from telco_crm.measures import check_sql
from telco_crm.months import Month
from telco_crm.rules import Model

STATE, LAST = "alert_state", "last"
SEVERITIES = ("notice", "warning", "serious")


class Complaint(Model):
    """The alert that has a time of its own."""

    hours: int = Field(ge=1)
    severity: Literal["notice", "warning", "serious"]
    en: str
    zh: str


class Alert(Model):
    """An alert of a month; see rules/alerts.toml."""

    severity: Literal["notice", "warning", "serious"]
    en: str
    zh: str
    when: str
    detail: str


class AlertRules(Model):
    """All alerts, and the limits that their conditions name with a $."""

    complaint: Complaint
    limits: dict[str, float | int]
    alerts: dict[str, Alert]

    @model_validator(mode="after")
    def _limits_known(self) -> AlertRules:
        for name, alert in self.alerts.items():
            unknown = {*Template(alert.when).get_identifiers(), *Template(alert.detail).get_identifiers()} - {
                *self.limits
            }
            if unknown:
                raise ValueError(f"alerts.{name} names ${', $'.join(sorted(unknown))}, which [limits] does not have")
        if "complaint" in self.alerts:
            raise ValueError("alerts.complaint: the name is taken by [complaint]")
        return self


def note_usage(context: RunContext) -> None:
    """Note which months have usage: only in these is no record a silence; and read the state of the last run, if one is
    kept.

    Raises:
        InputError: the state cannot be used.
    """
    if path := context.settings.get(STATE):
        state = load_state(Path(path))
        state.check(Path(path), context.as_of)
        context.engine.register("alert_state", state.rows)
    rows = context.engine.rows("SELECT DISTINCT month FROM features WHERE records > 0 ORDER BY month")
    context.facts["alert_usage"] = [str(month) for (month,) in rows]


def compute_alerts(context: RunContext) -> None:
    """Make `open_alerts`: subscriber_id, alert, severity, first_seen, detail of everybody who has not left."""
    rules = context.rules(AlertRules, "alerts")
    tests = _tests(context, rules)
    held = [_month_held(context, place, tests) for place in range(len(context.months))]
    # Months in a row: where it holds, the month less the rank is the same from one month to the next.
    runs = f"""
        SELECT subscriber_id, alert, place, detail,
               place - row_number() OVER (PARTITION BY subscriber_id, alert ORDER BY place) AS run
        FROM ({" UNION ALL ".join(held)})"""
    latest = len(context.months) - 1
    ends = ", ".join(f"DATE '{month.end}' - 1" for month in context.months)
    monthly = f"""
        SELECT subscriber_id, alert, list_extract([{ends}], min(place) + 1)::DATE AS first_seen,
               max(CASE WHEN place = {latest} THEN detail END)::DOUBLE AS detail
        FROM ({runs}) GROUP BY subscriber_id, alert, run HAVING max(place) = {latest}"""
    context.create("open_alerts", f"({monthly}) UNION ALL ({_complaints(context, rules.complaint)})")


def compute_list(context: RunContext) -> None:
    """Make `alerts`: the open alerts with their words, or only those first seen since settings["since"], a day, or
    those that were not open at the last run, if that is "last".
    """
    rules = context.rules(AlertRules, "alerts")
    every: dict[str, Alert | Complaint] = {**rules.alerts, "complaint": rules.complaint}
    names = ", ".join(
        f"({literal(name)}, {literal(a.zh if context.lang == 'zh' else a.en)}, {literal(a.severity)}, "
        f"{SEVERITIES.index(a.severity)})"
        for name, a in every.items()
    )
    _compare(context)
    since = str(context.settings.get("since") or "0001-01-01")
    wanted = "status = 'new'" if since == LAST else f"first_seen >= DATE '{date.fromisoformat(since)}'"
    context.create(
        "alerts",
        f"SELECT * FROM seen_alerts JOIN (VALUES {names}) n(alert, title, severity, weight) USING (alert) "
        f"WHERE {wanted}",
    )
    if not context.has("events"):
        context.say("no_alerts")


def kept_state(context: RunContext) -> pa.Table:
    """The state for the next run: what is open, and what was closed in this month."""
    month = literal(str(context.as_of))
    return context.engine.batches(
        f"""
        SELECT subscriber_id, alert, first_seen, coalesce(opened_in, {month}) AS opened_in, NULL::VARCHAR AS closed_in
        FROM seen_alerts
        UNION ALL SELECT *, {month} FROM alerts_before ANTI JOIN seen_alerts USING (subscriber_id, alert)
        ORDER BY ALL"""
    ).read_all()


def _compare(context: RunContext) -> None:
    """Make `seen_alerts`: open alerts with their status. With a state, new is what was not open at the last run before
    this month; without, what was first seen after the month before.
    """
    if not context.settings.get(STATE):
        new = f"CASE WHEN first_seen >= DATE '{context.as_of.start}' THEN 'new' ELSE 'open' END AS status"
        context.create("seen_alerts", f"SELECT *, {new} FROM open_alerts")
        return
    month = literal(str(context.as_of))
    context.create(
        "alerts_before",
        "SELECT subscriber_id, alert, first_seen, opened_in FROM alert_state "
        f"WHERE opened_in < {month} AND coalesce(closed_in = {month}, true)",
    )
    context.create(
        "seen_alerts",
        "SELECT o.* REPLACE (least(o.first_seen, b.first_seen) AS first_seen), b.opened_in, "
        "CASE WHEN b.opened_in IS NULL THEN 'new' ELSE 'open' END AS status "
        "FROM open_alerts o LEFT JOIN alerts_before b USING (subscriber_id, alert)",
    )
    counts = dict(context.engine.rows("SELECT status, count(*) FROM seen_alerts GROUP BY status"))
    kept = context.engine.rows("SELECT count(*) FROM alerts_before SEMI JOIN seen_alerts USING (subscriber_id, alert)")
    before = context.engine.rows("SELECT count(*) FROM alerts_before")
    context.say("alert_state", new=counts.get("new", 0), open=counts.get("open", 0), closed=before[0][0] - kept[0][0])


def _tests(context: RunContext, rules: AlertRules) -> str:
    """SQL: a list with alert, whether it holds and its detail, for every alert of a month.

    Raises:
        RuleError: the SQL of an alert does not run.
    """
    limits = {key: number(value) for key, value in rules.limits.items()}
    tests = []
    for name, alert in rules.alerts.items():
        when, detail = (Template(text).substitute(limits) for text in (alert.when, alert.detail))
        tried = {f"alerts.{name}.when": when, f"alerts.{name}.detail": detail}
        check_sql(context, "alerts", tried, _judged(context, context.as_of))
        tests.append(f"{{'alert': {literal(name)}, 'held': ({when}), 'detail': CAST({detail} AS DOUBLE)}}")
    return f"[{', '.join(tests)}]"


def _month_held(context: RunContext, place: int, tests: str) -> str:
    """subscriber_id, alert, place (that of the month among all) and detail: where an alert holds in a month."""
    judged = _judged(context, context.months[place])
    rows = f"SELECT m3.subscriber_id, unnest({tests}, recursive := true) FROM {judged}"
    return f"SELECT subscriber_id, alert, {place} AS place, detail FROM ({rows}) WHERE held"


def _judged(context: RunContext, month: Month) -> str:
    """SQL: everybody there in `month` as m3, with the two months before it as m2 and m1."""
    known = str(str(month) in context.facts["alert_usage"]).lower()
    judged = f"(SELECT * FROM features WHERE month = {literal(str(month))})"
    left = f"date_diff('day', DATE '{month.end}', contract_end) + 1"
    there = f"NOT has_left AND coalesce(activated_on < DATE '{month.end}', true)"
    everybody = f"(SELECT subscriber_id, {left} AS contract_left FROM people WHERE {there})"
    # Who has neither usage nor bill in the month has no features, but may be silent.
    joined = f"(SELECT *, {known} AS usage_known FROM {everybody} LEFT JOIN {judged} USING (subscriber_id)) m3"
    for back in (1, 2):
        joined += (
            f" LEFT JOIN features m{3 - back} ON m{3 - back}.subscriber_id = m3.subscriber_id "
            f"AND m{3 - back}.month = {literal(str(month.back(back)))}"
        )
    return joined


def _complaints(context: RunContext, rule: Complaint) -> str:
    """The oldest complaint of each subscriber that has been open for too long at the end of the as-of month."""
    if not context.has("events"):
        return "SELECT '' AS subscriber_id, '' AS alert, NULL::DATE AS first_seen, NULL::DOUBLE AS detail LIMIT 0"
    end = f"TIMESTAMP '{context.as_of.end}'"
    late = f"time + INTERVAL {rule.hours} HOUR"
    return (
        f"SELECT subscriber_id, 'complaint' AS alert, min({late})::DATE AS first_seen, "
        f"floor(epoch({end} - min(time)) / 3600)::DOUBLE AS detail FROM events "
        "SEMI JOIN (SELECT subscriber_id FROM people WHERE NOT has_left) USING (subscriber_id) "
        f"WHERE kind = 'complaint' AND {late} < {end} AND (resolved_at IS NULL OR resolved_at >= {end}) "
        "GROUP BY subscriber_id"
    )


ALERTS = Analysis(
    "alerts",
    ("people", "features"),
    ("alerts",),
    compute=note_usage,
    uses=("events",),
    each=compute_alerts,
    makes=("open_alerts",),
    finish=compute_list,
)

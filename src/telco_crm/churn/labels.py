"""Who left, when and how; and the churn rate of each month."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.months import Month
from telco_crm.rules import Model

VOLUNTARY, PORT_OUT, INVOLUNTARY, INACTIVE = "voluntary", "port_out", "involuntary", "inactive"
# Closed without a date, and never seen.
UNDATED = (
    "(coalesce(s.status = 'closed', false) AND s.cancelled_on IS NULL "
    "AND s.subscriber_id NOT IN (SELECT subscriber_id FROM features))"
)
LeaveKind = Literal["voluntary", "port_out", "involuntary", "inactive"]


class Leaving(Model):
    """What counts as having left.

    `inactive_days` without anything originated is leaving of the kind `inactive` for whom `inactive_if` (SQL over the
    subscriber record s) holds; 0 switches it off. `prepaid` is SQL over s, for use in `inactive_if` and the rates.
    """

    prepaid: str
    inactive_if: Literal["prepaid", "all", "none"]
    inactive_days: int = Field(ge=0)


def create_leavers(context: RunContext, leaving: Leaving) -> None:
    """Make `leavers`: subscriber_id, left_on (the first day without the subscription), kind; as known at the end of the
    as-of month.

    A closed subscription without a date ended after the last month with a record or bill of it.
    """
    end = f"DATE '{context.as_of.end}'"
    last_seen = (
        f"(SELECT subscriber_id, max(month) AS month FROM features WHERE month <= {_text(context.as_of)} GROUP BY 1)"
    )
    closed = "CASE WHEN s.status = 'closed' THEN CAST(seen.month || '-01' AS DATE) + INTERVAL 1 MONTH END"
    queries = [
        f"SELECT s.subscriber_id, coalesce(s.cancelled_on, {closed})::DATE AS left_on, "
        f"coalesce(s.cancel_kind, '{VOLUNTARY}') AS kind FROM subscribers s LEFT JOIN {last_seen} seen "
        "USING (subscriber_id)"
    ]
    if leaving.inactive_if != "none" and leaving.inactive_days:
        queries.append(_inactive(context, leaving))
    union = " UNION ALL ".join(queries)
    context.create(
        "leavers",
        # What is recorded counts before silence that comes to an end on the same day.
        f"SELECT subscriber_id, min(left_on) AS left_on, arg_min(kind, (left_on, kind = '{INACTIVE}')) AS kind "
        f"FROM ({union}) "
        f"WHERE left_on < {end} GROUP BY subscriber_id",
    )


def _inactive(context: RunContext, leaving: Leaving) -> str:
    """Subscribers whose last month with anything originated lies long enough back.

    The last use is taken as the last day with any record in that month, which is never too early; the days without
    use must be covered by usage records.
    """
    who = f"({leaving.prepaid})" if leaving.inactive_if == "prepaid" else "true"
    used = (
        "SELECT subscriber_id, max(last_day(CAST(month || '-01' AS DATE)) - last_activity_gap_days::INTEGER) AS day "
        f"FROM features WHERE active_days_out > 0 AND month <= {_text(context.as_of)} GROUP BY subscriber_id"
    )
    return (
        f"SELECT subscriber_id, day + {leaving.inactive_days + 1} AS left_on, '{INACTIVE}' AS kind FROM "
        f"(SELECT *, max(day) OVER () AS covered FROM ({used})) JOIN subscribers s USING (subscriber_id) "
        f"WHERE coalesce({who}, false) AND day + {leaving.inactive_days} <= covered"
    )


def present_sql(at_end_of: Month) -> str:
    """FROM item: subscriber_id of everybody on the books at the end of a month, with the record columns that are known
    then; what changes in a record without a date of its own is that of the export, and NULL. Closed subscriptions
    without a date and without any record or bill are left out: nobody knows when they ended.
    """
    end = f"DATE '{at_end_of.end}'"
    return (
        "(SELECT s.subscriber_id, s.brand, s.region, s.gender, s.activated_on, NULL::VARCHAR AS plan, "
        "NULL::DATE AS contract_end, NULL::VARCHAR AS vip_card, NULL::VARCHAR AS status FROM subscribers s "
        "LEFT JOIN leavers l USING (subscriber_id) "
        f"WHERE coalesce(s.activated_on < {end}, true) AND coalesce(l.left_on >= {end}, true) AND NOT {UNDATED})"
    )


def create_rates(context: RunContext) -> None:
    """Make `churn_rates`: one row per month up to the as-of month. Needs `leavers`."""
    rows = []
    for month in context.months:
        start, end = f"DATE '{month.start}'", f"DATE '{month.end}'"
        on = "coalesce(s.activated_on < {day}, true) AND coalesce(l.left_on >= {day}, true)"
        left = f"l.left_on >= {start} AND l.left_on < {end}"
        kinds = ", ".join(
            f"count(*) FILTER ({left} AND l.kind = '{k}') AS {k}" for k in (VOLUNTARY, PORT_OUT, INVOLUNTARY, INACTIVE)
        )
        rows.append(
            f"SELECT {literal(str(month))} AS month, count(*) FILTER ({on.format(day=start)}) AS at_start, "
            f"count(*) FILTER (s.activated_on >= {start} AND s.activated_on < {end}) AS joined, {kinds}, "
            f"count(*) FILTER ({on.format(day=end)}) AS at_end FROM subscribers s "
            f"LEFT JOIN leavers l USING (subscriber_id) WHERE NOT {UNDATED}"
        )
    willing = f"{VOLUNTARY} + {PORT_OUT}"
    every = f"{willing} + {INVOLUNTARY} + {INACTIVE}"
    context.create(
        "churn_rates",
        f"SELECT *, (at_start + at_end) / 2 AS base, {every} AS left_all, ({every}) / nullif(base, 0) AS churn_rate, "
        f"({willing}) / nullif(base, 0) AS willing_rate, ({INVOLUNTARY}) / nullif(base, 0) AS involuntary_rate "
        f"FROM ({' UNION ALL '.join(rows)}) ORDER BY month",
    )


def _text(month: Month) -> str:
    return literal(str(month))

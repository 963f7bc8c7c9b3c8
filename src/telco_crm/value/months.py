"""Bills, use, contacts and service history of every subscriber in the last months, for the report and for a look at
one of them.
"""

from __future__ import annotations

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal

MONTHS = 12  # one year
MONEY_EVENTS = ("payment", "recharge")  # bills and arrears tell of these
FIGURES = ("voice_calls", "voice_out_minutes", "sms_out", "data_mb", "active_days")


def compute_months(context: RunContext) -> None:
    """Make `subscriber_months`: one row per subscriber and month with a bill or usage, of the last 12 months."""
    arpu = "SELECT subscriber_id, month, arpu FROM arpu"
    if not context.has("arpu"):
        arpu = "SELECT '' AS subscriber_id, '' AS month, NULL::DECIMAL(18,6) AS arpu LIMIT 0"
    first = context.as_of.back(MONTHS - 1)
    context.create(
        "subscriber_months",
        f"""
        SELECT subscriber_id, month, a.arpu, {", ".join(FIGURES)}
        FROM (SELECT subscriber_id, month, {", ".join(FIGURES)} FROM features
              WHERE month BETWEEN {literal(str(first))} AND {literal(str(context.as_of))})
        LEFT JOIN ({arpu}) a USING (subscriber_id, month)""",
    )


def compute_contacted(context: RunContext) -> None:
    """Make `contacted`, the campaign contacts of the last 12 months, where there are any to tell of."""
    if not context.has("contacts"):
        return
    first, end = context.as_of.back(MONTHS - 1).start, context.as_of.end
    context.create(
        "contacted",
        "SELECT subscriber_id, contacted_on, campaign, arm, offer, channel, accepted FROM contacts "
        f"WHERE contacted_on >= DATE '{first}' AND contacted_on < DATE '{end}'",
    )


def compute_history(context: RunContext) -> None:
    """Make `service_history`, the service events of the last 12 months, where there are any to tell of. What was
    resolved after the as-of month was open at its end.
    """
    if not context.has("events"):
        return
    first, end = (f"TIMESTAMP '{day}'" for day in (context.as_of.back(MONTHS - 1).start, context.as_of.end))
    solved = f"CASE WHEN resolved_at < {end} THEN resolved_at END"
    context.create(
        "service_history",
        f"""
        SELECT subscriber_id, time, kind, area, score, {solved} AS resolved_at,
               CASE WHEN kind = 'complaint' THEN greatest(epoch(coalesce({solved}, {end}) - time), 0) / 3600 END
                   AS hours, detail
        FROM events WHERE time >= {first} AND time < {end}
        AND kind NOT IN ({", ".join(map(literal, MONEY_EVENTS))})""",
    )


SERVICE_HISTORY = Analysis("service history", ("people",), (), uses=("events",), finish=compute_history)
CONTACTED = Analysis("contacted", ("people",), (), uses=("contacts",), finish=compute_contacted)
SUBSCRIBER_MONTHS = Analysis(
    "months", ("features",), ("subscriber_months",), uses=("arpu",), each=compute_months, makes=("subscriber_months",)
)

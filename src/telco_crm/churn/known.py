"""What was known of each subscriber at the end of a cut-off month besides the monthly features: table k of signals.

Everything comes from rows dated before that moment. Events, contacts and bills are looked at over the three lag months
only, so that an early cut-off is not blinder than a late one; a complaint counts as open until it was resolved.
"""

from __future__ import annotations

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.months import Month

LAGS = 3
EXPORTS = ("usage", "bills", "subscribers", "events", "contacts")  # what an operator exports
SOURCES = ("subscribers", "events", "bills", "contacts", "leavers", "circle")  # what signals and outcomes come from
DAYS_SINCE = ("complaint", "cancel_request", "competitor_contact", "power_off", "plan_change", "suspension", "survey")
COLUMNS = {
    "events": (
        *(f"{kind}_days" for kind in DAYS_SINCE),
        "complaints_open",
        "suspended",
        "enquiries",
        "lowest_survey",
    ),
    "bills": ("bills_due", "bills_unpaid", "bills_late", "payment_delay"),
    "contacts": ("campaigns", "campaigns_accepted", "contacted_days"),
    "subscribers": ("plans",),
    "circle": ("circle", "circle_left", "circle_lost"),
}


def known_sql(context: RunContext, cutoff: Month) -> str:
    """FROM item k: subscriber_id and the columns of COLUMNS, NULL where nothing is known or the table is missing."""
    queries = {
        "events": _events,
        "bills": _bills,
        "contacts": _contacts,
        "subscribers": _subscribers,
        "circle": _circle,
    }
    parts: list[str] = []
    columns: list[str] = []
    for table, names in COLUMNS.items():
        if context.has(table):
            parts.append(f"LEFT JOIN ({queries[table](context, cutoff)}) {table[0]}_ USING (subscriber_id)")
            columns += names
        else:
            columns += [f"NULL::DOUBLE AS {name}" for name in names]
    spine = "(SELECT DISTINCT subscriber_id FROM features)"
    if context.has("subscribers"):
        spine = "(SELECT subscriber_id FROM features UNION SELECT subscriber_id FROM subscribers)"
    return f"(SELECT subscriber_id, {', '.join(columns)} FROM {spine} {' '.join(parts)})"


def _events(context: RunContext, cutoff: Month) -> str:
    start, end = _window(cutoff)

    def latest(kind: str, condition: str = "true") -> str:
        return f"max(CASE WHEN kind = '{kind}' AND {condition} THEN time END)"

    recent, stopped, resumed = f"time >= {start}", latest("suspension"), latest("resume")
    still_open = f"kind = 'complaint' AND {recent} AND (resolved_at IS NULL OR resolved_at >= {end})"
    columns = {
        **{f"{kind}_days": f"date_diff('day', {latest(kind, recent)}, {end})" for kind in DAYS_SINCE},
        "complaints_open": f"count_if({still_open})",
        "suspended": f"CASE WHEN {stopped} > coalesce({resumed}, DATE '0001-01-01') THEN 1 ELSE 0 END",
        "enquiries": f"count_if(kind = 'enquiry' AND {recent})",
        "lowest_survey": f"min(CASE WHEN kind = 'survey' AND {recent} THEN score END)::DOUBLE",
    }
    return f"SELECT subscriber_id, {_listed(columns)} FROM events WHERE time < {end} GROUP BY subscriber_id"


def _bills(context: RunContext, cutoff: Month) -> str:
    """A bill without a day of payment counts as paid if something was paid: it is not known when."""
    end, first = _window(cutoff)[1], literal(str(cutoff.back(LAGS - 1)))
    due, paid = f"due_date < {end}", f"paid_on < {end}"
    unpaid = f"(paid_on >= {end} OR (paid_on IS NULL AND coalesce(paid, 0) = 0))"
    columns = {
        "bills_due": f"count_if({due})",
        "bills_unpaid": f"count_if({due} AND {unpaid})",
        "bills_late": f"count_if({due} AND {paid} AND paid_on > due_date)",
        "payment_delay": f"avg(CASE WHEN {due} AND {paid} THEN date_diff('day', due_date, paid_on) END)",
    }
    months = f"month >= {first} AND month <= {literal(str(cutoff))}"
    return f"SELECT subscriber_id, {_listed(columns)} FROM bills WHERE {months} GROUP BY subscriber_id"


def _contacts(context: RunContext, cutoff: Month) -> str:
    start, end = _window(cutoff)
    return (
        "SELECT subscriber_id, count(*) AS campaigns, count_if(accepted) AS campaigns_accepted, "
        f"date_diff('day', max(contacted_on)::TIMESTAMP, {end}::TIMESTAMP) AS contacted_days FROM contacts "
        f"WHERE contacted_on >= {start} AND contacted_on < {end} AND coalesce(arm, 'treated') = 'treated' "
        "GROUP BY subscriber_id"
    )


def _subscribers(context: RunContext, cutoff: Month) -> str:
    """Plans used so far, as the record says at export; not known of earlier cut-offs."""
    plans = "plans_ever" if cutoff >= context.as_of else "NULL::BIGINT"
    return f"SELECT subscriber_id, {plans} AS plans FROM subscribers"


def _circle(context: RunContext, cutoff: Month) -> str:
    return f"SELECT subscriber_id, circle, circle_left, circle_lost FROM circle WHERE cutoff = {literal(str(cutoff))}"


def _window(cutoff: Month) -> tuple[str, str]:
    return f"DATE '{cutoff.back(LAGS - 1).start}'", f"DATE '{cutoff.end}'"


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())

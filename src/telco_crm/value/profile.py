"""The subscriber at the end of a month, as far as value, lifecycle and tags look at it."""

from __future__ import annotations

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal
from telco_crm.months import Month
from telco_crm.value.rules import ValueRules

AMOUNT = "DECIMAL(18,6)"


def compute_profile(context: RunContext) -> None:
    """Make `profile` for the as-of month and `profile_before` for that of the migration, where the data has it."""
    rules = context.rules(ValueRules, "value")
    for name, month in {"profile": context.as_of, "profile_before": before(context, rules)}.items():
        if month:
            context.create(name, profile_sql(context, rules, month))


def before(context: RunContext, rules: ValueRules) -> Month | None:
    """The month that tiers are compared with, if the data has it."""
    month = context.as_of.back(rules.migration_months)
    return month if month in context.months else None


def profile_sql(context: RunContext, rules: ValueRules, month: Month) -> str:
    """Query for everybody who has not left by the end of `month`; only what was known then is looked at, but for the
    subscriber record, which is the one at hand.

    Columns: subscriber_id, brand, region, plan, account_id, status, vip_card, activated_on, months_on_network, age
    (in years, by the year of birth), contract_days_left; arpu, arpu_mean, arpu_falling, arpu_before_fall, spend_year;
    days_since_active; complaints, complaints_open, cancel_requests, competitor_contacts.
    """
    end = f"DATE '{month.end}'"
    contract = f"date_diff('day', {end}, contract_end) + 1 AS contract_days_left"
    born = "SELECT subscriber_id, birth_year FROM subscribers"
    if not context.has("subscribers"):
        born = "SELECT '' AS subscriber_id, NULL::BIGINT AS birth_year LIMIT 0"
    return f"""
        SELECT subscriber_id, brand, region, plan, account_id, status, vip_card, activated_on, months_on_network,
               {month.start.year} - birth_year AS age, {contract}, b.* EXCLUDE (subscriber_id),
               date_diff('day', seen_on, {end}) - 1 AS days_since_active, {_event_columns(context)}
        FROM ({_alive(context, month)}) LEFT JOIN ({born}) USING (subscriber_id)
        LEFT JOIN ({_bills(context, rules, month)}) b USING (subscriber_id)
        LEFT JOIN ({_seen(context, month)}) USING (subscriber_id)
        LEFT JOIN ({_events(context, rules, month)}) USING (subscriber_id)"""


def _alive(context: RunContext, month: Month) -> str:
    """Who has not left: of the as-of month those of `people`, of an earlier month the same told from the records."""
    columns = "subscriber_id, brand, region, plan, account_id, status, vip_card, activated_on, contract_end"
    if month == context.as_of:
        return f"SELECT {columns}, months_on_network FROM people WHERE NOT has_left"
    end = f"DATE '{month.end}'"
    tenure = f"CASE WHEN activated_on < {end} THEN date_sub('month', activated_on, {end}) END AS months_on_network"
    spine = f"SELECT subscriber_id FROM features WHERE month = {literal(str(month))}"
    if not context.has("subscribers"):
        texts = ("brand", "region", "plan", "account_id", "status", "vip_card")
        empty = [f"NULL::VARCHAR AS {name}" for name in texts]
        empty += [f"NULL::DATE AS {name}" for name in ("activated_on", "contract_end")]
        return f"SELECT subscriber_id, {', '.join(empty)}, NULL::BIGINT AS months_on_network FROM ({spine})"
    spine += (
        f" UNION SELECT subscriber_id FROM subscribers WHERE coalesce(activated_on < {end}, true) "
        f"AND coalesce(cancelled_on >= {end}, status IS NULL OR status <> 'closed')"
    )
    known = columns.replace("status", "NULL::VARCHAR AS status")
    return (
        f"SELECT {known}, {tenure} FROM ({spine}) LEFT JOIN subscribers USING (subscriber_id) "
        f"WHERE coalesce(cancelled_on >= {end}, true)"
    )


def _bills(context: RunContext, rules: ValueRules, month: Month) -> str:
    falls = rules.falling_months
    if not context.has("arpu"):
        return (
            f"SELECT '' AS subscriber_id, NULL::{AMOUNT} AS arpu, NULL::DOUBLE AS arpu_mean, NULL::BOOLEAN AS "
            f"arpu_falling, NULL::{AMOUNT} AS arpu_before_fall, NULL::{AMOUNT} AS spend_year LIMIT 0"
        )
    lags = ", ".join(
        f"max(CASE WHEN month = {literal(str(month.back(lag)))} THEN arpu END) AS a{lag}" for lag in range(falls + 1)
    )
    falling = " AND ".join(f"a{lag} < a{lag + 1}" for lag in range(falls))
    latest = "row_number() OVER (PARTITION BY subscriber_id ORDER BY month DESC)"
    return f"""
        SELECT subscriber_id, a0 AS arpu, arpu_mean, {falling} AS arpu_falling, a{falls} AS arpu_before_fall, spend_year
        FROM (SELECT subscriber_id, {lags},
                     (sum(arpu) FILTER (age <= {rules.mean_bills}))::DOUBLE / least(count(*), {rules.mean_bills})
                     AS arpu_mean,
                     sum(arpu) FILTER (month >= {literal(str(month.back(11)))}) AS spend_year
              FROM (SELECT subscriber_id, month, arpu, {latest} AS age FROM arpu WHERE month <= {literal(str(month))})
              GROUP BY subscriber_id)"""


def _seen(context: RunContext, month: Month) -> str:
    """subscriber_id, seen_on: the day of the last usage record or payment up to the end of the month."""
    last = "last_day(CAST(month || '-01' AS DATE)) - CAST(last_activity_gap_days AS INTEGER)"
    days = (
        f"SELECT subscriber_id, {last} AS seen_on FROM features WHERE last_activity_gap_days IS NOT NULL "
        f"AND month <= {literal(str(month))}"
    )
    if context.has("bills"):
        days += f" UNION ALL SELECT subscriber_id, paid_on FROM bills WHERE paid_on < DATE '{month.end}'"
    return f"SELECT subscriber_id, max(seen_on) AS seen_on FROM ({days}) GROUP BY subscriber_id"


def _event_columns(context: RunContext) -> str:
    columns = ("complaints", "complaints_open", "cancel_requests", "competitor_contacts")
    return ", ".join(f"coalesce({c}, 0) AS {c}" if context.has("events") else c for c in columns)


def _events(context: RunContext, rules: ValueRules, month: Month) -> str:
    if not context.has("events"):
        nulls = ", ".join(f"NULL::BIGINT AS {c.split()[-1]}" for c in _event_columns(context).split(", "))
        return f"SELECT '' AS subscriber_id, {nulls} LIMIT 0"
    recent, year = (month.back(n - 1).start for n in (rules.sign_months, rules.complaint_months))
    still_open = f"(resolved_at IS NULL OR resolved_at >= DATE '{month.end}')"
    return f"""
        SELECT subscriber_id, count_if(kind = 'complaint' AND time >= DATE '{year}') AS complaints,
               count_if(kind = 'complaint' AND {still_open}) AS complaints_open,
               count_if(kind = 'cancel_request' AND time >= DATE '{recent}') AS cancel_requests,
               count_if(kind = 'competitor_contact' AND time >= DATE '{recent}') AS competitor_contacts
        FROM events WHERE time < DATE '{month.end}' GROUP BY subscriber_id"""


PROFILE = Analysis(
    "profile",
    ("people", "features"),
    ("profile",),
    uses=("arpu", "bills", "subscribers", "events"),
    each=compute_profile,
    makes=("profile", "profile_before"),
)

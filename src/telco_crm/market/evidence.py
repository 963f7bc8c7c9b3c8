"""The relations that the checks of the audit look at; their columns are told in rules/audit.toml."""

from __future__ import annotations

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.labels import told

ALIASES = {
    "months": "m",
    "billed": "b",
    "complaints": "s",
    "records": "p",
    "files": "f",
    "rejects": "r",
    "calendar": "c",
    "overlaps": "o",
}


def months_known(context: RunContext) -> None:
    """Note, for all subscribers together, which months have usage, rated charges and bills."""
    as_of = literal(str(context.as_of))
    known = {
        "usage": f"SELECT DISTINCT month FROM features WHERE records > 0 AND month <= {as_of}",
        "rated": f"SELECT DISTINCT month FROM features WHERE usage_fee > 0 AND month <= {as_of}",
        "bills": f"SELECT DISTINCT month FROM bills WHERE month <= {as_of}" if context.has("bills") else "",
    }
    rows = {name: context.engine.rows(f"{sql} ORDER BY month") if sql else [] for name, sql in known.items()}
    context.facts["audit_known"] = {name: [str(month) for (month,) in found] for name, found in rows.items()}


def of_subscribers(context: RunContext) -> None:
    """Make `audit_months`, `audit_billed` and, where there are such tables, `audit_records` and `audit_complaints`."""
    context.create("audit_months", _months(context))
    context.create("audit_billed", _billed(context))
    if context.has("subscribers"):
        context.create("audit_records", _records(context))
    if context.has("events"):
        context.create(
            "audit_complaints",
            "SELECT subscriber_id AS who, strftime(time, '%Y-%m') AS month, 1::BIGINT AS n, time, resolved_at, area "
            f"FROM events WHERE kind = 'complaint' AND time < DATE '{context.as_of.end}'",
        )


def over_all(context: RunContext) -> None:
    """Make `audit_files`, `audit_rejects` and `audit_calendar`."""
    as_of = literal(str(context.as_of))
    context.create(
        "audit_files",
        "SELECT parse_filename(file) AS who, month, file, n, "
        "arg_max(month, (n, month)) OVER (PARTITION BY file) AS main_month "
        f"FROM usage_files WHERE month <= {as_of}",
    )
    reasons = [str(reason) for (reason,) in context.engine.rows("SELECT DISTINCT reason FROM rows_read ORDER BY ALL")]
    words = " ".join(f"WHEN {literal(reason)} THEN {literal(told(reason, context.lang))}" for reason in ["", *reasons])
    context.create(
        "audit_rejects",
        f"SELECT table_name AS who, '' AS month, table_name, reason, CASE reason {words} END AS words, "
        "sum(n)::BIGINT AS n FROM rows_read GROUP BY table_name, reason",
    )
    context.create("audit_calendar", _calendar(context))


def _months(context: RunContext) -> str:
    known = context.facts["audit_known"]
    bills = (
        "SELECT subscriber_id, month, true AS billed, total, total - coalesce(rent, 0) - coalesce(vas, 0) "
        "- coalesce(late_fee, 0) + coalesce(discount, 0) AS used_part FROM bills"
        if context.has("bills")
        else "SELECT '' AS subscriber_id, '' AS month, true AS billed, 0.0 AS total, 0.0 AS used_part LIMIT 0"
    )
    records = (
        "SELECT subscriber_id, true AS known, activated_on, cancelled_on FROM subscribers"
        if context.has("subscribers")
        else "SELECT '' AS subscriber_id, true AS known, NULL::DATE AS activated_on, NULL::DATE AS cancelled_on LIMIT 0"
    )
    rated = f"CASE WHEN {_in('month', known['rated'])} THEN coalesce(usage_fee, 0) END"
    return f"""
        SELECT subscriber_id AS who, month, 1::BIGINT AS n, (month || '-01')::DATE AS first_day,
               ((month || '-01')::DATE + INTERVAL 1 MONTH)::DATE AS next_month, records::BIGINT AS records,
               coalesce(billed, false) AS billed, total::DOUBLE AS total, used_part::DOUBLE AS used_part,
               {rated} AS rated, (used_part - {rated})::DOUBLE AS difference,
               {_in("month", known["usage"])} AS usage_month, {_in("month", known["bills"])} AS bill_month,
               coalesce(known, false) AS known, activated_on, cancelled_on
        FROM (SELECT subscriber_id, month, records, usage_fee FROM features
              WHERE month <= {literal(str(context.as_of))})
        LEFT JOIN ({bills}) USING (subscriber_id, month) LEFT JOIN ({records}) USING (subscriber_id)
        WHERE records > 0 OR billed"""


def _billed(context: RunContext) -> str:
    """Who has bills; those of months that ended before the activation are another subscriber's, of the same number."""
    known = f"[{', '.join(map(literal, context.facts['audit_known']['bills']))}]::VARCHAR[]"
    return f"""
        SELECT who, '' AS month, 1::BIGINT AS n, count(*) AS bills, min(first_day) AS first_bill,
               max(first_day) AS last_bill, max(place) - min(place) + 1 AS months
        FROM (SELECT *, list_position({known}, month) AS place FROM audit_months WHERE billed)
        WHERE coalesce(activated_on < next_month, true) GROUP BY who"""


def _records(context: RunContext) -> str:
    as_of, end = literal(str(context.as_of)), f"DATE '{context.as_of.end}'"
    bills = (
        f"SELECT who AS subscriber_id, count(*) AS bills, min(first_day) AS first_bill, max(first_day) AS last_bill, "
        f"bool_or(month = {as_of}) AS month_billed FROM audit_months WHERE billed GROUP BY who"
    )
    suspended = "SELECT '' AS subscriber_id, NULL::DATE AS suspended_on LIMIT 0"
    if context.has("events"):
        # The begin of a suspension that has not ended: the first one after the last resumption.
        suspended = (
            "SELECT subscriber_id, min(time)::DATE AS suspended_on FROM events LEFT JOIN (SELECT subscriber_id, "
            f"max(time) AS back FROM events WHERE kind = 'resume' AND time < {end} GROUP BY subscriber_id) "
            f"USING (subscriber_id) WHERE kind = 'suspension' AND time < {end} AND (back IS NULL OR time > back) "
            "GROUP BY subscriber_id"
        )
    return f"""
        SELECT subscriber_id AS who, '' AS month, 1::BIGINT AS n, s.*, coalesce(bills, 0) AS bills,
               first_bill, last_bill, coalesce(month_billed, false) AS month_billed, suspended_on,
               date_diff('day', suspended_on, {end}) AS days_suspended,
               coalesce(cancelled_on < {end}, status = 'closed', false) AS has_left
        FROM subscribers s LEFT JOIN ({bills}) USING (subscriber_id) LEFT JOIN ({suspended}) USING (subscriber_id)"""


def _calendar(context: RunContext) -> str:
    parts = ["SELECT '' AS who, '' AS table_name, '' AS month, 1::BIGINT AS n, 0::BIGINT AS present LIMIT 0"]
    for table in ("usage", "bills"):
        if months := context.facts["audit_known"][table]:
            parts.append(
                f"SELECT {literal(table)}, {literal(table)}, day, 1, {_in('day', months)}::BIGINT FROM (SELECT "
                f"strftime(unnest(generate_series(DATE '{months[0]}-01', DATE '{months[-1]}-01', INTERVAL 1 MONTH)), "
                "'%Y-%m') AS day)"
            )
    return " UNION ALL ".join(f"({part})" for part in parts)


def _in(column: str, months: list[str]) -> str:
    return f"{column} IN ({', '.join(map(literal, months))})" if months else "false"

"""The subscribers of a month: one row each, with what every list needs to know of them."""

from __future__ import annotations

from functools import partial

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal
from telco_crm.features.catalog import Catalog
from telco_crm.schema import load_schema

RECORD_COLUMNS = (
    "brand",
    "region",
    "gender",
    "plan",
    "account_id",
    "status",
    "activated_on",
    "cancelled_on",
    "contract_end",
    "vip_card",
)


def people_analysis(catalog: Catalog, is_past: bool = False) -> Analysis:
    """The analysis that all others build on; see create_people."""
    made = ("arpu", "people")
    return Analysis("people", ("features",), ("people",), each=partial(create_people, catalog, is_past), makes=made)


def create_people(catalog: Catalog, is_past: bool, context: RunContext) -> None:
    """Make the tables `arpu` (subscriber_id, month, arpu exact to 6 decimals) and `people`.

    `people` holds everybody with a usage record or bill in the as-of month, or on the books at its end:
    subscriber_id, arpu (of the month; NULL without a bill), months_on_network (whole months), has_left (cancelled
    before the end of the month), left_this_month and the columns of the subscriber record (NULL without the table).
    Where the as-of month `is_past`, older than the records, their status says nothing of it and is not used: the
    status is then suspended if the last suspension up to its end has not been resumed, else NULL.
    """
    end, start, as_of = f"DATE '{context.as_of.end}'", f"DATE '{context.as_of.start}'", literal(str(context.as_of))
    spine = f"SELECT subscriber_id FROM features WHERE month = {as_of}"
    left = "false"
    records = _no_records()
    if context.has("subscribers"):
        records = "subscribers"
        left = f"coalesce(cancelled_on < {end}, status = 'closed' AND active IS NULL, false)"
        spine += (
            f" UNION SELECT subscriber_id FROM subscribers WHERE coalesce(activated_on < {end}, true) "
            f"AND coalesce(cancelled_on >= {end}, status IS NULL OR status <> 'closed')"
        )
    if context.has("bills"):
        expression = catalog.features["arpu"].bill
        context.create(
            "arpu",
            f"SELECT subscriber_id, month, CAST({expression} AS DECIMAL(18,6)) AS arpu FROM bills "
            f"WHERE month <= {as_of}",
        )
    bill = (
        f"SELECT subscriber_id, arpu FROM arpu WHERE month = {as_of}"
        if context.has("bills")
        else ("SELECT '' AS subscriber_id, CAST(NULL AS DECIMAL(18,6)) AS arpu LIMIT 0")
    )
    columns = ", ".join("state AS status" if is_past and c == "status" else c for c in RECORD_COLUMNS)
    until = f"least({end}, coalesce(cancelled_on, {end}))"
    months = f"CASE WHEN activated_on < {end} THEN date_sub('month', activated_on, {until}) END"
    seen = f"SELECT DISTINCT subscriber_id, true AS active FROM features WHERE month = {as_of}"
    context.create(
        "people",
        f"""
        SELECT subscriber_id, arpu, {months} AS months_on_network, {left} AS has_left,
               coalesce(cancelled_on >= {start} AND cancelled_on < {end}, false) AS left_this_month, {columns}
        FROM ({spine}) LEFT JOIN ({bill}) USING (subscriber_id) LEFT JOIN {records} USING (subscriber_id)
        LEFT JOIN ({seen}) USING (subscriber_id) LEFT JOIN ({_past_states(context)}) USING (subscriber_id)""",
    )
    if is_past and context.has("subscribers"):
        context.say("records_later", month=context.as_of)


def _past_states(context: RunContext) -> str:
    """subscriber_id and state: suspended where the last suspension up to the as-of month has not been resumed."""
    if not context.has("events"):
        return "SELECT '' AS subscriber_id, CAST(NULL AS VARCHAR) AS state LIMIT 0"
    suspended, resumed = (f"max(CASE WHEN kind = '{kind}' THEN time END)" for kind in ("suspension", "resume"))
    return (
        f"SELECT subscriber_id, CASE WHEN coalesce({resumed} < {suspended}, {resumed} IS NULL) THEN 'suspended' END "
        f"AS state FROM events WHERE kind IN ('suspension', 'resume') AND time < DATE '{context.as_of.end}' "
        "GROUP BY subscriber_id"
    )


def _no_records() -> str:
    types = {"date": "DATE"}
    columns = load_schema("subscribers").columns
    empty = ", ".join(f"CAST(NULL AS {types.get(columns[n].type, 'VARCHAR')}) AS {n}" for n in RECORD_COLUMNS)
    return f"(SELECT '' AS subscriber_id, {empty} LIMIT 0)"

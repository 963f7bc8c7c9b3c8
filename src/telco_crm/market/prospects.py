"""Competitor customers worth winning: numbers of other networks that call our subscribers a lot (domain section 11).

What subscribers and other parties said to each other, kept with the features of every month, is walked twice, and
neither pass keeps more than one aggregate: first the seconds of every calling number and month; then, of the few
numbers that reach the minutes, whom they call.
"""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal
from telco_crm.engine.workers import Part
from telco_crm.errors import CannotCompute
from telco_crm.ingest.dialling import unpacked
from telco_crm.ingest.usage import OTHER_NETWORK
from telco_crm.labels import text
from telco_crm.market.prospect_rules import ProspectRules
from telco_crm.market.prospect_tables import create_contacts, create_list, create_totals
from telco_crm.months import Month
from telco_crm.schema import load_schema

ROWS_AT_ONCE = 60_000_000  # usage rows of a month whose calling numbers are summed at a time
NO_SUMS = "SELECT 0 AS month, 0::UBIGINT AS cp, 0::BIGINT AS seconds LIMIT 0"
NO_PAIRS = (
    "SELECT '' AS subscriber_id, 0 AS month, 0::UBIGINT AS cp, 0::BIGINT AS seconds, 0::BIGINT AS calls, "
    "0::BIGINT AS latest LIMIT 0"
)


def sum_calls(context: RunContext) -> None:
    """Make `prospect_sums`: month, cp and seconds of every calling number of another network; where this part is
    everybody, only of those that reach the minutes.
    """
    rules = context.rules(ProspectRules, "prospects")
    context.create("prospect_sums", NO_SUMS)
    if context.usage is None:
        return
    counts = context.usage.months()
    least = f"HAVING sum(seconds) >= {rules.minutes * 60:.15g}" if context.part.of == 1 else ""
    for month in _months(context, rules):
        for numbers in Part().divided(math.ceil(counts[month] / context.part.of / ROWS_AT_ONCE)):
            context.engine.run(
                f"INSERT INTO prospect_sums SELECT {month.number}, cp, sum(seconds) AS seconds "
                f"FROM {context.usage.contacts_of(month)} WHERE calls > 0 AND {numbers.holds('hash(cp)')} "
                f"AND {context.part.holds('sid')} GROUP BY cp {least}"
            )


def choose_numbers(context: RunContext) -> None:
    """Note the numbers (as `cp`) that reach the minutes in a month and are not ours."""
    rules = context.rules(ProspectRules, "prospects")
    context.facts["prospects"] = {"cp": []}
    if context.usage is None:
        return
    ours = [context.usage.ids(), *(table for table in ("subscribers", "bills") if context.has(table))]
    own = context.usage.dialling.packed("subscriber_id")
    known = " UNION ".join(f"SELECT {own} AS cp FROM {table}" for table in ours)
    found: dict[str, Any] = context.engine.arrays(
        "SELECT DISTINCT cp FROM (SELECT month, cp FROM prospect_sums GROUP BY month, cp "
        f"HAVING sum(seconds) >= {rules.minutes * 60:.15g}) ANTI JOIN ({known}) USING (cp)"
    )
    context.facts["prospects"] = found


def pair_up(context: RunContext) -> None:
    """Make `prospect_pairs`: subscriber_id, month, cp, seconds and (answered) calls, and latest: the time and network
    of the last call or message that tells the network, packed, for each of the chosen numbers.
    """
    context.create("prospect_pairs", NO_PAIRS)
    usage = context.usage
    if usage is None or not len(context.facts["prospects"]["cp"]):
        return
    context.engine.register("prospect_cps", pa.table(context.facts["prospects"]))
    rules = context.rules(ProspectRules, "prospects")
    pairs = " UNION ALL ".join(
        f"SELECT {m.number} AS month, sid, cp, seconds, calls, latest FROM {usage.contacts_of(m)}"
        for m in _months(context, rules)
    )
    context.engine.run(
        f"INSERT INTO prospect_pairs SELECT subscriber_id, month, cp, seconds, calls, latest FROM ({pairs}) "
        f"SEMI JOIN prospect_cps USING (cp) JOIN (SELECT * FROM {usage.ids()} WHERE {context.part.holds('sid')}) "
        f"USING (sid) WHERE {context.part.holds('sid')}"
    )


def put_together(context: RunContext) -> None:
    """Make `prospects`, `prospect_contacts` and `prospect_totals`.

    Raises:
        CannotCompute: no record says that somebody of another network has called.
    """
    del context.facts["prospects"]
    rules = context.rules(ProspectRules, "prospects")
    months = _months(context, rules)
    usage = context.usage
    if usage is None or not any(
        context.engine.rows(f"SELECT 1 FROM {usage.contacts_of(m)} WHERE calls > 0 LIMIT 1") for m in months
    ):
        raise CannotCompute(text("notes.no_rivals", context.lang))
    _create_numbers(context, rules)
    create_list(context, rules, len(months))
    create_contacts(context, rules)
    create_totals(context, months)


def _create_numbers(context: RunContext, rules: ProspectRules) -> None:
    """`prospect_numbers`: cp, number, network (by the last record; never our own) and `prospect_months`: cp, month,
    seconds, calls of the months in which it is a prospect.
    """
    code = "(max(latest) & 7)::INTEGER"
    outside = ", ".join(literal(name) for name in ("own", *rules.leave_out))
    names = f"[{', '.join(map(literal, _networks()))}]"
    context.create(
        "prospect_numbers",
        f"SELECT * FROM (SELECT cp, {unpacked('cp')} AS number, {names}[{code}] AS network "
        "FROM prospect_pairs GROUP BY cp) "
        f"WHERE network NOT IN ({outside}) AND length(number) >= {rules.minimum_digits}",
    )
    context.create(
        "prospect_months",
        "SELECT cp, (month // 100)::VARCHAR || '-' || lpad((month % 100)::VARCHAR, 2, '0') AS month, "
        "sum(seconds)::BIGINT AS seconds, sum(calls)::BIGINT AS calls FROM prospect_pairs "
        f"SEMI JOIN prospect_numbers USING (cp) GROUP BY ALL HAVING sum(seconds) >= {rules.minutes * 60:.15g}",
    )


def _months(context: RunContext, rules: ProspectRules) -> list[Month]:
    """The months that are looked at and have usage, oldest first."""
    known = context.usage.months() if context.usage else {}
    return [m for m in context.as_of.back(rules.months - 1).until(context.as_of) if m in known]


def _networks() -> list[str]:
    return [*load_schema("usage").columns["counterpart_network"].values, OTHER_NETWORK]


CALLERS = Analysis(
    "callers",
    ("features",),
    ("prospect_sums",),
    uses=("usage", "subscribers", "bills"),
    each=sum_calls,
    makes=("prospect_sums",),
    finish=choose_numbers,
)
PROSPECTS = Analysis(
    "prospects",
    ("usage", "people", "prospect_sums"),
    ("prospects", "prospect_contacts", "prospect_totals"),
    uses=("bills",),
    each=pair_up,
    makes=("prospect_pairs",),
    finish=put_together,
)

"""The tables of the competitor customers, from whom each number calls and when it is a prospect."""

from __future__ import annotations

from collections.abc import Sequence

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.market.prospect_rules import ProspectRules
from telco_crm.measures import mean_arpu_sql
from telco_crm.months import Month

BILLS = 3  # over which the ARPU of a contact is taken
SUMS = ("callers", "minutes", "calls", "caller_months")


def create_list(context: RunContext, rules: ProspectRules, months: int) -> None:
    """Make `prospects`, a row per number, and `prospect_known`: cp, subscriber_id, region, arpu, seconds, calls and
    months of contacts who are subscribers now.

    `months` are those with usage, out of which stability is a share.
    """
    context.create("prospect_known", _known(context))
    least, weight = rules.evidence, rules.closeness
    firm = f"calls >= {least.calls} AND contacts >= {least.contacts} AND months >= {least.months}"
    valued = "CASE WHEN contacts_arpu IS NULL THEN 0 ELSE cume_dist() OVER (ORDER BY contacts_arpu NULLS FIRST) END"
    closeness = (
        f"({weight.contacts:.15g} * cume_dist() OVER (ORDER BY contacts) + {weight.value:.15g} * {valued} "
        f"+ {weight.stability:.15g} * months / {months}) / {weight.total:.15g}"
    )
    context.create(
        "prospects",
        f"""
        WITH reached AS (SELECT cp, count(*) AS months, max(month) AS last_month FROM prospect_months GROUP BY cp),
        talked AS (SELECT cp, sum(seconds) / 60 AS minutes, sum(calls)::BIGINT AS calls,
                          coalesce(sum(seconds) FILTER (month = {context.as_of.number}), 0) / 60 AS latest_minutes
                   FROM prospect_pairs GROUP BY cp),
        known AS (SELECT cp, count(*) AS n, avg(arpu::DECIMAL(18, 6)) AS contacts_arpu,
                         arg_min(subscriber_id, place) AS closest_contact FROM prospect_known GROUP BY cp),
        listed AS (SELECT *, coalesce(n, 0) AS contacts, minutes / {months} AS mean_minutes
                   FROM prospect_numbers JOIN reached USING (cp) JOIN talked USING (cp) LEFT JOIN known USING (cp)
                   LEFT JOIN ({_regions()}) USING (cp)),
        judged AS (SELECT *, CASE WHEN {firm} THEN 'firm' ELSE 'thin' END AS evidence,
                          round(100 * {closeness}, 9) AS closeness FROM listed)
        SELECT row_number() OVER (ORDER BY evidence, closeness DESC, minutes DESC, number) AS rank, * FROM judged""",
    )


def create_contacts(context: RunContext, rules: ProspectRules) -> None:
    """Make `prospect_contacts`: the first contacts of each prospect, the closest first."""
    context.create(
        "prospect_contacts",
        "SELECT p.rank, p.number, k.place AS contact_no, k.seconds / 60 AS minutes, k.* EXCLUDE (cp, place, seconds) "
        f"FROM prospect_known k JOIN prospects p USING (cp) WHERE k.place <= {rules.contacts_listed}",
    )


def create_totals(context: RunContext, months: Sequence[Month]) -> None:
    """Make `prospect_totals`: for all months together (month NULL) and each of `months`, in all, by network and by
    region: callers, their share, minutes and calls, and the change of callers since the month before.
    """
    every = ", ".join(f"({literal(str(month))})" for month in months)
    level = {"all": "NULL::VARCHAR", "network": "network", "region": "region"}
    rows = " UNION ALL ".join(
        f"SELECT {number} AS level_no, '{name}' AS level, {column} AS name, m.month, m.seconds, m.calls, cp "
        "FROM prospect_months m JOIN prospects USING (cp)"
        for number, (name, column) in enumerate(level.items())
    )
    sums = (
        "count(DISTINCT cp) AS callers, coalesce(sum(seconds), 0) / 60 AS minutes, "
        "coalesce(sum(calls), 0)::BIGINT AS calls, count(cp) AS caller_months"
    )
    # Every network and region has a row for every month, so that a month without callers is seen.
    monthly = f"""
        SELECT level_no, level, name, month, {sums} FROM (
            SELECT * FROM (SELECT DISTINCT level_no, level, name FROM reached) CROSS JOIN (VALUES {every}) v(month))
        LEFT JOIN (SELECT level AS l, name AS n, month AS m, seconds, calls, cp FROM reached)
            ON l = level AND n IS NOT DISTINCT FROM name AND m = month GROUP BY ALL"""
    context.create(
        "prospect_totals",
        f"""
        WITH reached AS ({rows}), monthly AS ({monthly}),
        sums AS (SELECT level_no, level, name, NULL AS month, {sums} FROM reached GROUP BY ALL
                 UNION ALL SELECT level_no, level, name, month, {", ".join(SUMS)} FROM monthly)
        SELECT level_no, level, name, month, callers,
               callers / nullif(max(callers) FILTER (level = 'all') OVER (PARTITION BY month), 0) AS share,
               minutes, minutes / nullif(caller_months, 0) AS mean_minutes, calls,
               CASE WHEN month IS NOT NULL THEN callers - lag(callers)
                   OVER (PARTITION BY level, name, month IS NULL ORDER BY month) END AS change
        FROM sums""",
    )


def _known(context: RunContext) -> str:
    arpu = "SELECT '' AS subscriber_id, NULL::DOUBLE AS arpu_mean LIMIT 0"
    if context.has("arpu"):
        arpu = mean_arpu_sql(BILLS)
    return f"""
        SELECT *, row_number() OVER (PARTITION BY cp ORDER BY seconds DESC, calls DESC, subscriber_id) AS place FROM (
            SELECT cp, subscriber_id, region, arpu_mean AS arpu, sum(seconds)::BIGINT AS seconds,
                   sum(calls)::BIGINT AS calls,
                   count(DISTINCT month) FILTER (calls > 0) AS months
            FROM prospect_pairs SEMI JOIN prospect_numbers USING (cp)
            JOIN (SELECT subscriber_id, region FROM people WHERE NOT has_left) USING (subscriber_id)
            LEFT JOIN ({arpu}) USING (subscriber_id) GROUP BY cp, subscriber_id, region, arpu_mean)
        WHERE calls > 0"""


def _regions() -> str:
    """The region that most contacts of a number have; of equally many, that with more minutes."""
    return (
        "SELECT cp, arg_min(region, (-n, -seconds, region)) AS region FROM (SELECT cp, region, count(*) AS n, "
        "sum(seconds) AS seconds FROM prospect_known WHERE region IS NOT NULL GROUP BY cp, region) GROUP BY cp"
    )

"""Price sensitivity of every subscriber (domain section 4): the IP ratio, and the reaction to a change of plan.

IP ratio = IP-prefix toll calls ÷ all toll calls. Few calls say little, so the ratio is also shrunk to the mean of all
subscribers by the beta-binomial model: (IP calls + k·m) / (toll calls + k), with m and k estimated by moments
(Kleinman, "Proportions with extraneous variance", JASA 68, 1973).
"""

from __future__ import annotations

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import exact, literal, number
from telco_crm.segment.settings import PriceRules, SegmentRules

LEAST_SPREAD, MOST_SPREAD = 0.001, 0.999  # bounds of the share of the variance that lies between people


def estimate(context: RunContext) -> None:
    """Leave (m, k) in facts["ip_prior"]."""
    rules = context.rules(SegmentRules, "segment")
    sql = f"""
        WITH calls AS ({_calls(context, rules.months)}),
        mean AS (SELECT sum(ip) / nullif(sum(toll), 0) AS m FROM calls)
        SELECT any_value(m), count(*), sum(toll)::DOUBLE, sum(toll * toll)::DOUBLE,
               sum({exact("(ip - m * toll) * (ip - m * toll) / toll")})::DOUBLE
        FROM calls CROSS JOIN mean WHERE toll >= {rules.price.least_calls}"""
    context.facts["ip_prior"] = prior(*context.engine.rows(sql)[0])


def prior(mean: float | None, people: int, calls: float, squares: float, scatter: float) -> tuple[float, float]:
    """(m, k) from the overall ratio, the number of people, the sums of their calls and squared calls, and the sum of
    calls × (ratio - m)².
    """
    spread = LEAST_SPREAD
    if mean is not None and 0 < mean < 1 and people > 1:
        room = calls - squares / calls - (people - 1)
        if room > 0:
            spread = (scatter / (mean * (1 - mean)) - (people - 1)) / room
    spread = min(max(spread, LEAST_SPREAD), MOST_SPREAD)
    return mean or 0.0, (1 - spread) / spread


def price_sensitivity(context: RunContext) -> None:
    """Make `price_sensitivity`: one row per subscriber of the month."""
    rules = context.rules(SegmentRules, "segment")
    mean, weight = context.facts["ip_prior"]
    shrunk = f"(coalesce(ip, 0) + {number(mean * weight)}) / (coalesce(toll, 0) + {number(weight)})"
    context.create(
        "price_sensitivity",
        f"""
        SELECT p.subscriber_id, toll::BIGINT AS toll_calls, ip::BIGINT AS ip_calls,
               CASE WHEN toll >= {rules.price.least_calls} THEN ip / toll END AS ip_ratio,
               CASE WHEN toll IS NOT NULL THEN {shrunk} END AS ip_ratio_shrunk,
               CASE WHEN toll >= {rules.price.least_calls} THEN {level_sql(rules.price, shrunk)} END
                   AS price_sensitivity,
               {_reaction_columns(context)}
        FROM people p LEFT JOIN ({_calls(context, rules.months)}) USING (subscriber_id)
        {_reactions(context, rules.price.plan_months)}""",
    )


def level_sql(rules: PriceRules, ratio: str) -> str:
    """SQL for low, mid or high sensitivity."""
    low, high = number(rules.insensitive), number(rules.sensitive)
    return f"CASE WHEN {ratio} >= {high} THEN 'high' WHEN {ratio} >= {low} THEN 'mid' ELSE 'low' END"


def _calls(context: RunContext, months: int) -> str:
    """Toll calls and IP calls of everybody in the months up to the as-of month."""
    known = ", ".join(literal(str(context.as_of.back(age))) for age in range(months))
    return (
        "SELECT subscriber_id, sum(toll_out_calls) AS toll, sum(ip_calls) AS ip FROM features "
        f"WHERE month IN ({known}) AND records IS NOT NULL GROUP BY subscriber_id"
    )


def _reaction_columns(context: RunContext) -> str:
    if not context.has("events"):
        kinds = {"plan_changed": "VARCHAR", "plan_usage_change": "DOUBLE", "plan_arpu_change": "DOUBLE"}
        return ", ".join(f"NULL::{kind} AS {name}" for name, kind in kinds.items())
    return (
        "plan_changed, minutes_after / nullif(minutes_before, 0) - 1 AS plan_usage_change, "
        "arpu_after / nullif(arpu_before, 0) - 1 AS plan_arpu_change"
    )


def _reactions(context: RunContext, months: int) -> str:
    """Join of what was used and billed a month before and after the last plan change; its own month does not count."""
    if not context.has("events"):
        return ""
    sides = ", ".join(
        f"avg({exact(f'CASE WHEN apart BETWEEN {low} AND {high} THEN {value} END')}) AS {name}_{side}"
        for name, value in (("minutes", "voice_minutes"), ("arpu", "arpu"))
        for side, low, high in (("before", -months, -1), ("after", 1, months))
    )
    apart = "datediff('month', strptime(plan_changed, '%Y-%m'), strptime(month, '%Y-%m'))"
    return f"""LEFT JOIN (
            SELECT subscriber_id, plan_changed, {sides}
            FROM (SELECT subscriber_id, plan_changed, voice_minutes, arpu, {apart} AS apart
                  FROM features JOIN (SELECT subscriber_id, strftime(max(time), '%Y-%m') AS plan_changed FROM events
                                      WHERE kind = 'plan_change' AND time < DATE '{context.as_of.end}'
                                      GROUP BY subscriber_id) USING (subscriber_id)
                  WHERE month <= {literal(str(context.as_of))})
            GROUP BY subscriber_id, plan_changed) USING (subscriber_id)"""


PRICES = Analysis(
    "price sensitivity",
    ("people", "usage"),
    ("price_sensitivity",),
    estimate,
    uses=("features", "events"),
    each=price_sensitivity,
    makes=("price_sensitivity",),
)

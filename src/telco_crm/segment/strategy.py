"""The strategy matrix (domain section 5): how many subscribers a group has against what each of them contributes."""

from __future__ import annotations

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.labels import text
from telco_crm.segment.settings import SegmentRules

FIELDS = ("raise", "bundle", "care", "research")


def compute_strategy(context: RunContext) -> None:
    """Make `strategy`: one row per present group; the cuts are left in facts["strategy_cuts"] for the picture."""
    rules = context.rules(SegmentRules, "segment").strategy
    whole = context.engine.rows("SELECT coalesce(sum(subscribers), 0) FROM groups")[0][0]
    many, high = max(rules.many_subscribers, rules.many_share * int(whole)), rules.high_contribution
    words = " ".join(f"WHEN {literal(f)} THEN {literal(text(f'strategy.{f}', context.lang))}" for f in FIELDS)
    context.create(
        "strategy",
        f"""
        SELECT group_id, "group", subscribers, share, arpu, contribution, revenue_share, field,
               CASE field {words} END AS strategy
        FROM (SELECT group_id, "group", subscribers, share, arpu, arpu_ratio AS contribution,
                     arpu * subscribers / nullif(sum(arpu * subscribers) OVER (), 0) AS revenue_share,
                     CASE WHEN arpu_ratio IS NULL THEN NULL
                          WHEN subscribers >= {number(many)} AND arpu_ratio < {number(high)} THEN 'raise'
                          WHEN subscribers >= {number(many)} THEN 'bundle'
                          WHEN arpu_ratio >= {number(high)} THEN 'care' ELSE 'research' END AS field
              FROM groups WHERE subscribers > 0)""",
    )
    context.facts["strategy_cuts"] = (many, high)


STRATEGY = Analysis("strategy", ("groups", "bills"), ("strategy",), finish=compute_strategy)

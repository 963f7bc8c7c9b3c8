"""The retention list: churn score × ARPU, reasons, ladder step and offer (domain sections 9 and 10)."""

from __future__ import annotations

import math

from telco_crm.analysis import Analysis, RunContext
from telco_crm.measures import lags_sql
from telco_crm.retain.ladder import RetentionRules, step_sql, text_sql
from telco_crm.retain.offers import OfferRules, offer_sql

ALL_REASONS = "concat_ws('; ', nullif(reason_1, ''), nullif(reason_2, ''), nullif(reason_3, ''))"


def compute_candidates(context: RunContext) -> None:
    """Make `candidates`: everybody with a churn score, with priority, ladder step, reasons and offer."""
    rules, offers = context.rules(RetentionRules, "retention"), context.rules(OfferRules, "offers")
    if context.has("segments"):
        source, columns = "segments", 'g.arpu, g.group_id, g."group", p.region'
    else:
        source = "(SELECT subscriber_id FROM people)"
        columns = 'NULL::DOUBLE AS arpu, NULL::INTEGER AS group_id, NULL::VARCHAR AS "group", p.region'
    by_arpu = context.has("segments", "bills")
    priority = "c.churn_score * coalesce(g.arpu, 0)" if by_arpu else "c.churn_score"
    state, action = text_sql(rules, "ladder_step", context.lang)
    context.create(
        "candidates",
        f"""
        SELECT subscriber_id, region, arpu, churn_score, priority, ladder_step, {ALL_REASONS} AS reason, "group",
               {offer_sql(offers, context.lang)} AS offer, {state} AS ladder_state, {action} AS action
        FROM (SELECT p.subscriber_id, {columns}, c.churn_score, round({priority}, 6) AS priority,
                     {step_sql(rules)} AS ladder_step, c.reason_1, c.reason_2, c.reason_3
              FROM churn c JOIN people p USING (subscriber_id) JOIN {source} g USING (subscriber_id)
              {lags_sql(context.as_of)})""",
    )


def compute_retention(context: RunContext) -> None:
    """Make `retention`: who to call first, at most settings["top"] or the rules' share of the subscribers."""
    rules = context.rules(RetentionRules, "retention")
    if not context.has("bills"):
        context.note("retention: ranked by churn score alone, since there are no bills and so no ARPU")
    count = context.engine.rows("SELECT count(*) FROM churn")[0][0]
    top = context.settings.get("top") or max(rules.minimum, math.ceil(round(rules.share * count, 6)))
    order = "priority DESC, churn_score DESC, subscriber_id"
    context.create(
        "retention",
        f"SELECT row_number() OVER (ORDER BY {order}) AS rank, * FROM candidates QUALIFY rank <= {int(top)}",
    )
    if count > top and not context.settings.get("top"):
        context.note(f"retention: the list holds the first {top:,} of {count:,} subscribers; --top N changes that")


RETENTION = Analysis(
    "retention",
    ("people", "features", "churn"),
    ("retention",),
    uses=("segments",),
    each=compute_candidates,
    makes=("candidates",),
    finish=compute_retention,
)

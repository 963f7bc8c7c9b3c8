"""The retention list: churn score × ARPU, reasons, ladder step, offers and expected profit (domain sections 9, 10)."""

from __future__ import annotations

import math
from dataclasses import replace

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.errors import CannotCompute
from telco_crm.labels import text
from telco_crm.measures import lags_sql, note_absent
from telco_crm.retain.catalogue import OFFERS, choose_offers, say_unserved
from telco_crm.retain.ladder import RetentionRules, signs_sql, step_sql, text_sql
from telco_crm.retain.length import Wanted, wanted_of
from telco_crm.retain.offers import OfferRules, fits_sql, numbers_sql, texts_sql
from telco_crm.worth import WorthRules, leaving_rate, months_worth

ALL_REASONS = "concat_ws('; ', nullif(reason_1, ''), nullif(reason_2, ''), nullif(reason_3, ''))"
OWN = "method = 'model' AND value IS NOT NULL"  # assessments of a subscriber's own lifetime


def compute_leaving(context: RunContext) -> None:
    """Leave the catalogue of offers, and context.facts["leaving"], the rate of leaving that the value of a kept
    subscriber rests on where lifetimes are not assessed one by one; and say which it is.
    """
    rules = context.rules(WorthRules, "assessment")
    choose_offers(context)
    leaving = leaving_rate(context, rules)
    context.facts["leaving"] = leaving
    if context.has("value_assessment") and context.engine.rows(f"SELECT 1 FROM value_assessment WHERE {OWN} LIMIT 1"):
        context.say("kept_own")
    elif leaving.leavers:
        context.say("kept_rate", rate=leaving.rate)
    else:
        context.say("few_left", least=rules.minimum_leavers, rate=rules.monthly_churn)


def compute_candidates(context: RunContext) -> None:
    """Make `candidates`: everybody with a churn score, with priority, ladder step, reasons, offers and profit."""
    rules, offers = context.rules(RetentionRules, "retention"), context.facts[OFFERS]
    state, action = text_sql(rules, "ladder_step", context.lang)
    words = "zh" if context.lang == "zh" else "en"
    context.create(
        "candidates",
        f"""
        SELECT *, round(churn_score * take_up * kept_value - expected_cost, 6) AS expected_profit
        FROM (
            SELECT subscriber_id, region, arpu, churn_score, priority, ladder_step,
                   {_reason(context, rules)} AS reason, "group",
                   {texts_sql(offers, "fits[1]", words)} AS offer, {state} AS ladder_state, {action} AS action,
                   ladder_reason, tier, contract, {texts_sql(offers, "fits[1]", "id")} AS offer_id,
                   {texts_sql(offers, "fits[1]", "channel")} AS channel,
                   {texts_sql(offers, "fits[1]", "talking_points", context.lang)} AS talking_points,
                   {texts_sql(offers, "fits[2]", "id")} AS alternative_id,
                   {texts_sql(offers, "fits[2]", words)} AS alternative,
                   coalesce({numbers_sql(offers, "fits[1]", "take_up")}, 0) AS take_up, {_value(context)},
                   {_cost(rules, offers)} AS expected_cost, account_id, months_on_network
            FROM (SELECT *, {fits_sql(offers)} AS fits FROM ({_states(context, rules)})))""",
    )


def compute_retention(context: RunContext) -> None:
    """Make `retention`: who to call first, in the order and as long as the settings say; by revenue, without a word on
    the length, the rules' share of the subscribers.

    Raises:
        CannotCompute: an order or a bound by profit, and there are no bills.
    """
    rules = context.rules(RetentionRules, "retention")
    wanted = Wanted(**wanted_of(context.settings, by="revenue"))
    if not context.has("bills"):
        if wanted.by == "profit" or wanted.min_profit is not None:
            raise CannotCompute(text("notes.no_profit", context.lang))
        context.say("by_score")
    note_absent(context)
    count = context.engine.rows("SELECT count(*) FROM candidates")[0][0]
    is_share = wanted.by == "revenue" and wanted.is_open
    if is_share:
        wanted = replace(wanted, top=max(rules.minimum, math.ceil(round(rules.share * count, 6))))
    context.create(
        "ordered",
        f"SELECT subscriber_id, expected_cost, expected_profit, row_number() OVER (ORDER BY {wanted.order}) AS place "
        f"FROM candidates WHERE true{wanted.least}",
    )
    last = wanted.last(context.engine, "ordered")
    context.create(
        "retention",
        "SELECT place AS rank, candidates.* FROM candidates JOIN (SELECT subscriber_id, place FROM ordered "
        f"WHERE place <= {last}) USING (subscriber_id)",
    )
    if is_share and count > last:
        context.say("first", top=last, count=count)
    if wanted.by == "profit":
        context.say("by_profit", listed=last, count=count)
    say_unserved(context, "retention")


def _states(context: RunContext, rules: RetentionRules) -> str:
    """SQL: one row per subscriber with what priority and offers look at."""
    if context.has("segments"):
        source, columns = "segments", 'g.arpu, g.group_id, g."group", g.policy_band AS tier'
    else:
        source = "(SELECT subscriber_id FROM people)"
        columns = 'NULL::DOUBLE AS arpu, NULL::INTEGER AS group_id, NULL::VARCHAR AS "group", NULL::VARCHAR AS tier'
    by_arpu = context.has("segments", "bills")
    priority = "c.churn_score * coalesce(g.arpu, 0)" if by_arpu else "c.churn_score"
    left = f"date_diff('day', DATE '{context.as_of.end}', p.contract_end) + 1"
    contract = (
        f"CASE WHEN coalesce({left} < 0, true) THEN 'none' WHEN {left} <= {rules.contract_ending_days} THEN 'ending' "
        "ELSE 'running' END"
    )
    worth = "(SELECT '' AS subscriber_id, NULL::DOUBLE AS value, NULL::DOUBLE AS expected_low, NULL::DOUBLE AS "
    worth += "expected_high LIMIT 0)"
    if context.has("value_assessment"):
        worth = f"(SELECT subscriber_id, value, expected_low, expected_high FROM value_assessment WHERE {OWN})"
    return f"""
        SELECT p.subscriber_id, p.region, {columns}, c.churn_score, round({priority}, 6) AS priority,
               {step_sql(rules)} AS ladder_step, {signs_sql(rules, context.lang)} AS ladder_reason,
               w.value, w.expected_low, w.expected_high, {contract} AS contract, p.account_id,
               p.months_on_network, c.reason_1, c.reason_2, c.reason_3
        FROM churn c JOIN people p USING (subscriber_id) JOIN {source} g USING (subscriber_id)
        LEFT JOIN {worth} w USING (subscriber_id)
        {lags_sql(context.as_of)}"""


def _reason(context: RunContext, rules: RetentionRules) -> str:
    """SQL for the reasons of the score; where nothing raises it, those of the ladder step, or what is at stake."""
    stake = literal(text("retention.stake", context.lang))
    bill = f"replace({stake}, '{{arpu}}', CAST(CAST(arpu AS DECIMAL(28,2)) AS VARCHAR))"
    alone = literal(text("retention.no_stake", context.lang))
    ladder = f"CASE WHEN ladder_step > {rules.ladder[0].step} THEN nullif(ladder_reason, '') END"
    return f"coalesce(nullif({ALL_REASONS}, ''), {ladder}, {bill}, {alone})"


def _value(context: RunContext) -> str:
    """SQL for kept_value with its interval: as assessed, else ARPU × what a month of it is worth, where a higher rate
    of leaving gives the lower value.
    """
    leaving, rules = context.facts["leaving"], context.rules(WorthRules, "assessment")
    ways = {
        "kept_value": ("value", leaving.rate),
        "kept_value_low": ("expected_low", leaving.high),
        "kept_value_high": ("expected_high", leaving.low),
    }
    return ", ".join(
        f"round(coalesce({own}, coalesce(arpu, 0)::DOUBLE * {number(months_worth(rules, rate))}), 6) AS {name}"
        for name, (own, rate) in ways.items()
    )


def _cost(rules: RetentionRules, offers: OfferRules) -> str:
    """SQL for the expected cost of a contact: the contact itself, and the offer for those who take it."""
    take_up, cost, bills = (numbers_sql(offers, "fits[1]", key) for key in ("take_up", "cost", "cost_bills"))
    offer = f"coalesce({take_up} * ({cost} + {bills} * coalesce(arpu, 0)::DOUBLE), 0)"
    return f"round({number(rules.contact_cost)} + {offer}, 6)"


CANDIDATES = Analysis(
    "candidates",
    ("people", "features", "churn"),
    (),
    compute_leaving,
    uses=("segments", "value_assessment"),
    each=compute_candidates,
    makes=("candidates",),
)
RETENTION = replace(CANDIDATES, name="retention", gives=("retention",), finish=compute_retention)

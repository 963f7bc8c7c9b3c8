"""Arrears and credit control for a day: who owes what since when, and the action that is due (domain section 7).

The statistics day counts whole: what is paid on it is paid. A month closes at 24:00 of its last day.
"""

from __future__ import annotations

from datetime import date, timedelta

from telco_crm.analysis import Analysis, RunContext
from telco_crm.credit.control import ArrearsRules, reason_sql
from telco_crm.engine.sql import exact, literal, number
from telco_crm.errors import CannotCompute
from telco_crm.labels import text
from telco_crm.measures import MONEY, cash_sql, mean_arpu_sql, tells_payments, unpaid_sql

STATES = {
    "left": ("has left owing", "离网欠费"),
    "resume": ("paid, to be resumed", "已缴清待复机"),
    "terminate": ("stopped for too long", "停机超期"),
    "stopped": ("stopped", "已停机"),
    "exempt": ("overdue, exempt from stopping", "逾期免停"),
    "stop": ("overdue, to be stopped", "逾期待停机"),
    "small": ("overdue, too little to stop", "逾期未达停机金额"),
    "open": ("billed, payment date not past", "已出账未到期"),
    "undated": ("unpaid, no payment date known", "未缴，缴费日期不明"),
    "clear": ("nothing unpaid, exemption over", "无欠费，免停已过期"),
}
IN_FORCE = (("in force", "in force"), ("in force", "现行规则"))  # name and words of the rule in force, by language
ACTIONS = {"resume": ("resume at once", "立即复机"), "stop": ("stop", "停机")}


def statistics_day(context: RunContext) -> date:
    """The day asked for, or the last one of the as-of month."""
    day = context.settings.get("day")
    return date.fromisoformat(day) if day else context.as_of.end - timedelta(days=1)


def check_payments(context: RunContext) -> None:
    """See that the bills tell of payments.

    Raises:
        CannotCompute: they do not.
    """
    if not tells_payments(context):
        raise CannotCompute(text("notes.no_payments", context.lang))


def compute_dues(context: RunContext) -> None:
    """Make `unpaid_bills` (one row per unpaid bill) and `dues` (one row per subscriber with a bill or record)."""
    day = statistics_day(context)
    moment = f"DATE '{day + timedelta(days=1)}'"  # the end of the day
    close = "CAST(CAST(month || '-01' AS DATE) + INTERVAL 1 MONTH AS DATE)"
    context.create(
        "settled",
        f"""
        SELECT *, {unpaid_sql("total", "gift", "cash")} AS unpaid
        FROM (SELECT subscriber_id, month, total, coalesce(gift, 0) AS gift, ({cash_sql(moment)})::{MONEY} AS cash,
                     due_date, CASE WHEN paid_on < {moment} THEN paid_on END AS paid_on,
                     date_sub('month', {close}, {moment}) AS age
              FROM bills WHERE {close} <= {moment})""",
    )
    context.create("unpaid_bills", "SELECT * FROM settled WHERE unpaid > 0")
    context.create("dues", _dues(context, moment))


def _dues(context: RunContext, moment: str) -> str:
    records = (
        "SELECT '' AS subscriber_id, NULL::VARCHAR AS account_id, NULL::BOOLEAN AS bundle, "
        "NULL::DATE AS cancelled_on, NULL::DATE AS exempt_until LIMIT 0"
    )
    spine = "SELECT DISTINCT subscriber_id FROM settled"
    if context.has("subscribers"):
        records = "SELECT subscriber_id, account_id, bundle, cancelled_on, exempt_until FROM subscribers"
        spine += f" UNION SELECT subscriber_id FROM subscribers WHERE coalesce(activated_on < {moment}, true)"
    stops = "SELECT '' AS subscriber_id, NULL::TIMESTAMP AS stopped, NULL::TIMESTAMP AS resumed LIMIT 0"
    if context.has("events"):
        last = (f"max(CASE WHEN kind = '{kind}' THEN time END)" for kind in ("suspension", "resume"))
        stops = (
            f"SELECT subscriber_id, {next(last)} AS stopped, {next(last)} AS resumed FROM events "
            f"WHERE kind IN ('suspension', 'resume') AND time < {moment} GROUP BY subscriber_id"
        )
    stars = "SELECT subscriber_id, stars FROM credit"
    if not context.has("credit"):
        stars = "SELECT '' AS subscriber_id, NULL::BIGINT AS stars LIMIT 0"
    past = f"unpaid > 0 AND due_date < {moment} - 1"
    still_stopped = "stopped IS NOT NULL AND coalesce(resumed < stopped, true)"
    rules = context.rules(ArrearsRules, "arrears")
    return f"""
        SELECT subscriber_id, account_id, coalesce(bundle, false) AS bundle, exempt_until, stars, arpu_mean,
               coalesce(cancelled_on < {moment}, p.status = 'closed', false) AS has_left,
               {still_stopped} OR (stopped IS NULL AND resumed IS NULL AND coalesce(p.status = 'suspended', false))
               AS is_stopped, CASE WHEN {still_stopped} THEN CAST(stopped AS DATE) END AS stopped_on,
               b.* EXCLUDE (subscriber_id)
        FROM ({spine}) LEFT JOIN ({records}) USING (subscriber_id)
        LEFT JOIN (SELECT subscriber_id, status FROM people) p USING (subscriber_id)
        LEFT JOIN ({stops}) USING (subscriber_id) LEFT JOIN ({stars}) USING (subscriber_id)
        LEFT JOIN ({mean_arpu_sql(rules.mean_bills)}) USING (subscriber_id)
        LEFT JOIN (SELECT subscriber_id, sum(unpaid) AS unpaid, coalesce(sum(unpaid) FILTER ({past}), 0) AS overdue,
                          min(month) FILTER (unpaid > 0) AS oldest_month,
                          max(age) FILTER (unpaid > 0) AS arrears_months,
                          min(due_date) FILTER (unpaid > 0) AS due_date, max(paid_on) AS last_paid_on,
                          sum(cash) AS cash_paid, sum(gift) AS gift_used
                   FROM settled GROUP BY subscriber_id) b USING (subscriber_id)"""


def decide(context: RunContext) -> None:
    """Make `arrears`, `arrears_ageing` and `stop_rules`."""
    rules, day = context.rules(ArrearsRules, "arrears"), statistics_day(context)
    account = "CASE WHEN account_id IS NULL THEN 's' || subscriber_id ELSE 'a' || account_id END"
    whole = f"OVER (PARTITION BY {account})"
    context.create(
        "accounts",
        f"""
        SELECT *, date_diff('day', account_due, DATE '{day}') AS account_overdue_days,
               CASE WHEN members > 1 THEN 'merged' WHEN bundle THEN 'bundle' WHEN coalesce(gift_used, 0) > 0 THEN 'gift'
                    ELSE 'plain' END AS kind
        FROM (SELECT *, count(*) FILTER (NOT has_left) {whole} AS members,
                     coalesce(sum(unpaid) {whole}, 0) AS account_unpaid,
                     coalesce(sum(overdue) {whole}, 0) AS account_overdue, min(due_date) {whole} AS account_due,
                     max(last_paid_on) {whole} AS account_paid_on
              FROM dues)""",
    )
    context.create("arrears", _work_list(rules, day, context.lang))
    context.create("arrears_ageing", _ageing(rules))
    context.create("stop_rules", _what_if(rules, day, context.lang))
    undated = context.engine.rows("SELECT count(*) FROM unpaid_bills WHERE due_date IS NULL")[0][0]
    if undated:
        context.say("undated", n=undated)


def _work_list(rules: ArrearsRules, day: date, lang: str) -> str:
    days = rules.of_kind({kind: str(terminal.days) for kind, terminal in rules.terminal.items()})
    ending = rules.of_kind({kind: literal(t.action.text(lang)) for kind, t in rules.terminal.items()})
    said = {name: literal(words[lang == "zh"]) for name, words in STATES.items()}
    states = " ".join(f"WHEN {literal(name)} THEN {words}" for name, words in said.items())
    doing = " ".join(f"WHEN {literal(name)} THEN {literal(words[lang == 'zh'])}" for name, words in ACTIONS.items())
    starred = f"coalesce(stars >= {rules.exempt_stars}, false)" if rules.exempt_stars else "false"
    dated = _dated(rules, day)
    paid_up = "is_stopped AND account_overdue <= 0 AND NOT (account_unpaid > 0 AND account_due IS NULL)"
    return f"""
        SELECT *, CASE state {states} END AS state_words,
               CASE state {doing} WHEN 'terminate' THEN {ending} END AS action,
               CASE WHEN state = 'resume' THEN coalesce(greatest(account_paid_on, stopped_on), day)
                    WHEN state IN ('stopped', 'terminate') THEN terminate_on
                    WHEN state IN ('stop', 'open') THEN stop_on END AS action_on,
               state IN ('resume', 'stop', 'terminate') AS action_due, {reason_sql(lang)} AS reason
        FROM (SELECT *, CASE WHEN has_left THEN 'left' WHEN {paid_up} THEN 'resume'
                             WHEN is_stopped AND terminate_on <= day THEN 'terminate'
                             WHEN is_stopped THEN 'stopped' WHEN account_unpaid <= 0 THEN 'clear'
                             WHEN account_due IS NULL THEN 'undated' WHEN stop_on > day THEN 'open'
                             WHEN {starred} OR coalesce(exempt_until >= day, false) THEN 'exempt'
                             WHEN account_unpaid < {number(rules.minimum_unpaid)} THEN 'small' ELSE 'stop' END AS state,
                     NOT has_left AND coalesce(exempt_until < day, false) AS exemption_expired
              FROM (SELECT *, CASE WHEN is_stopped AND NOT has_left THEN stopped_on + {days} END AS terminate_on
                    FROM ({dated})))
        WHERE unpaid > 0 OR is_stopped AND NOT has_left OR account_overdue > 0 AND NOT has_left OR exemption_expired"""


def _dated(rules: ArrearsRules, day: date) -> str:
    """The accounts with the days that follow from the payment date. Who is suspended by the record alone is so since
    the stop was due; if it is not yet, nobody knows since when.
    """
    names = [literal(name) for name in rules.bucket_names()]
    return f"""
        SELECT * REPLACE (coalesce(stopped_on, CASE WHEN is_stopped AND stop_on <= day THEN stop_on END) AS stopped_on)
        FROM (SELECT *, DATE '{day}' AS day, account_due + {rules.stop_after_days} AS stop_on,
                     greatest(0, date_diff('day', due_date, DATE '{day}')) AS overdue_days,
                     greatest(0, date_sub('month', due_date + 1, DATE '{day}' + 1)) AS overdue_months,
                     {rules.bucket_sql("arrears_months", names)} AS bucket
              FROM accounts)"""


def _ageing(rules: ArrearsRules) -> str:
    names = rules.bucket_names()
    order = rules.bucket_sql("age", [str(n) for n in range(len(names))])
    values = ", ".join(f"({n}, {literal(name)})" for n, name in enumerate(names))
    return f"""
        SELECT bucket_no, bucket, count(subscriber_id) AS bills, count(DISTINCT subscriber_id) AS subscribers,
               coalesce(sum(total), 0) AS billed, coalesce(sum(gift), 0) AS gift_used,
               coalesce(sum(cash), 0) AS cash_paid, coalesce(sum(unpaid), 0) AS unpaid,
               (coalesce(sum(unpaid), 0) / nullif(sum(sum(unpaid)) OVER (), 0))::DOUBLE AS share
        FROM (VALUES {values}) b(bucket_no, bucket)
        LEFT JOIN (SELECT *, {order} AS bucket_no FROM unpaid_bills) USING (bucket_no) GROUP BY bucket_no, bucket"""


def _what_if(rules: ArrearsRules, day: date, lang: str) -> str:
    """Who would be stopped on the day by each rule, had nobody been stopped before it."""
    in_force = (rules.stop_after_days, rules.minimum_unpaid, rules.exempt_stars)
    variants: list[tuple[str, str, float, float, float]] = [(*IN_FORCE[lang == "zh"], *in_force)]
    for rule in rules.what_if:
        given = (rule.stop_after_days, rule.minimum_unpaid, rule.exempt_stars)
        days, least, stars = (a if b is None else b for a, b in zip(in_force, given, strict=True))
        variants.append((rule.name, (rule.zh if lang == "zh" else rule.en) or rule.name, days, least, stars))
    values = ", ".join(
        f"({n}, {literal(name)}, {literal(words)}, {days}, {number(least)}::DOUBLE, {stars})"
        for n, (name, words, days, least, stars) in enumerate(variants)
    )
    hit = (
        "NOT has_left AND account_overdue > 0 AND account_overdue_days >= v.days AND account_unpaid >= v.least "
        "AND NOT (v.exempt > 0 AND coalesce(stars >= v.exempt, false)) "
        f"AND NOT coalesce(exempt_until >= DATE '{day}', false)"
    )
    return f"""
        SELECT rule_no, rule, days AS stop_after_days, least AS minimum_unpaid, exempt AS exempt_stars,
               count(subscriber_id) AS subscribers, coalesce(sum(unpaid), 0) AS unpaid,
               coalesce(sum({exact("arpu_mean")}), 0)::DOUBLE AS monthly_revenue, rule_words
        FROM (VALUES {values}) v(rule_no, rule, rule_words, days, least, exempt)
        LEFT JOIN accounts ON {hit} GROUP BY ALL"""


def compute_limits(context: RunContext) -> None:
    """Make `credit_limits`: the limit that the stars suggest, and how much of it is used."""
    limit = context.rules(ArrearsRules, "arrears").limit
    factors = " ".join(f"WHEN {stars} THEN {number(factor)}" for stars, factor in enumerate(limit.factors))
    step = number(limit.round_to)
    rounded = f"ceil(round(coalesce(mean_spend, 0) * CASE stars {factors} END / {step}, 9)) * {step}"
    owed = "SELECT subscriber_id, unpaid FROM dues"
    if not context.has("dues"):
        owed = f"SELECT '' AS subscriber_id, NULL::{MONEY} AS unpaid LIMIT 0"
    context.create(
        "credit_limits",
        f"""
        SELECT *, unpaid > credit_limit AS over_limit
        FROM (SELECT subscriber_id, stars, mean_spend, unpaid,
                     greatest(0, least({number(limit.maximum)}, {rounded}))::DOUBLE AS credit_limit
              FROM credit JOIN (SELECT subscriber_id FROM people WHERE NOT has_left) USING (subscriber_id)
              LEFT JOIN ({owed}) USING (subscriber_id))""",
    )


ARREARS = Analysis(
    "arrears",
    ("people", "bills", "arpu"),
    ("dues", "arrears", "arrears_ageing", "stop_rules"),
    uses=("subscribers", "events", "credit"),
    compute=check_payments,
    each=compute_dues,
    makes=("unpaid_bills", "dues"),
    finish=decide,
)
LIMITS = Analysis(
    "credit limits",
    ("people", "credit"),
    ("credit_limits",),
    uses=("dues",),
    each=compute_limits,
    makes=("credit_limits",),
)

"""SQL that several analyses share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.errors import RuleError
from telco_crm.months import Month
from telco_crm.schema import tables_in_words

MONEY = "DECIMAL(18,6)"


def note_absent(context: RunContext) -> None:
    """Say, once, which tables that rules look at are missing, and so which rules cannot hold."""
    missing = [t for t in ("usage", "bills", "subscribers", "events") if not context.has(t)]
    if missing:
        context.say("absent", tables=tables_in_words(missing, context.lang))


def landmark(months: Sequence[Month]) -> Month | None:
    """The month in the middle of `months`: what was known at its end is held against what came after it. None where
    there is one month only.
    """
    return months[len(months) // 2 - 1] if len(months) > 1 else None


def mean_arpu_sql(bills: int) -> str:
    """subscriber_id, arpu_mean: the mean of the latest `bills` bills of each subscriber, summed exactly before
    dividing.
    """
    latest = "row_number() OVER (PARTITION BY subscriber_id ORDER BY month DESC)"
    return (
        f"SELECT subscriber_id, sum(arpu)::DOUBLE / count(*) AS arpu_mean FROM "
        f"(SELECT subscriber_id, arpu, {latest} AS age FROM arpu) WHERE age <= {bills} GROUP BY subscriber_id"
    )


def tells_payments(context: RunContext) -> bool:
    """Whether the bills tell of any payment."""
    return bool(context.engine.rows("SELECT count(paid) + count(paid_on) FROM bills")[0][0])


def cash_sql(moment: str) -> str:
    """SQL over bills: what was paid of one before `moment` (SQL), gifted credit apart. By `paid`; where that is empty,
    a bill with a day of payment was paid in full.
    """
    return (
        f"CASE WHEN paid_on >= {moment} THEN 0 WHEN paid IS NOT NULL THEN paid "
        "WHEN paid_on IS NOT NULL THEN total - coalesce(gift, 0) ELSE 0 END"
    )


def unpaid_sql(total: str, gift: str, cash: str) -> str:
    """SQL: what is unpaid of a bill."""
    return f"greatest(0, {total} - {gift} - {cash})::{MONEY}"


def lags_sql(latest: Month, features: str = "features") -> str:
    """Joins that put `features` of three months beside table p: m3 the latest, m2 and m1 the months before it."""
    joins = [
        f"LEFT JOIN {features} m{3 - age} ON m{3 - age}.subscriber_id = p.subscriber_id "
        f"AND m{3 - age}.month = {literal(str(latest.back(age)))}"
        for age in range(3)
    ]
    return " ".join(joins)


def check_sql(context: RunContext, name: str, parts: Mapping[str, str], source: str) -> None:
    """Try the SQL of a rule file on no rows.

    Raises:
        RuleError: naming each part, as `rules.name.part`, whose SQL does not run.
    """
    if not _problem(context, f"SELECT {', '.join(parts.values())} FROM {source} LIMIT 0"):
        return
    problems = [(part, _problem(context, f"SELECT {sql} FROM {source} LIMIT 0")) for part, sql in parts.items()]
    raise RuleError([f"rules.{name}.{part}: {why}" for part, why in problems if why])


def _problem(context: RunContext, sql: str) -> str:
    try:
        context.engine.rows(sql)
    except Exception as error:
        return str(error).strip().splitlines()[0]
    return ""

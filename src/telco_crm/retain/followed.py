"""What became of the subscribers of a campaign by the exports since: leaving, revenue and the four marks."""

from __future__ import annotations

from datetime import timedelta

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.labels import text
from telco_crm.months import Month
from telco_crm.retain.arms import EffectRules, Known, find_members, mixed


def find_arms(context: RunContext, rules: EffectRules, name: str) -> list[str]:
    """Make `arms` (see find_members) of campaign `name`; what was found wrong with the contacts, in words.

    Raises:
        InputError: there is no such campaign, or nobody in one of the arms.
    """
    context.create("known_people", "SELECT subscriber_id, cancelled_on AS left_on FROM subscribers")
    last = f"date_trunc('month', day) + INTERVAL {rules.months + 1} MONTH"
    is_open = f"greatest(day + INTERVAL {rules.days} DAY, {last}) > DATE '{context.as_of.end}'"
    words = text("effect.subscribers", context.lang)
    return [*find_members(context, name, Known("known_people", words, is_open)), *mixed(context, rules, name)]


def find_outcomes(context: RunContext, rules: EffectRules) -> list[str]:
    """Make `outcomes`: those of `arms` whose time has ended, with `region`, what they were before (arpu_before, tenure)
    and a column for each measure, NULL where it has no meaning; the measures that the tables at hand allow.
    """
    until = f"(a.day + INTERVAL {rules.days} DAY)"
    month = "strftime(date_trunc('month', a.day) {} INTERVAL {} MONTH, '%Y-%m')"
    before, first, last = month.format("-", 3), month.format("+", 1), month.format("+", rules.months)
    this = month.format("+", 0)
    left = f"coalesce(s.cancelled_on < {until}, false)"
    sql = {"left": left, "bound": f"NOT {left} AND coalesce(s.bundle, false)"}
    joins = ""
    forwarding, broad = "NULL::DOUBLE", "NULL::BOOLEAN"
    if context.has("features"):
        parties = f"least(f.contacts_out, f.contacts_in) >= {rules.broad_contacts}"
        columns = (
            f"sum(f.workday_forward_calls) FILTER (f.month = {first}) AS forwarded, bool_or({parties}) AS is_broad"
        )
        joins += _joined("used", f"{columns} FROM arms a JOIN features f USING (subscriber_id)", first, last)
        forwarding, broad = "used.forwarded", "used.is_broad"
    usage = context.engine.rows("SELECT 1 FROM features WHERE records IS NOT NULL LIMIT 1")
    if context.has("arpu"):
        bills = "FROM arms a JOIN arpu f USING (subscriber_id)"
        joins += _joined("old", f"avg(f.arpu)::DOUBLE AS mean {bills}", before, this, "<")
        columns = f"sum(f.arpu)::DOUBLE AS total, sum(f.arpu) FILTER (f.month = {first})::DOUBLE AS first"
        joins += _joined("new", f"{columns} {bills}", first, last)
        sql["revenue"] = "coalesce(new.total, 0)"
        back = f"coalesce(new.first >= {number(rules.bill_back)} * old.mean, false)"
        is_back = f"NOT {left} AND {back} AND coalesce({forwarding}, 0) = 0"
        sql["bill_back"] = f"CASE WHEN old.mean IS NOT NULL THEN {is_back} END"
    if usage:
        sql["broad_contacts"] = f"NOT {left} AND coalesce({broad}, false)"
    if context.has("events"):
        again = "SELECT 1 FROM events e WHERE e.subscriber_id = a.subscriber_id AND e.kind = 'cancel_request'"
        sql["not_again"] = f"NOT {left} AND NOT EXISTS ({again} AND e.time > a.day AND e.time < {until})"
    mean = "old.mean" if context.has("arpu") else "NULL::DOUBLE"
    columns = ", ".join(f"CAST({sql_text} AS DOUBLE) AS {name}" for name, sql_text in sql.items())
    context.create(
        "outcomes",
        f"SELECT a.subscriber_id, a.treated, a.cost, s.region, {mean} AS arpu_before, "
        f"CAST(date_diff('day', s.activated_on, a.day) AS DOUBLE) AS tenure, {columns} "
        f"FROM arms a JOIN subscribers s USING (subscriber_id) {joins} WHERE NOT a.is_open",
    )
    return [name for name in rules.measures if name in sql]


def how_far(context: RunContext, rules: EffectRules) -> str:
    """In words, how far the data goes in the months that the outcomes of `arms` lack, and that they are left out."""
    last = context.engine.rows("SELECT max(day) FROM arms WHERE is_open")[0][0]
    needed = Month(f"{last:%Y-%m}").back(-rules.months)
    until = Month(f"{last + timedelta(days=rules.days - 1):%Y-%m}")
    parts = [_extent(context, month) for month in context.as_of.back(-1).until(max(needed, until))]
    comma = text("effect.comma", context.lang)
    return text("effect.data_ends", context.lang, month=context.as_of, parts=comma.join(parts))


def _extent(context: RunContext, month: Month) -> str:
    """How much there is of a month after the as-of month."""
    only, found = f"WHERE month = {literal(str(month))}", []
    if context.has("bills"):
        most = "(SELECT max(n) FROM (SELECT count(*) AS n FROM bills GROUP BY month))"
        bills, most = context.engine.rows(f"SELECT count(*), {most} FROM bills {only}")[0]
        if bills:
            found.append(text("effect.bills", context.lang, n=bills, most=most))
    gap = context.engine.rows(f"SELECT min(last_activity_gap_days) FROM features {only} AND records > 0")[0][0]
    if gap is not None:
        day = month.end - timedelta(days=int(gap) + 1)
        found.append(text("effect.usage", context.lang, day=day))
    what = text("effect.and", context.lang).join(found) or text("effect.nothing", context.lang)
    return text("effect.has", context.lang, month=month, what=what)


def _joined(name: str, what: str, first: str, last: str, until: str = "<=") -> str:
    """A join with a grouped look at the months from `first` to `last` of each subscriber."""
    where = f"WHERE f.month >= {first} AND f.month {until} {last}"
    return f" LEFT JOIN (SELECT a.subscriber_id, {what} {where} GROUP BY a.subscriber_id) {name} USING (subscriber_id)"

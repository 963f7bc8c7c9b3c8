"""Who was in a campaign, and what became of them: one row per subscriber with everything the effect is read from."""

from __future__ import annotations

from pydantic import Field

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.errors import InputError
from telco_crm.rules import Model, Wording


class EffectRules(Model):
    """See rules/effect.toml."""

    days: int = Field(ge=31)
    bill_back: float = Field(gt=0)
    broad_contacts: int = Field(ge=1)
    mid_high: float
    high: float
    minimum_segment: int = Field(ge=2)
    imbalance: float = Field(gt=0)
    permutations: int = Field(ge=99)
    measures: dict[str, Wording]

    @property
    def months(self) -> int:
        """Whole months that are looked at."""
        return self.days // 30


def find_arms(context: RunContext, rules: EffectRules, name: str) -> list[str]:
    """Make `arms`: subscriber_id, treated, day, cost and `open` (whether the time of the outcome has not ended) of the
    subscribers of campaign `name`; what was found wrong with them, in words.

    Raises:
        InputError: there is no such campaign, or nobody in one of the arms.
    """
    found = context.engine.rows("SELECT DISTINCT campaign FROM contacts ORDER BY campaign")
    if (name,) not in found:
        raise InputError(f'contacts: there is no campaign "{name}"; there are {", ".join(row[0] for row in found)}')
    of = f"campaign = {literal(name)}"
    context.create(
        "members",
        f"""
        SELECT c.subscriber_id, bool_or(arm = 'treated') AS treated, count(DISTINCT arm) > 1 AS is_both,
               min(contacted_on) AS day, sum(coalesce(cost, 0))::DOUBLE AS cost, any_value(s.subscriber_id) IS NULL AS
               is_unknown, coalesce(any_value(s.cancelled_on) < min(contacted_on), false) AS is_gone
        FROM contacts c LEFT JOIN subscribers s USING (subscriber_id) WHERE {of} GROUP BY c.subscriber_id""",
    )
    if context.engine.rows("SELECT 1 FROM members WHERE cost < 0 LIMIT 1"):
        context.note("campaign: there are negative costs; they were taken as they are")
    end = f"DATE '{context.as_of.end}'"
    last = f"date_trunc('month', day) + INTERVAL {rules.months + 1} MONTH"
    context.create(
        "arms",
        f"SELECT subscriber_id, treated, day, cost, greatest(day + INTERVAL {rules.days} DAY, {last}) > {end} "
        "AS is_open FROM members WHERE NOT is_both AND NOT is_unknown AND NOT is_gone",
    )
    counts = dict(context.engine.rows("SELECT treated, count(*) FROM arms GROUP BY treated"))
    for arm, words in ((True, "treated"), (False, "control")):
        if not counts.get(arm):
            raise InputError(f'campaign "{name}": nobody is {words}, so there is nothing to compare with')
    return _troubles(context, rules, name)


def find_outcomes(context: RunContext, rules: EffectRules) -> list[str]:
    """Make `outcomes`: those of `arms` whose time has ended, with `region`, `band`, what they were before (arpu_before,
    tenure) and a column for each measure, NULL where it has no meaning; the measures that the tables at hand allow.
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
    columns = ", ".join(f"CAST({text} AS DOUBLE) AS {name}" for name, text in sql.items())
    context.create(
        "outcomes",
        f"SELECT a.subscriber_id, a.treated, a.cost, s.region, {mean} AS arpu_before, "
        f"CAST(date_diff('day', s.activated_on, a.day) AS DOUBLE) AS tenure, {columns} "
        f"FROM arms a JOIN subscribers s USING (subscriber_id) {joins} WHERE NOT a.is_open",
    )
    return [name for name in rules.measures if name in sql]


def _joined(name: str, what: str, first: str, last: str, until: str = "<=") -> str:
    """A join with a grouped look at the months from `first` to `last` of each subscriber."""
    where = f"WHERE f.month >= {first} AND f.month {until} {last}"
    return f" LEFT JOIN (SELECT a.subscriber_id, {what} {where} GROUP BY a.subscriber_id) {name} USING (subscriber_id)"


def _troubles(context: RunContext, rules: EffectRules, name: str) -> list[str]:
    rows = context.engine.rows
    both, unknown, gone = rows(
        "SELECT count(*) FILTER (is_both), count(*) FILTER (is_unknown), count(*) FILTER (is_gone) FROM members"
    )[0]
    meddled = rows(
        "SELECT count(DISTINCT a.subscriber_id) FROM arms a JOIN contacts c USING (subscriber_id) "
        f"WHERE NOT a.treated AND c.arm = 'treated' AND c.campaign <> {literal(name)} AND c.contacted_on >= a.day "
        f"AND c.contacted_on < a.day + INTERVAL {rules.days} DAY"
    )[0][0]
    found = {
        "contacts are of subscribers who are not in the subscriber table; they were left out": unknown,
        "subscribers are both treated and control; they were left out": both,
        "subscribers had left before their contact; they were left out": gone,
        "subscribers of the control group were contacted by another campaign meanwhile; they stay in the control "
        "group, which makes the effect look smaller": meddled,
    }
    return [f"campaign: {count:,} {words}" for words, count in found.items() if count]

"""The lives of subscribers as far as the data shows them: who was at risk of leaving in which month, known by what.

Exports show who is on the books, and of those who left only those who left lately. So a life is looked at from the
moment from which its end would have been seen (delayed entry), and what subscribers are told apart by is what was
known of them at a landmark, the month in the middle: of leavers as of stayers.
"""

from __future__ import annotations

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.measures import landmark
from telco_crm.months import Month
from telco_crm.worth import WorthRules

NONE = -1  # band of those without a bill, group of those without usage; NULL is: not known
RUNNING, ENDED, FREE = 2, 1, 0  # state of the contract


def create_lives(context: RunContext, rules: WorthRules) -> int:
    """Make `lives`, of at most rules.fit_subscribers; of how many they are.

    Columns: subscriber_id, activated_on (NULL: unknown), since (from when on they are known to be on the books),
    left_on, brand, contract (month of the contract's end, as year × 12 + month), then `band`, `level` and `group_id`
    as they were at the landmark; NULL for who joined later, or where there is no landmark.
    """
    then, end = landmark(context.months), f"DATE '{context.as_of.end}'"
    known = "false" if then is None else f"since < DATE '{then.end}' AND coalesce(left_on >= DATE '{then.end}', true)"
    seen = "SELECT subscriber_id, min(CAST(month || '-01' AS DATE)) AS first_seen FROM features GROUP BY subscriber_id"
    context.create(
        "lives",
        f"""
        SELECT subscriber_id, activated_on, since, left_on, brand, contract,
               CASE WHEN {known} THEN {"coalesce(band, -1)" if context.has("arpu") else "NULL::INTEGER"} END AS band,
               CASE WHEN {known} THEN coalesce(level, {number(rules.arpu_steps[0])}) END AS level,
               CASE WHEN {known} THEN {_group(context)} END AS group_id
        FROM (SELECT subscriber_id, activated_on, coalesce(activated_on, first_seen) AS since, left_on, brand,
                     {month_index("contract_end")} AS contract
              FROM subscribers LEFT JOIN leavers USING (subscriber_id) LEFT JOIN ({seen}) USING (subscriber_id)
              WHERE coalesce(activated_on, first_seen) < {end})
        LEFT JOIN ({levels_sql(context, rules, then)}) USING (subscriber_id) {_groups(context)}""",
    )
    count = int(context.engine.rows("SELECT count(*) FROM lives")[0][0])
    if count > rules.fit_subscribers:
        order = f"md5(subscriber_id || {literal(str(context.seed))}), subscriber_id"
        context.create("lives", f"FROM lives ORDER BY {order} LIMIT {rules.fit_subscribers}")
    return count


def levels_sql(context: RunContext, rules: WorthRules, month: Month | None) -> str:
    """Query for subscriber_id, level and band: the mean ARPU of the latest three months at `month`, and its step.

    The bill of the month of activation stands for part of a month. It is left out; where there is no other, its revenue
    a month is mixed with that of all such subscribers together, the more the shorter the part (credibility, Bühlmann
    1967): a day or two say little of one subscriber, but all of them bring what their days add up to. Bills of months
    that ended before the activation are those of the number's former holder.
    """
    if month is None or not context.has("arpu"):
        return "SELECT '' AS subscriber_id, NULL::DOUBLE AS level, NULL::INTEGER AS band LIMIT 0"
    first, last = literal(str(month.back(2))), literal(str(month))
    whole = "coalesce(activated_on <= start, true)"
    part = "round(date_diff('day', activated_on, stop) / date_diff('day', start, stop), 6)::DECIMAL(9,6)"
    usual, weight = (
        "(SELECT sum(first_bill)::DOUBLE / sum(part)::DOUBLE FROM means WHERE mean IS NULL)",
        number(rules.first_bill),
    )
    mixed = f"(first_bill::DOUBLE + {weight} * {usual}) / (part::DOUBLE + {weight})"
    band = " + ".join(f"(level > {number(step)})::INTEGER" for step in rules.arpu_steps)
    activated = "(SELECT subscriber_id, activated_on FROM subscribers)"
    if not context.has("subscribers"):
        activated = "(SELECT '' AS subscriber_id, NULL::DATE AS activated_on LIMIT 0)"
    return f"""
        WITH dated AS (
            SELECT *, CAST(month || '-01' AS DATE) AS start, CAST(start + INTERVAL 1 MONTH AS DATE) AS stop FROM arpu
            LEFT JOIN {activated} USING (subscriber_id)
            WHERE month BETWEEN {first} AND {last}),
        means AS (
            SELECT subscriber_id, sum(CASE WHEN {whole} THEN arpu END)::DOUBLE / nullif(count_if({whole}), 0) AS mean,
                   max(CASE WHEN NOT {whole} THEN arpu END) AS first_bill,
                   max(CASE WHEN NOT {whole} THEN {part} END) AS part
            FROM dated WHERE coalesce(activated_on < stop, true) GROUP BY subscriber_id)
        SELECT subscriber_id, level, {band} AS band
        FROM (SELECT subscriber_id, greatest(coalesce(mean, {mixed}), {number(rules.arpu_steps[0])}) AS level
              FROM means)"""


def cells_sql(context: RunContext, rules: WorthRules) -> str:
    """Query for the months at risk of `lives`, counted: month (index), tenure (step), contract, brand, band, group_id,
    then n (at risk at the start of the month) and left (who left in it).

    At risk is who was on the books at the start of a month; who joins in it is so from the next one on.
    """
    months = context.months[0].until(context.as_of)
    rows = ", ".join(f"({index_of(m)}, DATE '{m.start}', DATE '{m.end}')" for m in months)
    then = landmark(context.months)
    after = "false" if then is None else f"m > {index_of(then)}"
    return f"""
        SELECT m AS month, {tenure_step(rules, "date_sub('month', activated_on, start)")} AS tenure,
               {contract_state(rules, "contract - m")} AS contract, brand,
               CASE WHEN {after} THEN band END AS band, CASE WHEN {after} THEN group_id END AS group_id,
               count(*) AS n, count_if(coalesce(left_on < stop, false)) AS "left"
        FROM lives JOIN (VALUES {rows}) months(m, start, stop)
             ON since < start AND coalesce(left_on >= start, true)
        GROUP BY ALL ORDER BY ALL"""


def tenure_step(rules: WorthRules, months: str) -> str:
    """SQL: the step of whole months on network; NULL where they are not known."""
    return " + ".join(f"({months} >= {step})::INTEGER" for step in rules.tenure_steps)


def contract_state(rules: WorthRules, months_left: str) -> str:
    """SQL: the state of a contract that ends so many months after a month begins."""
    return (
        f"CASE WHEN {months_left} >= 0 THEN {RUNNING} WHEN {months_left} >= -{rules.ended_months} THEN {ENDED} "
        f"ELSE {FREE} END"
    )


def month_index(day: str) -> str:
    """SQL: the month of a date as year × 12 + month."""
    return f"(year({day}) * 12 + month({day}))::INTEGER"


def index_of(month: Month) -> int:
    """A month as year × 12 + month."""
    return month.start.year * 12 + month.start.month


def month_of(index: int) -> Month:
    """The month of year × 12 + month."""
    return Month.of((int(index) - 1) // 12 * 100 + (int(index) - 1) % 12 + 1)


def _group(context: RunContext) -> str:
    return f"coalesce(group_id, {NONE})" if context.has("groups_before", "grouped") else "NULL::BIGINT"


def _groups(context: RunContext) -> str:
    return "LEFT JOIN groups_before USING (subscriber_id)" if context.has("groups_before", "grouped") else ""

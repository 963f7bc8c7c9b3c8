"""What became of the subscribers of a campaign by a file that says it: a row per subscriber, or per month of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from telco_crm.analysis import RunContext
from telco_crm.engine.base import Engine
from telco_crm.engine.sql import literal
from telco_crm.labels import text
from telco_crm.months import Month
from telco_crm.retain.arms import EffectRules, Known, find_members, mixed, places

MARKS = ("bound", "bill_back", "broad_contacts", "not_again")
SHOWN = 20  # contradictions that are named
# What contradicts itself in a row, as SQL over it; the words may name its values.
CONTRADICTIONS = {
    "left is no, but left_on is {left_on}": 'NOT "left" AND left_on IS NOT NULL',
    "left_on {left_on} is after observed_until {observed_until}": "left_on > observed_until",
    "there is revenue in {month}, and left_on {left_on} is in an earlier month": (
        "month <> '' AND left_on IS NOT NULL AND strftime(left_on, '%Y-%m') < month AND revenue > 0"
    ),
    "observed_until {observed_until} is before {month}": ("month <> '' AND strftime(observed_until, '%Y-%m') < month"),
    "month is empty, though other rows have one": "month = '' AND (SELECT bool_or(month <> '') FROM outcome)",
    "tenure {tenure} is negative": "tenure < 0",
    "arpu_before {arpu_before} is negative": "arpu_before < 0",
}
SAYS_NOTHING = {"nothing says whether the subscriber left (left is empty)": '"left" IS NULL AND left_on IS NULL'}


@dataclass(frozen=True)
class OutcomeFile:
    """A file that was read into table `outcome`: its name, and the columns that it has."""

    name: str
    columns: frozenset[str]


def contradictions(engine: Engine, file: OutcomeFile) -> list[str]:
    """What in table `outcome` contradicts itself: a sentence for each with its line, up to SHOWN of them."""
    if not file.columns & {"left", "left_on"}:
        return [
            f"{file.name}: nothing says who left; it takes a column left (yes or no) or left_on (a day), see: "
            "telco-crm schema outcome"
        ]
    checks = CONTRADICTIONS | ({} if "left_on" in file.columns else SAYS_NOTHING)
    named = ("left_on", "observed_until", "month", "tenure", "arpu_before")
    parts = (
        f"SELECT line, {at} AS what, {', '.join(named)} FROM outcome WHERE {where}"
        for at, where in enumerate(checks.values())
    )
    rows = engine.rows(f"{' UNION ALL '.join(parts)} ORDER BY line, what")
    problems = []
    for line, what, *values in rows[:SHOWN]:
        words = list(checks)[what].format(**dict(zip(named, values, strict=True)))
        problems.append(f"{file.name}, line {line}: {words}")
    if len(rows) > SHOWN:
        problems.append(f"{file.name}: and {len(rows) - SHOWN:,} more contradictions; mend the file")
    return problems


def find_file_arms(context: RunContext, rules: EffectRules, name: str, file: OutcomeFile) -> list[str]:
    """Make `arms` (see find_members) of campaign `name`; what was found wrong, in words.

    Raises:
        InputError: there is no such campaign, or nobody in one of the arms.
    """
    by_month = "min(month) FILTER (\"left\" AND month <> '' AND left_on IS NULL)"
    context.create(
        "known_people",
        f"SELECT subscriber_id, coalesce(min(left_on), last_day(CAST({by_month} || '-01' AS DATE))) AS left_on, "
        f"min(left_on) IS NULL AND {by_month} IS NOT NULL AS is_by_month, max(observed_until) AS until, "
        "coalesce(bool_or(\"left\") FILTER (month = ''), false) AS has_left FROM outcome GROUP BY subscriber_id",
    )
    last = f"(day + INTERVAL {rules.days - 1} DAY)"
    # Where a row ends on the day of leaving, that is why it ends: it goes as far as the file.
    own = "CASE WHEN until IS DISTINCT FROM left_on THEN until END"
    mine = f"SELECT {own} FROM known_people k WHERE k.subscriber_id = members.subscriber_id"
    # Also of who left: of those whose rows end too early the stayers cannot count, so the leavers must not either.
    is_open = f"coalesce(({mine}), (SELECT max(until) FROM known_people)) < {last}"
    if is_monthly(context):
        needed = f"strftime(date_trunc('month', day) + INTERVAL {rules.months} MONTH, '%Y-%m')"
        is_open = f"{needed} > {literal(_whole_until(context, name))} OR EXISTS (SELECT 1 FROM outcome o WHERE "
        is_open += f"o.subscriber_id = members.subscriber_id AND {_ends_early('day', rules)})"
    troubles = find_members(context, name, Known("known_people", file.name, is_open))
    if not is_monthly(context) and "observed_until" not in file.columns:
        troubles.append(text("effect.no_until", context.lang, file=file.name, days=rules.days))
    troubles += _without_rows(context, rules, file)
    return [*troubles, *mixed(context, rules, name)]


def find_file_outcomes(context: RunContext, rules: EffectRules, file: OutcomeFile) -> list[str]:
    """Make `outcomes`, as followed.find_outcomes does, of `arms` and the file; the measures that its columns allow."""
    month = "strftime(date_trunc('month', a.day) {} INTERVAL {} MONTH, '%Y-%m')"
    first, last = month.format("+", 1), month.format("+", rules.months)
    # Leaving that is known by month only counts up to the end of the last month.
    in_time = f"CASE WHEN k.is_by_month THEN strftime(a.left_on, '%Y-%m') <= {last} ELSE a.left_on < a.day + INTERVAL "
    context.create(
        "outcome_rows",
        f"SELECT o.*, a.treated, a.cost, month = '' OR month BETWEEN {first} AND {last} AS is_after, "
        f"month = {first} AS is_first, month BETWEEN {month.format('-', 3)} AND {month.format('-', 1)} AS is_before, "
        f"coalesce({in_time}{rules.days} DAY END, k.has_left) AS has_left "
        "FROM arms a JOIN known_people k USING (subscriber_id) JOIN outcome o USING (subscriber_id) "
        "WHERE NOT a.is_open",
    )
    none = "0" if is_monthly(context) else "CASE WHEN has_left THEN 0 END"
    sql = {"left": "has_left", "revenue": f"coalesce(sum(revenue) FILTER (is_after), {none})"}
    for mark in MARKS:
        how = "bool_and" if mark == "not_again" else "bool_or"
        when = "is_after AND (is_first OR month = '')" if mark == "bill_back" else "is_after"
        sql[mark] = f"CASE WHEN has_left AND count({mark}) > 0 THEN false ELSE {how}({mark}) FILTER ({when}) END"
    known = {"left", *file.columns}
    columns = ", ".join(f"CAST({value} AS DOUBLE) AS {name}" for name, value in sql.items() if name in known)
    context.create(
        "outcomes",
        "SELECT subscriber_id, any_value(treated) AS treated, any_value(cost) AS cost, any_value(region) AS region, "
        "CAST(coalesce(any_value(arpu_before), avg(revenue) FILTER (is_before)) AS DOUBLE) AS arpu_before, "
        f"CAST(any_value(tenure) AS DOUBLE) AS tenure, {columns} FROM outcome_rows GROUP BY subscriber_id, has_left",
    )
    return [name for name in rules.measures if name in sql and name in known]


def how_far_file(context: RunContext, rules: EffectRules, file: OutcomeFile) -> str:
    """In words, how far the file goes where the outcomes of `arms` are open, and that they are left out."""
    if not is_monthly(context):
        until = context.engine.rows("SELECT max(until) FROM known_people")[0][0]
        early = f"observed_until < DATE '{until}' AND observed_until IS DISTINCT FROM o.left_on"
        ends = _rows_that_end(context, file, early, "rows_end")
        return text("effect.file_ends", context.lang, file=file.name, day=until) + ends
    last = context.engine.rows("SELECT max(day) FROM arms WHERE is_open")[0][0]
    first = context.engine.rows("SELECT min(day) FROM arms")[0][0]
    months, most = _months(context), max(n for n, _ in _months(context).values())
    parts = []
    for month in Month(f"{first:%Y-%m}").back(-1).until(Month(f"{last:%Y-%m}").back(-rules.months)):
        rows, until = months.get(month, (0, None))
        if _is_whole(month, months):
            continue
        what = text("effect.nothing" if not rows else "effect.rows", context.lang, n=rows, most=most)
        if rows and until and until < month.end:
            what = text("effect.until", context.lang, day=until)
        parts.append(text("effect.has", context.lang, month=month, what=what))
    if ends := _rows_that_end(context, file, _ends_early("a.day", rules), "months_end"):
        parts.append(ends)
    return text("effect.file_lacks", context.lang, file=file.name, parts=text("effect.comma", context.lang).join(parts))


def _after(day: str, rules: EffectRules) -> str:
    """SQL over rows o of the outcome: whether their month is one of those looked at after `day`."""
    last = f"strftime(date_trunc('month', {day}) + INTERVAL {rules.months} MONTH, '%Y-%m')"
    return f"o.month > strftime({day}, '%Y-%m') AND o.month <= {last}"


def _ends_early(day: str, rules: EffectRules) -> str:
    """SQL over rows o of months: whether such a month is known in part, and others go on; not if it ends by leaving."""
    whole = "(SELECT max(e.observed_until) FROM outcome e WHERE e.month = o.month)"
    end = f"least(last_day(TRY_CAST(o.month || '-01' AS DATE)), {whole})"
    return f"{_after(day, rules)} AND o.observed_until < {end} AND o.observed_until IS DISTINCT FROM o.left_on"


def _rows_that_end(context: RunContext, file: OutcomeFile, early: str, key: str) -> str:
    """In words, which rows of open `arms` end before the others, if any do."""
    rows = (
        f"SELECT o.line, o.observed_until FROM outcome o JOIN arms a USING (subscriber_id) WHERE a.is_open AND {early}"
    )
    count, first = context.engine.rows(f"SELECT count(*), min(observed_until) FROM ({rows})")[0]
    where = places(context, rows, file.name) if count else ""
    return text(f"effect.{key}", context.lang, n=count, first=first, places=where) if count else ""


def _without_rows(context: RunContext, rules: EffectRules, file: OutcomeFile) -> list[str]:
    """What is to be said of those of `arms` who did not leave and lack a row of some month."""
    if not is_monthly(context):
        return []
    months = f"count(DISTINCT o.month) FILTER ({_after('a.day', rules)})"
    context.create(
        "lacking",
        f"SELECT any_value(a.treated) AS treated, max(o.line) AS line FROM arms a JOIN outcome o USING (subscriber_id) "
        f"WHERE NOT a.is_open AND a.left_on IS NULL GROUP BY subscriber_id HAVING {months} < {rules.months}",
    )
    treated, control = context.engine.rows(
        "SELECT count(*) FILTER (treated), count(*) FILTER (NOT treated) FROM lacking"
    )[0]
    if not treated + control:
        return []
    where = places(context, "SELECT line FROM lacking", file.name)
    return [text("effect.lacking", context.lang, n=treated + control, treated=treated, control=control, places=where)]


def is_monthly(context: RunContext) -> bool:
    """Whether rows are about months."""
    return bool(context.engine.rows("SELECT 1 FROM outcome WHERE month <> '' LIMIT 1"))


def _months(context: RunContext) -> dict[Month, tuple[int, date | None]]:
    """Rows of each month, and the day up to which it is known."""
    found = context.engine.rows(
        "SELECT month, count(*), max(observed_until) FROM outcome GROUP BY month ORDER BY month"
    )
    return {Month(month): (rows, until) for month, rows, until in found}


def _is_whole(month: Month, months: dict[Month, tuple[int, date | None]]) -> bool:
    """Whether there are at least half as many rows as in the month with most, and the days go to its end."""
    rows, until = months.get(month, (0, None))
    most = max(n for n, _ in months.values())
    return rows * 2 >= most and (until is None or (month.end - until).days <= 1)


def _whole_until(context: RunContext, name: str) -> str:
    """The last of the months after the first contact up to which all are whole."""
    first = context.engine.rows(f"SELECT min(contacted_on) FROM contacts WHERE campaign = {literal(name)}")[0][0]
    if first is None:
        return ""
    months, month = _months(context), Month(f"{first:%Y-%m}")
    while _is_whole(month.back(-1), months):
        month = month.back(-1)
    return str(month)

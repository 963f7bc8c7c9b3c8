"""Complaints and enquiries: how many, how long they stay open, which come back; and whether those who are not content
leave.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal
from telco_crm.errors import CannotCompute
from telco_crm.intervals import newcombe, wilson
from telco_crm.labels import text
from telco_crm.market.levels import LEVELS, level_joins
from telco_crm.market.satisfaction_rules import SatisfactionRules

Floats = npt.NDArray[np.float64]
SHARES = (0.5, 0.9)


def compute_complaints(context: RunContext) -> None:
    """Make `complaints`: of the complaints and enquiries made in these months a row for all, and one per type (area),
    tier, group and region.

    Raises:
        CannotCompute: there was none.
    """
    rules = context.rules(SatisfactionRules, "satisfaction")
    found = _made(context, rules)
    if found.empty:
        raise CannotCompute(text("notes.no_complaints", context.lang))
    members = _members(context)
    whole = members.get(("all", None), 0)
    rows = [_row(("all", None, None), found, whole, rules)]
    rows += [_row(("type", str(area), None), part, whole, rules) for area, part in found.groupby("area")]
    for level, column in LEVELS.items():
        if level != "all":
            rows += [
                _row((level, None, str(name)), part, members.get((level, str(name)), 0), rules)
                for name, part in found.groupby(column)
            ]
    table = pd.DataFrame(rows).astype({"area": "string", "name": "string"})
    context.engine.register("complaints_frame", table)
    order = " ".join(f"WHEN {literal(level)} THEN {n}" for n, level in enumerate(("all", "type", *list(LEVELS)[1:])))
    context.create(
        "complaints",
        f"SELECT CASE level {order} END AS level_no, "
        "CASE WHEN level IN ('all', 'type') THEN level = 'type' END AS typed, * FROM complaints_frame",
    )


def _made(context: RunContext, rules: SatisfactionRules) -> pd.DataFrame:
    """The complaints and enquiries of these months, with what they are counted by."""
    start, end = f"TIMESTAMP '{context.as_of.back(rules.months - 1).start}'", f"TIMESTAMP '{context.as_of.end}'"
    return context.engine.frame(
        f"""
        SELECT subscriber_id, kind = 'complaint' AS complaint, coalesce(area, '') AS area,
               resolved_at IS NOT NULL AND resolved_at < {end} AS resolved,
               greatest(epoch(CASE WHEN resolved_at < {end} THEN resolved_at ELSE {end} END - time), 0) / 3600
                   AS hours,
               coalesce(time - before <= INTERVAL {rules.complaints.repeat_days} DAY, false) AS repeated,
               here IS NOT NULL AS here, tier, group_name, region
        FROM (SELECT *, lag(time) OVER (PARTITION BY subscriber_id, kind, area ORDER BY time) AS before
              FROM events WHERE kind IN ('complaint', 'enquiry') AND time < {end})
        LEFT JOIN (SELECT subscriber_id, true AS here FROM people WHERE NOT has_left) USING (subscriber_id)
        {level_joins(context)}
        WHERE time >= {start} ORDER BY subscriber_id, area, time, hours"""
    )


def _members(context: RunContext) -> dict[tuple[str, str | None], int]:
    """How many subscribers there are, by level and name."""
    people = f"(SELECT subscriber_id FROM people WHERE NOT has_left) {level_joins(context)}"
    counted = " UNION ALL ".join(
        f"SELECT {literal(level)}, {column} AS name, count(*) FROM {people} GROUP BY name"
        for level, column in LEVELS.items()
    )
    return {(str(level), name and str(name)): int(n) for level, name, n in context.engine.rows(counted)}


def _row(
    what: tuple[str, str | None, str | None], made: pd.DataFrame, members: int, rules: SatisfactionRules
) -> dict[str, object]:
    """A row about `what` (level, type, name), of which there are `members`."""
    found = made[made.complaint]
    hours, resolved = found.hours.to_numpy(float), found.resolved.to_numpy(bool)
    few = len(found) < rules.minimum
    median, most = (None, None) if few else (still_open(hours, resolved, 1 - share) for share in SHARES)
    level, area, name = what
    return {
        "area": area,
        "complaints": len(found),
        "subscribers": found.subscriber_id.nunique(),
        "resolved": int(resolved.sum()),
        "open": int((~resolved).sum()),
        "late": int((hours > rules.complaints.late_hours).sum()),
        "repeated": int(found.repeated.sum()),
        "hours_median": median,
        "hours_p90": most,
        "repeat_share": None if few else float(found.repeated.mean()),
        "level": level,
        "name": name,
        "enquiries": len(made) - len(found),
        "members": members,
        "per_hundred": 100 * int(found.here.sum()) / members if members >= rules.minimum else None,
    }


def still_open(hours: Floats, resolved: npt.NDArray[np.bool_], share: float) -> float | None:
    """The time after which no more than `share` of the complaints are still open (Kaplan and Meier 1958): those that
    are not resolved have been open for `hours` so far. None if that is never reached.
    """
    order = np.lexsort((~resolved, hours))
    hours, resolved = hours[order], resolved[order]
    times, first = np.unique(hours, return_index=True)
    solved = np.add.reduceat(resolved.astype(float), first)
    left = np.cumprod(1 - solved / (len(hours) - first))
    reached = np.flatnonzero(left <= share + 1e-12)
    return float(times[reached[0]]) if len(reached) else None


def compute_leaving(context: RunContext) -> None:
    """Make `satisfaction_leaving`: who leaves among those with a low score or a complaint, against the others.

    Raises:
        CannotCompute: the data does not reach back to the cut-off.
    """
    rules = context.rules(SatisfactionRules, "satisfaction")
    cutoff = context.as_of.back(rules.leaving.follow)
    if cutoff not in context.months:
        raise CannotCompute(text("notes.no_follow_up", context.lang, month=cutoff))
    start, end = f"TIMESTAMP '{cutoff.back(rules.months - 1).start}'", f"TIMESTAMP '{cutoff.end}'"
    kinds = ", ".join(map(literal, rules.leaving.kinds))
    seen = f"FROM events WHERE time >= {start} AND time < {end}"
    people = f"""
        SELECT avg_score <= {rules.low_score} AS low_score, complaints IS NOT NULL AS complained,
               CASE WHEN complaints IS NOT NULL THEN unresolved > 0 END AS unresolved,
               coalesce(l.left_on < DATE '{context.as_of.end}' AND l.kind IN ({kinds}), false) AS gone
        FROM subscribers s LEFT JOIN leavers l USING (subscriber_id)
        LEFT JOIN (SELECT subscriber_id, avg(score::DECIMAL(9, 4)) AS avg_score {seen} AND kind = 'survey'
                   GROUP BY subscriber_id) USING (subscriber_id)
        LEFT JOIN (SELECT subscriber_id, count(*) AS complaints,
                          count(*) FILTER (resolved_at IS NULL OR resolved_at >= {end}) AS unresolved
                   {seen} AND kind = 'complaint' GROUP BY subscriber_id) USING (subscriber_id)
        WHERE coalesce(s.activated_on < DATE '{cutoff.end}', true) AND coalesce(l.left_on >= DATE '{cutoff.end}', true)
          AND NOT coalesce(s.status = 'closed' AND s.cancelled_on IS NULL AND l.left_on IS NULL, false)"""
    rows = []
    for sign in ("low_score", "complained", "unresolved"):
        counted = context.engine.rows(
            f"SELECT {sign}, count(*) FILTER (gone), count(*) FROM ({people}) WHERE {sign} IS NOT NULL GROUP BY {sign}"
        )
        counts = {bool(value): (int(yes), int(n)) for value, yes, n in counted}
        rows.append({"sign": sign, **_compared(counts.get(True, (0, 0)), counts.get(False, (0, 0)), rules.minimum)})
    context.engine.register("leaving_frame", pd.DataFrame(rows))
    context.create("satisfaction_leaving", f"SELECT {literal(str(cutoff))} AS cutoff, * FROM leaving_frame")


def _compared(one: tuple[int, int], other: tuple[int, int], minimum: int) -> dict[str, float | None]:
    """Counts, and rates with 95% intervals of those who are enough."""
    row: dict[str, float | None] = {}
    for prefix, (yes, n) in (("", one), ("other_", other)):
        low, high = wilson(yes, n) if n >= minimum else (None, None)
        rate = yes / n if n >= minimum else None
        row |= {f"{prefix}subscribers": n, f"{prefix}left": yes, f"{prefix}rate": rate}
        row |= {f"{prefix}rate_low": low, f"{prefix}rate_high": high}
    both = min(one[1], other[1]) >= minimum
    low, high = newcombe(one, other) if both else (None, None)
    difference = one[0] / one[1] - other[0] / other[1] if both else None
    return {**row, "difference": difference, "difference_low": low, "difference_high": high}


COMPLAINTS = Analysis(
    "complaints",
    ("people", "events"),
    ("complaints",),
    compute_complaints,
    uses=("value_tiers", "segments", "subscribers"),
)
LEAVING = Analysis(
    "satisfaction and leaving", ("events", "subscribers", "leavers"), ("satisfaction_leaving",), compute_leaving
)

"""Survival curves by segment, over months on network."""

from __future__ import annotations

import numpy as np
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.measures import landmark
from telco_crm.months import Month
from telco_crm.value.lives import FREE, RUNNING, index_of
from telco_crm.value.naming import Names
from telco_crm.value.survival import kaplan_meier
from telco_crm.worth import DAYS_PER_MONTH, WorthRules

COLUMNS = (
    "kind_no BIGINT, kind VARCHAR, kind_name VARCHAR, segment_no BIGINT, segment VARCHAR, segment_name VARCHAR, "
    "months_on_network BIGINT, from_month BIGINT, at_risk BIGINT, leavers BIGINT, survival DOUBLE, "
    "survival_low DOUBLE, survival_high DOUBLE"
)


def create_curves(context: RunContext, rules: WorthRules, names: Names, first: Month | None) -> None:
    """Make `survival` from `lives`, whose leavers are known from the month `first` on (None: never).

    Everybody and brands are looked at from `first` on; bands, groups and contracts, as they were at the landmark, from
    then on.
    """
    rows = [row for kind, level, curve in _counted(context, first) for row in _rows(rules, names, kind, level, curve)]
    columns = [part.split()[0] for part in COLUMNS.split(", ")]
    table = pd.DataFrame(rows, columns=columns)
    types = ", ".join(f"{name}::{kind} AS {name}" for name, kind in (part.split() for part in COLUMNS.split(", ")))
    context.engine.register("curves", table)
    context.create("survival", f"SELECT {types} FROM curves")


def _counted(context: RunContext, first: Month | None) -> list[tuple[str, object, pd.DataFrame]]:
    """Kind, level and counts by day on network (day, enter, leave, stop) of every segment."""
    if first is None:
        return []
    then = landmark(context.months)
    kinds = {"all": ("0", "true", first.start), "brand": ("brand", "brand IS NOT NULL", first.start)}
    if then is not None:
        start = max(then.end, first.start)
        state = f"CASE WHEN contract >= {index_of(then) + 1} THEN {RUNNING} ELSE {FREE} END"
        here = f"since < DATE '{then.end}'"
        kinds |= {
            "group_id": ("group_id::BIGINT", "group_id IS NOT NULL", start),
            "band": ("band", "band IS NOT NULL", start),
            "contract": (state, here, start),
        }
    end = f"DATE '{context.as_of.end}'"
    each = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, ({level})::VARCHAR AS level, date_diff('day', activated_on, "
        f"greatest(activated_on, DATE '{start}')) AS enter, date_diff('day', activated_on, coalesce(left_on + 1, "
        f"{end})) AS leave, left_on IS NOT NULL AS gone FROM lives WHERE activated_on IS NOT NULL AND {where}"
        for kind, (level, where, start) in kinds.items()
    )
    sides = (
        f"WITH spans AS (SELECT * FROM ({each}) WHERE leave > enter) "
        "SELECT kind, level, enter AS day, 1 AS enter, 0 AS leave, 0 AS stop FROM spans UNION ALL "
        "SELECT kind, level, leave, 0, gone::INTEGER, (NOT gone)::INTEGER FROM spans"
    )
    frame = context.engine.frame(
        "SELECT kind, level, day, sum(enter)::BIGINT AS enter, sum(leave)::BIGINT AS leave, sum(stop)::BIGINT AS stop "
        f"FROM ({sides}) GROUP BY ALL ORDER BY ALL"
    )
    return [(str(kind), level, counts) for (kind, level), counts in frame.groupby(["kind", "level"], sort=False)]


def _rows(rules: WorthRules, names: Names, kind: str, level: object, counts: pd.DataFrame) -> list[tuple[object, ...]]:
    """The curve at whole months on network: at risk as the month begins, those who left in the month before."""
    days = counts["day"].to_numpy()
    enter, leave, stop = (
        np.bincount(days, weights=counts[name], minlength=days.max() + 1).astype(np.int64)
        for name in ("enter", "leave", "stop")
    )
    curve = kaplan_meier(enter, leave, stop, rules.minimum_at_risk)
    if curve is None:
        return []
    begin = int(curve.start / DAYS_PER_MONTH)
    last = curve.start + len(curve.survival)
    months = np.arange(begin, int(last / DAYS_PER_MONTH) + 1)
    # Place of the last day before each month; -1 where the curve has not begun.
    at = np.maximum(np.floor(months * DAYS_PER_MONTH).astype(int) - curve.start - 1, -1)
    so_far = np.concatenate([[0], np.cumsum(curve.left)])
    head = (*names.kind(kind), *names.segment(kind, level))
    rows: list[tuple[object, ...]] = []
    for n, (month, place) in enumerate(zip(months.tolist(), at.tolist(), strict=True)):
        risk = curve.at_risk[min(place + 1, len(curve.at_risk) - 1)]
        left = so_far[place + 1] - (so_far[at[n - 1] + 1] if n else 0)
        known = (1.0, 1.0, 1.0) if place < 0 else (curve.survival[place], curve.low[place], curve.high[place])
        rows.append((*head, month, begin, int(risk), int(left), *map(float, known)))
    return rows

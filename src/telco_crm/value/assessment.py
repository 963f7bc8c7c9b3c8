"""Customer value assessment: margin on the revenue of the months a subscriber is expected to stay, discounted; by
subscriber and by segment, with intervals; survival curves; calibration on held-out months. docs/value.md has the
method.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import number
from telco_crm.errors import CannotCompute
from telco_crm.labels import text
from telco_crm.measures import landmark
from telco_crm.value.assessed import CODES, create_assessed, profiles_of
from telco_crm.value.calibration import COLUMNS, calibrate
from telco_crm.value.curves import create_curves
from telco_crm.value.hazard import Hazard, fit_hazard, flat
from telco_crm.value.horizon import Ahead, look_ahead
from telco_crm.value.lives import cells_sql, create_lives, index_of, month_of
from telco_crm.value.naming import SEGMENTS, Names
from telco_crm.value.revenue import Revenue, measure_revenue, told_by_whole_months, unmeasured
from telco_crm.value.segmentworth import Sums, Z
from telco_crm.worth import WorthRules, leaving_rate

MODEL, RATE, ASSUMED = "model", "rate", "assumed"
CHUNK = 20_000  # profiles looked ahead at a time
SURPRISE = 7.0  # so many leavers expected and none seen has a chance below one in a thousand


SEGMENT = (
    "kind_no::BIGINT AS kind_no, kind::VARCHAR AS kind, kind_name::VARCHAR AS kind_name, segment_no::BIGINT AS "
    "segment_no, segment::VARCHAR AS segment, segment_name::VARCHAR AS segment_name"
)


class Fitted(NamedTuple):
    """What lifetimes rest on, and how it was found."""

    hazard: Hazard
    method: str
    revenue: Revenue


def assess(context: RunContext) -> None:
    """Make `value_assessment`, `value_segments`, `survival` and `value_calibration`.

    Raises:
        CannotCompute: there are neither bills nor subscriber records, so nothing to tell value or lifetime by.
    """
    rules = context.rules(WorthRules, "assessment")
    if not context.has("bills") and not context.has("subscribers"):
        raise CannotCompute(text("assessment.nothing", context.lang))
    names, cells = Names(context, rules), pd.DataFrame()
    if context.has("subscribers", "leavers"):
        of = create_lives(context, rules)
        context.fitted("lifetimes", min(of, rules.fit_subscribers), of)
        cells = _observed(context, context.engine.frame(cells_sql(context, rules)))
    create_curves(context, rules, names, month_of(cells["month"].min()) if len(cells) else None)
    fitted = _fit(context, rules, cells)
    _create_tables(context, rules, names, fitted)
    _create_calibration(context, rules, names, cells if fitted.method == MODEL else pd.DataFrame())


def _observed(context: RunContext, cells: pd.DataFrame) -> pd.DataFrame:
    """The cells without the first months, if nobody left in them where many should have: exports that show only those
    who left lately.
    """
    by_month = cells.groupby("month")[["n", "left"]].sum() if len(cells) else pd.DataFrame({"left": []})
    if not by_month["left"].sum():
        return cells
    first = by_month.index[by_month["left"] > 0][0]
    early, late = by_month[by_month.index < first], by_month[by_month.index >= first]
    if len(early) and early["n"].sum() * late["left"].sum() / late["n"].sum() > SURPRISE:
        context.say("late_leavers", month=month_of(first))
        return pd.DataFrame(cells[cells["month"] >= first])
    return cells


def _fit(context: RunContext, rules: WorthRules, cells: pd.DataFrame) -> Fitted:
    left = int(cells["left"].sum()) if len(cells) else 0
    if left >= rules.model_leavers:
        hazard, method = fit_hazard(cells, rules.effect_spread), MODEL
    else:
        leaving = leaving_rate(context, rules)
        hazard, method = flat(leaving.rate, leaving.leavers), RATE if leaving.leavers else ASSUMED
        context.say("flat_lifetimes", left=left, least=rules.model_leavers, rate=leaving.rate)
    if not context.has("bills"):
        context.say("no_value")
    revenue = measure_revenue(context) if method == MODEL else None
    if revenue is None:
        rate = 1 / (1 + np.exp(-hazard.intercept))
        revenue = unmeasured(float(1 - rate))
        if context.has("bills") and method == MODEL:
            context.say("no_revenue_check")
    return Fitted(hazard, method, revenue)


def _create_tables(context: RunContext, rules: WorthRules, names: Names, fitted: Fitted) -> None:
    create_assessed(context, rules)
    undated = context.engine.rows("SELECT count(*) FROM assessed WHERE months < 0")[0][0]
    if undated and fitted.method == MODEL:
        context.say("undated_lives", n=undated)
    sums = Sums(fitted.hazard, fitted.revenue, rules)
    frame = profiles_of(context, rules)
    parts = []
    for start in range(0, len(frame), CHUNK):
        profiles = frame.iloc[start : start + CHUNK].reset_index(drop=True)
        profiles["share"], profiles["noise"] = fitted.revenue.of(told_by_whole_months(profiles))
        ahead = look_ahead(fitted.hazard, profiles, rules)
        sums.add(profiles, ahead, ("all", *SEGMENTS))
        parts.append(_outlook(profiles, ahead, fitted, rules))
    context.engine.register("outlooks", pd.concat(parts) if parts else _outlook_of_nobody())
    context.create("value_assessment", _assessment_sql(context, rules, fitted.method))
    table = _named(sums.table(), names)
    if not context.has("bills"):
        table[["revenue", "value", "low", "high"]] = np.nan
    context.engine.register("segment_worth", table.assign(method=fitted.method))
    context.create(
        "value_segments",
        f"SELECT {SEGMENT}, subscribers::BIGINT AS subscribers, "
        "revenue AS monthly_revenue, leave AS next_month, stay AS stays_year, months AS expected_months, value, "
        "low AS value_low, high AS value_high, value / subscribers AS value_each, method FROM segment_worth",
    )


def _outlook(profiles: pd.DataFrame, ahead: Ahead, fitted: Fitted, rules: WorthRules) -> pd.DataFrame:
    """What the subscribers of a profile have in common; amounts are those of a level of 1."""
    share = profiles["share"].to_numpy()
    year = min(12, rules.horizon_months) - 1
    about = np.einsum("ij,jk,ik->i", ahead.slope, fitted.hazard.covariance, ahead.slope)
    bands = profiles["band"].map({k: s.variance for k, s in fitted.revenue.bands.items()}).fillna(0).to_numpy()
    unsure = Z * np.sqrt(share**2 * about + ahead.mean**2 * bands)
    sigma = Z * np.sqrt(np.log1p(profiles["noise"].to_numpy()))
    return pd.DataFrame(
        {
            "profile": profiles["profile"],
            "share": share,
            "next_month": ahead.hazard[:, 0],
            "stays_year": (ahead.there * (1 - ahead.hazard))[:, year],
            "expected_months": ahead.there.sum(axis=1),
            "mean": share * ahead.mean,
            "mean_low": np.maximum(share * ahead.mean - unsure, 0),
            "mean_high": share * ahead.mean + unsure,
            "low": share * ahead.low * np.exp(-sigma),
            "high": share * ahead.high * np.exp(sigma),
        }
    )


def _outlook_of_nobody() -> pd.DataFrame:
    columns = ("share", "next_month", "stays_year", "expected_months", "mean", "mean_low", "mean_high", "low", "high")
    return pd.DataFrame({"profile": pd.Series(dtype="int64"), **{c: pd.Series(dtype="float64") for c in columns}})


def _assessment_sql(context: RunContext, rules: WorthRules, method: str) -> str:
    level = "level" if context.has("bills") else "NULL::DOUBLE"
    amounts = {"value": "mean", "value_low": "low", "value_high": "high",
               "expected_low": "mean_low", "expected_high": "mean_high"}  # fmt: skip
    worth = ", ".join(f"round({number(rules.margin)} * {level} * {of}, 6) AS {name}" for name, of in amounts.items())
    bill = f"CASE WHEN band >= 0 THEN {level} END"
    return f"""
        SELECT subscriber_id, {worth}, round({level} * share, 6) AS monthly_revenue, {bill} AS arpu_level,
               next_month, stays_year, expected_months, nullif(months, -1) AS months_on_network,
               contract_state, brand_name AS brand, nullif(group_id, {CODES["group_id"]}) AS group_id, "group",
               '{method}' AS method
        FROM assessed JOIN outlooks USING (profile)"""


def _create_calibration(context: RunContext, rules: WorthRules, names: Names, cells: pd.DataFrame) -> None:
    """Make `value_calibration`; without rows where there are no months to hold out."""
    then, table = landmark(context.months), pd.DataFrame(columns=COLUMNS)
    if then is not None and len(cells):
        months = sorted({int(m) for m in cells["month"]})
        table = calibrate(cells, months, index_of(then), rules.effect_spread)
    held = int((table["kind"] == "month").sum())
    context.engine.register("calibrated", _named(table, names).assign(held_months=held))
    context.create(
        "value_calibration",
        f"SELECT {SEGMENT}, held_months::BIGINT AS held_months, n::BIGINT AS subscriber_months, "
        "expected::DOUBLE AS expected, low::BIGINT AS expected_low, high::BIGINT AS expected_high, "
        "observed::BIGINT AS observed, observed::DOUBLE BETWEEN low::DOUBLE AND high::DOUBLE AS within FROM calibrated",
    )


def _named(table: pd.DataFrame, names: Names) -> pd.DataFrame:
    """`table` with the numbers, codes and words of its kinds and segments."""
    kinds = [names.kind(kind) for kind in table["kind"]]
    segments = [names.segment(kind, level) for kind, level in zip(table["kind"], table["level"], strict=True)]
    columns: dict[str, list[Any]] = {
        "kind_no": [k[0] for k in kinds], "kind": [k[1] for k in kinds], "kind_name": [k[2] for k in kinds],
        "segment_no": [s[0] for s in segments], "segment": [s[1] for s in segments],
        "segment_name": [s[2] for s in segments],
    }  # fmt: skip
    return table.drop(columns=["kind", "level"]).join(pd.DataFrame(columns, index=table.index))


ASSESSMENT = Analysis(
    "value assessment",
    ("people", "features"),
    ("value_assessment", "value_segments", "survival", "value_calibration"),
    assess,
    uses=("arpu", "bills", "subscribers", "leavers", "grouped", "groups_before"),
)

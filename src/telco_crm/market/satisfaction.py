"""Satisfaction: survey scores by area, tier, group and region, and which areas move them (domain section 12)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal
from telco_crm.errors import CannotCompute
from telco_crm.intervals import of_mean
from telco_crm.labels import text
from telco_crm.market.drivers import importance
from telco_crm.market.levels import LEVELS, level_joins
from telco_crm.market.satisfaction_rules import DriverRules, SatisfactionRules

LOWEST, HIGHEST = 1.0, 10.0


def compute_scores(context: RunContext) -> None:
    """Make `survey_people`, `satisfaction` and `satisfaction_drivers`.

    Raises:
        CannotCompute: nobody has answered a survey with a score in these months.
    """
    rules = context.rules(SatisfactionRules, "satisfaction")
    _create_people(context, rules)
    if not context.engine.rows("SELECT 1 FROM survey_people LIMIT 1"):
        raise CannotCompute(text("notes.no_surveys", context.lang))
    queries = " UNION ALL ".join(
        f"SELECT {number} AS level_no, '{level}' AS level, {column} AS name, * FROM survey_people"
        for number, (level, column) in enumerate(LEVELS.items())
    )
    scores = context.engine.frame(
        f"""
        SELECT level_no, level, name, question, area, count(*) AS people, sum(answers)::BIGINT AS answers,
               sum(score::DECIMAL(18, 9)) / count(*) AS score, stddev_samp(score ORDER BY score) AS deviation,
               count(*) FILTER (score <= {rules.low_score}) / count(*) AS low_share
        FROM ({queries}) WHERE level = 'all' OR name IS NOT NULL
        GROUP BY ALL ORDER BY level_no, name, question, area"""
    )
    context.engine.register("satisfaction_frame", _with_intervals(scores, rules.minimum))
    context.create("satisfaction", "FROM satisfaction_frame")
    _create_drivers(context, rules)


def _create_people(context: RunContext, rules: SatisfactionRules) -> None:
    """`survey_people`: a row per person, question (overall, area, or the mean of the areas) and area, with the mean
    score and number of answers; tier, group and region where they are known.
    """
    overall = ", ".join(literal(name.lower()) for name in rules.overall)
    start, end = context.as_of.back(rules.months - 1).start, context.as_of.end
    answers = (
        f"SELECT subscriber_id, CASE WHEN lower(trim(area)) NOT IN ({overall}) THEN trim(area) END AS area, score "
        f"FROM events WHERE kind = 'survey' AND score IS NOT NULL AND time >= TIMESTAMP '{start}' "
        f"AND time < TIMESTAMP '{end}'"
    )
    people = (
        f"SELECT subscriber_id, CASE WHEN area IS NULL THEN 'overall' ELSE 'area' END AS question, area, "
        f"avg(score::DECIMAL(9, 4)) AS score, count(*) AS answers FROM ({answers}) GROUP BY ALL"
    )
    mean = (
        "SELECT subscriber_id, 'mean' AS question, NULL::VARCHAR AS area, avg(score::DECIMAL(18, 9)) AS score, "
        "sum(answers)::BIGINT AS answers FROM people WHERE question = 'area' GROUP BY subscriber_id"
    )
    context.create(
        "survey_people",
        f"WITH people AS ({people}) SELECT * FROM (FROM people UNION ALL {mean}) {level_joins(context)}",
    )


def _with_intervals(scores: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Scores with their 95% intervals, cut at the ends of the scale; of too few people nothing but their number."""
    few = scores["people"] < minimum
    ends = [
        (None, None) if hidden else of_mean(score, deviation, int(n))
        for hidden, score, deviation, n in zip(few, scores.score, scores.deviation, scores.people, strict=True)
    ]
    scores["score_low"] = pd.Series([low for low, _ in ends], dtype="float64").clip(lower=LOWEST)
    scores["score_high"] = pd.Series([high for _, high in ends], dtype="float64").clip(upper=HIGHEST)
    scores.loc[few, ["score", "low_share"]] = None
    return scores.drop(columns="deviation")


def _create_drivers(context: RunContext, rules: SatisfactionRules) -> None:
    """Make `satisfaction_drivers`: a row per area; importance where enough people scored everything and the areas."""
    wanted = "SELECT area, count(*) AS people, sum(answers)::BIGINT AS answers, sum(score::DECIMAL(18, 9)) AS total"
    rows = context.engine.rows(
        f"{wanted} FROM survey_people WHERE question = 'area' GROUP BY area ORDER BY count(*) DESC, area"
    )
    scored = sum(people for _, people, _, _ in rows)
    mean = float(sum(total for *_, total in rows)) / scored if scored else 0.0
    table = pd.DataFrame(
        [
            {"area": a, "people": n, "answers": k, "score": float(s) / n, "pull": n / scored * (float(s) / n - mean)}
            for a, n, k, s in rows
        ],
        columns=["area", "people", "answers", "score", "pull"],
    )
    areas, frame = _complete(context, rules.drivers, [str(a) for a in table.area])
    made: dict[str, Any] = {}
    if areas:
        found = importance(
            frame[areas].to_numpy(float), frame["overall"].to_numpy(float), rules.drivers.resamples, context.seed
        )
        made = {name: dict(zip(areas, values, strict=True)) for name, values in found.columns.items()}
        made["together"] = dict.fromkeys(areas, len(frame))
        made["r_squared"] = dict.fromkeys(areas, found.r_squared)
    else:
        context.say("no_drivers", least=rules.drivers.minimum)
    for name in ("importance", "importance_low", "importance_high", "coefficient", "r_squared", "together"):
        table[name] = table.area.map(made.get(name, {})).astype("float64")
    few = table.people < rules.minimum
    table.loc[few, ["score", "pull"]] = None
    context.engine.register("drivers_frame", table.astype({"area": "string"}))
    context.create("satisfaction_drivers", "SELECT * REPLACE (together::BIGINT AS together) FROM drivers_frame")


def _complete(context: RunContext, rules: DriverRules, areas: list[str]) -> tuple[list[str], pd.DataFrame]:
    """The areas that enough people have scored together with everything, and these people's scores; none if too few."""
    areas = areas[: rules.most_areas]
    rows = context.engine.frame(
        "SELECT subscriber_id, coalesce(area, '') AS area, score::DOUBLE AS score FROM survey_people "
        "WHERE question <> 'mean' ORDER BY subscriber_id"
    )
    wide = rows.pivot(index="subscriber_id", columns="area", values="score").rename(columns={"": "overall_score"})
    while areas and "overall_score" in wide:
        whole = wide[[*areas, "overall_score"]].dropna().rename(columns={"overall_score": "overall"})
        if len(whole) >= rules.minimum:
            return areas, whole
        areas = areas[:-1]
    return [], wide


SATISFACTION = Analysis(
    "satisfaction",
    ("events",),
    ("satisfaction", "satisfaction_drivers"),
    compute_scores,
    uses=("value_tiers", "segments", "subscribers"),
)

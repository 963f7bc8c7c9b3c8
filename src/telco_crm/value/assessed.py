"""The subscribers that are assessed, and the profiles they fall into."""

from __future__ import annotations

import numpy as np
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import number
from telco_crm.value.lives import contract_state, index_of, levels_sql, month_index
from telco_crm.worth import WorthRules

KEYS = ("months", "contract_left", "brand", "band", "group_id")
CODES = {"months": -1, "band": -9, "group_id": -9}  # not known


def create_assessed(context: RunContext, rules: WorthRules) -> None:
    """Make `assessed`: everybody who has not left, with what tells lifetimes apart and the number of the profile.

    Months on network beyond the last step are all alike, and so are contracts that ended long ago or run beyond the
    horizon.
    """
    end = f"DATE '{context.as_of.end}'"
    gone = ""
    if context.has("leavers"):
        gone = f" AND subscriber_id NOT IN (SELECT subscriber_id FROM leavers WHERE left_on < {end})"
    groups, group = "", f'NULL::VARCHAR AS "group", {CODES["group_id"]}::BIGINT AS group_id'
    if context.has("grouped"):
        groups = 'LEFT JOIN (SELECT subscriber_id, "group", group_id AS found FROM grouped) USING (subscriber_id)'
        group = '"group", coalesce(found, -1)::BIGINT AS group_id'
    band = "coalesce(band, -1)" if context.has("arpu") else CODES["band"]
    left = f"{month_index('contract_end')} - {index_of(context.as_of)}"
    bounds = f"least(greatest(coalesce({left}, -99), {-rules.ended_months}), {rules.horizon_months + 1})"
    alike = (
        f"least(months, {rules.tenure_steps[-1]}) AS m, contract_left AS c, coalesce(brand_name, '') AS brand, "
        "band AS b, group_id AS g"
    )
    context.create(
        "assessed",
        f"""
        WITH found AS (
            SELECT subscriber_id, brand AS brand_name, coalesce(months_on_network, -1)::BIGINT AS months,
                   {bounds}::BIGINT AS contract_left, {band}::BIGINT AS band, {group},
                   coalesce(level, {number(rules.arpu_steps[0])}) AS level
            FROM people LEFT JOIN ({levels_sql(context, rules, context.as_of)}) USING (subscriber_id) {groups}
            WHERE NOT has_left{gone}),
        keyed AS (SELECT *, {alike} FROM found)
        SELECT * EXCLUDE (m, c, b, g), {_states(rules)} AS contract_state,
               dense_rank() OVER (ORDER BY m, c, brand, b, g) AS profile FROM keyed""",
    )


def profiles_of(context: RunContext, rules: WorthRules) -> pd.DataFrame:
    """One row per profile: KEYS (NaN: not known), profile, n, sums of level and of its square, and the segments of the
    first month ahead. Sums are exact, so that they do not depend on threads.
    """
    frame = context.engine.frame(
        f"""
        SELECT profile, least(any_value(months), {rules.tenure_steps[-1]})::DOUBLE AS months,
               any_value(contract_left)::DOUBLE AS contract_left, any_value(brand) AS brand,
               any_value(band)::DOUBLE AS band, any_value(group_id)::DOUBLE AS group_id, count(*) AS n,
               sum(level::DECIMAL(18,6))::DOUBLE AS level, sum((level * level)::DECIMAL(28,4))::DOUBLE AS level2
        FROM assessed GROUP BY profile ORDER BY profile"""
    )
    for name, unknown in CODES.items():
        frame[name] = frame[name].where(frame[name] != unknown, np.nan)
    frame["brand"] = frame["brand"].where(frame["brand"] != "", None)
    frame["all"] = 0
    steps = np.searchsorted(rules.tenure_steps, frame["months"].to_numpy(float), side="right").astype(float)
    frame["tenure"] = np.where(frame["months"].isna(), np.nan, steps)
    left = frame["contract_left"] - 1
    frame["contract"] = np.select([left >= 0, left >= -rules.ended_months], [2, 1], 0)
    return frame


def _states(rules: WorthRules) -> str:
    state = contract_state(rules, "(contract_left - 1)")
    return f"CASE {state} WHEN 2 THEN 'running' WHEN 1 THEN 'ended' ELSE 'none' END"

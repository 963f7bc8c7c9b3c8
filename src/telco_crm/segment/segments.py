"""The segments table: every subscriber with ARPU band and behavioural group."""

from __future__ import annotations

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal

NO_BANDS = (
    "(SELECT *, NULL::DOUBLE AS arpu_mean, NULL::VARCHAR AS arpu_band, NULL::VARCHAR AS arpu_mean_band, "
    "NULL::VARCHAR AS policy_band FROM people)"
)
NO_GROUPS = (
    '(SELECT NULL::VARCHAR AS subscriber_id, NULL::INTEGER AS group_id, NULL::VARCHAR AS "group", '
    "NULL::DOUBLE AS group_probability, NULL::VARCHAR AS second_group, NULL::DOUBLE AS second_probability, "
    "NULL::VARCHAR AS group_class, NULL::BOOLEAN AS group_uncertain LIMIT 0)"
)
NO_RECORDS = (
    "(SELECT NULL::VARCHAR AS subscriber_id, NULL::BIGINT AS birth_year, NULL::VARCHAR AS services, "
    "NULL::BOOLEAN AS bundle LIMIT 0)"
)


def compute_segments(context: RunContext) -> None:
    """Make `segments` from what there is: bands need bills, groups need usage."""
    bands = "banded" if context.has("banded") else NO_BANDS
    groups = "grouped" if context.has("grouped") else NO_GROUPS
    records = "(SELECT subscriber_id, birth_year, services, bundle FROM subscribers)"
    context.create(
        "segments",
        f"""
        SELECT subscriber_id, {literal(str(context.as_of))} AS month, arpu, arpu_band, group_id, "group",
               months_on_network, brand, region,
               arpu_mean, arpu_mean_band, policy_band, group_probability, second_group, has_left,
               second_probability, group_class, group_uncertain, status, plan, contract_end, vip_card,
               activated_on, gender, birth_year, services, bundle
        FROM {bands} LEFT JOIN {groups} USING (subscriber_id)
        LEFT JOIN {records if context.has("subscribers") else NO_RECORDS} USING (subscriber_id)""",
    )


SEGMENTS = Analysis(
    "segments",
    ("people",),
    ("segments",),
    uses=("banded", "grouped", "subscribers"),
    each=compute_segments,
    makes=("segments",),
)

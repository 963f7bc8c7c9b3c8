"""What surveys and complaints are shown by: everybody, value tier, behavioural group, region."""

from __future__ import annotations

from telco_crm.analysis import RunContext

# Level → a column of rows joined with `level_joins`.
LEVELS = {"all": "NULL::VARCHAR", "tier": "tier", "group": "group_name", "region": "region"}


def level_joins(context: RunContext) -> str:
    """SQL: joins that give every subscriber_id its tier, group_name and region, NULL where they are not known."""
    joined = {
        "tier": "SELECT subscriber_id, tier_name AS tier FROM value_tiers" if context.has("value_tiers") else "",
        "group_name": 'SELECT subscriber_id, "group" AS group_name FROM segments' if context.has("segments") else "",
        "region": "SELECT subscriber_id, region FROM subscribers" if context.has("subscribers") else "",
    }
    unknown = "SELECT '' AS subscriber_id, NULL::VARCHAR AS {column} LIMIT 0"
    return " ".join(
        f"LEFT JOIN ({sql or unknown.format(column=column)}) USING (subscriber_id)" for column, sql in joined.items()
    )

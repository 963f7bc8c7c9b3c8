"""Movement between two periods: who stayed, moved, joined and left, by group and by class (domain section 3).

Works on the tables `before` and `after`: subscriber_id, month, group_id, group, group_class, arpu (any but the first
may be NULL), one row per subscriber on the books.
"""

from __future__ import annotations

from typing import Any

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import literal
from telco_crm.labels import text

LEVELS = {"group": ("group_id", '"group"'), "class": ("NULL", "group_class")}
MEAN = "(sum({0}) / nullif(count({0}), 0))::DOUBLE"


def create_migration(engine: Engine, lang: str) -> None:
    """Make `migration` (one row per flow) and `migration_balance` (one row per group and class).

    A flow goes from a group to a group; it begins nowhere for those who joined and ends nowhere for those who left.
    """
    flows, balances = [], []
    for level, (number, name) in LEVELS.items():
        if level == "class" and not engine.rows("SELECT 1 FROM before WHERE group_class IS NOT NULL LIMIT 1"):
            continue
        pairs = f"migration_{level}"
        engine.run(f"CREATE OR REPLACE TABLE {pairs} AS {_pairs(number, name, lang)}")
        flows.append(_flows(level, pairs))
        balances.append(_balance(level, pairs))
    months = "(SELECT max(month) FROM before) AS from_month, (SELECT max(month) FROM after) AS to_month"
    for name, parts in (("migration", flows), ("migration_balance", balances)):
        engine.run(f"CREATE OR REPLACE TABLE {name} AS SELECT *, {months} FROM ({' UNION ALL '.join(parts)})")


def summary(engine: Engine) -> dict[str, Any]:
    """Head counts of the whole movement."""
    sql = "SELECT kind, sum(subscribers)::BIGINT FROM migration WHERE level = 'group' GROUP BY kind"
    counts = {"stayed": 0, "moved": 0, "joined": 0, "left": 0, **dict(engine.rows(sql))}
    return {**counts, "before": counts["stayed"] + counts["moved"] + counts["left"],
            "after": counts["stayed"] + counts["moved"] + counts["joined"]}  # fmt: skip


def _pairs(number: str, name: str, lang: str) -> str:
    """One row per subscriber: where they were and where they are."""
    none = literal(text("migration.no_group", lang))
    side = (
        f"SELECT subscriber_id, {number}::BIGINT AS number, coalesce({name}, {none}) AS name, "
        "arpu::DECIMAL(18,6) AS arpu FROM {0}"
    )
    return f"""
        SELECT a.number AS from_id, a.name AS from_name, a.arpu AS arpu_from,
               b.number AS to_id, b.name AS to_name, b.arpu AS arpu_to,
               CASE WHEN a.name IS NULL THEN 'joined' WHEN b.name IS NULL THEN 'left'
                    WHEN (a.number, a.name) IS NOT DISTINCT FROM (b.number, b.name) THEN 'stayed'
                    ELSE 'moved' END AS kind
        FROM ({side.format("before")}) a FULL JOIN ({side.format("after")}) b USING (subscriber_id)"""


def _flows(level: str, pairs: str) -> str:
    return f"""
        SELECT {literal(level)} AS level, from_id, from_name, to_id, to_name, kind, count(*) AS subscribers,
               CASE WHEN from_name IS NOT NULL THEN count(*) / sum(count(*)) OVER (PARTITION BY from_id, from_name) END
                   AS share_of_from,
               CASE WHEN to_name IS NOT NULL THEN count(*) / sum(count(*)) OVER (PARTITION BY to_id, to_name) END
                   AS share_of_to,
               {MEAN.format("arpu_from")} AS arpu_from, {MEAN.format("arpu_to")} AS arpu_to,
               {MEAN.format("arpu_to")} - {MEAN.format("arpu_from")} AS arpu_difference
        FROM {pairs} GROUP BY from_id, from_name, to_id, to_name, kind"""


def _balance(level: str, pairs: str) -> str:
    """What goes out and comes in, by group; those who stayed are counted once."""
    stays = ", ".join(
        f"count_if(kind = '{kind}' AND {side}) AS {name}"
        for name, kind, side in (
            ("stayed", "stayed", "here"),
            ("moved_out", "moved", "here"),
            ("left_network", "left", "here"),
            ("moved_in", "moved", "NOT here"),
            ("joined_network", "joined", "NOT here"),
        )
    )
    both = (
        f"SELECT from_id AS id, from_name AS name, kind, true AS here, arpu_from AS old, arpu_to AS new FROM {pairs} "
        "WHERE from_name IS NOT NULL UNION ALL "
        f"SELECT to_id, to_name, kind, false, arpu_from, arpu_to FROM {pairs} WHERE to_name IS NOT NULL"
    )
    old, new = ("CASE WHEN here THEN old END", "CASE WHEN NOT here THEN new END")
    return f"""
        SELECT {literal(level)} AS level, id, name, count_if(here) AS before, count_if(NOT here) AS after, {stays},
               count_if(kind = 'stayed' AND here) / nullif(count_if(here), 0) AS retention_rate,
               count_if(NOT here) - count_if(here) AS net,
               {MEAN.format(old)} AS arpu_before, {MEAN.format(new)} AS arpu_after,
               {MEAN.format(new)} / nullif({MEAN.format(old)}, 0) - 1 AS arpu_change
        FROM ({both}) GROUP BY id, name"""

"""Whether the tables fit together: months side by side, usage without bills and the reverse, bill items against
totals.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from telco_crm.engine.base import Engine
from telco_crm.ingest.store import UsageRows

ITEMS = ("rent", "local", "toll", "roaming", "sms", "data", "vas")


def reconcile(engine: Engine, tables: Set[str], usage: UsageRows | None) -> list[tuple[Any, ...]]:
    """(what, figure) pairs in plain words, for those checks that the tables at hand allow."""
    found: list[tuple[Any, ...]] = []
    if usage:
        found += _usage_months(engine, usage)
    if "bills" in tables:
        found += [
            (f"bills of {m}", f"{n:,}, total {total:,.2f}")
            for m, n, total in engine.rows(
                "SELECT month, count(*), sum(total) FROM bills GROUP BY month ORDER BY month"
            )
        ]
        found += _bill_items(engine)
    if usage and "subscribers" in tables:
        without = f"SELECT count(DISTINCT subscriber_id) FROM {usage.ids()} ANTI JOIN subscribers USING (subscriber_id)"
        count = engine.rows(without)[0][0]
        found.append(("subscribers with usage but without a record", f"{count:,}"))
    if {"bills", "subscribers"} <= tables:
        count = engine.rows(
            "SELECT count(DISTINCT subscriber_id) FROM bills ANTI JOIN subscribers USING (subscriber_id)"
        )[0][0]
        found.append(("subscribers with bills but without a record", f"{count:,}"))
    return found


def _usage_months(engine: Engine, usage: UsageRows) -> list[tuple[Any, ...]]:
    every = " UNION ALL ".join(f"FROM {usage.of_month(month)}" for month in usage.months())
    rows = engine.rows(f"""
        SELECT month, count(*), count(DISTINCT sid), strftime(make_timestamp(min(second) * 1000000), '%Y-%m-%d'),
               strftime(make_timestamp(max(second) * 1000000), '%Y-%m-%d')
        FROM ({every}) GROUP BY month ORDER BY month""")
    found: list[tuple[Any, ...]] = [
        (f"usage of {m // 100}-{m % 100:02d}", f"records {n:,}, subscribers {people:,}, {first} to {last}")
        for m, n, people, first, last in rows
    ]
    numbers = [m // 100 * 12 + m % 100 for m, *_ in rows]
    for before, after, row in zip(numbers, numbers[1:], rows[1:], strict=False):
        if after - before > 1:
            found.append(
                (
                    f"gap before {row[0] // 100}-{row[0] % 100:02d}",
                    f"{after - before - 1} months without any usage"
                    + ("; are the clocks right?" if after - before > 12 else ""),
                )
            )
    return found


def _bill_items(engine: Engine) -> list[tuple[Any, ...]]:
    """How many bills add up, counted where at least one item is given."""
    items = " + ".join(f"coalesce({i}, 0)" for i in ITEMS) + " - coalesce(discount, 0)"
    given, plain, late = engine.rows(f"""
        SELECT count(*), count_if(abs(total - ({items})) < 0.01),
               count_if(abs(total - ({items}) - coalesce(late_fee, 0)) < 0.01)
        FROM bills WHERE coalesce({", ".join(ITEMS)}) IS NOT NULL""")[0]
    if not given:
        return []
    found: list[tuple[Any, ...]] = [("bills whose items and late fee add up to the total", f"{late:,} of {given:,}")]
    if plain > late:
        found.append(
            (
                "bills that add up only without the late fee",
                f'{plain - late:,}: the totals seem to leave late fees out; then set [features.arpu] bill = "total"',
            )
        )
    return found

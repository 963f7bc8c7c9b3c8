"""Whether the tables fit together: months side by side, usage without bills and the reverse, bill items against
totals.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from telco_crm.engine.base import Engine
from telco_crm.ingest.store import UsageRows
from telco_crm.labels import text

ITEMS = ("rent", "local", "toll", "roaming", "sms", "data", "vas")
Pair = tuple[str, str]


def reconcile(engine: Engine, tables: Set[str], usage: UsageRows | None, lang: str) -> list[Pair]:
    """(what, figure) pairs in plain words, for those checks that the tables at hand allow."""
    found: list[Pair] = []
    if usage:
        found += _usage_months(engine, usage, lang)
    if "bills" in tables:
        months = engine.rows("SELECT month, count(*), sum(total) FROM bills GROUP BY month ORDER BY month")
        found += [_pair("bills", lang, month=m, n=n, total=total) for m, n, total in months]
        found += _bill_items(engine, lang)
    for table, people in {"usage": usage.ids() if usage else "", "bills": "bills" if "bills" in tables else ""}.items():
        if people and "subscribers" in tables:
            sql = f"SELECT count(DISTINCT subscriber_id) FROM {people} ANTI JOIN subscribers USING (subscriber_id)"
            found.append((_words(f"{table}_without_record", lang), f"{engine.rows(sql)[0][0]:,}"))
    return found


def _usage_months(engine: Engine, usage: UsageRows, lang: str) -> list[Pair]:
    every = " UNION ALL ".join(f"FROM {usage.of_month(month)}" for month in usage.months())
    rows = engine.rows(f"""
        SELECT month, count(*), count(DISTINCT sid), strftime(make_timestamp(min(second) * 1000000), '%Y-%m-%d'),
               strftime(make_timestamp(max(second) * 1000000), '%Y-%m-%d')
        FROM ({every}) GROUP BY month ORDER BY month""")
    names = [f"{m // 100}-{m % 100:02d}" for m, *_ in rows]
    found = [
        _pair("usage", lang, month=month, n=n, people=people, first=first, last=last)
        for month, (_, n, people, first, last) in zip(names, rows, strict=True)
    ]
    numbers = [m // 100 * 12 + m % 100 for m, *_ in rows]
    for before, after, month in zip(numbers, numbers[1:], names[1:], strict=False):
        if (gap := after - before - 1) > 0:
            told = _words("clocks" if gap >= 12 else "gap_found", lang, n=gap)
            found.append((_words("gap", lang, month=month), told))
    return found


def _bill_items(engine: Engine, lang: str) -> list[Pair]:
    """How many bills add up, counted where at least one item is given."""
    items = " + ".join(f"coalesce({i}, 0)" for i in ITEMS) + " - coalesce(discount, 0)"
    given, plain, late = engine.rows(f"""
        SELECT count(*), count_if(abs(total - ({items})) < 0.01),
               count_if(abs(total - ({items}) - coalesce(late_fee, 0)) < 0.01)
        FROM bills WHERE coalesce({", ".join(ITEMS)}) IS NOT NULL""")[0]
    if not given:
        return []
    found = [_pair("items", lang, n=late, of=given)]
    return [*found, _pair("no_late_fee", lang, n=plain - late)] if plain > late else found


def _pair(key: str, lang: str, **values: Any) -> Pair:
    return _words(key, lang, **values), _words(f"{key}_found", lang, **values)


def _words(key: str, lang: str, **values: Any) -> str:
    return text(f"reconcile.{key}", lang, **values)

"""Usage that was delivered twice: rows of a month that more than one file has."""

from __future__ import annotations

import math
from collections.abc import Sequence

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.ingest.store import StoredSource
from telco_crm.months import Month

FACT = "audit_shared"
ROWS_AT_ONCE = 4_500_000
ROW = "sid, second, cp, kind, duration_s, volume_bytes, charge"
# Number of a source → first and last second at which it may share rows with another one.
Shared = dict[int, tuple[int, int]]


def note_shared(context: RunContext) -> None:
    """Note for each month which files may share rows: those whose rows lie within the same time."""
    context.facts[FACT] = {}
    for month in context.months if context.usage else ():
        sources = _sources(context, month)
        if len(sources) < 2:
            continue
        query = f"SELECT min(second), max(second) FROM {{}} WHERE month = {month.number}"
        spans = {number: context.engine.rows(query.format(_files(source)))[0] for number, source in sources.items()}
        if shared := _shared(spans):
            context.facts[FACT][str(month)] = shared


def find_repeats(context: RunContext) -> None:
    """Make `usage_repeats`: month, one and other (numbers of sources), and n, how many rows of other one has, too."""
    context.create("usage_repeats", "SELECT '' AS month, 0 AS one, 0 AS other, 0::BIGINT AS n LIMIT 0")
    for month, shared in context.facts[FACT].items():
        sources = _sources(context, Month(month))
        rows = sum(sources[number].months[month] for number in shared) / context.part.of
        for part in context.part.divided(math.ceil(rows / ROWS_AT_ONCE)):
            within = " UNION ALL ".join(
                f"SELECT {number} AS source, {ROW} FROM {_files(sources[number])} WHERE month = {Month(month).number} "
                f"AND second BETWEEN {first} AND {last} AND {part.holds('sid')}"
                for number, (first, last) in shared.items()
            )
            context.engine.run(
                f"INSERT INTO usage_repeats SELECT {literal(month)}, one, other, sum(n) FROM (SELECT min(source) "
                f"AS one, max(source) AS other, count(*) - 1 AS n FROM ({within}) GROUP BY {ROW} HAVING one < other) "
                "GROUP BY one, other"
            )


def name_repeats(context: RunContext) -> None:
    """Make `audit_overlaps`: who (the file that comes later), month, other (the file before it) and n."""
    sources = context.usage.sources if context.usage else ()
    names = ", ".join(f"({number}, {literal(source.file)})" for number, source in enumerate(sources)) or "(0, '')"
    context.create(
        "audit_overlaps",
        f"""
        WITH files(number, name) AS (VALUES {names})
        SELECT parse_filename(b.name) AS who, month, parse_filename(a.name) AS other, sum(n)::BIGINT AS n
        FROM usage_repeats JOIN files a ON a.number = one JOIN files b ON b.number = other GROUP BY ALL""",
    )


def _sources(context: RunContext, month: Month) -> dict[int, StoredSource]:
    sources: Sequence[StoredSource] = context.usage.sources if context.usage else ()
    return {number: source for number, source in enumerate(sources) if str(month) in source.months}


def _files(source: StoredSource) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in source.rows)}])"


def _shared(spans: dict[int, tuple[int, int]]) -> Shared:
    """Of each source the time within which others have rows, too."""
    found: Shared = {}
    for number, (first, last) in spans.items():
        common = [
            (max(first, begin), min(last, end))
            for other, (begin, end) in spans.items()
            if other != number and begin <= last and first <= end
        ]
        if common:
            found[number] = (min(begin for begin, _ in common), max(end for _, end in common))
    return found

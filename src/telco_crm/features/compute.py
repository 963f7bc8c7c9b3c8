"""From typed tables to the feature table: one row per subscriber and month, month by month and bucket by bucket.

Memory is bounded by one bucket of one month (usage) and one month of one row per subscriber (the rest).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import InputError
from telco_crm.features.catalog import Catalog
from telco_crm.features.usage import usage_query
from telco_crm.ingest.store import UsageRows, keep, read_kept
from telco_crm.months import Month
from telco_crm.progress import Progress, Silent

USAGE_SOURCES = ("measure", "rows", "contacts")
CODE = 1  # counted up when the meaning of a definition changes, so that features kept from before are not used
ROWS_PER_RANGE = 1_500_000  # usage rows of one month that are worked on at a time
HASHES = 1 << 64
COUNTED = {"records", "first_half", "minutes", "fee", "mb", "days"}  # measures that are 0 without any record


@dataclass(frozen=True)
class FeatureJob:
    """What features are made from: the catalogue, the engine tables at hand, the usage folder if there is usage.

    `out` is where the feature files go.
    """

    engine: Engine
    catalog: Catalog
    tables: Set[str]
    usage: UsageRows | None
    out: Path
    progress: Progress = field(default_factory=Silent)


def compute_features(job: FeatureJob) -> list[Month]:
    """Write the features of every month with usage or bills and make them known as table `features`.

    Columns: subscriber_id, month, then every feature of the catalogue in order, NULL where its table is missing.
    Rows: every subscriber with a usage record or a bill in the month. Returns the months.
    """
    usage_months = list(job.usage.months()) if job.usage else []
    bill_months = (
        [Month(r[0]) for r in job.engine.rows("SELECT DISTINCT month FROM bills")] if "bills" in job.tables else []
    )
    months = sorted({*usage_months, *bill_months})
    (job.out / "features").mkdir(parents=True)
    if job.usage:
        _load_ids(job.engine, job.usage)
        job.progress.phase("features", sum(job.usage.months().values()))
    for month in months:
        usage = _usage_features(job, job.usage, month) if job.usage and month in usage_months else None
        query = _month_query(job, month, usage)
        path = job.out / "features" / f"{month}.parquet"
        job.engine.run(f"COPY ({query} ORDER BY subscriber_id) TO {literal(str(path))} (FORMAT parquet)")
    source = (
        f"read_parquet({literal(str(job.out / 'features' / '*.parquet'))})" if months else _no_features(job.catalog)
    )
    job.engine.run(f"CREATE OR REPLACE VIEW features AS SELECT * FROM {source}")
    return months


def _load_ids(engine: Engine, usage: UsageRows) -> None:
    """Table `subscriber_ids`: sid and subscriber_id. Two identifiers of one hash would be taken for one subscriber."""
    engine.run(f"CREATE OR REPLACE TABLE subscriber_ids AS FROM {usage.ids()}")
    clash = engine.rows(
        "SELECT min(subscriber_id), max(subscriber_id) FROM subscriber_ids GROUP BY sid HAVING count(*) > 1"
    )
    if clash:
        one, other = clash[0]
        raise InputError(f"usage: the identifiers {one} and {other} have the same hash; change one of them")


def _usage_features(job: FeatureJob, usage: UsageRows, month: Month) -> str:
    """FROM item with one row per subscriber of the month: its sid and usage features, kept for later runs.

    The subscribers are taken range by range of their hashes, so that memory stays bounded. Two ranges are worked on at
    a time: while one is summed in the engine, the other is finished in NumPy.
    """
    kept = usage.kept / f"{month}-{_identity(job.catalog, usage, month)}"
    files = f"read_parquet({literal(str(kept / '*.parquet'))})"
    count = usage.months()[month]
    if read_kept(kept):
        job.progress.advance(count, 0)
        return files
    new = usage.kept / f".new-{kept.name}-{os.getpid()}"
    new.mkdir()
    ranges = math.ceil(count / ROWS_PER_RANGE)
    rows = usage.of_month(month)

    def work(number: int) -> None:
        engine = job.engine.session()
        low, high = number * HASHES // ranges, (number + 1) * HASHES // ranges - 1
        inside = f"(SELECT * FROM {rows} WHERE sid >= {low}::UBIGINT AND sid <= {high}::UBIGINT)"
        target = literal(str(new / f"{number:05d}.parquet"))
        engine.run(f"COPY ({usage_query(engine, job.catalog, inside, month)}) TO {target} (FORMAT parquet)")
        job.progress.advance(count / ranges, count // ranges)

    try:
        with ThreadPoolExecutor(min(2, job.engine.threads)) as pool:
            list(pool.map(work, range(ranges)))
        keep(new, kept, usage.identity(month))
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return files


def _identity(catalog: Catalog, usage: UsageRows, month: Month) -> str:
    """What the usage features of a month depend on: their definitions, the words in them, and the rows."""
    defined = {n: f.model_dump(mode="json") for n, f in catalog.features.items() if f.source in USAGE_SOURCES}
    words = catalog.vocabulary.model_dump(mode="json")
    text = json.dumps([CODE, defined, words, usage.identity(month)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _month_query(job: FeatureJob, month: Month, usage: str | None) -> str:
    parts = {
        "u": f"(SELECT * FROM {usage} JOIN subscriber_ids USING (sid))" if usage else None,
        "b": _bills(job, month),
        "e": _events(job, month),
        "r": _records(job, month),
    }
    spine = " UNION ".join(f"SELECT subscriber_id FROM {parts[p]}" for p in "ub" if parts[p])
    joins = " ".join(f"LEFT JOIN {sql} {name} USING (subscriber_id)" for name, sql in parts.items() if sql)
    columns = [
        f"{_column(job.catalog, name, parts)} AS {identifier(name)}"
        for name, f in job.catalog.features.items()
        if f.source != "value"
    ]
    values = [f"({f.value})::DOUBLE AS {identifier(name)}" for name, f in job.catalog.of("value").items()]
    base = f"SELECT subscriber_id, {', '.join(columns)} FROM ({spine}) {joins}"
    names = ", ".join(map(identifier, job.catalog.features))
    inner = f"SELECT *, {', '.join(values)} FROM ({base})" if values else base
    return f"SELECT subscriber_id, {literal(str(month))} AS month, {names} FROM ({inner})"


def _column(catalog: Catalog, name: str, parts: dict[str, str | None]) -> str:
    feature = catalog.features[name]
    part = {"bill": "b", "events": "e", "record": "r"}.get(feature.source, "u")
    if parts[part] is None:
        return f"CAST(NULL AS {catalog.unit_type(name)})"
    empty = 0 if feature.measure in COUNTED else feature.empty
    value = f"{part}.{identifier(name)}"
    return value if empty is None else f"coalesce({value}, {empty})"


def _bills(job: FeatureJob, month: Month) -> str | None:
    if "bills" not in job.tables:
        return None
    wanted = "".join(f", ({f.bill})::DOUBLE AS {identifier(n)}" for n, f in job.catalog.of("bill").items())
    return f"(SELECT subscriber_id{wanted} FROM bills WHERE month = {literal(str(month))})"


def _events(job: FeatureJob, month: Month) -> str | None:
    if "events" not in job.tables:
        return None
    wanted = "".join(f", ({f.events})::DOUBLE AS {identifier(n)}" for n, f in job.catalog.of("events").items())
    inside = f"time >= DATE '{month.start}' AND time < DATE '{month.end}'"
    rows = f"(SELECT *, DATE '{month.end}' AS month_end FROM events WHERE {inside})"
    return f"(SELECT subscriber_id{wanted} FROM {rows} GROUP BY subscriber_id)"


def _records(job: FeatureJob, month: Month) -> str | None:
    if "subscribers" not in job.tables:
        return None
    wanted = "".join(
        f", CAST({f.record} AS {job.catalog.unit_type(n)}) AS {identifier(n)}"
        for n, f in job.catalog.of("record").items()
    )
    return f"(SELECT subscriber_id{wanted} FROM (SELECT *, DATE '{month.end}' AS month_end FROM subscribers))"


def _no_features(catalog: Catalog) -> str:
    columns = ", ".join(f"CAST(NULL AS {catalog.unit_type(n)}) AS {identifier(n)}" for n in catalog.features)
    return f"(SELECT '' AS subscriber_id, '' AS month, {columns} LIMIT 0)"

"""From typed tables to the feature table: one row per subscriber and month, month by month and bucket by bucket.

Memory is bounded by one bucket of one month (usage) and one month of one row per subscriber (the rest).
"""

from __future__ import annotations

from collections.abc import Callable, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import InputError
from telco_crm.features.catalog import Catalog
from telco_crm.features.usage import usage_query
from telco_crm.months import Month

COUNTED = {"records", "first_half", "minutes", "fee", "mb", "days"}  # measures that are 0 without any record


@dataclass(frozen=True)
class FeatureJob:
    """What features are made from: the catalogue, the engine tables at hand, the usage folder if there is usage.

    `out` is where the feature files go; `done` is told of every finished month.
    """

    engine: Engine
    catalog: Catalog
    tables: Set[str]
    usage: Path | None
    out: Path
    done: Callable[[Month], None] = lambda month: None


def compute_features(job: FeatureJob) -> list[Month]:
    """Write the features of every month with usage or bills and make them known as table `features`.

    Columns: subscriber_id, month, then every feature of the catalogue in order, NULL where its table is missing.
    Rows: every subscriber with a usage record or a bill in the month. Returns the months.
    """
    usage_months = months_of_usage(job.usage) if job.usage else []
    bill_months = (
        [Month(r[0]) for r in job.engine.rows("SELECT DISTINCT month FROM bills")] if "bills" in job.tables else []
    )
    months = sorted({*usage_months, *bill_months})
    (job.out / "features").mkdir(parents=True)
    if job.usage:
        _load_ids(job.engine, job.usage)
    for month in months:
        usage = _usage_features(job, job.usage, month) if job.usage and month in usage_months else None
        query = _month_query(job, month, usage)
        path = job.out / "features" / f"{month}.parquet"
        job.engine.run(f"COPY ({query} ORDER BY subscriber_id) TO {literal(str(path))} (FORMAT parquet)")
        job.done(month)
    source = (
        f"read_parquet({literal(str(job.out / 'features' / '*.parquet'))})" if months else _no_features(job.catalog)
    )
    job.engine.run(f"CREATE OR REPLACE VIEW features AS SELECT * FROM {source}")
    return months


def _load_ids(engine: Engine, usage: Path) -> None:
    """Table `subscriber_ids`: sid and subscriber_id. Two identifiers of one hash would be taken for one subscriber."""
    files = literal(str(usage / "ids" / "*.parquet"))
    engine.run(
        f"CREATE OR REPLACE TABLE subscriber_ids AS SELECT DISTINCT sid, subscriber_id FROM read_parquet({files})"
    )
    clash = engine.rows(
        "SELECT min(subscriber_id), max(subscriber_id) FROM subscriber_ids GROUP BY sid HAVING count(*) > 1"
    )
    if clash:
        one, other = clash[0]
        raise InputError(f"usage: the identifiers {one} and {other} have the same hash; change one of them")


def months_of_usage(root: Path) -> list[Month]:
    """The months that a usage folder holds rows of."""
    return sorted(Month.of(int(p.name.split("=")[1])) for p in (root / "rows").glob("month=*"))


def _usage_features(job: FeatureJob, root: Path, month: Month) -> str:
    """FROM item with one row per subscriber of the month: its sid and usage features.

    Two buckets are worked on at a time: while one is summed in the engine, the other is finished in NumPy.
    """
    out = job.out / "usage" / str(month)
    out.mkdir(parents=True)

    def work(bucket: Path) -> None:
        engine = job.engine.session()
        rows = f"read_parquet({literal(str(bucket / '*.parquet'))}, hive_partitioning=false)"
        target = literal(str(out / f"{bucket.name}.parquet"))
        engine.run(f"COPY ({usage_query(engine, job.catalog, rows, month)}) TO {target} (FORMAT parquet)")

    with ThreadPoolExecutor(min(2, job.engine.threads)) as pool:
        list(pool.map(work, sorted((root / "rows" / f"month={month.number}").iterdir())))
    return f"read_parquet({literal(str(out / '*.parquet'))})"


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

"""From typed tables to the feature table: one row per subscriber and month, month by month and bucket by bucket.

Memory is bounded by one bucket of one month (usage) and one month of one row per subscriber (the rest).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.engine.workers import Part, Workers
from telco_crm.errors import InputError
from telco_crm.features.catalog import Catalog
from telco_crm.features.usage import contacts_query, usage_query
from telco_crm.ingest.store import CONTACTS, UsageRows, keep, read_kept
from telco_crm.months import Month
from telco_crm.progress import Progress, Silent

USAGE_SOURCES = ("measure", "rows", "contacts")
CODE = 4  # counted up when the meaning of a definition changes, so that features kept from before are not used
ROWS_PER_RANGE = 1_700_000  # usage rows of one month that are worked on at a time
ROWS_TOGETHER = 200_000  # rows of features (a subscriber's month each) put together at a time, for the memory
ROW_GROUP = 24_576  # rows of features; the threads write groups side by side
FEATURES = "features-"
FEATURES_FORMAT = f"FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1000, ROW_GROUP_SIZE {ROW_GROUP}"
KEPT_FORMAT = "FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"
COUNTED = {"records", "first_half", "minutes", "fee", "mb", "days"}  # measures that are 0 without any record


@dataclass(frozen=True)
class FeatureJob:
    """What features are made from: who makes them, the catalogue, the tables at hand, the packed rows if there is
    usage.

    `out` is a folder where the feature files go; it is made here. `with_events` adds rows of subscribers who had
    nothing but service events in a month. Analyses do without: for them a row is a sign that somebody was there.
    """

    workers: Workers
    catalog: Catalog
    tables: Set[str]
    usage: UsageRows | None
    out: Path
    progress: Progress = field(default_factory=Silent)
    with_events: bool = False


@dataclass(frozen=True)
class RangeTask:
    """Usage features of one month and one range of subscribers, from FROM item `rows` into files in `folder`."""

    month: Month
    rows: str
    part: Part
    folder: Path


@dataclass(frozen=True)
class MonthParts:
    """What the features of some months are joined from: for `usage` FROM items with a row per sid, which all of the
    months have or none; whether there are the other tables.
    """

    months: tuple[Month, ...]
    spine: str  # the first letters of those in which every subscriber has a row
    usage: Mapping[Month, str]
    bills: bool
    events: bool
    records: bool

    def groups(self, most: int) -> list[MonthParts]:
        """The same in groups of at most `most` months."""
        groups: list[MonthParts] = []
        for known in (True, False):
            alike = [m for m in self.months if (m in self.usage) is known]
            groups += [replace(self, months=tuple(alike[at : at + most])) for at in range(0, len(alike), most)]
        return groups


def compute_features(job: FeatureJob, bill_months: Sequence[Month]) -> list[Month]:
    """Write the features of every month with usage or bills and make them known as table `features`.

    Columns: subscriber_id, month, then every feature of the catalogue in order, NULL where its table is missing.
    Rows: every subscriber with a usage record or a bill in the month (`with_events`: or an event). Returns the months.
    """
    usage_months = list(job.usage.months()) if job.usage else []
    months = sorted({*usage_months, *bill_months})
    job.out.mkdir(parents=True)
    kept = _usage_features(job, job.usage) if job.usage else {}
    spine = "ube" if job.with_events else "ub"
    has = (name in job.tables for name in ("bills", "events", "subscribers"))
    parts = MonthParts(tuple(months), spine, kept, *has)
    ids = job.usage.ids() if job.usage else None
    job.workers.each(partial(_write_months, job.catalog, parts, ids, job.out), folder=job.out)
    return months


def _usage_features(job: FeatureJob, usage: UsageRows) -> dict[Month, str]:
    """Month → FROM item with one row per subscriber: its sid and usage features, kept for later runs.

    The subscribers are taken range by range of their hashes, so that memory stays bounded.
    """
    counts = usage.months()
    job.progress.phase("features", sum(counts.values()))
    kept = {m: usage.kept / f"{m}-{_identity(job.catalog, usage, m)}" for m in counts}
    new = {m: folder.with_name(f".new-{folder.name}-{os.getpid()}") for m, folder in kept.items()}
    tasks: list[RangeTask] = []
    for month, folder in kept.items():
        if read_kept(folder):
            job.progress.advance(counts[month], 0)
            continue
        new[month].mkdir()
        ranges = 2 * math.ceil(counts[month] / 2 / ROWS_PER_RANGE)  # even: two are worked on at a time
        tasks += [RangeTask(month, usage.of_month(month), Part(n, ranges), new[month]) for n in range(ranges)]
    waiting = Counter(task.month for task in tasks)

    def done(task: RangeTask) -> None:
        job.progress.advance(counts[task.month] / task.part.of, counts[task.month] // task.part.of)
        waiting[task.month] -= 1
        if not waiting[task.month]:
            keep(new[task.month], kept[task.month], usage.identity(task.month))

    try:
        job.workers.map(partial(_write_range, job.catalog), tasks, done)
    finally:
        for folder in new.values():
            shutil.rmtree(folder, ignore_errors=True)
    usage.contacts.update(kept)
    return {m: f"read_parquet({literal(str(folder / f'{FEATURES}*.parquet'))})" for m, folder in kept.items()}


def _write_range(catalog: Catalog, engine: Engine, task: RangeTask) -> None:
    inside = f"(SELECT * FROM {task.rows} WHERE {task.part.holds('sid')})"
    features, contacts = (literal(str(task.folder / f"{n}{task.part.name}.parquet")) for n in (FEATURES, CONTACTS))
    engine.run(f"COPY ({contacts_query(inside)}) TO {contacts} ({KEPT_FORMAT})")
    query = usage_query(engine, catalog, inside, f"read_parquet({contacts})", task.month)
    engine.run(f"COPY ({query}) TO {features} ({KEPT_FORMAT})")


def _write_months(catalog: Catalog, parts: MonthParts, ids: str | None, out: Path, engine: Engine, part: Part) -> None:
    """The features of the subscribers of `part`, in files by month.

    Of few subscribers several months are put together at a time: planning the query would take longer than running it.
    """
    people = _load_ids(engine, ids, part) if ids else ROWS_TOGETHER
    groups = parts.groups(max(1, ROWS_TOGETHER // max(1, people)))
    for number, group in enumerate(groups):
        target = literal(str(out / f"{part.name}-{number:05d}.parquet"))
        engine.run(f"COPY ({_month_query(catalog, group, part)}) TO {target} ({FEATURES_FORMAT})")
    if not groups:
        engine.run(f"COPY {_no_features(catalog)} TO {literal(str(out / f'{part.name}.parquet'))} (FORMAT parquet)")


def _load_ids(engine: Engine, ids: str, part: Part) -> int:
    """Table `subscriber_ids`: sid and subscriber_id; how many.

    Two identifiers of one hash would be taken for one subscriber.
    """
    count = engine.run(f"CREATE OR REPLACE TABLE subscriber_ids AS SELECT * FROM {ids} WHERE {part.holds('sid')}")
    clash = engine.rows(
        "SELECT min(subscriber_id), max(subscriber_id) FROM subscriber_ids GROUP BY sid HAVING count(*) > 1"
    )
    if clash:
        one, other = clash[0]
        raise InputError(f"usage: the identifiers {one} and {other} have the same hash; change one of them")
    return count


def _identity(catalog: Catalog, usage: UsageRows, month: Month) -> str:
    """What the usage features of a month depend on: their definitions, the words in them, and the rows."""
    defined = {n: f.model_dump(mode="json") for n, f in catalog.features.items() if f.source in USAGE_SOURCES}
    words = catalog.vocabulary.model_dump(mode="json")
    text = json.dumps([CODE, defined, words, usage.identity(month)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _month_query(catalog: Catalog, group: MonthParts, part: Part) -> str:
    known = ", ".join(literal(str(month)) for month in group.months)
    usage = [
        f"SELECT *, {literal(str(m))} AS month FROM {group.usage[m]} JOIN subscriber_ids USING (sid) "
        f"WHERE {part.holds('sid')}"
        for m in group.months
        if m in group.usage
    ]
    parts = {
        "u": f"({' UNION ALL '.join(usage)})" if usage else None,
        "b": _bills(catalog, known) if group.bills else None,
        "e": _events(catalog, known) if group.events else None,
        "r": _records(catalog, group.months) if group.records else None,
    }
    # Not from a list of all subscribers: the engine would keep all features of everybody beside it.
    first, *others = (name for name, sql in parts.items() if sql)
    joins = " ".join(
        f"{'FULL' if p in group.spine else 'LEFT'} JOIN {parts[p]} {p} USING (subscriber_id, month)" for p in others
    )
    columns = [
        f"{_column(catalog, name, parts)} AS {identifier(name)}"
        for name, f in catalog.features.items()
        if f.source != "value"
    ]
    values = [f"({f.value})::DOUBLE AS {identifier(name)}" for name, f in catalog.of("value").items()]
    base = f"SELECT subscriber_id, month, {', '.join(columns)} FROM {parts[first]} {first} {joins}"
    inner = f"SELECT *, {', '.join(values)} FROM ({base})" if values else base
    return f"SELECT subscriber_id, month, {', '.join(map(identifier, catalog.features))} FROM ({inner})"


def _column(catalog: Catalog, name: str, parts: dict[str, str | None]) -> str:
    feature = catalog.features[name]
    part = {"bill": "b", "events": "e", "record": "r"}.get(feature.source, "u")
    if parts[part] is None:
        return f"CAST(NULL AS {catalog.unit_type(name)})"
    empty = 0 if feature.measure in COUNTED else feature.empty
    value = f"{part}.{identifier(name)}"
    return value if empty is None else f"coalesce({value}, {empty})"


def _bills(catalog: Catalog, months: str) -> str:
    wanted = "".join(f", ({f.bill})::DOUBLE AS {identifier(n)}" for n, f in catalog.of("bill").items())
    return f"(SELECT subscriber_id, month{wanted} FROM bills WHERE month IN ({months}))"


def _events(catalog: Catalog, months: str) -> str:
    wanted = "".join(f", ({f.events})::DOUBLE AS {identifier(n)}" for n, f in catalog.of("events").items())
    ends = "(date_trunc('month', time) + INTERVAL 1 MONTH)::DATE AS month_end"
    rows = f"(SELECT *, strftime(time, '%Y-%m') AS month, {ends} FROM events)"
    return f"(SELECT subscriber_id, month{wanted} FROM {rows} WHERE month IN ({months}) GROUP BY subscriber_id, month)"


def _records(catalog: Catalog, months: Sequence[Month]) -> str:
    wanted = "".join(
        f", CAST({f.record} AS {catalog.unit_type(n)}) AS {identifier(n)}" for n, f in catalog.of("record").items()
    )
    ends = ", ".join(f"({literal(str(month))}, DATE '{month.end}')" for month in months)
    return f"(SELECT subscriber_id, month{wanted} FROM subscribers, (VALUES {ends}) m(month, month_end))"


def _no_features(catalog: Catalog) -> str:
    columns = ", ".join(f"CAST(NULL AS {catalog.unit_type(n)}) AS {identifier(n)}" for n in catalog.features)
    return f"(SELECT '' AS subscriber_id, '' AS month, {columns} LIMIT 0)"

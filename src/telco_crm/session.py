"""From exports to results: open the engine, read the tables, compute features and analyses, leave the results as
engine tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telco_crm.analysis import Analysis, RunContext
from telco_crm.config import Config
from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.errors import CannotCompute, InputError
from telco_crm.features.catalog import Catalog
from telco_crm.features.compute import FeatureJob, compute_features
from telco_crm.features.loading import load_catalog
from telco_crm.features.people import create_people
from telco_crm.ingest.load import FileReport, Reader
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sources import Sources, find_sources
from telco_crm.ingest.usage import UsageSink
from telco_crm.manifest import Hasher
from telco_crm.months import Month

ROWS_PER_BUCKET = 1_500_000
BYTES_PER_ROW = {"parquet": 20, "csv": 100}  # about, to choose the number of buckets


@dataclass(frozen=True)
class Settings:
    """What a command was asked for, besides the data and the output."""

    config: Config = field(default_factory=Config)
    as_of: str | None = None
    seed: int = 0
    threads: int = 2
    memory_limit: str | None = None
    temp_dir: Path | None = None
    lang: str = "en"
    max_rejects: str | None = None
    strict: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Loaded:
    """The tables that were read, with the reports of every file."""

    engine: Engine
    catalog: Catalog
    sources: Sources
    settings: Settings
    reports: list[FileReport] = field(default_factory=list)
    rejects: dict[str, RejectFile] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    usage: Path | None = None
    hasher: Hasher = field(default_factory=Hasher)


@contextmanager
def loaded(
    data: Path | None, flags: Mapping[str, Sequence[str]], settings: Settings, rejects: Path | None = None
) -> Iterator[Loaded]:
    """Read every table at hand; rejected rows go into folder `rejects` (None: only counted).

    Raises:
        TelcoError: nothing usable, a file that cannot be read, a wrong rule …; nothing has been written then.
    """
    catalog = load_catalog(settings.config.features, settings.config.vocabulary)
    with DuckEngine(settings.threads, settings.memory_limit, settings.temp_dir) as engine:
        result = Loaded(engine, catalog, find_sources(data, flags, engine.temp_path("")), settings)
        try:
            _read_all(result, rejects)
            yield result
        finally:
            result.hasher.close()


def analyse(data: Loaded, wanted: Sequence[Analysis]) -> tuple[RunContext, dict[str, str]]:
    """Compute the `wanted` analyses in order; the context with their tables, and why some were impossible, by name.

    Raises:
        InputError: there is no month to analyse.
    """
    months = features_of(data)
    as_of = choose_month(data, months)
    context = RunContext(
        data.engine,
        as_of,
        [m for m in months if m <= as_of],
        {*data.tables, "features"},
        data.settings.seed,
        data.settings.lang,
        data.settings.config.rules,
        data.settings.extra,
    )
    create_people(context, data.catalog)
    context.tables.add("people")
    impossible: dict[str, str] = {}
    for analysis in wanted:
        missing = [need for need in analysis.needs if not context.has(need)]
        if missing:
            impossible[analysis.name] = f"needs {' and '.join(missing)}"
            continue
        try:
            analysis.compute(context)
            context.tables |= set(analysis.gives)
        except CannotCompute as why:
            impossible[analysis.name] = str(why)
    return context, impossible


def features_of(data: Loaded) -> list[Month]:
    """Compute the feature table; its months.

    Raises:
        InputError: neither usage nor bills have a single row.
    """
    months = compute_features(
        FeatureJob(data.engine, data.catalog, data.tables, data.usage, data.engine.temp_path("made"))
    )
    if not months:
        raise InputError(
            "there is no usage record and no bill, so there is no month to analyse; give --usage or --bills"
        )
    return months


def choose_month(data: Loaded, months: Sequence[Month]) -> Month:
    """The as-of month: the one asked for, else the newest complete month.

    A month is complete if every table with months (usage, bills) has it whole: usage that reaches its last day or
    goes on in a later month; bills at least half as many as in the month with most. If no month is, the newest one
    is taken.

    Raises:
        InputError: the month asked for is not in the data.
    """
    if wanted := month_asked(data, months):
        return wanted
    complete = set(months)
    if data.usage:
        used = data.engine.rows(
            "SELECT month FROM features GROUP BY month HAVING min(last_activity_gap_days) = 0 ORDER BY month"
        )
        seen = data.engine.rows("SELECT month FROM features WHERE records IS NOT NULL GROUP BY month ORDER BY month")
        ended = {Month(r[0]) for r in used} | {Month(r[0]) for r in seen[:-1]}
        complete &= ended
    if "bills" in data.tables:
        billed = dict(data.engine.rows("SELECT month, count(*) FROM bills GROUP BY month"))
        complete &= {Month(m) for m, n in billed.items() if n * 2 >= max(billed.values())}
    return max(complete) if complete else months[-1]


def month_asked(data: Loaded, months: Sequence[Month]) -> Month | None:
    """The month of --as-of, if one was asked for.

    Raises:
        InputError: it is not in the data.
    """
    if data.settings.as_of is None:
        return None
    wanted = Month(data.settings.as_of)
    if wanted not in months:
        raise InputError(f"--as-of {wanted}: the data has no such month; it has {months[0]} to {months[-1]}")
    return wanted


def _read_all(data: Loaded, rejects: Path | None) -> None:
    settings = data.settings
    reader = Reader(data.engine, settings.config.mappings, settings.threads, rejects, settings.max_rejects)
    for files in data.sources.files.values():
        for file in files:
            data.hasher.add(file.path)
    for table, files in data.sources.files.items():
        if not files:
            continue
        sink = None
        if table == "usage":
            data.usage = data.engine.temp_path("usage")
            sink = UsageSink(
                data.engine, data.usage, _buckets(data.sources), data.catalog.vocabulary.dialling.ip_prefixes
            )
        reports, kept = reader.read(table, files, sink)
        data.reports += reports
        data.rejects[table] = kept
        if sum(r.accepted for r in reports):
            data.tables.add(table)
        elif table == "usage":
            data.usage = None


def _buckets(sources: Sources) -> int:
    """So many that the rows of one bucket of one month fit comfortably into memory."""
    rows = max((f.path.stat().st_size / BYTES_PER_ROW[f.format] for f in sources.files["usage"]), default=0)
    return max(1, min(256, 1 << max(0, int(rows / ROWS_PER_BUCKET).bit_length())))

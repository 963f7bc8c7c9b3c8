"""From exports to results: open the engine, read the tables, compute features and analyses, leave the results as
engine tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from telco_crm.analysis import Analysis, RunContext
from telco_crm.config import Config
from telco_crm.coverage import coverage_of
from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.workers import LocalWorkers, SparkPlace, Workers
from telco_crm.errors import DamagedError, InputError
from telco_crm.features.catalog import Catalog
from telco_crm.features.compute import FeatureJob, compute_features
from telco_crm.features.loading import load_catalog
from telco_crm.features.people import people_analysis
from telco_crm.ingest.elsewhere import ReadingPlace, read_into_store, read_tables
from telco_crm.ingest.load import FileReport, Reader
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sources import SourceFile, Sources, find_sources
from telco_crm.ingest.store import UsageRows, UsageStore
from telco_crm.ingest.told import tell
from telco_crm.ingest.usage_reader import UsageReader
from telco_crm.labels import text
from telco_crm.lanes import run_analyses
from telco_crm.manifest import Hasher
from telco_crm.months import Month, spans
from telco_crm.progress import Progress, Silent
from telco_crm.schema import load_schema


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
    store: Path | None = None
    hash_inputs: bool = False
    spark: SparkPlace | None = None
    progress: Progress = field(default_factory=Silent)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Loaded:
    """The tables that were read, with the reports of every file."""

    engine: Engine
    catalog: Catalog
    sources: Sources
    settings: Settings
    store: UsageStore
    workers: Workers
    reports: list[FileReport] = field(default_factory=list)
    rejects: dict[str, RejectFile] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    usage: UsageRows | None = None
    hasher: Hasher = field(default_factory=Hasher)
    notes: list[str] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)


@contextmanager
def loaded(
    data: Path | None,
    flags: Mapping[str, Sequence[str]],
    settings: Settings,
    rejects: Path | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Loaded]:
    """Read every table at hand; rejected rows go into folder `rejects` (None: only counted).

    `meanwhile` is called in a thread of its own once the headers of all files are known to be good.

    Raises:
        TelcoError: nothing usable, a file that cannot be read, a wrong rule …; nothing has been written then.
    """
    catalog = load_catalog(settings.config.features, settings.config.vocabulary, settings.config.source)
    with ExitStack() as stack:
        engine = stack.enter_context(DuckEngine(settings.threads, settings.memory_limit, settings.temp_dir))
        sources = find_sources(data, flags, engine.temp_path(""))
        store = stack.enter_context(
            closing(UsageStore(settings.store or engine.temp_path("store"), settings.hash_inputs))
        )
        workers = stack.enter_context(closing(_workers(engine, settings, store)))
        result = Loaded(engine, catalog, sources, settings, store, workers)
        stack.enter_context(closing(result.hasher))
        if store.rebuilt:
            result.notes.append(text("notes.store", settings.lang, place=store.root))
        try:
            _read_all(result, rejects, meanwhile)
            yield result
        except DamagedError as error:
            raise InputError(
                f"the store {store.root} is damaged ({error}); see telco-crm store verify {store.root}, and take the "
                "damaged parts out with telco-crm store drop"
            ) from None


def analyse(data: Loaded, wanted: Sequence[Analysis]) -> tuple[RunContext, dict[str, str]]:
    """Compute the `wanted` analyses in order; the context with their tables, and why some were impossible, by name.

    Raises:
        InputError: there is no month to analyse.
    """
    months = data.months or features_of(data)
    coverage = coverage_of(data.engine, data.usage, data.tables, months)
    as_of = month_asked(data, months) or coverage.newest
    data.months = months
    context = RunContext(
        data.engine,
        as_of,
        [m for m in months if m <= as_of],
        {*data.tables, "features", *tell(data.engine, data.reports, data.rejects, data.usage)},
        data.settings.seed,
        data.settings.lang,
        data.settings.config.rules,
        data.settings.extra,
        coverage.remarks(as_of, data.settings.lang),
        usage=data.usage,
        source=data.settings.config.source,
    )
    people = people_analysis(data.catalog, is_past=as_of < coverage.newest)
    return context, run_analyses((people, *wanted), context, _lanes(data))


def _lanes(data: Loaded) -> Sequence[Workers]:
    """Here two analyses can go side by side; what is done elsewhere goes one after another."""
    if data.workers.elsewhere or data.engine.threads == 1:
        return [data.workers]
    return [LocalWorkers(data.engine.session()) for _ in range(2)]


def features_of(data: Loaded, with_events: bool = False) -> list[Month]:
    """Compute the feature table, `with_events` also of those who had nothing but events in a month; its months.

    Raises:
        InputError: neither usage nor bills have a single row.
    """
    billed = data.engine.rows("SELECT DISTINCT month FROM bills") if "bills" in data.tables else []
    out = data.workers.folder / "features"
    rows = data.usage.months().values() if data.usage else [0]
    data.workers.divide(max(rows))
    job = FeatureJob(data.workers, data.catalog, data.tables, data.usage, out, data.settings.progress, with_events)
    months = compute_features(job, [Month(row[0]) for row in billed])
    if not months:
        raise InputError(
            "there is no usage record and no bill, so there is no month to analyse; give --usage or --bills"
        )
    return months


def month_asked(data: Loaded, months: Sequence[Month]) -> Month | None:
    """The month of --as-of, if one was asked for.

    Raises:
        InputError: it is not in the data.
    """
    if data.settings.as_of is None:
        return None
    wanted = Month(data.settings.as_of)
    if wanted not in months:
        raise InputError(f"--as-of {wanted}: the data has no such month; it has {spans(months)}")
    return wanted


def _workers(engine: DuckEngine, settings: Settings, store: UsageStore) -> Workers:
    if settings.spark is None:
        return LocalWorkers(engine)
    from telco_crm.engine.spark import SparkWorkers, TaskSettings

    work = store.work_folder()
    task = TaskSettings(work, memory_limit=settings.memory_limit, temp_dir=settings.temp_dir)
    return SparkWorkers(engine, settings.spark, task)


def _read_all(data: Loaded, rejects: Path | None, meanwhile: Callable[[], object]) -> None:
    settings, files = data.settings, {table: found for table, found in data.sources.files.items() if found}
    reader = Reader(
        data.engine, settings.config.mappings, settings.threads, rejects, settings.max_rejects, settings.progress
    )
    place = _reading_place(data)
    usage = UsageReader(reader, data.store, place.dialling, data.hasher)
    _look_at_headers(reader, {**files, "usage": usage.missing(files.get("usage", ()))})
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(meanwhile)
        if data.workers.elsewhere:
            small = {table: found for table, found in files.items() if table != "usage"}
            for table, made in read_tables(data.workers, place, small).items():
                kept = RejectFile(rejects / f"{table}.csv" if rejects else None)
                kept.take(made.reject_file())
                kept.close()
                _note(data, table, made.reports, kept)
                if table in data.tables:
                    data.workers.show(table, place.table(table))
        for table, found in files.items():
            if table == "usage":
                elsewhere = partial(read_into_store, data.workers, place) if data.workers.elsewhere else None
                _note(data, table, *usage.read(found, elsewhere))
                rows = data.store.rows(place.dialling)
                data.usage = rows if rows.months() else None
            elif not data.workers.elsewhere:
                _note(data, table, *reader.read(table, found))
        beside.result()


def _look_at_headers(reader: Reader, files: Mapping[str, Sequence[SourceFile]]) -> None:
    """Find what is wrong with any header before anything is read (InputError)."""
    problems: list[str] = []
    for table, found in files.items():
        try:
            reader.open_all(load_schema(table), found)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def _reading_place(data: Loaded) -> ReadingPlace:
    settings = data.settings
    return ReadingPlace(
        settings.config.mappings,
        data.catalog.vocabulary.dialling,
        data.store.root.absolute(),
        settings.hash_inputs,
        data.workers.folder,
        settings.max_rejects,
    )


def _note(data: Loaded, table: str, reports: list[FileReport], rejects: RejectFile) -> None:
    data.reports += reports
    data.rejects[table] = rejects
    if sum(r.accepted for r in reports):
        data.tables.add(table)

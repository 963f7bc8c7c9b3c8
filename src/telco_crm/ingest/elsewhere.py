"""Reading by workers: every usage file into the store, every other table into one file, each as a task of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from telco_crm.engine.base import Engine
from telco_crm.engine.workers import Workers, write_by_hash
from telco_crm.ingest.dialling import Dialling
from telco_crm.ingest.load import FileReport, Reader
from telco_crm.ingest.mapping import TableMapping
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sources import SourceFile
from telco_crm.ingest.store import UsageStore
from telco_crm.ingest.usage_reader import UsageReader
from telco_crm.manifest import Hasher


@dataclass(frozen=True)
class ReadingPlace:
    """What a task needs to know to read: the mappings, what numbers mean, the store, and a folder for the rest."""

    mappings: Mapping[str, TableMapping]
    dialling: Dialling
    store: Path
    hash_inputs: bool
    folder: Path
    max_rejects: str | None = None

    def table(self, name: str) -> Path:
        """The file of a table that was read."""
        return self.folder / f"{name}.parquet"


@dataclass(frozen=True)
class TableRead:
    """What became of the files of a table; where the rejected rows are, and what they are about."""

    reports: list[FileReport]
    rejects: Path
    count: int
    reasons: dict[str, int]
    first: list[str]

    def reject_file(self) -> RejectFile:
        """The rejected rows, to be taken by another RejectFile."""
        found = RejectFile(None)
        found.path, found.count, found.reasons, found.first = (
            self.rejects,
            self.count,
            Counter(self.reasons),
            self.first,
        )
        return found


def read_tables(
    workers: Workers, place: ReadingPlace, tables: Mapping[str, Sequence[SourceFile]]
) -> dict[str, TableRead]:
    """Read tables other than usage, each whole.

    Raises:
        InputError: with the problems of all of them.
    """
    tasks = [(table, [_absolute(file) for file in files]) for table, files in tables.items()]
    return dict(zip(tables, workers.map(partial(_read_table, place), tasks), strict=True))


def read_into_store(workers: Workers, place: ReadingPlace, files: Sequence[SourceFile]) -> None:
    """Read usage files into the store, the largest first.

    Raises:
        InputError: with the problems of all of them.
    """
    largest = sorted((_absolute(file) for file in files), key=lambda file: -file.path.stat().st_size)
    workers.map(partial(_read_usage, place), largest)


def _absolute(file: SourceFile) -> SourceFile:
    """The file by a path that is the same everywhere, under the name it has here."""
    return replace(file, path=file.path.absolute(), shown=file.name)


def _read_table(place: ReadingPlace, engine: Engine, task: tuple[str, list[SourceFile]]) -> TableRead:
    table, files = task
    rejects = place.folder / "rejects"
    reports, kept = Reader(engine, place.mappings, engine.threads, rejects, place.max_rejects).read(table, files)
    if any(report.accepted for report in reports):
        write_by_hash(engine, table, place.table(table))
    return TableRead(reports, rejects / f"{table}.csv", kept.count, dict(kept.reasons), kept.first)


def _read_usage(place: ReadingPlace, engine: Engine, file: SourceFile) -> None:
    store, hasher = UsageStore(place.store, place.hash_inputs), Hasher()
    try:
        UsageReader(Reader(engine, place.mappings, engine.threads), store, place.dialling, hasher).add([file])
    finally:
        hasher.close()
        store.close()

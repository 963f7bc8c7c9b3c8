"""Reading every table: each row is accepted, typed, or goes whole to the reject file; the counts always add up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from telco_crm.engine.arrow import line_table
from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier
from telco_crm.engine.workers import at_once
from telco_crm.errors import InputError, UsageError
from telco_crm.ingest.batches import Batch, OpenFile, open_file, readable
from telco_crm.ingest.convert import conversion, distinct_sql
from telco_crm.ingest.lines import BadLine
from telco_crm.ingest.mapping import Binding, TableMapping, bind
from telco_crm.ingest.quick import quick_conversion
from telco_crm.ingest.rejects import RejectFile
from telco_crm.ingest.sinks import HowTo, Outcome, Sink, TableSink
from telco_crm.ingest.sources import SourceFile
from telco_crm.ingest.times import known_zone
from telco_crm.progress import Progress, Silent
from telco_crm.schema import Schema, load_schema

EXPLAIN_ROWS = 100_000  # rejected rows explained at a time


@dataclass
class FileReport:
    """What became of one file: read = accepted + rejected."""

    table: str
    file: str
    path: Path
    layout: str
    read: int = 0
    accepted: int = 0
    columns: dict[str, str] = field(default_factory=dict)  # canonical column → header or constant
    unused: tuple[str, ...] = ()
    sha256: str = ""  # of the file, where it is known already
    stored: bool = False  # taken from the store, not read again
    size: int | None = None  # bytes, where it stands for several files

    @property
    def rejected(self) -> int:
        """Rows in the reject file."""
        return self.read - self.accepted


@dataclass(frozen=True)
class Reader:
    """How tables are read: the engine, threads, the user's mappings and where rejects go (None: only counted)."""

    engine: Engine
    mappings: Mapping[str, TableMapping]
    threads: int
    rejects: Path | None = None
    max_rejects: str | None = None
    progress: Progress = field(default_factory=Silent)

    def read(self, table: str, files: Sequence[SourceFile]) -> tuple[list[FileReport], RejectFile]:
        """Read all files of a table into an engine table of that name.

        Raises:
            InputError: a file cannot be read or mapped, no row was acceptable, or there were too many rejects.
        """
        schema = load_schema(table)
        sink = TableSink(self.engine, schema)
        rejects = RejectFile(self.rejects / f"{table}.csv" if self.rejects else None)
        try:
            reports = [self.read_file(file, bindings, sink, rejects) for file, bindings in self.open_all(schema, files)]
        finally:
            rejects.close()
        self.check_counts(table, reports, rejects)
        return reports, rejects

    def mapping(self, table: str) -> TableMapping:
        """The user's mapping of a table, or an empty one."""
        return self.mappings.get(table, TableMapping())

    def open_all(self, schema: Schema, files: Sequence[SourceFile]) -> list[tuple[OpenFile, list[Binding]]]:
        """Look at the headers of all files before any of them is read.

        Raises:
            InputError: with the problems of all files.
        """
        mapping = self.mapping(schema.name)
        self._check_zones(mapping, schema.name)
        opened: list[tuple[OpenFile, list[Binding]]] = []
        problems: list[str] = []
        for file in files:
            try:
                found = open_file(self.engine, file, mapping, self.threads)
                opened.append((found, bind(schema, found.headers, mapping, file.name, found.samples, file.hive)))
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(list(dict.fromkeys(problems)))
        return opened

    def read_file(
        self, file: OpenFile, bindings: list[Binding], sink: Sink, rejects: RejectFile, schema: Schema | None = None
    ) -> FileReport:
        """Read one file into `sink`; what became of its rows. `schema`: that of the bindings, if not the table's."""
        reading = FileReading(self, file, bindings, sink, rejects, schema)
        for batch, outcome in at_once(self.engine, reading.add, reading.batches(), sink.at_once):
            reading.take(batch, outcome)
        return reading.report

    def check_counts(self, table: str, reports: Sequence[FileReport], rejects: RejectFile) -> None:
        """Refuse a table without any good row, or with more rejects than allowed (InputError)."""
        check_rejects(table, reports, rejects, self.max_rejects)

    def _check_zones(self, mapping: TableMapping, table: str) -> None:
        for key in ("zone", "source_zone"):
            zone = getattr(mapping, key)
            if zone and not self.engine.rows(known_zone(zone)):
                raise InputError(f'[input.{table}] {key}: unknown time zone "{zone}"; use a name such as Asia/Shanghai')


class FileReading:
    """A file on its way into `sink`: its batches are added, in threads where the sink allows that, and the outcomes
    taken in the order of the batches. `schema` is that of the bindings, if not the table's.
    """

    def __init__(
        self,
        reader: Reader,
        file: OpenFile,
        bindings: list[Binding],
        sink: Sink,
        rejects: RejectFile,
        schema: Schema | None = None,
    ) -> None:
        schema, mapping = schema or load_schema(file.file.table), reader.mapping(file.file.table)
        used = {b.name: b.header or f'always "{b.constant}"' for b in bindings}
        unused = tuple(h for h in file.headers if h not in used.values())
        name, path = file.file.name, file.file.path
        self.report = FileReport(schema.name, name, path, file.layout, columns=used, unused=unused)
        self._reader, self._file, self._bindings, self._sink, self._rejects = reader, file, bindings, sink, rejects
        cells = file.cells(bindings)
        self._full = conversion(schema, bindings, cells, mapping, name)
        quick = quick_conversion(schema, bindings, cells, mapping, file.samples, name)
        by_name = {b.name: b for b in bindings}

        def distinct(column: str, relation: str) -> str:
            return distinct_sql(by_name[column], cells[column], mapping, relation)

        self._how = HowTo(quick, self._full, set(by_name), {n: c.sql for n, c in cells.items()}, distinct)

    def batches(self) -> Iterator[Batch]:
        """The batches to add.

        Raises:
            InputError: the file is damaged.
        """
        with readable(self.report.file):
            yield from self._file.batches(self._bindings)

    def add(self, batch: Batch) -> Outcome:
        """Hand a batch to the sink. Raises as `batches` does."""
        with readable(self.report.file):
            return self._sink.add(batch, self._how)

    def take(self, batch: Batch, outcome: Outcome) -> None:
        """Count what became of a batch, and write down its rejected rows. Raises as `batches` does."""
        self.report.read += batch.count + len(batch.bad)
        self.report.accepted += outcome.kept
        self._reader.progress.advance(batch.size, batch.count)
        with readable(self.report.file):
            wrong = self._explained(batch, outcome.not_good)
            self._rejects.add(self.report.file, sorted([*batch.bad, *outcome.refused, *wrong]))

    def _explained(self, batch: Batch, lines: Sequence[int]) -> Iterator[BadLine]:
        """The rows on `lines`, which were not good, with every problem of each."""
        engine, problems = self._reader.engine, self._full.problems
        texts = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in problems.items())
        for at in range(0, len(lines), EXPLAIN_ROWS):
            part = list(lines[at : at + EXPLAIN_ROWS])
            engine.register("bad_lines", line_table(part))
            only = f"(SELECT * FROM {batch.shown(engine)} SEMI JOIN bad_lines USING (line))"
            rows = engine.rows(self._full.select(only, f"line, {texts}") + " ORDER BY line")
            for row, text in zip(rows, batch.raw(part), strict=True):
                wrong = {name: why for name, why in zip(problems, row[1:], strict=True) if why}
                told = wrong.values() if len(wrong) == 1 else [f"{name} {why}" for name, why in wrong.items()]
                yield BadLine(row[0], text, ";".join(wrong), "; ".join(told))


def check_rejects(table: str, reports: Sequence[FileReport], rejects: RejectFile, most: str | None) -> None:
    """Refuse a table without any good row, or with more rejects than `most`, a number or percentage (InputError)."""
    read, accepted = sum(r.read for r in reports), sum(r.accepted for r in reports)
    if read and not accepted:
        raise InputError(f"{table}: none of the {read:,} rows could be accepted; the first: {rejects.first[0]}")
    limit = _limit(most, read)
    if limit is not None and read - accepted > limit:
        first = "; ".join(rejects.first)
        raise InputError(
            f"{table}: {read - accepted:,} of {read:,} rows were rejected, more than --max-rejects {most} allows; mend "
            f"the file or its mapping; the first: {first}"
        )


def _limit(max_rejects: str | None, read: int) -> float | None:
    """`--max-rejects N` or `P%` as a number of rows."""
    if max_rejects is None:
        return None
    match = re.fullmatch(r"(\d+)|(\d+(?:\.\d+)?)%", max_rejects.strip())
    if not match:
        raise UsageError(f'--max-rejects takes a number or a percentage such as 100 or 5%, not "{max_rejects}"')
    return float(match[1]) if match[1] else float(match[2]) / 100 * read
